// Serves recordings to the timeline bench's page over loopback: all frames at once by HTTP, or by a WebSocket and what is
// recorded by HTTP, as the served host does it, with its own recording and follower. Runs in the bench's process; listens on 127.0.0.1 only.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { WebSocketServer, type WebSocket } from 'ws';
import { Command, PROTOCOL_VERSION } from '../../engine/protocol/command.ts';
import type { EngineEvent } from '../../engine/protocol/event.ts';
import { decodeFrame, encodeFrame } from '../../engine/protocol/frame-codec.ts';
import type { BatchGroup, RunBatch } from '../../engine/protocol/run-batch.ts';
import { groupsFrom } from '../../engine/session/join-batches.ts';
import { createRecording, type Recording } from '../../engine/session/recording.ts';
import { createRunFollower, type RunFollower } from '../../engine/session/run-follower.ts';

/** As cli/serve does. */
const ACCEPTED = { type: 'accepted' } as const;

export interface ServedRecording {
  readonly recording: Recording;
  /** Appends, and sends on what the window allows. */
  append(batch: RunBatch): void;
}

export interface RecordingServer extends AsyncDisposable {
  readonly origin: string;
  serve(runId: string, batches: Iterable<RunBatch>): ServedRecording;
  forget(runId: string): void;
}

const messageOf = (runId: string, group: BatchGroup): EngineEvent => ({ type: 'run-events', runId, ...group });

/** `GET /<runId>?from=` is every frame of a run behind each other; `/socket` speaks the engine's protocol. */
export async function serveRecordings(): Promise<RecordingServer> {
  const runs = new Map<string, { recording: Recording; followers: Set<RunFollower> }>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
    const [, runId = ''] = /^\/(?:recordings\/)?(\w+)/.exec(pathname) ?? [];
    const run = runs.get(runId);
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('cross-origin-resource-policy', 'cross-origin');
    if (run === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    void (async () => {
      for (const group of groupsFrom(run.recording, Number(searchParams.get('from') ?? 0))) {
        if (!response.write(encodeFrame(messageOf(runId, group)))) {
          await new Promise((drained) => response.once('drain', drained));
        }
      }
      response.end();
    })();
  });
  const sockets = new WebSocketServer({ server, path: '/socket', perMessageDeflate: false });
  sockets.on('connection', (socket) => answer(socket));

  function answer(socket: WebSocket): void {
    const post = (event: EngineEvent) => socket.send(encodeFrame(event));
    const followed = new Map<string, RunFollower>();
    socket.on('message', (data: Buffer) => {
      const command = v.parse(Command, decodeFrame(data));
      switch (command.type) {
        case 'hello':
          return post({
            type: 'welcome',
            protocolVersion: PROTOCOL_VERSION,
            host: { kind: 'served', version: '0', node: '24', v8: '13', platform: 'linux' },
            catalogue: [],
            runs: [],
            targets: [],
            experiments: [],
            ownScenarios: [],
          });
        case 'follow-run': {
          const run = runs.get(command.runId);
          if (run === undefined) throw new Error(`There is no run ${command.runId}.`);
          const { requestId, runId, fromSequence, joins = false, atMostBytes = Infinity } = command;
          if (run.recording.bytesBetween(fromSequence, run.recording.length) > atMostBytes) {
            return post({ type: 'refused', requestId, refusal: 'far-behind', message: '' });
          }
          post({ ...ACCEPTED, requestId, runId });
          const send = (group: BatchGroup) => post(messageOf(runId, group));
          const follower = createRunFollower(run.recording, fromSequence, send, { joins });
          followed.set(command.runId, follower);
          run.followers.add(follower);
          return follower.pump();
        }
        case 'acknowledge':
          return followed.get(command.runId)?.acknowledge(command.sequence);
        default:
          throw new Error(`Not understood here: ${command.type}.`);
      }
    });
    socket.on('close', () => {
      for (const [runId, follower] of followed) runs.get(runId)?.followers.delete(follower);
    });
  }

  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `127.0.0.1:${port}`,
    serve(runId, batches) {
      const recording = createRecording();
      const followers = new Set<RunFollower>();
      for (const batch of batches) recording.append(batch);
      runs.set(runId, { recording, followers });
      return {
        recording,
        append(batch) {
          recording.append(batch);
          for (const follower of followers) follower.pump();
        },
      };
    },
    forget: (runId) => void runs.delete(runId),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await delay(0);
    },
  };
}
