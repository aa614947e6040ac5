import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumUpLatencies } from './latencies.ts';
import { createRunTally } from './run-tally.ts';

/** Of objects that were all registered at 0: when their callback started, and whether it threw. */
function tableOf(callbacks: readonly { readonly startMs: number; readonly threw: boolean }[]) {
  const tally = createRunTally();
  const rows = callbacks.length;
  tally.apply({
    type: 'registrations',
    firstId: 1,
    atMs: new Float64Array(rows),
    registryId: new Uint32Array(rows).fill(1),
    siteId: new Uint32Array(rows),
    labelEnd: new Uint32Array(rows),
    labelBytes: new Uint8Array(0),
  });
  tally.apply({
    type: 'callbacks',
    id: Uint32Array.from(callbacks, (_, row) => row + 1),
    startMs: Float64Array.from(callbacks, ({ startMs }) => startMs),
    durationMs: new Float64Array(rows),
    threw: Uint8Array.from(callbacks, ({ threw }) => Number(threw)),
  });
  return tally.rows;
}

const PERCENTAGES = [50, 95, 99, 100];

describe('latencies', () => {
  it('have the same percentiles whether they are sorted or looked for', async () => {
    const startMs = fc.oneof(
      fc.double({ min: 0, max: 60_000, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.constantFrom(0, 0.1, 0.1 + Number.EPSILON, 1_000, 1_000 - 2 ** -43),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ startMs, threw: fc.boolean() }), { maxLength: 200 }), async (callbacks) => {
        const table = tableOf(callbacks);
        const listed = await sumUpLatencies(table, PERCENTAGES, true);
        const sorted = callbacks
          .filter(({ threw }) => !threw)
          .map((one) => one.startMs)
          .sort((one, other) => one - other);
        expect(listed.count).toBe(sorted.length);
        expect(Array.from(listed.ascendingMs, (ms) => ms + 0)).toEqual(sorted.map((ms) => ms + 0));
        const found = await sumUpLatencies(table, PERCENTAGES, false, 0);
        expect(found.count).toBe(listed.count);
        expect(found.percentilesMs.map((ms) => ms && ms + 0)).toEqual(listed.percentilesMs.map((ms) => ms && ms + 0));
      }),
      { numRuns: 100 },
    );
  });

  it('are sorted piece by piece where there are many', async () => {
    const count = 700_001;
    const table = tableOf(
      Array.from({ length: count }, (_, row) => ({ startMs: (row * 7_919) % count, threw: false })),
    );
    const { ascendingMs, percentilesMs } = await sumUpLatencies(table, [50, 100], true);
    expect(ascendingMs.every((ms, row) => ms === row)).toBe(true);
    expect(percentilesMs).toEqual([350_000, 700_000]);
  });
});
