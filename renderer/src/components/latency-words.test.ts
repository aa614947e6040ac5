import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Histogram } from '../stream/latency-histogram.ts';
import { axisTicks, binText, edgeText, percentileMarks, uncountedSentences } from './latency-words.ts';

const histogram = (edgesMs: readonly number[], isLogarithmic = false): Histogram => ({
  isLogarithmic,
  edgesMs: Float64Array.from(edgesMs),
  counts: new Uint32Array(edgesMs.length - 1),
});
const linear = (bins: number, binMs: number, firstMs = 0) =>
  histogram(Array.from({ length: bins + 1 }, (_, edge) => firstMs + edge * binMs));

describe('words about latencies', () => {
  it('writes a round time with the digits that it has', () => {
    expect([0, 0.002, 0.05, 0.2, 2.5, 250, 500.2, 999, 1_000, 1_500, 120_000, 1_000_000].map(edgeText)).toEqual([
      ...['0', '2 µs', '50 µs', '0.2 ms', '2.5 ms', '250 ms', '500.2 ms', '999 ms'],
      ...['1 s', '1.5 s', '120 s', '1,000 s'],
    ]);
    expect(edgeText(0.1 + 0.2)).toBe('0.3 ms');
    expect(binText(linear(3, 50), 1)).toBe('50 ms to 100 ms');
  });

  it('puts few round times under the axis', () => {
    expect(axisTicks(linear(13, 50)).map(({ text }) => text)).toEqual(['0', '200 ms', '400 ms', '600 ms']);
    expect(axisTicks(linear(16, 1)).map(({ place }) => place)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(axisTicks(linear(1, 1)).map(({ text }) => text)).toEqual(['0', '1 ms']);
    expect(
      axisTicks(histogram([0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000], true)).map(({ text }) => text),
    ).toEqual(['1 ms', '10 ms', '100 ms', '1 s']);
    expect(axisTicks(histogram([2, 3, 5, 7], true)).map(({ text }) => text)).toEqual(['2 ms', '7 ms']);
  });

  it('names both percentiles without one name over the other or over an end', () => {
    const width = { p50: 0.09, p95: 0.09, 'p50 p95': 0.19, '': 0 } as Record<string, number>;
    const unit = linear(16, 1);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_600 }),
        fc.integer({ min: 0, max: 1_600 }),
        (oneHundredths, otherHundredths) => {
          const one = oneHundredths / 100;
          const other = otherHundredths / 100;
          const marks = percentileMarks(unit, { p50Ms: Math.min(one, other), p95Ms: Math.max(one, other) });
          expect(marks.map(({ place }) => place * 16)).toEqual([
            expect.closeTo(Math.min(one, other)),
            expect.closeTo(Math.max(one, other)),
          ]);
          expect(
            marks
              .map(({ text }) => text)
              .join(' ')
              .trim(),
          ).toBe('p50 p95');
          const [first, second] = marks.map(({ place, text, side }) => {
            const share = width[text] ?? NaN;
            return side === 'right' ? [place, place + share] : [place - share, place];
          }) as [[number, number], [number, number]];
          expect(Math.min(first[0], second[0])).toBeGreaterThanOrEqual(0);
          expect(Math.max(first[1], second[1])).toBeLessThanOrEqual(1);
          if (marks.every(({ text }) => text !== '')) expect(first[1]).toBeLessThanOrEqual(second[0]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('puts the name of a percentile beside its own line wherever there is room', () => {
    const namesOf = (p50Ms: number, p95Ms: number) =>
      percentileMarks(linear(16, 1), { p50Ms, p95Ms }).map(({ text, side }) => `${text} ${side}`);
    expect(namesOf(2, 8)).toEqual(['p50 right', 'p95 right']);
    expect(namesOf(2, 15)).toEqual(['p50 right', 'p95 left']);
    expect(namesOf(7, 9)).toEqual(['p50 right', 'p95 right']);
    expect(namesOf(7, 8)).toEqual(['p50 left', 'p95 right']);
    // One beside the other, the last of them at the end of the axis.
    expect(namesOf(12.5, 15)).toEqual(['p50 left', 'p95 left']);
    expect(namesOf(14.5, 15)).toEqual(['p50 p95 left', ' right']);
    expect(namesOf(0.5, 1)).toEqual([' left', 'p50 p95 right']);
  });

  it('says which callbacks are in no bin', () => {
    const latencies = {
      registryId: undefined,
      figures: { count: 0, p50Ms: NaN, p95Ms: NaN, p99Ms: NaN, maximumMs: NaN },
      histogram: undefined,
      registries: [],
      otherRegistries: 0,
    };
    expect(uncountedSentences({ ...latencies, kind: 'released', withoutFigure: 1_200, threw: 1 })).toEqual([
      '1,200\u00a0callbacks had no release mark before them.',
      '1\u00a0callback threw and is not counted.',
    ]);
    expect(uncountedSentences({ ...latencies, kind: 'collected', withoutFigure: 1, threw: 0 })).toEqual([
      '1\u00a0callback had no known collecting GC.',
    ]);
    expect(uncountedSentences({ ...latencies, kind: 'registered', withoutFigure: 0, threw: 0 })).toEqual([]);
  });
});
