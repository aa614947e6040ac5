import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callbacksBatch, registrationsBatch, syntheticRun } from '../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from './create-run-stream.ts';
import type { RunStream } from './run-stream.ts';
import { createStallFinder, MOST_STALLS, type Stall } from './stalls.ts';

function finish(work: Generator<void, readonly Stall[]>): { found: readonly Stall[]; steps: number } {
  for (let steps = 1; ; steps++) {
    const step = work.next();
    if (step.done === true) return { found: step.value, steps };
  }
}
const longest = (stream: RunStream) => finish(createStallFinder(stream)()).found;
const lengthOf = ({ startMs, endMs }: Stall) => endMs - startMs;

interface Called {
  readonly id: number;
  readonly registryId: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly threw: boolean;
}

/** Registry by registry, with all the stalls there are. */
function naive(callbacks: readonly Called[]): Stall[] {
  const stalls = [...new Set(callbacks.map(({ registryId }) => registryId))].flatMap((registryId) => {
    const own = callbacks
      .filter((callback) => callback.registryId === registryId)
      // One that takes no time may begin with the next one.
      .toSorted((one, other) => one.startMs - other.startMs || one.durationMs - other.durationMs);
    const starts = own.filter(({ startMs }, index) => {
      const before = own[index - 1];
      return before === undefined || startMs - (before.startMs + before.durationMs) >= 0.5;
    });
    return starts.map((start, index): Stall => {
      const of = own.slice(own.indexOf(start), starts[index + 1] ? own.indexOf(starts[index + 1]!) : undefined);
      const last = of.at(-1) ?? start;
      return {
        registryId,
        startMs: start.startMs,
        endMs: last.startMs + last.durationMs,
        callbacks: of.length,
        threw: of.filter(({ threw }) => threw).length,
      };
    });
  });
  return stalls
    .toSorted((a, b) => lengthOf(b) - lengthOf(a) || a.startMs - b.startMs || a.registryId - b.registryId)
    .slice(0, MOST_STALLS);
}

/** Times in eighths of a ms are exact, so that sums are the same in whatever order. Callbacks do not overlap. */
const anyCallbacks = fc
  .array(
    fc.record({
      registryId: fc.constantFrom(1, 2, 5),
      gapEighths: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom(0, 40)),
      durationEighths: fc.integer({ min: 0, max: 12 }),
      threw: fc.boolean(),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((drawn) => {
    let atMs = 100;
    return drawn.map(({ registryId, gapEighths, durationEighths, threw }, row): Called => {
      const startMs = atMs + gapEighths / 8;
      atMs = startMs + durationEighths / 8;
      return { id: row + 1, registryId, startMs, durationMs: durationEighths / 8, threw };
    });
  });

const registrationsOf = (callbacks: readonly Called[]) =>
  registrationsBatch(
    1,
    callbacks.map(({ registryId }, row) => ({ atMs: row, label: '', registryId })),
  );

describe('the longest stalls', () => {
  it('are the longest of all, of equal ones the earlier, and agree with the counter of the run', () => {
    fc.assert(
      fc.property(anyCallbacks, (callbacks) => {
        const stream = createRunStream();
        stream.apply(0, registrationsOf(callbacks));
        stream.apply(1, callbacksBatch(callbacks));
        const found = longest(stream);
        expect(found).toEqual(naive(callbacks));
        expect(found[0] === undefined ? NaN : lengthOf(found[0])).toBe(stream.counters.longestStallMs);
      }),
      { numRuns: 300 },
    );
  });

  it('are found again, and the same, however late callbacks arrive', () => {
    const anyOrder = fc.array(fc.nat({ max: 1_000 }), { minLength: 80, maxLength: 80 });
    fc.assert(
      fc.property(anyCallbacks, anyOrder, (callbacks, order) => {
        const stream = createRunStream();
        stream.apply(0, registrationsOf(callbacks));
        const find = createStallFinder(stream);
        const arrivals = callbacks.toSorted((one, other) => (order[one.id] ?? 0) - (order[other.id] ?? 0));
        arrivals.forEach((callback, index) => {
          stream.apply(index + 1, callbacksBatch([callback]));
          if (index % 7 === 0) expect(finish(find()).found).toEqual(naive(arrivals.slice(0, index + 1)));
        });
        expect(finish(find()).found).toEqual(naive(callbacks));
      }),
      { numRuns: 100 },
    );
  });

  it('agree with the counter over a whole run', () => {
    const stream = createRunStream();
    let sequence = 0;
    for (const { batch } of syntheticRun({ objects: 3_000, throwsEvery: 10 })) stream.apply(sequence++, batch);
    const [first] = longest(stream);
    expect(first).toBeDefined();
    expect(lengthOf(first!)).toBe(stream.counters.longestStallMs);
    expect(first!.threw).toBeGreaterThan(0);
  });

  it('are none where nothing was called back', () => {
    const stream = createRunStream();
    stream.apply(0, registrationsBatch(1, [{ atMs: 1, label: '' }]));
    expect(longest(stream)).toEqual([]);
  });

  it('are counted anew where callbacks come among those that were read already', () => {
    const count = 100_000;
    const stream = createRunStream();
    const rows = Array.from({ length: count }, () => ({ atMs: 0, label: '' }));
    stream.apply(0, registrationsBatch(1, rows));
    const callbacks = rows.map((_, row) => ({ id: row + 1, startMs: 10 + row * 0.25, durationMs: 0.25 }));
    // One is missing, and what is there is two stalls.
    const missing = callbacks.splice(40_000, 3);
    stream.apply(1, callbacksBatch(callbacks));
    const find = createStallFinder(stream);
    expect(finish(find()).found).toHaveLength(2);
    const work = find();
    for (let step = 0; step < 5; step++) expect(work.next().done).toBe(false);
    stream.apply(2, callbacksBatch(missing));
    const { found, steps } = finish(work);
    expect(found).toEqual([{ registryId: 1, startMs: 10, endMs: 10 + count * 0.25, callbacks: count, threw: 0 }]);
    expect(steps).toBe(6);
  });
});
