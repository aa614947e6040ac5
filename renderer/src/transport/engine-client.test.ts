import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PROTOCOL_VERSION } from '../../../engine/protocol/command.ts';
import type { EngineEventOf } from '../../../engine/protocol/event.ts';
import { FrameError } from '../../../engine/protocol/frame-codec.ts';
import type { RunBatch } from '../../../engine/protocol/run-batch.ts';
import { syntheticRun } from '../../../tests/fixtures/synthetic-run.ts';
import { createStandInEngine, type StandInEngine, type StandInOptions } from '../../dev/stand-in-engine.ts';
import {
  createEngineClient,
  NotConnectedError,
  RefusedError,
  type ConnectionState,
  type EngineClient,
  type EngineClientListener,
  type RunSink,
} from './engine-client.ts';
import type { ReadRecorded } from './read-recorded.ts';

const host: StandInOptions['host'] = { kind: 'served', version: '0', node: '24', v8: '13', platform: 'linux' };
const mark = (name: string): RunBatch => ({ type: 'marks', items: [{ kind: 'user-mark', name, atMs: 0 }] });

/** Keeps what it was given and, like a RunStream, accepts nothing out of turn. */
function createRecordingSink(): RunSink & { names: string[] } {
  const names: string[] = [];
  return {
    names,
    get nextSequence() {
      return names.length;
    },
    apply({ sequence, batches }) {
      if (sequence !== names.length) throw new Error(`expected ${names.length}, got ${sequence}`);
      for (const batch of batches) names.push(batch.type === 'marks' ? (batch.items[0]?.name ?? '') : batch.type);
    },
  };
}

describe('engine client', () => {
  let engine: StandInEngine;
  let client: EngineClient;
  let connections: ConnectionState[];
  let welcomes: EngineEventOf<'welcome'>[];
  let targetTitles: string[][];
  let failures: [runId: string, message: string][];
  const settle = () => vi.advanceTimersByTimeAsync(0);

  function start(options: Partial<StandInOptions> = {}, readRecorded?: ReadRecorded): void {
    engine = createStandInEngine({ host, catalogue: [], ...options });
    client = createEngineClient({ connect: () => engine.connect(), ...(readRecorded && { readRecorded }) });
    connections = [];
    welcomes = [];
    targetTitles = [];
    failures = [];
    const listener: EngineClientListener = {
      onConnection: (state) => connections.push(state),
      onWelcome: (welcome) => welcomes.push(welcome),
      onRunListed: () => {},
      onRunForgotten: () => {},
      onExperimentListed: () => {},
      onExperimentChanged: () => {},
      onExperimentForgotten: () => {},
      onTargetsListed: (targets) => targetTitles.push(targets.map(({ title }) => title)),
      onOwnScenariosListed: () => {},
      onFollowFailed: (runId, message) => failures.push([runId, message]),
    };
    client.start(listener);
  }

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    client[Symbol.dispose]();
    vi.useRealTimers();
  });

  it('greets the engine and tells of the connection after the welcome', async () => {
    start();
    await settle();
    expect(engine.received).toEqual([{ type: 'hello', protocolVersion: PROTOCOL_VERSION }]);
    expect(welcomes).toHaveLength(1);
    expect(connections.map(({ kind }) => kind)).toEqual(['connecting', 'connected']);
  });

  it('asks once for a run that is followed at the welcome', async () => {
    start();
    engine.record('r', mark('a'));
    const sink = createRecordingSink();
    const remember = welcomes.push.bind(welcomes);
    welcomes.push = (...welcome) => {
      client.follow('r', sink);
      return remember(...welcome);
    };
    await settle();
    expect(engine.received.filter(({ type }) => type === 'follow-run')).toHaveLength(1);
    expect(sink.names).toEqual(['a']);
  });

  it('gives answers to the request that they belong to', async () => {
    start({
      onCommand: (command) =>
        command.type === 'stop-run' ? { refusal: 'run-has-ended', message: 'It has ended.' } : { runId: 'r7' },
    });
    await settle();
    const refused = client.request({ type: 'stop-run', runId: 'r1' });
    const accepted = client.request({
      type: 'start-run',
      program: { kind: 'scenario', id: 'simple', parameters: {} },
    });
    await expect(refused).rejects.toThrow(new RefusedError('run-has-ended', 'It has ended.'));
    await expect(accepted).resolves.toMatchObject({ type: 'accepted', runId: 'r7' });
  });

  it('resolves a request with the event that answers it, whatever its type', async () => {
    start({
      onQuery: (command) =>
        command.type === 'read-source'
          ? { type: 'source', requestId: command.requestId, path: command.path, text: 'let it = go;' }
          : { refusal: 'bad-path', message: 'There is no such folder.' },
    });
    await settle();
    const source = client.request({ type: 'read-source', path: '/a.js' });
    const folder = client.request({ type: 'list-folder', path: '/nowhere' });
    await expect(folder).rejects.toThrow(new RefusedError('bad-path', 'There is no such folder.'));
    const { text } = await source;
    expect(text).toBe('let it = go;');
  });

  it('begins anew where an answer is not one that the request can have', async () => {
    start({ onQuery: ({ requestId }) => ({ type: 'nodes', requestId, nodes: [] }) });
    await settle();
    await expect(client.request({ type: 'read-source', path: '/a.js' })).rejects.toThrow(/does not belong/);
    expect(connections.at(-1)?.kind).toBe('lost');
  });

  it('tells of processes that can be watched', async () => {
    start();
    await settle();
    const target = {
      targetId: 't1',
      pid: 7,
      title: 'server.js',
      command: 'node server.js',
      workingDirectory: '/',
      node: '24.0.0',
      startedAt: '2026-01-01T00:00:00Z',
    };
    engine.send({ type: 'targets-listed', targets: [target] });
    engine.send({ type: 'targets-listed', targets: [] });
    await settle();
    expect(targetTitles).toEqual([['server.js'], []]);
  });

  it('rejects requests while there is no connection, and those that lose it', async () => {
    start();
    await expect(client.request({ type: 'stop-run', runId: 'r' })).rejects.toThrow(NotConnectedError);
    await settle();
    const unanswered = client.request({ type: 'stop-run', runId: 'r' });
    engine.cut();
    await expect(unanswered).rejects.toThrow(NotConnectedError);
    await settle();
    await expect(client.request({ type: 'stop-run', runId: 'r' })).rejects.toThrow(NotConnectedError);
  });

  it('gives the engine’s reason for closing a connection to whoever waits for an answer', async () => {
    start();
    await settle();
    const unanswered = client.request({ type: 'leave-run', runId: 'r' });
    engine.send({ type: 'protocol-error', message: 'The message could not be read: runId is too long.' });
    await expect(unanswered).rejects.toThrow('runId is too long');
  });

  it('catches up with a run from its beginning and follows it as it grows', async () => {
    start();
    for (const name of ['a', 'b', 'c']) engine.record('r', mark(name));
    const sink = createRecordingSink();
    client.follow('r', sink);
    await settle();
    engine.record('r', mark('d'));
    await settle();
    expect(sink.names).toEqual(['a', 'b', 'c', 'd']);
    expect(engine.received.filter(({ type }) => type === 'acknowledge')).toEqual(
      [0, 1, 2, 3].map((sequence) => ({ type: 'acknowledge', runId: 'r', sequence })),
    );
  });

  it('resumes after a lost connection without gap or duplicate', async () => {
    start();
    const sink = createRecordingSink();
    engine.record('r', mark('a'));
    client.follow('r', sink);
    await settle();
    engine.record('r', mark('b'));
    engine.cut();
    engine.refuseConnections = 'nobody there';
    for (const name of ['c', 'd']) engine.record('r', mark(name));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(connections.at(-1)).toMatchObject({ kind: 'lost', problem: 'nobody there' });
    engine.refuseConnections = undefined;
    await vi.advanceTimersByTimeAsync(2_000);
    engine.record('r', mark('e'));
    await settle();
    expect(connections.at(-1)).toEqual({ kind: 'connected' });
    expect(sink.names).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('does not ask again for a run that it has to its end', async () => {
    start();
    const sink = createRecordingSink();
    for (const { batch } of syntheticRun({ objects: 2, durationMs: 100, settleMs: 10 })) engine.record('r', batch);
    client.follow('r', sink);
    await settle();
    expect(sink.names.at(-1)).toBe('ended');
    engine.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(connections.at(-1)).toEqual({ kind: 'connected' });
    expect(engine.received.filter(({ type }) => type === 'follow-run')).toHaveLength(1);
  });

  it('waits 1, 2, 5 and 5 seconds between attempts, and at once when asked', async () => {
    start();
    await settle();
    engine.refuseConnections = 'nobody there';
    engine.cut();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await settle();
      const state = connections.at(-1);
      if (state?.kind !== 'lost') throw new Error('expected a lost connection');
      waits.push(state.retryAtMs - Date.now());
      await vi.advanceTimersByTimeAsync(state.retryAtMs - Date.now());
    }
    expect(waits).toEqual([1_000, 2_000, 5_000, 5_000]);
    engine.refuseConnections = undefined;
    client.reconnectNow();
    client.reconnectNow();
    await settle();
    expect(connections.at(-1)).toEqual({ kind: 'connected' });
    expect(welcomes).toHaveLength(2);
  });

  describe('far behind', () => {
    const events = (sequence: number, ...names: string[]): EngineEventOf<'run-events'> => ({
      type: 'run-events',
      runId: 'r',
      sequence,
      count: names.length,
      batches: names.map(mark),
      aheadBytes: 0,
    });
    const followRequests = () =>
      engine.received.flatMap((command) =>
        command.type === 'follow-run' ? [[command.fromSequence, command.atMostBytes !== undefined]] : [],
      );
    function startBehind(readRecorded: ReadRecorded) {
      start({ isFarBehind: () => true }, readRecorded);
      for (const name of ['a', 'b', 'c', 'd']) engine.record('r', mark(name));
      const sink = createRecordingSink();
      client.follow('r', sink);
      return sink;
    }

    it('reads what is recorded in the quicker way, and follows from there', async () => {
      const asked: [string, number][] = [];
      const sink = startBehind(async function* (runId, fromSequence) {
        asked.push([runId, fromSequence]);
        yield events(0, 'a', 'b');
        yield events(2, 'c');
      });
      await settle();
      expect(asked).toEqual([['r', 0]]);
      expect(sink.names).toEqual(['a', 'b', 'c', 'd']);
      expect(followRequests()).toEqual([
        [0, true],
        [3, false],
      ]);
    });

    it('takes what is left by the port where that way breaks off, or brings what is not the next', async () => {
      const sink = startBehind(async function* () {
        yield events(0, 'a');
        throw new Error('The host answered with 404.');
      });
      await settle();
      expect(sink.names).toEqual(['a', 'b', 'c', 'd']);
      client[Symbol.dispose]();
      const other = startBehind(async function* () {
        yield events(0, 'a');
        yield events(2, 'c');
      });
      await settle();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(other.names).toEqual(['a', 'b', 'c', 'd']);
      expect(failures).toEqual([]);
    });

    it('gives nothing to whoever follows the same run next', async () => {
      const gates: (() => void)[] = [];
      const left = startBehind(async function* (_runId, fromSequence) {
        for (let sequence = fromSequence; sequence < 4; sequence++) {
          yield events(sequence, 'abcd'[sequence]!);
          await new Promise<void>((open) => gates.push(open));
        }
      });
      const openAll = async () => {
        for (let step = 0; step < 10; step++) {
          for (const open of gates.splice(0)) open();
          await settle();
        }
      };
      await settle();
      client.leave('r');
      const next = createRecordingSink();
      client.follow('r', next);
      await openAll();
      expect([left.names, next.names]).toEqual([['a'], ['a', 'b', 'c', 'd']]);
      expect(connections.map(({ kind }) => kind)).not.toContain('lost');
    });

    it('reads no further once the run is left, or the connection lost; and then from where it stopped', async () => {
      const wasClosed: boolean[] = [];
      const gates: (() => void)[] = [];
      const sink = startBehind(async function* (_runId, fromSequence) {
        try {
          yield events(fromSequence, 'abcd'[fromSequence]!);
          await new Promise<void>((open) => gates.push(open));
          yield events(fromSequence + 1, 'abcd'[fromSequence + 1]!);
        } finally {
          wasClosed.push(true);
        }
      });
      await settle();
      expect(sink.names).toEqual(['a']);
      engine.cut();
      await vi.advanceTimersByTimeAsync(1_000);
      // Both the old way and the new one bring b: it is taken once.
      for (const open of gates) open();
      await settle();
      expect(sink.names.slice(0, 2)).toEqual(['a', 'b']);
      client.leave('r');
      for (const open of gates) open();
      await settle();
      expect(wasClosed).toEqual([true, true]);
    });
  });

  it('ignores an event that comes twice', async () => {
    start();
    engine.record('r', mark('a'));
    const sink = createRecordingSink();
    client.follow('r', sink);
    await settle();
    engine.send({ type: 'run-events', runId: 'r', sequence: 0, count: 1, batches: [mark('a')], aheadBytes: 0 });
    engine.record('r', mark('b'));
    await settle();
    expect(sink.names).toEqual(['a', 'b']);
    expect(connections.at(-1)).toEqual({ kind: 'connected' });
  });

  it('never skips an event: a gap makes it ask again', async () => {
    start();
    for (const name of ['a', 'b', 'c']) engine.record('r', mark(name));
    const sink = createRecordingSink();
    client.follow('r', sink);
    await settle();
    engine.send({ type: 'run-events', runId: 'r', sequence: 5, count: 1, batches: [mark('z')], aheadBytes: 0 });
    await settle();
    expect(connections.at(-1)).toMatchObject({ kind: 'lost' });
    engine.record('r', mark('d'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sink.names).toEqual(['a', 'b', 'c', 'd']);
  });

  it('does not connect again for a message that it could not read, which would be the same', async () => {
    start();
    await settle();
    engine.send({ type: 'accepted', requestId: 'one' } as never);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connections.at(-1)).toMatchObject({ kind: 'unusable', problem: expect.stringContaining('requestId') });
    expect(engine.received.filter(({ type }) => type === 'hello')).toHaveLength(1);
  });

  it('keeps what came before an event that it could not read, says so, and asks no more', async () => {
    start();
    engine.record('r', mark('a'));
    engine.record('s', mark('x'));
    const [sink, other] = [createRecordingSink(), createRecordingSink()];
    client.follow('r', sink);
    client.follow('s', other);
    await settle();
    engine.record('r', { type: 'marks', items: [{ kind: 'user-mark', name: 'b', atMs: NaN }] });
    engine.record('r', mark('c'));
    engine.record('s', mark('y'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failures).toEqual([['r', expect.stringMatching(/^An event of the run could not be read: .*atMs/)]]);
    expect([sink.names, other.names]).toEqual([['a'], ['x', 'y']]);
    expect(connections.at(-1)).toEqual({ kind: 'connected' });
    expect(engine.received.filter(({ type }) => type === 'follow-run')).toHaveLength(2);
    // Nor over another connection.
    engine.cut();
    await vi.advanceTimersByTimeAsync(1_000);
    const again = engine.received.flatMap((command) => (command.type === 'follow-run' ? [command.runId] : []));
    expect(again.slice(2)).toEqual(['s']);
  });

  it('rejects a request whose answer it could not read', async () => {
    start({ onQuery: ({ requestId }) => ({ type: 'nodes', requestId, nodes: 'none' }) as never });
    await settle();
    await expect(client.request({ type: 'list-nodes' })).rejects.toThrow(/answer could not be read: nodes/);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connections.at(-1)).toEqual({ kind: 'connected' });
    expect(engine.received.filter(({ type }) => type === 'list-nodes')).toHaveLength(1);
  });

  it('is not usable where a frame cannot be decoded, and asks for nothing again', async () => {
    start();
    await settle();
    engine.send(new FrameError('A frame has more values than any message.') as never);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connections.at(-1)).toMatchObject({ kind: 'unusable', problem: expect.stringContaining('more values') });
    expect(engine.received.filter(({ type }) => type === 'hello')).toHaveLength(1);
  });

  it('asks once for an event that is missing, and then no more', async () => {
    start();
    engine.record('r', mark('a'));
    const sink = createRecordingSink();
    client.follow('r', sink);
    await settle();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      engine.send({ type: 'run-events', runId: 'r', sequence: 5, count: 1, batches: [mark('z')], aheadBytes: 0 });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(failures).toEqual([['r', 'Event 1 of the run is missing.']]);
    expect(connections.at(-1)).toEqual({ kind: 'connected' });
  });

  it('keeps what it has and says so when the engine knows the run no more', async () => {
    start();
    const sink = createRecordingSink();
    client.follow('gone', sink);
    await settle();
    expect(failures).toEqual([['gone', 'The engine has no recording of this run.']]);
    expect(connections.at(-1)).toEqual({ kind: 'connected' });
  });

  it('does not repeat an attempt that cannot succeed', async () => {
    start({ protocolVersion: 99 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connections.map(({ kind }) => kind)).toEqual(['connecting', 'unusable']);
    expect(engine.received).toHaveLength(1);
  });

  it('treats an engine that stays silent as lost', async () => {
    start();
    engine.connect = () => new Promise((resolve) => setTimeout(() => resolve(silentPort), 10));
    engine.cut();
    await settle();
    await vi.advanceTimersByTimeAsync(1_000 + 10 + 10_000);
    expect(connections.at(-1)).toMatchObject({ kind: 'lost', problem: 'The engine does not answer.' });
  });
});

const nothing = { [Symbol.dispose]() {} };
const silentPort = { post() {}, onMessage: () => nothing, onClose: () => nothing, close() {} };
