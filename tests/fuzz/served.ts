// A served host and its engine, over real connections: commands and frames that no page sends, and paths that lead elsewhere.
// The host serves the next client whatever the last one did.

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { createToken } from '../../cli/serve/access.ts';
import { startServedHost, type ServedHost } from '../../cli/serve/served-host.ts';
import { PROTOCOL_VERSION } from '../../engine/protocol/command.ts';
import { decodeFrame, encodeFrame, FrameError } from '../../engine/protocol/frame-codec.ts';
import { createEngine } from '../../engine/session/engine.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';
import type { FuzzTarget, OpenedTarget } from './fuzz-target.ts';
import { damaged, noise, withHostileValues, type Random } from './random.ts';

const PAGE = '<!doctype html><title>page</title>';
const SECRET = 'not for any client';

async function serve(): Promise<{ served: ServedHost; token: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'heapline-fuzz-'));
  const token = createToken();
  await writeFile(join(folder, 'secret.txt'), SECRET);
  const rendererFolder = await mkdtemp(join(folder, 'page-'));
  await writeFile(join(rendererFolder, 'index.html'), PAGE);
  const engine = createEngine({
    // There is no such node: what a command may start is not what is tried here.
    launcher: createNodeLauncher({ nodePath: join(folder, 'no-node') }),
    host: { kind: 'served', version: '0', node: '24', v8: '13', platform: 'test' },
    scenarios: [],
    locations: { observerPath: '', scenarioRunnerPath: '', explainWorkerPath: '', scenariosFolder: folder },
  });
  const served = await startServedHost({
    host: '127.0.0.1',
    port: 0,
    token,
    rendererFolder,
    recordings: engine,
    onClient: (port) => engine.attach(port),
  });
  return {
    served,
    token,
    async [Symbol.asyncDispose]() {
      await served.close();
      await engine.close();
      await rm(folder, { recursive: true });
    },
  };
}

const COMMANDS: readonly object[] = [
  { type: 'hello', protocolVersion: PROTOCOL_VERSION },
  {
    type: 'start-run',
    requestId: 1,
    program: { kind: 'scratch', name: 'a.mjs', text: '0', args: ['a'], environment: { A: 'b' } },
  },
  {
    type: 'start-run',
    requestId: 2,
    program: { kind: 'scenario', id: 'simple', parameters: { count: 3 } },
    limits: { settleMs: 5 },
  },
  {
    type: 'start-experiment',
    requestId: 3,
    program: { kind: 'file', path: '/a.mjs' },
    gcPolicies: [{ kind: 'none' }],
    runsPerPolicy: 2,
  },
  { type: 'cancel-experiment', requestId: 4, experimentId: 'e' },
  { type: 'stop-run', requestId: 5, runId: 'r' },
  { type: 'collect-garbage', requestId: 6, runId: 'r', kind: 'major' },
  { type: 'set-gc-policy', requestId: 7, runId: 'r', gcPolicy: { kind: 'major', intervalMs: 500 } },
  { type: 'mark', requestId: 8, runId: 'r', name: 'n' },
  { type: 'list-folder', requestId: 9, path: '/' },
  { type: 'read-source', requestId: 10, path: '/a.js', ofRunId: 'r' },
  { type: 'follow-run', requestId: 11, runId: 'r', fromSequence: 0, joins: true, atMostBytes: 5 },
  { type: 'acknowledge', runId: 'r', sequence: 5 },
];

/** Bytes of one message: a command, a command with hostile values, a damaged frame, or nothing that is one. */
function messageOf(random: Random): Uint8Array {
  if (random.chance(0.1)) return noise(random, random.below(200));
  const command = random.pick(COMMANDS);
  try {
    const frame = encodeFrame(random.chance(0.8) ? withHostileValues(random, command) : command);
    return random.chance(0.3) ? damaged(random, frame) : frame;
  } catch (error) {
    if (error instanceof FrameError) return noise(random, 20);
    throw error;
  }
}

async function connect(served: ServedHost, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${served.port}/socket?token=${token}`, {
    origin: `http://127.0.0.1:${served.port}`,
  });
  await once(socket, 'open');
  socket.on('error', () => {});
  return socket;
}

/** A client like any other is welcome. */
async function assertServing(served: ServedHost, token: string): Promise<void> {
  const socket = await connect(served, token);
  const welcomed = once(socket, 'message');
  socket.send(encodeFrame({ type: 'hello', protocolVersion: PROTOCOL_VERSION }));
  const [data] = (await welcomed) as [Buffer];
  const { type } = decodeFrame(data) as { type: string };
  socket.terminate();
  if (type !== 'welcome') throw new Error(`A client was answered with ${type}.`);
}

export const commands: FuzzTarget = {
  name: 'commands',
  async open(): Promise<OpenedTarget> {
    const host = await serve();
    return {
      async attempt(random) {
        const socket = await connect(host.served, host.token);
        const closed = new Promise<string>((resolve) => socket.once('close', () => resolve('closed')));
        if (random.chance(0.8)) socket.send(encodeFrame(COMMANDS[0]!));
        for (let message = random.below(8); message >= 0; message -= 1) {
          if (socket.readyState === socket.OPEN) socket.send(messageOf(random), { binary: random.chance(0.97) });
        }
        // Answered when all that came before it is.
        const answered = new Promise<string>((resolve) => socket.once('pong', () => resolve('kept')));
        if (socket.readyState === socket.OPEN) socket.ping();
        const outcome = await Promise.race([closed, answered]);
        socket.terminate();
        await assertServing(host.served, host.token);
        return outcome;
      },
      [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
    };
  },
};

const PARTS = [
  '..',
  '.',
  '%2e%2e',
  '%2E.',
  '..%2f',
  '..\\',
  '%5c..',
  '/',
  '//',
  '%00',
  '%',
  '%zz',
  'secret.txt',
  'etc',
  'passwd',
  'index.html',
  'recordings',
  'socket',
  'events',
  '\u00e9',
  ';a',
  '?from=0',
  '#',
];

export const paths: FuzzTarget = {
  name: 'paths',
  async open(): Promise<OpenedTarget> {
    const host = await serve();
    return {
      async attempt(random) {
        const path = `/${Array.from({ length: 1 + random.below(8) }, () => random.pick(PARTS)).join(random.pick(['/', '', '//']))}`;
        const asked = request({
          host: '127.0.0.1',
          port: host.served.port,
          // As bytes: what is not ASCII is for the server to refuse.
          path: Buffer.from(random.chance(0.5) ? `${path}?token=${host.token}` : path)
            .toString('latin1')
            .replace(/[\0- ]/g, '+'),
          method: random.pick(['GET', 'HEAD', 'POST', 'PUT', 'GET']),
          agent: false,
          headers: random.chance(0.2) ? { origin: 'http://elsewhere.example' } : {},
        });
        asked.end();
        const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
        const body = await text(response);
        if (body.includes(SECRET) || body.includes('root:')) throw new Error(`${path} led out of the page's folder.`);
        const status = response.statusCode ?? 0;
        if (status >= 500) throw new Error(`${path} was answered with ${status}.`);
        return String(status);
      },
      [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
    };
  },
};
