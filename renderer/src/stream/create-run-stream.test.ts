import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  callbacksBatch,
  collectionsBatch,
  registrationsBatch,
  samplesBatch,
  syntheticRun,
} from '../../../tests/fixtures/synthetic-run.ts';
import type { RunBatch } from '../../../engine/protocol/run-batch.ts';
import { createRunStream, RunStreamError } from './create-run-stream.ts';
import type { RunStream } from './run-stream.ts';

function streamOf(...batches: RunBatch[]): RunStream {
  const stream = createRunStream();
  batches.forEach((batch, sequence) => {
    stream.apply(sequence, batch);
    // Read after every batch, as charts do: whatever is summarized on reading must follow what comes later.
    stream.countsAt(stream.endMs);
  });
  return stream;
}

/** A life in the naive model: plain objects, counted by looking at all of them. */
interface Life {
  readonly registeredAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly isUnregistered: boolean;
}

const lives = fc.array(
  fc.record({
    registeredAtMs: fc.integer({ min: 0, max: 500 }),
    lengthMs: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
    isUnregistered: fc.boolean(),
  }),
  // Large enough for several summarized blocks of events; small ones come from shrinking.
  { maxLength: 400, size: 'max' },
);

/** Batches as a drain every `drainMs` would send them: ends may come before or after the registrations they belong to. */
function batchesOf(ordered: readonly Life[], drainMs: number, endsFirst: boolean): RunBatch[] {
  const batches: RunBatch[] = [];
  for (let from = 0; from <= 800; from += drainMs) {
    const isIn = (atMs: number | undefined) => atMs !== undefined && atMs >= from && atMs < from + drainMs;
    const firstRow = ordered.findIndex(({ registeredAtMs }) => isIn(registeredAtMs));
    const registered = ordered.filter(({ registeredAtMs }) => isIn(registeredAtMs));
    const ended = ordered
      .map((life, row) => ({ ...life, id: row + 1 }))
      .filter(({ endedAtMs }) => isIn(endedAtMs))
      .sort((a, b) => (a.endedAtMs ?? 0) - (b.endedAtMs ?? 0));
    const registrations = registrationsBatch(
      firstRow + 1,
      registered.map(({ registeredAtMs: atMs }, index) => ({ atMs, label: `object ${firstRow + index + 1} ü` })),
    );
    const callbacks = callbacksBatch(
      ended.filter((life) => !life.isUnregistered).map(({ id, endedAtMs }) => ({ id, startMs: endedAtMs ?? 0 })),
    );
    const gone = ended.filter((life) => life.isUnregistered);
    const unregistrations = {
      type: 'unregistrations' as const,
      id: Uint32Array.from(gone, ({ id }) => id),
      atMs: Float64Array.from(gone, ({ endedAtMs }) => endedAtMs ?? 0),
    };
    const ends = [callbacks, unregistrations];
    const starts = registered.length === 0 ? [] : [registrations];
    batches.push(...(endsFirst ? [...ends, ...starts] : [...starts, ...ends]));
  }
  return batches;
}

/** A failing property stops looking for a smaller example after this long. */
const LONGEST_MS = 20_000;

describe('createRunStream', () => {
  it('agrees with a naive model on every count, at every time, whatever the order of arrival', () => {
    fc.assert(
      fc.property(
        lives,
        fc.integer({ min: 7, max: 400 }),
        fc.boolean(),
        fc.nat(600),
        (drafts, drainMs, first, majorMs) => {
          const ordered: Life[] = drafts
            .map(({ registeredAtMs, lengthMs, isUnregistered }) => ({
              registeredAtMs,
              endedAtMs: lengthMs === undefined ? undefined : registeredAtMs + lengthMs,
              isUnregistered,
            }))
            .sort((a, b) => a.registeredAtMs - b.registeredAtMs);
          const major = collectionsBatch([{ startMs: majorMs, pauseMs: 2, kind: 'major', forced: true }]);
          const stream = streamOf(...batchesOf(ordered, drainMs, first), major);
          const ended = ordered.filter(({ endedAtMs }) => endedAtMs !== undefined);
          const finalized = ended.filter((life) => !life.isUnregistered).length;
          expect(stream.counters).toMatchObject({
            registered: ordered.length,
            finalized,
            unregistered: ended.length - finalized,
            alive: ordered.length - ended.length,
            waiting: ordered.filter((life) => life.registeredAtMs < majorMs && life.endedAtMs === undefined).length,
            events: ordered.length + ended.length + 1,
          });
          for (const atMs of [-1, 0, 123, 250, 499, 900]) {
            const registered = ordered.filter(({ registeredAtMs }) => registeredAtMs <= atMs).length;
            const done = ordered.filter(({ endedAtMs }) => endedAtMs !== undefined && endedAtMs <= atMs).length;
            expect(stream.countsAt(atMs)).toMatchObject({ registered, alive: registered - done });
          }
          let previous = -Infinity;
          const seen = new Set<string>();
          for (let row = 0; row < stream.eventCount; row++) {
            const event = stream.eventAt(row);
            expect(event.atMs).toBeGreaterThanOrEqual(previous);
            previous = event.atMs;
            seen.add(`${event.kind} ${event.objectId}`);
          }
          expect(seen.size).toBe(stream.eventCount);
          ordered.forEach((life, row) => {
            expect(stream.objectAt(row)).toMatchObject({
              id: row + 1,
              label: `object ${row + 1} ü`,
              registeredAtMs: life.registeredAtMs,
              verdict: life.endedAtMs === undefined ? 'unknown' : life.isUnregistered ? 'unregistered' : 'finalized',
            });
            expect(stream.endedAtMs(row)).toBe(life.endedAtMs ?? Infinity);
          });
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: LONGEST_MS },
    );
  });

  it('keeps the peak of "alive" in each pixel column, as a count event by event finds it', () => {
    fc.assert(
      fc.property(
        lives,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 20, max: 900 }),
        (drafts, columnCount, drainMs) => {
          const ordered: Life[] = drafts
            .map(({ registeredAtMs, lengthMs, isUnregistered }) => ({
              registeredAtMs,
              endedAtMs: lengthMs === undefined ? undefined : registeredAtMs + lengthMs + 0.5,
              isUnregistered,
            }))
            .sort((a, b) => a.registeredAtMs - b.registeredAtMs);
          const stream = streamOf(...batchesOf(ordered, drainMs, false));
          const fromMs = 50;
          const toMs = 650;
          const columns = {
            registered: new Uint32Array(columnCount),
            finalized: new Uint32Array(columnCount),
            highestAlive: new Uint32Array(columnCount),
            lowestAlive: new Uint32Array(columnCount),
          };
          stream.density(fromMs, toMs, columns);
          const steps = ordered
            .flatMap((life) => [
              { atMs: life.registeredAtMs, by: 1 },
              ...(life.endedAtMs === undefined ? [] : [{ atMs: life.endedAtMs, by: -1 }]),
            ])
            .sort((a, b) => a.atMs - b.atMs);
          for (let column = 0; column < columnCount; column++) {
            const start = fromMs + ((toMs - fromMs) * column) / columnCount;
            const end = fromMs + ((toMs - fromMs) * (column + 1)) / columnCount;
            let alive = steps.filter(({ atMs }) => atMs < start).reduce((sum, { by }) => sum + by, 0);
            let highest = alive;
            let lowest = alive;
            for (const { by } of steps.filter(({ atMs }) => atMs >= start && atMs < end)) {
              alive += by;
              highest = Math.max(highest, alive);
              lowest = Math.min(lowest, alive);
            }
            const isIn = (atMs: number | undefined) => atMs !== undefined && atMs >= start && atMs < end;
            expect(columns.highestAlive[column]).toBe(highest);
            expect(columns.lowestAlive[column]).toBe(lowest);
            expect(columns.registered[column]).toBe(ordered.filter((life) => isIn(life.registeredAtMs)).length);
            expect(columns.finalized[column]).toBe(
              ordered.filter((life) => !life.isUnregistered && isIn(life.endedAtMs)).length,
            );
          }
        },
      ),
      { numRuns: 100, interruptAfterTimeLimit: LONGEST_MS },
    );
  });

  it('counts a million registrations and callbacks exactly, in at most 48 bytes an event', () => {
    const total = 1_000_000;
    const perBatch = 50_000;
    const batches: RunBatch[] = [];
    const label = new TextEncoder().encode('object');
    for (let first = 0; first < total; first += perBatch) {
      const labelBytes = new Uint8Array(perBatch * label.length);
      for (let row = 0; row < perBatch; row++) labelBytes.set(label, row * label.length);
      batches.push({
        type: 'registrations',
        firstId: first + 1,
        atMs: Float64Array.from({ length: perBatch }, (_, row) => (first + row) / 1000),
        registryId: new Uint32Array(perBatch).fill(1),
        siteId: new Uint32Array(perBatch).fill(1),
        labelEnd: Uint32Array.from({ length: perBatch }, (_, row) => (row + 1) * label.length),
        labelBytes,
      });
      // Last in, first out, and half a batch later than the registrations, as one task of callbacks would be.
      batches.push({
        type: 'callbacks',
        id: Uint32Array.from({ length: perBatch }, (_, row) => first + perBatch - row),
        startMs: Float64Array.from({ length: perBatch }, (_, row) => (first + perBatch * 1.5 + row) / 1000),
        durationMs: new Float64Array(perBatch).fill(0.001),
        threw: new Uint8Array(perBatch),
      });
    }
    // What the stream keeps, not what growing has left behind.
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    collectGarbage();
    // (`arrayBuffers` does not count those that can be resized.)
    const before = process.memoryUsage().external;
    const startedAt = performance.now();
    const stream = streamOf(...batches);
    const tookMs = performance.now() - startedAt;
    collectGarbage();
    const bytesPerEvent = (process.memoryUsage().external - before) / stream.eventCount;
    console.info(
      `A million registrations and callbacks: ${tookMs.toFixed(0)} ms, ${bytesPerEvent.toFixed(1)} bytes an event`,
    );
    expect(stream.counters).toMatchObject({ registered: total, finalized: total, alive: 0, events: 2 * total });
    expect(bytesPerEvent).toBeLessThanOrEqual(48);
    const { callbackStartMs } = stream.registrations;
    expect(callbackStartMs.length).toBe(total);
    expect(callbackStartMs.values.subarray(0, total).includes(NaN)).toBe(false);
    expect(stream.countsAt(Infinity)).toEqual({ registered: total, finalized: total, unregistered: 0, alive: 0 });
    const rows = Array.from({ length: total }, (_, row) => row);
    expect(rows.every(stream.labelMatcher('OBJ'))).toBe(true);
    expect(rows.some(stream.labelMatcher('nothing'))).toBe(false);
  });

  it('refuses a batch out of sequence', () => {
    const registration = registrationsBatch(1, [{ atMs: 1, label: 'a' }]);
    const stream = streamOf(registration);
    expect(() => stream.apply(0, registration)).toThrow(RunStreamError);
    expect(() => stream.apply(2, registration)).toThrow(RunStreamError);
  });

  it('leaves out rows that contradict earlier ones, counts them, and says so once', () => {
    const registration = registrationsBatch(1, [{ atMs: 1, label: 'a' }]);
    const callback = callbacksBatch([{ id: 1, startMs: 5 }]);
    const stream = streamOf(
      registration,
      registration,
      callback,
      callback,
      { type: 'unregistrations', id: Uint32Array.of(1), atMs: Float64Array.of(9) },
      callbacksBatch([{ id: 4_000_000_000, startMs: 6 }]),
      registrationsBatch(1, [
        { atMs: 1, label: 'again' },
        { atMs: 2, label: 'b' },
      ]),
    );
    expect(stream.counters).toMatchObject({ registered: 1, finalized: 1, unregistered: 0, alive: 0, droppedRows: 6 });
    expect(stream.objectAt(0)).toMatchObject({ label: 'a', verdict: 'finalized' });
    expect(stream.warnings.length).toBe(1);
    expect(stream.eventCount).toBe(3);
  });

  it('counts a callback once that is reported when it is entered and when it ends, and one that never ends', () => {
    const registration = registrationsBatch(1, [
      { atMs: 1, label: 'returns' },
      { atMs: 1, label: 'throws' },
      { atMs: 1, label: 'exits' },
    ]);
    const entered = (id: number) => callbacksBatch([{ id, startMs: id * 10, durationMs: NaN }]);
    const stream = streamOf(
      registration,
      entered(1),
      // A start that is known less exactly than that of the first row.
      callbacksBatch([{ id: 1, startMs: 12, durationMs: 3 }]),
      entered(2),
      callbacksBatch([{ id: 2, startMs: 20, durationMs: 4, threw: true }]),
      entered(3),
    );
    expect(stream.counters).toMatchObject({ finalized: 3, threw: 1, alive: 0, droppedRows: 0, longestStallMs: 5 });
    expect(stream.eventCount).toBe(6);
    expect(stream.warnings).toEqual([]);
    expect(stream.objectAt(0)).toMatchObject({ verdict: 'finalized', callbackStartedAtMs: 10, callbackMs: 5 });
    expect(stream.objectAt(1)).toMatchObject({ verdict: 'callback-threw', callbackMs: 4 });
    expect(stream.objectAt(2)).toMatchObject({ verdict: 'finalized', reason: 'callback-not-returned' });
    expect(stream.objectAt(2).callbackMs).toBeUndefined();
  });

  it('leaves a gap where registrations were dropped, and counts only what came', () => {
    const stream = streamOf(
      registrationsBatch(1, [{ atMs: 1, label: 'first' }]),
      registrationsBatch(4, [{ atMs: 9, label: 'fourth' }]),
      { type: 'dropped', what: 'rows', count: 2, message: 'Two rows were dropped.' },
    );
    expect(stream.counters).toMatchObject({ registered: 2, alive: 2, droppedRows: 2 });
    expect(stream.objectAt(3)).toMatchObject({ id: 4, label: 'fourth' });
    expect(stream.objectAt(1).registeredAtMs).toBeNaN();
    expect(stream.warnings.map(({ message }) => message)).toEqual(['Two rows were dropped.']);
  });

  it('takes the release, the collecting GC and the callback of an object together', () => {
    const stream = streamOf(
      registrationsBatch(1, [
        { atMs: 10, label: 'a' },
        { atMs: 30, label: 'a' },
      ]),
      {
        type: 'marks',
        items: [
          { kind: 'release', name: 'a', atMs: 40 },
          { kind: 'release', name: 'a', atMs: 20 },
        ],
      },
      collectionsBatch([
        { startMs: 5, pauseMs: 1, kind: 'major' },
        { startMs: 50, pauseMs: 2, kind: 'minor' },
        { startMs: 60, pauseMs: 3, kind: 'major', forced: true },
      ]),
      callbacksBatch([{ id: 1, startMs: 64, durationMs: 0.5 }]),
    );
    expect(stream.objectAt(0)).toMatchObject({
      releasedAtMs: 20,
      collectedBetweenMs: [60, 63],
      callbackStartedAtMs: 64,
      callbackMs: 0.5,
    });
    expect(stream.objectAt(1)).toMatchObject({ releasedAtMs: 40 });
    expect(stream.objectAt(1)).not.toHaveProperty('collectedBetweenMs');
    expect(stream.counters).toMatchObject({
      minorCollections: 1,
      majorCollections: 2,
      forcedCollections: 1,
      waiting: 1,
    });
  });

  it('brackets the collection by all major GCs of a blocked stretch, since none of them could call back', () => {
    const stream = streamOf(
      registrationsBatch(1, [{ atMs: 10, label: 'a' }]),
      collectionsBatch([
        { startMs: 100, pauseMs: 1, kind: 'major' },
        { startMs: 200, pauseMs: 1, kind: 'major' },
        { startMs: 300, pauseMs: 1, kind: 'major' },
      ]),
      { type: 'blocked', startMs: Float64Array.of(150), endMs: Float64Array.of(350) },
      callbacksBatch([{ id: 1, startMs: 351 }]),
    );
    expect(stream.objectAt(0).collectedBetweenMs).toEqual([200, 301]);
    expect(stream.collectedAtMs(0)).toBe(301);
  });

  it.each([
    ['13.6.233.17', undefined],
    ['14.6.202.34', [200, 201]],
  ])('brackets by a minor collection where V8 %s lets it clear registrations', (v8, bracket) => {
    const stream = streamOf(
      {
        type: 'runtime',
        node: '',
        v8,
        host: 'node',
        pid: 1,
        capabilities: { heap: 'live', external: 'live', collections: 'live', forcedGc: 'live' },
      },
      registrationsBatch(1, [{ atMs: 10, label: 'a' }]),
      collectionsBatch([{ startMs: 200, pauseMs: 1, kind: 'minor' }]),
      callbacksBatch([{ id: 1, startMs: 203 }]),
    );
    expect(stream.objectAt(0).collectedBetweenMs).toEqual(bracket);
    expect(stream.counters).toMatchObject({ minorCollections: 1, majorCollections: 0 });
  });

  it('joins the pieces of a blocked stretch, and brackets by the whole of it', () => {
    const batches: RunBatch[] = [
      registrationsBatch(1, [{ atMs: 10, label: 'a' }]),
      collectionsBatch([
        { startMs: 200, pauseMs: 1, kind: 'major' },
        { startMs: 400, pauseMs: 1, kind: 'major' },
      ]),
      { type: 'blocked', startMs: Float64Array.of(150), endMs: Float64Array.of(205) },
      // The thread turned at 300 ms, which is no proof that a callback found its turn.
      { type: 'blocked', startMs: Float64Array.of(205, 300.001, 410), endMs: Float64Array.of(300, 410, 500) },
      { type: 'blocked', startMs: Float64Array.of(900), endMs: Float64Array.of(1_000) },
    ];
    const stream = streamOf(...batches, callbacksBatch([{ id: 1, startMs: 501 }]));
    const { startMs, endMs } = stream.blocked;
    expect([...startMs.values.subarray(0, startMs.length)]).toEqual([150, 300.001, 900]);
    expect([...endMs.values.subarray(0, endMs.length)]).toEqual([300, 500, 1_000]);
    expect(stream.objectAt(0).collectedBetweenMs).toEqual([200, 401]);
    const kinds = Array.from({ length: stream.events.length }, (_, position) => stream.eventAt(position)?.kind);
    expect(kinds.filter((kind) => kind === 'blocked')).toHaveLength(3);
  });

  it('brackets across a heap snapshot as across a blocked stretch: the thread stands still for both', () => {
    const majors = collectionsBatch([
      { startMs: 200, pauseMs: 1, kind: 'major' },
      { startMs: 600, pauseMs: 1, kind: 'major' },
    ]);
    const snapshot: RunBatch = {
      type: 'marks',
      items: [{ kind: 'heap-snapshot', name: '', atMs: 150, durationMs: 500 }],
    };
    const within: RunBatch = { type: 'blocked', startMs: Float64Array.of(190), endMs: Float64Array.of(250) };
    const registered = registrationsBatch(1, [{ atMs: 10, label: 'a' }]);
    const called = callbacksBatch([{ id: 1, startMs: 651 }]);
    for (const stretches of [[snapshot], [within, snapshot], [snapshot, within]]) {
      expect(streamOf(registered, majors, ...stretches, called).objectAt(0).collectedBetweenMs).toEqual([200, 601]);
    }
    expect(streamOf(registered, majors, within, called).objectAt(0).collectedBetweenMs).toEqual([600, 601]);
  });

  it('keeps the largest gap between samples, the longest stall and the end of what is known', () => {
    const stream = streamOf(
      samplesBatch([
        { atMs: 0, used: 1 },
        { atMs: 20, used: 2 },
      ]),
      samplesBatch([{ atMs: 95, used: 3 }]),
      registrationsBatch(1, [
        { atMs: 1, label: '' },
        { atMs: 1, label: '' },
        { atMs: 1, label: '', registryId: 2 },
      ]),
      callbacksBatch([
        { id: 1, startMs: 100, durationMs: 2 },
        { id: 2, startMs: 102.1, durationMs: 3 },
        { id: 3, startMs: 105.2, durationMs: 1 },
      ]),
    );
    expect(stream.counters.largestSampleGapMs).toBe(75);
    expect(stream.counters.longestStallMs).toBeCloseTo(5.1);
    expect(stream.endMs).toBeCloseTo(106.2);
  });

  it('puts console lines together per stream and keeps the last 20,000', () => {
    const entry = (text: string, stream: 'stdout' | 'stderr' = 'stdout') => ({
      stream,
      atMs: 1,
      text,
      lines: text.split('\n').length - 1,
    });
    const stream = streamOf({
      type: 'console',
      entries: [entry('par'), entry('oops\n', 'stderr'), entry('tial\r\nnext')],
    });
    const lines = () => Array.from({ length: stream.consoleLineCount }, (_, row) => stream.consoleLineAt(row).text);
    expect(lines()).toEqual(['oops', 'partial', 'next']);
    expect(stream.counters.consoleLines).toBe(2);
    const many = Array.from({ length: 50_000 }, (_, line) => `line ${line}\n`).join('');
    stream.apply(1, { type: 'console', entries: [entry(`!\n${many}`)] });
    expect(stream.consoleLineCount).toBe(20_000);
    expect(stream.counters.consoleLines).toBe(50_003);
    expect(stream.consoleLineAt(0).text).toBe('line 30000');
    expect(stream.consoleLineAt(19_999).text).toBe('line 49999');
    stream.apply(2, { type: 'console', entries: [entry('x'.repeat(1_000_000))] });
    expect(stream.consoleLineAt(19_999).text.length).toBeLessThan(5_000);
    expect(() => stream.consoleLineAt(20_000)).toThrow(RangeError);
  });

  it('ends the axis soon after the program’s end, however long the heap is read for then', () => {
    const mark = (kind: 'settle-ended' | 'heap-snapshot', atMs: number, durationMs?: number): RunBatch => ({
      type: 'marks',
      items: [{ kind, name: '', atMs, ...(durationMs === undefined ? {} : { durationMs }) }],
    });
    // In the middle of a run it is a part of it.
    expect(streamOf(mark('heap-snapshot', 500, 800)).endMs).toBe(1_300);
    const stream = streamOf(mark('settle-ended', 2_000), mark('heap-snapshot', 2_001, 60_000));
    expect(stream.endMs).toBeGreaterThan(2_001);
    expect(stream.endMs).toBeLessThan(2_100);
  });

  it('has more to show once what was recorded before is here, or where it comes no nearer, or no more comes for now', () => {
    const MIB = 1024 * 1024;
    const stream = createRunStream();
    const apply = (aheadMib: number) => {
      const sequence = stream.nextSequence;
      stream.applyGroup({
        sequence,
        count: 2,
        batches: [samplesBatch([{ atMs: sequence, used: 1 }])],
        aheadBytes: aheadMib * MIB,
      });
      return [stream.revision, stream.caughtUpShare];
    };
    expect([40, 30, 10, 4, 1, 0.1].map(apply)).toEqual([
      [0, 0],
      [0, 0.25],
      [0, 0.75],
      [0, 0.9],
      [0, 0.975],
      [1, undefined],
    ]);
    // Not so far behind that it would be worth waiting for.
    expect(apply(7)).toEqual([2, undefined]);
    // A run that brings more than comes through.
    expect([20, 15, 21].map(apply)).toEqual([
      [2, 0],
      [2, 0.25],
      [3, undefined],
    ]);
    expect(apply(20)).toEqual([3, 0]);
    stream.showAll();
    expect([stream.revision, stream.caughtUpShare]).toEqual([4, undefined]);
    stream.showAll();
    expect(stream.revision).toBe(4);
    expect(stream.counters.samples).toBe(11);
    // Of what nothing came there is nothing more to wait for.
    const empty = createRunStream();
    empty.showAll();
    expect(empty.revision).toBe(1);
  });

  it('takes a whole run of every kind of batch to its report', () => {
    const stream = createRunStream();
    for (const { batch } of syntheticRun({ unregisteredEvery: 9, throwsEvery: 11 }))
      stream.apply(stream.nextSequence, batch);
    const { report, counters } = stream;
    expect(stream.status).toBe('ended');
    expect(counters.registered).toBe(report?.registrations.total);
    expect(counters.finalized - counters.threw).toBe(report?.registrations.finalized);
    expect(counters.threw).toBe(report?.registrations.callbackThrew);
    expect(counters.alive).toBe(report?.registrations.alive);
    const objects = Array.from({ length: counters.registered }, (_, row) => stream.objectAt(row));
    for (const verdict of ['finalized', 'alive', 'unregistered', 'callback-threw'] as const) {
      const key = verdict === 'callback-threw' ? 'callbackThrew' : verdict;
      expect(objects.filter((object) => object.verdict === verdict).length).toBe(report?.registrations[key]);
    }
    expect(objects.filter((_, row) => stream.labelMatcher('HARBOR')(row)).length).toBe(8);
    const kinds = new Set(Array.from({ length: stream.eventCount }, (_, row) => stream.eventAt(row).kind));
    expect(kinds).toEqual(new Set(['registration', 'callback', 'unregistration', 'collection', 'mark', 'blocked']));
  });
});
