// For tests of the session alone: an observer that says what a test's script tells it to, over the real endpoint, from
// inside a real process; and a client that keeps what the engine tells it. Used by tests only.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROTOCOL_VERSION, type Command } from '../protocol/command.ts';
import type { EngineEvent, EngineEventOf } from '../protocol/event.ts';
import type { ExperimentListing } from '../protocol/experiment.ts';
import { withChange } from '../protocol/listing.ts';
import { createMemoryPortPair, type Port } from '../protocol/port.ts';
import type { RunBatch, RunBatchOf } from '../protocol/run-batch.ts';
import type { RunReport } from '../protocol/run-report.ts';
import type { Engine } from './engine.ts';

/**
 * A CommonJS module to be loaded before a script. It gives the script `observer`: `hello()`, `send(message)`,
 * `batch(batch)`, `commands` (those received), `end(settled)`, and `options`.
 */
const FAKE_OBSERVER = `
const options = JSON.parse(process.env.HEAPLINE_OBSERVER);
delete process.env.HEAPLINE_OBSERVER;
const { encodeFrame, createFrameDecoder } = require(${JSON.stringify(join(import.meta.dirname, '../protocol/frame-codec.ts'))});
const startMs = Number(process.hrtime.bigint()) / 1e6;
const socket = require('node:net').connect(options.endpoint);
const decoder = createFrameDecoder();
const observer = {
  options,
  commands: [],
  onCommand: () => {},
  nowMs: () => Number(process.hrtime.bigint()) / 1e6 - startMs,
  send: (message) => socket.write(encodeFrame(message)),
  batch: (batch) => observer.send({ type: 'observer-batch', batch }),
  hello: () => observer.send({
    type: 'observer-hello', token: options.token, programStartHrtimeMs: startMs, gcTrace: null,
    runtime: {
      type: 'runtime', node: process.versions.node, v8: process.versions.v8, host: 'node', pid: process.pid,
      capabilities: { heap: 'live', external: 'live', collections: 'live', forcedGc: 'live' },
    },
  }),
  registrations: (firstId, rows, label = '') => observer.batch({
    type: 'registrations', firstId,
    atMs: new Float64Array(rows).fill(observer.nowMs()),
    registryId: new Uint32Array(rows).fill(1), siteId: new Uint32Array(rows),
    labelEnd: Uint32Array.from({ length: rows }, (_, row) => (row + 1) * label.length),
    labelBytes: new TextEncoder().encode(label.repeat(rows)),
  }),
  callbacks: (ids) => observer.batch({
    type: 'callbacks', id: Uint32Array.from(ids),
    startMs: new Float64Array(ids.length).fill(observer.nowMs()),
    durationMs: new Float64Array(ids.length), threw: new Uint8Array(ids.length),
  }),
  leave: () => void socket.end(),
  end: (settled = true) => {
    if (settled) observer.send({ type: 'observer-settling', atMs: observer.nowMs() });
    observer.send({ type: 'observer-ending', atMs: observer.nowMs(), exitCode: 0, settled });
    socket.end();
  },
};
socket.on('data', (chunk) => {
  for (const command of decoder.push(chunk)) {
    observer.commands.push(command);
    observer.onCommand(command);
  }
});
socket.on('error', () => {});
globalThis.observer = observer;
`;

/** A folder with the fake observer, one that does nothing, and the scripts of a test. */
export interface ScriptFolder extends Disposable {
  readonly path: string;
  readonly fakeObserverPath: string;
  readonly absentObserverPath: string;
  /** Writes a file and returns its path. */
  write(name: string, text: string): string;
}

export function createScriptFolder(): ScriptFolder {
  const path = mkdtempSync(join(tmpdir(), 'heapline-test-'));
  const write = (name: string, text: string): string => {
    const file = join(path, name);
    writeFileSync(file, text);
    return file;
  };
  return {
    path,
    fakeObserverPath: write('fake-observer.cjs', FAKE_OBSERVER),
    absentObserverPath: write('absent-observer.cjs', ''),
    write,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

type WithoutRequestId<Member> = Member extends { requestId: number } ? Omit<Member, 'requestId'> : never;

/** A client that acknowledges at once, unless it is told not to. */
export interface TestClient {
  readonly port: Port<EngineEvent, Command>;
  /** Each change of an experiment is followed by the listing that it makes of the last one. */
  readonly events: EngineEvent[];
  /** Batches of followed runs, in order of arrival, with gaps refused. */
  batches(runId: string): RunBatch[];
  request(command: WithoutRequestId<Command>): Promise<EngineEventOf<'accepted'> | EngineEventOf<'refused'>>;
  /** Starts a script or scenario. @throws if it is refused. */
  start(command: Omit<WithoutRequestId<Extract<Command, { type: 'start-run' }>>, 'type'>): Promise<string>;
  /** Follows a run to its end. */
  follow(runId: string, options?: { acknowledge?: boolean }): Promise<RunReport>;
  until(wanted: (event: EngineEvent) => boolean): Promise<EngineEvent>;
}

export function attachTestClient(engine: Engine): TestClient {
  const [port, enginePort] = createMemoryPortPair<Command, EngineEvent>();
  engine.attach(enginePort);
  const events: EngineEvent[] = [];
  const batches = new Map<string, RunBatch[]>();
  const watchers = new Set<(event: EngineEvent) => void>();
  const silent = new Set<string>();
  let requests = 0;
  const experiments = new Map<string, ExperimentListing>();
  function takeExperiment(event: EngineEvent): void {
    if (event.type === 'experiment-listed') experiments.set(event.experiment.experimentId, event.experiment);
    if (event.type !== 'experiment-changed') return;
    const known = experiments.get(event.change.experimentId);
    if (known !== undefined) take({ type: 'experiment-listed', experiment: withChange(known, event.change) });
  }
  function take(event: EngineEvent): void {
    events.push(event);
    if (event.type === 'run-events') {
      const own = batches.get(event.runId) ?? [];
      batches.set(event.runId, own);
      if (event.sequence !== own.length) throw new Error(`Sequence ${event.sequence} came instead of ${own.length}.`);
      own.push(...event.batches);
      if (!silent.has(event.runId)) {
        port.post({ type: 'acknowledge', runId: event.runId, sequence: own.length - 1 });
      }
    }
    for (const watcher of watchers) watcher(event);
    takeExperiment(event);
  }
  port.onMessage(take);
  const until = (wanted: (event: EngineEvent) => boolean): Promise<EngineEvent> =>
    new Promise((resolve) => {
      const known = events.find(wanted);
      if (known !== undefined) return resolve(known);
      const watcher = (event: EngineEvent): void => {
        if (!wanted(event)) return;
        watchers.delete(watcher);
        resolve(event);
      };
      watchers.add(watcher);
    });
  const client: TestClient = {
    port,
    events,
    until,
    batches: (runId) => batches.get(runId) ?? [],
    async request(command) {
      const requestId = (requests += 1);
      port.post({ ...command, requestId } as Command);
      const answer = await until((event) => 'requestId' in event && event.requestId === requestId);
      if (answer.type !== 'accepted' && answer.type !== 'refused') throw new Error(`Unexpected ${answer.type}.`);
      return answer;
    },
    async start(command) {
      const answer = await client.request({ type: 'start-run', ...command });
      if (answer.type !== 'accepted' || answer.runId === undefined) throw new Error(JSON.stringify(answer));
      return answer.runId;
    },
    async follow(runId, options = {}) {
      if (options.acknowledge === false) silent.add(runId);
      await client.request({ type: 'follow-run', runId, fromSequence: batches.get(runId)?.length ?? 0 });
      const isLast = (batch: RunBatch): batch is RunBatchOf<'ended'> => batch.type === 'ended';
      await until((event) => event.type === 'run-events' && event.runId === runId && event.batches.some(isLast));
      return client.batches(runId).find(isLast)!.report;
    },
  };
  port.post({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
  return client;
}
