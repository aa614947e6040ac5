import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callbacksBatch, collectionsBatch, registrationsBatch } from '../../../tests/fixtures/synthetic-run.ts';
import type { RunBatch } from '../../../engine/protocol/run-batch.ts';
import { createRunStream } from './create-run-stream.ts';
import { isTold, LATENCY_KINDS, measureLatencies, MOST_REGISTRIES, type Latencies } from './latency.ts';
import type { LatencyFigures, LatencyQuestion } from './latency.ts';
import type { RunStream } from './run-stream.ts';

function streamOf(...batches: readonly RunBatch[]): RunStream {
  const stream = createRunStream();
  batches.forEach((batch, sequence) => stream.apply(sequence, batch));
  return stream;
}

function measure(stream: RunStream, question: LatencyQuestion): Latencies & { readonly steps: number } {
  const work = measureLatencies(stream, question);
  for (let steps = 1; ; steps++) {
    const step = work.next();
    if (step.done === true) return { ...step.value, steps };
  }
}

const releaseMarks = (marks: readonly { label: string; atMs: number }[]): RunBatch => ({
  type: 'marks',
  items: marks.map(({ label, atMs }) => ({ kind: 'release', name: label, atMs })),
});

interface NaiveObject {
  readonly registryId: number;
  readonly threw: boolean;
  readonly latencyMs: number;
}

/** From what the stream tells of each object, one by one. */
function naiveObjects(stream: RunStream, kind: (typeof LATENCY_KINDS)[number]): NaiveObject[] {
  return Array.from({ length: stream.registrations.atMs.length }, (_, row) => stream.objectAt(row))
    .filter(({ callbackStartedAtMs }) => callbackStartedAtMs !== undefined)
    .map(({ registryId, verdict, registeredAtMs, releasedAtMs, collectedBetweenMs, callbackStartedAtMs = NaN }) => {
      const sinceMs = { registered: registeredAtMs, released: releasedAtMs, collected: collectedBetweenMs?.[1] }[kind];
      const latencyMs = callbackStartedAtMs - (sinceMs ?? NaN);
      const isBeforeRelease = kind === 'released' && latencyMs < 0;
      return {
        registryId,
        threw: verdict === 'callback-threw',
        latencyMs: isBeforeRelease ? NaN : kind === 'collected' ? Math.max(0, latencyMs) : latencyMs,
      };
    });
}

function naiveFigures(latencies: readonly number[]): LatencyFigures {
  const sorted = Float64Array.from(latencies).sort();
  // The smallest that so many percent are not above.
  const percentile = (percent: number) =>
    sorted.find((value) => 100 * sorted.filter((other) => other <= value).length >= percent * sorted.length) ?? NaN;
  return {
    count: sorted.length,
    p50Ms: percentile(50),
    p95Ms: percentile(95),
    p99Ms: percentile(99),
    maximumMs: sorted.at(-1) ?? NaN,
  };
}

const anyRun = fc.record({
  objects: fc.array(
    fc.record({
      label: fc.constantFrom('', 'a', 'b', 'c'),
      registryId: fc.constantFrom(1, 2, 7),
      atMs: fc.integer({ min: 0, max: 200 }),
      callbackMs: fc.option(fc.double({ min: 0.01, max: 400, noNaN: true })),
      threw: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  ),
  releases: fc.array(fc.record({ label: fc.constantFrom('a', 'b'), atMs: fc.integer({ min: 0, max: 500 }) }), {
    maxLength: 12,
  }),
  majors: fc.array(fc.record({ startMs: fc.integer({ min: 0, max: 500 }), pauseMs: fc.integer({ min: 1, max: 9 }) }), {
    maxLength: 6,
  }),
});

describe('latencies of callbacks', () => {
  it('are those that a look at every object gives, of all registries and of each', () => {
    const anyQuestion = fc.record({
      kind: fc.constantFrom(...LATENCY_KINDS),
      registryId: fc.constantFrom(undefined, 1, 2, 7, 8),
    });
    fc.assert(
      fc.property(anyRun, anyQuestion, ({ objects, releases, majors }, { kind, registryId }) => {
        const rows = objects.toSorted((one, other) => one.atMs - other.atMs);
        const stream = streamOf(
          registrationsBatch(1, rows),
          releaseMarks(releases),
          collectionsBatch(majors.map((major) => ({ ...major, kind: 'major' }))),
          callbacksBatch(
            rows
              .map(({ atMs, callbackMs, threw }, row) => ({ id: row + 1, startMs: atMs + (callbackMs ?? NaN), threw }))
              .filter(({ startMs }) => !Number.isNaN(startMs)),
          ),
        );
        const all = naiveObjects(stream, kind);
        const counted = all.filter((object) => registryId === undefined || object.registryId === registryId);
        const told = (of: readonly NaiveObject[]) =>
          of.filter(({ threw, latencyMs }) => !threw && !Number.isNaN(latencyMs)).map(({ latencyMs }) => latencyMs);
        const found = measure(stream, { kind, registryId });
        expect(found.figures).toEqual(naiveFigures(told(counted)));
        expect(found.threw).toBe(counted.filter(({ threw }) => threw).length);
        expect(found.figures.count + found.withoutFigure + found.threw).toBe(counted.length);
        expect(found.histogram?.counts.reduce((sum, count) => sum + count) ?? 0).toBe(found.figures.count);
        const naiveRegistries = [1, 2, 7]
          .map((id) => ({ registryId: id, ...naiveFigures(told(all.filter((object) => object.registryId === id))) }))
          .filter(({ count }) => count > 0)
          .sort((one, other) => other.p95Ms - one.p95Ms);
        expect(found.registries).toEqual(naiveRegistries);
        expect(found.otherRegistries).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  it('agrees with the percentiles of the report, and leaves out what threw as it does', () => {
    const rows = Array.from({ length: 1_000 }, () => ({ atMs: 0, label: '' }));
    const stream = streamOf(
      registrationsBatch(1, [...rows, { atMs: 0, label: '' }]),
      callbacksBatch(
        [...rows.keys(), 1_000].map((row) => ({ id: row + 1, startMs: row + 1, threw: row === 1_000 })).reverse(),
      ),
    );
    const { figures, threw } = measure(stream, { kind: 'registered' });
    expect(figures).toEqual({ count: 1_000, p50Ms: 500, p95Ms: 950, p99Ms: 990, maximumMs: 1_000 });
    expect(threw).toBe(1);
  });

  it('counts from the end of the collecting GC, which the clock may put just behind the callback', () => {
    const stream = streamOf(
      registrationsBatch(1, [
        { atMs: 1, label: 'a' },
        { atMs: 2, label: 'b' },
      ]),
      collectionsBatch([{ startMs: 90, pauseMs: 10, kind: 'major' }]),
      callbacksBatch([
        { id: 1, startMs: 99.5 },
        { id: 2, startMs: 103 },
      ]),
    );
    expect(measure(stream, { kind: 'collected' }).figures).toMatchObject({ count: 2, p50Ms: 0, maximumMs: 3 });
  });

  it('has no figure for a callback that came before its release was marked, or without a major GC', () => {
    const stream = streamOf(
      registrationsBatch(1, [{ atMs: 1, label: 'a' }]),
      callbacksBatch([{ id: 1, startMs: 50 }]),
      releaseMarks([{ label: 'a', atMs: 60 }]),
    );
    expect(measure(stream, { kind: 'released' })).toMatchObject({
      figures: { count: 0, p50Ms: NaN },
      withoutFigure: 1,
      histogram: undefined,
      registries: [],
    });
    expect(measure(stream, { kind: 'collected' })).toMatchObject({ figures: { count: 0 }, withoutFigure: 1 });
    expect(LATENCY_KINDS.map((kind) => isTold(stream, kind))).toEqual([true, true, false]);
  });

  it('lists the slowest of thousands of registries and counts the others, or those asked for', () => {
    const count = 3_000;
    const stream = streamOf(
      registrationsBatch(
        1,
        Array.from({ length: count }, (_, row) => ({ atMs: 0, label: '', registryId: row + 1 })),
      ),
      callbacksBatch(Array.from({ length: count }, (_, row) => ({ id: row + 1, startMs: 1 + ((row * 7) % count) }))),
    );
    const slowest = measure(stream, { kind: 'registered' });
    expect(slowest.registries.map(({ p95Ms }) => p95Ms)).toEqual(
      Array.from({ length: MOST_REGISTRIES }, (_, place) => count - place),
    );
    expect(slowest.otherRegistries).toBe(count - MOST_REGISTRIES);
    const asked = measure(stream, { kind: 'registered', registryIds: new Set([2, 1, 9_999]) });
    expect(asked.registries.map(({ registryId, p50Ms }) => [registryId, p50Ms])).toEqual([
      [2, 8],
      [1, 1],
    ]);
    expect(asked.otherRegistries).toBe(count - 2);
  });

  it('works in steps, and copes with rows that come meanwhile', () => {
    const count = 100_000;
    const stream = streamOf(
      registrationsBatch(
        1,
        Array.from({ length: count }, (_, row) => ({ atMs: row, label: '' })),
      ),
      callbacksBatch(Array.from({ length: count - 100 }, (_, row) => ({ id: row + 1, startMs: count + row }))),
    );
    const work = measureLatencies(stream, { kind: 'registered' });
    work.next();
    work.next();
    stream.apply(2, callbacksBatch([{ id: count, startMs: 3 * count }]));
    stream.apply(3, registrationsBatch(count + 1, [{ atMs: 3 * count, label: '' }]));
    let steps = 2;
    let step = work.next();
    for (; step.done !== true; step = work.next()) steps++;
    expect(step.value.figures).toMatchObject({ count: count - 99, p50Ms: count, maximumMs: 2 * count + 1 });
    expect(steps).toBeGreaterThan(10);
  });
});
