import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float64Column } from './growable-column.ts';
import { PixelRows, SeriesReduction, type VisibleRange } from './level-of-detail.ts';
import { MinMaxIndex } from './min-max-index.ts';

const valueOrUnknown = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
  { weight: 1, arbitrary: fc.constant(NaN) },
);

const known = (values: number[]) => values.filter((value) => !Number.isNaN(value));
const lowest = (values: number[]) => (known(values).length === 0 ? NaN : Math.min(...known(values)));
const highest = (values: number[]) => (known(values).length === 0 ? NaN : Math.max(...known(values)));

/** A failing property stops looking for a smaller example after this long. */
const LONGEST_MS = 20_000;

describe('MinMaxIndex', () => {
  it('finds the extremes of any stretch, also while the column grows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(valueOrUnknown, { maxLength: 400, size: 'max' }), {
          minLength: 1,
          maxLength: 4,
          size: 'max',
        }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))),
        (parts, stretches) => {
          const column = float64Column();
          const index = new MinMaxIndex(column);
          const all: number[] = [];
          for (const part of parts) {
            column.append(part);
            all.push(...part);
            for (const [one, other] of stretches) {
              const from = Math.floor(Math.min(one, other) * all.length);
              const to = Math.ceil(Math.max(one, other) * all.length);
              const result = { minimum: 0, maximum: 0 };
              index.read(from, to, result);
              expect(result).toEqual({
                minimum: lowest(all.slice(from, to)),
                maximum: highest(all.slice(from, to)),
              });
            }
          }
        },
      ),
    );
  });
});

interface Sample {
  readonly atMs: number;
  readonly value: number;
}

function reductionOf(samples: readonly Sample[], range: VisibleRange, longestGapMs?: number) {
  const atMs = float64Column();
  const values = float64Column();
  for (const sample of samples) {
    atMs.push(sample.atMs);
    values.push(sample.value);
  }
  const rows = new PixelRows(atMs);
  rows.find(range);
  const reduction = new SeriesReduction(atMs, values);
  const low = new Float64Array(range.pixelColumns);
  const high = new Float64Array(range.pixelColumns);
  reduction.extents(rows, { low, high }, longestGapMs);
  return { rows, low: [...low], high: [...high], points: () => reduction.points(rows, longestGapMs) };
}

/** The same by looking at every sample and at every edge of every line between two. */
function naiveExtents(samples: readonly Sample[], { fromMs, toMs, pixelColumns }: VisibleRange, longestGapMs: number) {
  const edges = Array.from({ length: pixelColumns + 1 }, (_, column) =>
    column === pixelColumns ? toMs : fromMs + ((toMs - fromMs) * column) / pixelColumns,
  );
  const columnOf = ({ atMs }: Sample) => edges.findLastIndex((edge) => edge <= atMs);
  const inColumn = (column: number) =>
    samples.filter((sample) => sample.atMs < toMs && columnOf(sample) === column).map(({ value }) => value);
  const isUnknown = (column: number) => inColumn(column).length > 0 && known(inColumn(column)).length === 0;
  const reached: number[][] = Array.from({ length: pixelColumns }, (_, column) => known(inColumn(column)));
  // Of what lies outside the window only the next sample on either side counts.
  const before = samples.findLast(({ atMs }) => atMs < fromMs);
  const after = samples.find(({ atMs }) => atMs >= toMs);
  const within = samples.filter(({ atMs, value }) => atMs >= fromMs && atMs < toMs && !Number.isNaN(value));
  const line = [before, ...within, after].filter((sample) => sample !== undefined);
  for (let index = 1; index < line.length; index++) {
    const [one, other] = [line[index - 1]!, line[index]!];
    if (Number.isNaN(one.value) || Number.isNaN(other.value) || other.atMs - one.atMs > longestGapMs) continue;
    const from = columnOf(one);
    const to = other.atMs >= toMs ? pixelColumns : columnOf(other);
    if (Array.from({ length: Math.max(0, to - from - 1) }, (_, step) => from + 1 + step).some(isUnknown)) continue;
    for (let edge = from + 1; edge <= to; edge++) {
      const share = (edges[edge]! - one.atMs) / (other.atMs - one.atMs);
      const crossing = one.value + share * (other.value - one.value);
      reached[edge - 1]?.push(crossing);
      reached[edge]?.push(crossing);
    }
  }
  return { low: reached.map(lowest), high: reached.map(highest), inColumn };
}

const isClose = (one: number, other: number) =>
  (Number.isNaN(one) && Number.isNaN(other)) || Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one));

describe('SeriesReduction', () => {
  const steps = fc.array(
    // Some lie exactly on the edge of a column of 1, 2, 4 or 8 ms.
    fc.record({ steps: fc.integer({ min: 1, max: 40 }), isOnEdge: fc.boolean(), value: valueOrUnknown }),
    { maxLength: 900, size: 'max' },
  );
  const samplesOf = (rows: readonly { steps: number; isOnEdge: boolean; value: number }[]): Sample[] => {
    let atMs = 0;
    return rows.map(({ steps: more, isOnEdge, value }) => {
      atMs = isOnEdge ? (Math.floor(atMs / 8) + more) * 8 : atMs + more / 8;
      return { atMs, value };
    });
  };

  it('knows how low and how high the line is in every pixel column, and where there is none', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 0, max: 2_000 }),
        fc.oneof(fc.constantFrom(1, 2, 4, 8), fc.double({ min: 0.1, max: 60, noNaN: true })),
        fc.constantFrom(5, 25, 60, Infinity),
        (rows, pixelColumns, fromMs, columnMs, longestGapMs) => {
          const samples = samplesOf(rows);
          const range = { fromMs, toMs: fromMs + columnMs * pixelColumns, pixelColumns };
          const drawn = reductionOf(samples, range, longestGapMs);
          const naive = naiveExtents(samples, range, longestGapMs);
          for (let column = 0; column < pixelColumns; column++) {
            const [low, high] = [drawn.low[column]!, drawn.high[column]!];
            expect({ column, low, high }).toSatisfy(
              () => isClose(low, naive.low[column]!) && isClose(high, naive.high[column]!),
            );
            // No sample is lost, to the last digit.
            const values = known(naive.inColumn(column));
            if (values.length === 0) continue;
            expect(low).toBeLessThanOrEqual(lowest(values));
            expect(high).toBeGreaterThanOrEqual(highest(values));
          }
        },
      ),
      { numRuns: 300, interruptAfterTimeLimit: LONGEST_MS },
    );
  }, 60_000);

  it('has nothing but the lowest and the highest sample where the line does not leave them', () => {
    const samples = Array.from({ length: 1_000 }, (_, row) => ({ atMs: row, value: [5, 1, 9, 4][row % 4]! }));
    const { low, high } = reductionOf(samples, { fromMs: 100, toMs: 900, pixelColumns: 100 });
    expect(new Set(low)).toEqual(new Set([1]));
    expect(new Set(high)).toEqual(new Set([9]));
  });

  it('tells how many samples are in sight, and which pixel column has which of them', () => {
    const samples = [0, 100, 110, 111, 300].map((atMs) => ({ atMs, value: atMs }));
    const { rows } = reductionOf(samples, { fromMs: 100, toMs: 200, pixelColumns: 10 });
    expect(rows.count).toBe(3);
    expect([...rows.first]).toEqual([1, 2, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
  });

  it('has points beyond both edges, so that the line does not end within the chart', () => {
    const samples = [1, 2, 3, 4].map((value, row) => ({ atMs: row * 100, value }));
    expect(reductionOf(samples, { fromMs: 120, toMs: 180, pixelColumns: 10 }).points()).toEqual([
      { x: 100, y: 2 },
      { x: 200, y: 3 },
    ]);
  });

  it('interrupts the line where samples are missing for too long', () => {
    const samples = [0, 20, 900, 920].map((atMs) => ({ atMs, value: atMs < 500 ? 1 : 2 }));
    const { points, low } = reductionOf(samples, { fromMs: 0, toMs: 1_000, pixelColumns: 100 }, 500);
    expect(points().map(({ y }) => y)).toEqual([1, 1, NaN, 2, 2]);
    expect(low.slice(0, 4)).toEqual([1, 1, 1, NaN]);
    expect(low.slice(-12)).toEqual([NaN, NaN, 2, 2, 2, NaN, NaN, NaN, NaN, NaN, NaN, NaN]);
  });

  it('finds one sample among four million', () => {
    const count = 4_000_000;
    const atMs = float64Column();
    const values = float64Column();
    atMs.append(Float64Array.from({ length: count }, (_, row) => row * 20));
    values.append(Float64Array.from({ length: count }, (_, row) => (row === 1_234_567 ? 1e9 : row % 1000)));
    const rows = new PixelRows(atMs);
    rows.find({ fromMs: 0, toMs: count * 20, pixelColumns: 800 });
    const high = new Float64Array(800);
    new SeriesReduction(atMs, values).extents(rows, { low: new Float64Array(800), high });
    expect(high.findIndex((value) => value === 1e9)).toBe(Math.floor((1_234_567 / count) * 800));
    expect(high.filter((value) => value === 999)).toHaveLength(799);
  });
});
