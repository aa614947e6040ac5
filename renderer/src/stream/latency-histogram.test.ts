import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHistogram, placeOnAxis, roundBinMs, type Histogram } from './latency-histogram.ts';

function histogramOf(values: readonly number[]): Histogram {
  const sorted = Float64Array.from(values).sort();
  const p50Ms = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  const work = createHistogram(Float64Array.from(values), { p50Ms, maximumMs: sorted.at(-1) ?? NaN });
  for (;;) {
    const step = work.next();
    if (step.done !== true) continue;
    if (step.value === undefined) throw new Error('no histogram');
    return step.value;
  }
}

describe('the histogram of latencies', () => {
  it('chooses round widths of which at most sixteen are needed', () => {
    expect(roundBinMs(700)).toBe(50);
    expect(roundBinMs(16)).toBe(1);
    expect(roundBinMs(17)).toBe(2);
    expect(roundBinMs(0)).toBe(1);
    for (let maximumMs = 0.01; maximumMs < 1e6; maximumMs *= 1.37) {
      expect(maximumMs / roundBinMs(maximumMs)).toBeLessThanOrEqual(16 + 1e-9);
    }
  });

  it('counts every latency once, where it belongs', () => {
    const anyLatency = fc.oneof(
      fc.double({ min: 0, max: 2_000, noNaN: true }),
      fc.double({ min: 0, max: 0.01, noNaN: true }),
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 990, max: 1_000, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(anyLatency, { minLength: 1, maxLength: 80 }), fc.boolean(), (drawn, isNarrow) => {
        const values = isNarrow ? drawn.map((value) => 5_000 + (value % 100)) : drawn;
        const { edgesMs, counts, isLogarithmic } = histogramOf(values);
        expect(counts.length).toBeGreaterThan(0);
        expect(counts.length).toBeLessThanOrEqual(isLogarithmic ? 28 : 16);
        expect(edgesMs).toHaveLength(counts.length + 1);
        for (let bin = 0; bin < counts.length; bin++) {
          const from = edgesMs[bin] ?? NaN;
          const to = edgesMs[bin + 1] ?? NaN;
          expect(from).toBeLessThan(to);
          const isLast = bin === counts.length - 1;
          const inBin = values.filter((value) => value >= from && (isLast ? value <= to : value < to));
          expect(counts[bin]).toBe(inBin.length);
        }
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
      }),
      { numRuns: 300 },
    );
  });

  it('begins at zero with bins of one round width', () => {
    expect(histogramOf([16, 3, 2.5, 0])).toEqual({
      isLogarithmic: false,
      edgesMs: Float64Array.from({ length: 17 }, (_, edge) => edge),
      counts: Uint32Array.of(1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    });
    expect(histogramOf([0, 0])).toEqual({
      isLogarithmic: false,
      edgesMs: Float64Array.of(0, 1),
      counts: Uint32Array.of(2),
    });
    // Nothing is told in parts of what the clock can tell.
    expect(histogramOf([1e-300, 1e-9]).counts).toEqual(Uint32Array.of(2));
  });

  it('begins later where everything lies close together', () => {
    const { edgesMs, isLogarithmic } = histogramOf(Array.from({ length: 40 }, (_, index) => 1_001 + index * 0.2));
    expect(isLogarithmic).toBe(false);
    expect([edgesMs[0], edgesMs.at(-1)]).toEqual([1_001, 1_009]);
    expect(histogramOf([1_001, 1_005]).edgesMs[0]).toBe(0);
  });

  it('is logarithmic, in steps of 1, 2, 5, where the longest would leave the others one bar', () => {
    const { edgesMs, isLogarithmic } = histogramOf([0.05, 1, 1.5, 4_000]);
    expect(isLogarithmic).toBe(true);
    expect([...edgesMs]).toEqual([...[0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]]);
    expect([...histogramOf([1, 1, 60]).edgesMs]).toEqual([1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70]);
    expect(histogramOf([1, 1, 49]).isLogarithmic).toBe(false);
  });

  it('puts what is too short for a logarithmic axis into a first bin that begins at zero', () => {
    const { edgesMs, counts } = histogramOf([0, 0.000_1, 3, 4, 5, 6, 900]);
    expect([...edgesMs.subarray(0, 3)]).toEqual([0, 3, 5]);
    expect([...counts.subarray(0, 2)]).toEqual([2, 2]);
    // Nor does a single short one take half of the axis.
    expect([...histogramOf([0.000_2, 0.001, ...Array<number>(5).fill(100), 9_000]).edgesMs.subarray(0, 2)]).toEqual([
      0, 0.1,
    ]);
  });

  it('tells where on the axis a time is', () => {
    const linear = histogramOf([0, 8, 16]);
    expect([0, 8, 16, 99].map((valueMs) => placeOnAxis(linear, valueMs))).toEqual([0, 0.5, 1, 1]);
    const logarithmic = histogramOf([0.05, 1, 1.5, 4_000]);
    expect(placeOnAxis(logarithmic, 1)).toBeCloseTo(4 / 15);
    expect(placeOnAxis(logarithmic, Math.SQRT2)).toBeCloseTo(4.5 / 15);
    expect(placeOnAxis(logarithmic, 5_000)).toBe(1);
  });
});
