import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAXIMUM_CURVE_POINTS } from '../protocol/experiment.ts';
import { fiveNumbers, latencyCurve, thinned, together } from './distribution.ts';

const ascending = (options: { minLength?: number; maxLength?: number } = {}) =>
  fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), options).map((values) => Float64Array.from(values).sort());
const runs = ascending().chain((ascendingMs) =>
  fc.nat({ max: 500 }).map((others) => ({ registrations: ascendingMs.length + others, ascendingMs })),
);

describe('five numbers', () => {
  it('are those of the textbook', () => {
    // R: quantile(c(1, 2, 4, 8), type = 7)
    expect(fiveNumbers(Float64Array.of(1, 2, 4, 8))).toEqual({
      minimum: 1,
      lowerQuartile: 1.75,
      median: 3,
      upperQuartile: 5,
      maximum: 8,
    });
    expect(fiveNumbers(Float64Array.of(7))).toMatchObject({ minimum: 7, lowerQuartile: 7, median: 7, maximum: 7 });
    expect(fiveNumbers(new Float64Array(0))).toBeUndefined();
  });

  it('ascend, and have at least a quarter of the values on either side', () => {
    fc.assert(
      fc.property(ascending({ minLength: 1 }), (values) => {
        const figures = fiveNumbers(values);
        if (figures === undefined) throw new Error('There are values.');
        const { minimum, lowerQuartile, median, upperQuartile, maximum } = figures;
        const inOrder = [minimum, lowerQuartile, median, upperQuartile, maximum];
        expect(inOrder).toEqual(inOrder.toSorted((one, other) => one - other));
        expect(values.filter((value) => value <= lowerQuartile).length).toBeGreaterThanOrEqual(values.length / 4);
        expect(values.filter((value) => value >= upperQuartile).length).toBeGreaterThanOrEqual(values.length / 4);
        expect([minimum, maximum]).toEqual([values[0], values.at(-1)]);
      }),
    );
  });
});

describe('a latency curve', () => {
  it('is exact at each of its points, begins at the first callback and ends at the last', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const curve = latencyCurve(run);
        if (run.registrations === 0) {
          expect(curve).toBeUndefined();
          return;
        }
        if (curve === undefined) throw new Error('There are registrations.');
        expect(curve.atMs).toHaveLength(Math.min(run.ascendingMs.length, MAXIMUM_CURVE_POINTS));
        expect(curve.atMs[0]).toBe(run.ascendingMs[0]);
        expect(curve.atMs.at(-1)).toBe(run.ascendingMs.at(-1));
        for (const [index, share] of curve.share.entries()) {
          const atMs = curve.atMs[index] ?? NaN;
          const below = run.ascendingMs.filter((latency) => latency < atMs).length;
          const upTo = run.ascendingMs.filter((latency) => latency <= atMs).length;
          const called = Math.round(share * run.registrations);
          expect(called).toBeGreaterThan(below);
          expect(called).toBeLessThanOrEqual(upTo);
        }
      }),
    );
  });

  it('stays where it was when its latencies are thinned', () => {
    fc.assert(
      fc.property(ascending({ minLength: 300, maxLength: 600 }), fc.nat({ max: 300 }), (ascendingMs, others) => {
        const whole = { registrations: ascendingMs.length + others, ascendingMs };
        const few = thinned(whole, 100);
        expect(few.ascendingMs).toHaveLength(100);
        expect(few.ascendingMs[0]).toBe(ascendingMs[0]);
        expect(few.ascendingMs.at(-1)).toBe(ascendingMs.at(-1));
        expect(few.ascendingMs.length / few.registrations).toBeCloseTo(ascendingMs.length / whole.registrations);
        expect(thinned(whole, 600)).toBe(whole);
      }),
    );
  });

  it('of runs together counts every latency once', () => {
    fc.assert(
      fc.property(fc.array(runs, { maxLength: 5 }), (several) => {
        const all = together(several);
        expect(all.registrations).toBe(several.reduce((sum, run) => sum + run.registrations, 0));
        expect([...all.ascendingMs]).toEqual(several.flatMap((run) => [...run.ascendingMs]).toSorted((a, b) => a - b));
      }),
    );
  });
});
