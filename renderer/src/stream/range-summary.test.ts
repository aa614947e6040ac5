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
import { createRunStream } from './create-run-stream.ts';
import { MOST_RANKED_GROUPS, summarizeRange, type BytesChange, type RangeSummary } from './range-summary.ts';
import type { RunStream, TimeRange } from './run-stream.ts';

function streamOf(...batches: readonly RunBatch[]): RunStream {
  const stream = createRunStream();
  batches.forEach((batch, sequence) => stream.apply(sequence, batch));
  return stream;
}

function summarize(stream: RunStream, fromMs: number, toMs: number, onStep: () => void = () => {}): RangeSummary {
  const steps = summarizeRange(stream, { fromMs, toMs });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    onStep();
  }
}

const blockedBatch = (...rows: readonly (readonly [startMs: number, endMs: number])[]): RunBatch => ({
  type: 'blocked',
  startMs: Float64Array.from(rows, ([startMs]) => startMs),
  endMs: Float64Array.from(rows, ([, endMs]) => endMs),
});
const unregistrationsBatch = (...rows: readonly (readonly [id: number, atMs: number])[]): RunBatch => ({
  type: 'unregistrations',
  id: Uint32Array.from(rows, ([id]) => id),
  atMs: Float64Array.from(rows, ([, atMs]) => atMs),
});

/** What `summarizeRange` tells of objects, by looking at each of them. */
function naiveLives(stream: RunStream, { fromMs, toMs }: TimeRange) {
  const isIn = (atMs: number | undefined) => atMs !== undefined && atMs >= fromMs && atMs <= toMs;
  const objects = Array.from({ length: stream.registrations.atMs.length }, (_, row) => stream.objectAt(row));
  const labels = new Set<string>();
  const touched = objects.map((object, row) => {
    const tally = {
      registered: isIn(object.registeredAtMs) ? 1 : 0,
      collected: isIn(stream.collectedAtMs(row)) ? 1 : 0,
      finalized: isIn(object.callbackStartedAtMs) ? 1 : 0,
    };
    if (tally.registered + tally.collected + tally.finalized > 0) labels.add(object.label);
    return { ...tally, object };
  });
  const sum = (what: 'registered' | 'collected' | 'finalized', rows = touched) =>
    rows.reduce((total, tally) => total + tally[what], 0);
  const groupedBy = (keyOf: (row: (typeof touched)[number]) => string | number) =>
    [...Map.groupBy(touched, keyOf)]
      .map(([key, rows]) => ({
        key,
        registered: sum('registered', rows),
        collected: sum('collected', rows),
        finalized: sum('finalized', rows),
      }))
      .filter(({ registered, collected, finalized }) => registered + collected + finalized > 0);
  const areMany = labels.size > 50;
  const patternOf = (label: string) => (areMany ? label.replace(/\d+/g, '…') : label);
  const labelsOfPattern = Map.groupBy(labels, patternOf);
  const nameOf = (label: string) => {
    const alike = labelsOfPattern.get(patternOf(label)) ?? [];
    return alike.length === 1 ? (alike[0] ?? '') : patternOf(label);
  };
  return {
    registered: sum('registered'),
    collected: sum('collected'),
    finalized: sum('finalized'),
    unregistered: objects.filter(({ unregisteredAtMs }) => isIn(unregisteredAtMs)).length,
    threw: objects.filter(
      ({ verdict, callbackStartedAtMs }) => verdict === 'callback-threw' && isIn(callbackStartedAtMs),
    ).length,
    sites: groupedBy(({ object }) => object.siteId),
    labels: groupedBy(({ object }) => nameOf(object.label)),
    objects,
  };
}

function naiveStall(stream: RunStream, { fromMs, toMs }: TimeRange): number {
  let longestMs = NaN;
  const callbacks = Array.from({ length: stream.registrations.atMs.length }, (_, row) => stream.objectAt(row))
    .filter(({ callbackStartedAtMs: atMs = NaN }) => atMs >= fromMs && atMs <= toMs)
    .sort((a, b) => (a.callbackStartedAtMs ?? 0) - (b.callbackStartedAtMs ?? 0));
  for (const [, own] of Map.groupBy(callbacks, ({ registryId }) => registryId)) {
    own.forEach(({ callbackStartedAtMs: startMs = NaN }, index) => {
      let endMs = startMs;
      for (const { callbackStartedAtMs: nextMs = NaN, callbackMs = NaN } of own.slice(index)) {
        if (nextMs - endMs >= 0.5) break;
        endMs = Math.max(endMs, nextMs + callbackMs);
      }
      longestMs = Math.max(longestMs || 0, endMs - startMs);
    });
  }
  return longestMs;
}

function naiveBytes(
  rows: readonly { readonly atMs: number; readonly bytes: number }[],
  { fromMs, toMs }: TimeRange,
): BytesChange {
  const nearest = (edgeMs: number) => {
    const near = rows
      .map(({ atMs }, row) => ({ row, distanceMs: Math.abs(atMs - edgeMs) }))
      .filter(({ distanceMs }) => distanceMs <= 100)
      .sort((a, b) => a.distanceMs - b.distanceMs || a.row - b.row);
    return near[0]?.row;
  };
  const [start, end] = [nearest(fromMs), nearest(toMs)];
  const startBytes = start === undefined ? NaN : (rows[start]?.bytes ?? NaN);
  const endBytes = end === undefined ? NaN : (rows[end]?.bytes ?? NaN);
  const changes = rows.flatMap(({ atMs, bytes }, row) => {
    const before = rows[row - 1];
    if (before === undefined || atMs - before.atMs > 1000 || Number.isNaN(bytes - before.bytes)) return [];
    const isAfterStart = start === undefined ? before.atMs >= fromMs : row - 1 >= start;
    const isBeforeEnd = end === undefined ? atMs <= toMs : row <= end;
    return isAfterStart && isBeforeEnd ? [bytes - before.bytes] : [];
  });
  const sum = (values: number[]) => (changes.length === 0 ? NaN : values.reduce((total, each) => total + each, 0));
  return {
    startBytes,
    endBytes,
    changeBytes: start === end ? NaN : endBytes - startBytes,
    gainedBytes: sum(changes.map((change) => Math.max(0, change))),
    lostBytes: sum(changes.map((change) => Math.max(0, -change))),
  };
}

// Times on a coarse grid, so that edges fall on events and events on each other.
const tick = fc.integer({ min: 0, max: 160 }).map((ticks) => ticks * 2.5);

const object = fc.record({
  registeredAtMs: tick,
  /** After the registration. */
  endsAfterMs: fc.option(tick, { nil: undefined }),
  ending: fc.constantFrom('callback', 'callback', 'callback', 'throws', 'unregister'),
  callbackMs: fc.constantFrom(0, 0.2, 2.3, 7),
  label: fc.oneof(
    fc.constantFrom('', 'a', 'b', 'Image ü 1', 'Image ü 22', '7', 'x7y', 'x77'),
    fc.nat(99).map((n) => `Session ${n}`),
    fc.nat(99).map((n) => `user-${n}/page-${n % 7}`),
  ),
  siteId: fc.nat(30),
  registryId: fc.integer({ min: 1, max: 2 }),
});
const objects = fc.array(object, { maxLength: 120, size: 'max' });
/** Distances from one to the next, so that none overlap. */
const pauses = fc.array(
  fc.record({
    afterMs: fc.constantFrom(0, 2.5, 10, 60),
    pauseMs: fc.constantFrom(0, 0.4, 2.5, 5, 20),
    isMajor: fc.boolean(),
    forced: fc.boolean(),
  }),
  { maxLength: 20 },
);
const samples = fc.array(
  fc.record({
    afterMs: fc.constantFrom(0.5, 20, 20, 20, 90, 1_200),
    bytes: fc.constantFrom(NaN, 0, 100, 1_000, 5_000),
  }),
  { maxLength: 20 },
);
const stretches = fc.array(fc.record({ afterMs: fc.constantFrom(5, 60), lengthMs: fc.constantFrom(50, 55, 200) }), {
  maxLength: 4,
});
const range = fc.tuple(tick, fc.oneof(fc.constant(0), tick));

/** A failing property stops looking for a smaller example after this long. */
const LONGEST_MS = 20_000;

describe('summarizeRange', () => {
  it('agrees with a look at every object, pause, sample and stretch, whatever the order of arrival', () => {
    fc.assert(
      fc.property(
        fc.record({
          objects,
          pauses,
          samples,
          stretches,
          range,
          isReversed: fc.boolean(),
          batchRows: fc.integer({ min: 1, max: 40 }),
        }),
        (run) => {
          const ordered = run.objects.toSorted((a, b) => a.registeredAtMs - b.registeredAtMs);
          const lives: RunBatch[] = [];
          for (let from = 0; from < ordered.length; from += run.batchRows) {
            const rows = ordered
              .slice(from, from + run.batchRows)
              .map((each, index) => ({ ...each, id: from + index + 1 }));
            lives.push(
              registrationsBatch(
                from + 1,
                rows.map(({ registeredAtMs: atMs, ...rest }) => ({ atMs, ...rest })),
              ),
            );
            const ended = rows.flatMap((row) =>
              row.endsAfterMs === undefined ? [] : [{ ...row, endMs: row.registeredAtMs + row.endsAfterMs }],
            );
            const called = ended.filter(({ ending }) => ending !== 'unregister');
            lives.push(
              callbacksBatch(
                called.map(({ id, endMs, callbackMs, ending }) => ({
                  id,
                  startMs: endMs,
                  durationMs: callbackMs,
                  threw: ending === 'throws',
                })),
              ),
              unregistrationsBatch(
                ...ended.filter(({ ending }) => ending === 'unregister').map(({ id, endMs }) => [id, endMs] as const),
              ),
            );
          }
          // Backwards, every registration fills a gap: its callback has come, and so have later registrations.
          if (run.isReversed) lives.reverse();
          let atMs = 0;
          const collections = run.pauses.map(({ afterMs, pauseMs, isMajor, forced }) => {
            const startMs = atMs + afterMs;
            atMs = startMs + pauseMs;
            return { startMs, pauseMs, kind: isMajor ? ('major' as const) : ('minor' as const), forced };
          });
          atMs = 0;
          const sampled = run.samples.map(({ afterMs, bytes }) => ({ atMs: (atMs += afterMs), bytes }));
          atMs = 0;
          const blocked = run.stretches.map(({ afterMs, lengthMs }) => {
            const startMs = atMs + afterMs;
            atMs = startMs + lengthMs;
            return [startMs, atMs] as const;
          });
          const stream = streamOf(
            ...lives,
            collectionsBatch(collections),
            samplesBatch(sampled.map(({ atMs: at, bytes }) => ({ atMs: at, used: bytes, external: bytes * 3 }))),
            blockedBatch(...blocked),
          );
          const fromMs = run.range[0];
          const toMs = fromMs + run.range[1];
          const summary = summarize(stream, fromMs, toMs);
          const naive = naiveLives(stream, { fromMs, toMs });

          const { registered, collected, finalized, unregistered, threw } = naive;
          expect(summary).toMatchObject({ registered, collected, finalized, unregistered, threw });
          const aliveAt = (isDone: (atMs: number) => boolean) =>
            ordered.filter(
              ({ registeredAtMs, endsAfterMs = Infinity }) =>
                isDone(registeredAtMs) && !isDone(registeredAtMs + endsAfterMs),
            ).length;
          if (fromMs <= stream.endMs) {
            expect(summary.aliveAtStart).toBe(aliveAt((at) => at < fromMs));
            expect(summary.aliveAtEnd).toBe(aliveAt((at) => at <= toMs));
          } else {
            expect([summary.aliveAtStart, summary.aliveAtEnd]).toEqual([NaN, NaN]);
          }
          for (const [ranked, groups] of [
            [summary.bySite, naive.sites],
            [summary.byLabel, naive.labels],
          ] as const) {
            const listed = ranked.groups.map(({ key }) => groups.find((group) => group.key === key));
            expect(listed).toEqual(ranked.groups);
            const weights = groups.map((group) => group.registered + group.finalized).sort((a, b) => b - a);
            expect(ranked.groups.map((group) => group.registered + group.finalized)).toEqual(
              weights.slice(0, MOST_RANKED_GROUPS),
            );
            expect(ranked.otherGroups).toBe(Math.max(0, groups.length - MOST_RANKED_GROUPS));
            for (const what of ['registered', 'collected', 'finalized'] as const) {
              const inGroups = ranked.groups.reduce((total, group) => total + group[what], 0);
              expect(inGroups + ranked.others[what]).toBe(naive[what]);
            }
          }

          expect(summary.used).toEqual(naiveBytes(sampled, { fromMs, toMs }));
          expect(summary.external).toEqual(
            naiveBytes(
              sampled.map(({ atMs: at, bytes }) => ({ atMs: at, bytes: bytes * 3 })),
              { fromMs, toMs },
            ),
          );
          const touching = collections.filter(({ startMs, pauseMs }) => startMs <= toMs && startMs + pauseMs >= fromMs);
          expect(summary.collections).toMatchObject({
            minor: touching.filter(({ kind }) => kind === 'minor').length,
            major: touching.filter(({ kind }) => kind === 'major').length,
            forced: touching.filter(({ forced }) => forced).length,
            longestPauseMs: touching.length === 0 ? NaN : Math.max(...touching.map(({ pauseMs }) => pauseMs)),
          });
          const within = (stretch: readonly (readonly [number, number])[]) =>
            stretch.reduce(
              (total, [start, end]) => total + Math.max(0, Math.min(end, toMs) - Math.max(start, fromMs)),
              0,
            );
          expect(summary.collections.pauseMs).toBeCloseTo(
            within(collections.map(({ startMs, pauseMs }) => [startMs, startMs + pauseMs])),
          );
          const blocking = blocked.filter(([start, end]) => start <= toMs && end >= fromMs);
          expect(summary.blocked.withinMs).toBeCloseTo(within(blocked));
          expect(summary.blocked.longestMs).toBe(
            blocking.length === 0 ? NaN : Math.max(...blocking.map(([start, end]) => end - start)),
          );
          expect(summary.callbacks.totalMs).toBeCloseTo(
            naive.objects
              .filter(({ callbackStartedAtMs: at = NaN }) => at >= fromMs && at <= toMs)
              .reduce((total, { callbackMs = 0 }) => total + callbackMs, 0),
          );
          const stallMs = naiveStall(stream, { fromMs, toMs });
          if (Number.isNaN(stallMs)) expect(summary.callbacks.longestStallMs).toBeNaN();
          else expect(summary.callbacks.longestStallMs).toBeCloseTo(stallMs);
        },
      ),
      { numRuns: 300, interruptAfterTimeLimit: LONGEST_MS },
    );
  });

  it('finds what was collected in the range although it was called back long after it', () => {
    const stream = streamOf(
      registrationsBatch(1, [
        { atMs: 1, label: 'a' },
        { atMs: 2, label: 'b' },
        { atMs: 3, label: 'c' },
      ]),
      collectionsBatch([
        { startMs: 10, pauseMs: 5, kind: 'major' },
        { startMs: 200, pauseMs: 5, kind: 'major' },
      ]),
      callbacksBatch([
        { id: 1, startMs: 16 },
        { id: 2, startMs: 150 },
        { id: 3, startMs: 206 },
      ]),
    );
    expect(summarize(stream, 12, 15)).toMatchObject({ registered: 0, collected: 2, finalized: 0 });
    expect(summarize(stream, 16, 204.9)).toMatchObject({ collected: 0, finalized: 2 });
    expect(summarize(stream, 205, 205).collected).toBe(1);
  });

  it('holds the same as the report where the range is the whole run', () => {
    const batches = [...syntheticRun({ objects: 400, throwsEvery: 9, unregisteredEvery: 7 })].map(({ batch }) => batch);
    const stream = streamOf(...batches);
    const { registered, finalized, threw, unregistered, alive, minorCollections, majorCollections, longestPauseMs } =
      stream.counters;
    expect(summarize(stream, 0, stream.endMs)).toMatchObject({
      registered,
      finalized,
      collected: finalized,
      threw,
      unregistered,
      aliveAtStart: 0,
      aliveAtEnd: alive,
      collections: { minor: minorCollections, major: majorCollections, longestPauseMs },
    });
  });

  it('takes labels that differ in digits together once there are many of them, and shows one that is alone as it is', () => {
    const row = (label: string) => ({ atMs: 5, label });
    const few = Array.from({ length: 49 }, (_, index) => row(`Session ${index}`));
    const one = row('worker 7');
    const listed = (rows: readonly { atMs: number; label: string }[]) =>
      summarize(streamOf(registrationsBatch(1, rows)), 0, 10).byLabel;
    expect(listed([...few, one, one]).groups.slice(0, 2)).toMatchObject([
      { key: 'worker 7', registered: 2 },
      { key: 'Session 0', registered: 1 },
    ]);
    const many = listed([...few, one, one, row('Session 100000 of 3'), row('Session 4 of 12'), row('Sessions')]);
    expect(many).toMatchObject({
      groups: [
        { key: 'Session …', registered: 49 },
        { key: 'worker 7', registered: 2 },
        { key: 'Session … of …', registered: 2 },
        { key: 'Sessions', registered: 1 },
      ],
      otherGroups: 0,
    });
  });

  it('does not say how many labels there are where they are too many to be told apart', () => {
    const letters = (index: number) => index.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '');
    const rows = Array.from({ length: 70_000 }, (_, index) => ({ atMs: 1, label: `${letters(index)}.` }));
    const { byLabel } = summarize(streamOf(registrationsBatch(1, rows)), 0, 10);
    expect(byLabel.otherGroups).toBeNaN();
    expect(byLabel.others.registered).toBe(70_000 - MOST_RANKED_GROUPS);
  });

  it('knows nothing of a time that has not come, and no collection where none can be seen', () => {
    const stream = streamOf(registrationsBatch(1, [{ atMs: 5, label: 'a' }]));
    expect(summarize(stream, 6, 9)).toMatchObject({
      registered: 0,
      aliveAtStart: NaN,
      used: { startBytes: NaN, changeBytes: NaN, gainedBytes: NaN },
      collections: { pauseMs: 0, longestPauseMs: NaN },
    });
    const blind = streamOf({
      type: 'runtime',
      node: '24.0.0',
      v8: '13.6',
      host: 'node',
      pid: 1,
      capabilities: { heap: 'live', external: 'live', collections: 'missing', forcedGc: 'missing' },
    });
    expect(summarize(blind, 0, 9)).toMatchObject({ collected: NaN, collections: { minor: NaN, pauseMs: NaN } });
  });

  it('names the longest block after what the program measured there', () => {
    const measure = (name: string, atMs: number, durationMs: number) => ({
      kind: 'user-measure' as const,
      name,
      atMs,
      durationMs,
    });
    const items = [
      measure('all', 0, 500),
      measure('blur', 90, 180),
      measure('decode', 100, 60),
      measure('save', 290, 9),
      // Not the program's doing.
      { kind: 'heap-snapshot' as const, name: 'snapshot', atMs: 95, durationMs: 160 },
    ];
    const stream = streamOf(blockedBatch([100, 250], [280, 340]), { type: 'marks', items });
    expect(summarize(stream, 240, 300).blocked).toEqual({ withinMs: 30, longestMs: 150, longestDuring: 'blur' });
    expect(summarize(stream, 260, 300).blocked).toEqual({ withinMs: 20, longestMs: 60, longestDuring: 'all' });
    expect(summarize(streamOf(blockedBatch([100, 250])), 0, 99).blocked).toEqual({
      withinMs: 0,
      longestMs: NaN,
      longestDuring: '',
    });
  });

  it('counts nothing twice where older events arrive between two steps', () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ atMs: 100 + index / 100, label: 'a' }));
    const stream = streamOf(registrationsBatch(101, rows));
    let steps = 0;
    const summary = summarize(stream, 0, 1_000, () => {
      steps += 1;
      if (steps > 3) return;
      stream.apply(stream.nextSequence, registrationsBatch(steps, [{ atMs: steps, label: 'late' }]));
    });
    expect(steps).toBeGreaterThan(3);
    expect(summary.registered).toBe(20_000);
    expect(summarize(stream, 0, 1_000).registered).toBe(20_003);
  });
});
