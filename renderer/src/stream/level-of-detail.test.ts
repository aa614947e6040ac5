import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float64Column } from './growable-column.ts';
import { SeriesReduction } from './level-of-detail.ts';
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

describe('SeriesReduction', () => {
  const samples = fc.array(fc.record({ stepMs: fc.integer({ min: 1, max: 30 }), value: valueOrUnknown }), {
    maxLength: 1500,
    size: 'max',
  });

  it('draws the true minimum and maximum of every pixel column, and a gap where nothing is known', () => {
    fc.assert(
      fc.property(
        samples,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 1, max: 20_000 }),
        (rows, pixelColumns, fromMs, lengthMs) => {
          const atMs = float64Column();
          const values = float64Column();
          let time = 0;
          for (const { stepMs, value } of rows) {
            time += stepMs;
            atMs.push(time);
            values.push(value);
          }
          const toMs = fromMs + lengthMs;
          const points = new SeriesReduction(atMs, values).points({ fromMs, toMs, pixelColumns });
          const edge = (column: number) =>
            column === pixelColumns ? toMs : fromMs + ((toMs - fromMs) * column) / pixelColumns;
          for (let column = 0; column < pixelColumns; column++) {
            const isIn = (x: number) => x >= edge(column) && x < edge(column + 1);
            const raw: number[] = [];
            for (let row = 0; row < atMs.length; row++) if (isIn(atMs.at(row))) raw.push(values.at(row));
            const drawn = points.filter(({ x }) => isIn(x)).map(({ y }) => y);
            expect(lowest(drawn)).toBe(lowest(raw));
            expect(highest(drawn)).toBe(highest(raw));
            if (raw.length > 0 && known(raw).length === 0) expect(drawn.length).toBeGreaterThan(0);
          }
          expect(points.length).toBeLessThanOrEqual(pixelColumns * 4 + 2);
          for (let index = 1; index < points.length; index++) {
            expect(points[index]?.x).toBeGreaterThanOrEqual(points[index - 1]?.x ?? NaN);
          }
        },
      ),
      { numRuns: 200, interruptAfterTimeLimit: LONGEST_MS },
    );
  });

  it('keeps minimum and maximum where samples lie on the edges, and interrupts the line at every long silence', () => {
    fc.assert(
      fc.property(
        // Every step is a whole number of pixel columns, or of tenths of one.
        fc.array(fc.record({ steps: fc.integer({ min: 1, max: 40 }), isOnEdge: fc.boolean(), value: valueOrUnknown }), {
          maxLength: 900,
          size: 'max',
        }),
        fc.integer({ min: 1, max: 90 }),
        fc.constantFrom(0.5, 1, 2, 16),
        fc.integer({ min: 5, max: 60 }),
        (rows, pixelColumns, columnMs, longestGapMs) => {
          const atMs = float64Column();
          const values = float64Column();
          let time = 0;
          for (const { steps, isOnEdge, value } of rows) {
            time += (steps * columnMs) / (isOnEdge ? 1 : 10);
            if (isOnEdge) time = Math.ceil(time / columnMs) * columnMs;
            atMs.push(time);
            values.push(value);
          }
          const fromMs = columnMs * 3;
          const toMs = fromMs + columnMs * pixelColumns;
          const points = new SeriesReduction(atMs, values).points({ fromMs, toMs, pixelColumns }, longestGapMs);
          const isDrawn = (x: number, y: number) => points.some((point) => point.x === x && Object.is(point.y, y));
          for (let column = 0; column < pixelColumns; column++) {
            const isIn = (x: number) => x >= fromMs + columnMs * column && x < fromMs + columnMs * (column + 1);
            const raw: number[] = [];
            for (let row = 0; row < atMs.length; row++) if (isIn(atMs.at(row))) raw.push(values.at(row));
            const drawn = points.filter(({ x }) => isIn(x)).map(({ y }) => y);
            expect(lowest(drawn)).toBe(lowest(raw));
            expect(highest(drawn)).toBe(highest(raw));
            // A column of one sample has that sample, where it was taken.
            const only = raw.length === 1 ? raw[0] : undefined;
            if (only !== undefined) {
              let row = 0;
              while (!isIn(atMs.at(row))) row++;
              expect(isDrawn(atMs.at(row), only)).toBe(true);
            }
          }
          for (let row = 1; row < atMs.length; row++) {
            const [before, after] = [atMs.at(row - 1), atMs.at(row)];
            const isBetweenColumns = Math.floor(before / columnMs) !== Math.floor(after / columnMs);
            if (after < fromMs || before >= toMs || !isBetweenColumns || after - before <= longestGapMs) continue;
            expect(points.some(({ x, y }) => x > before && x < after && Number.isNaN(y))).toBe(true);
          }
        },
      ),
      { numRuns: 150, interruptAfterTimeLimit: LONGEST_MS },
    );
  }, 60_000);

  it('reaches beyond both edges, so that the line does not end within the chart', () => {
    const atMs = float64Column();
    const values = float64Column();
    atMs.append([0, 100, 200, 300]);
    values.append([1, 2, 3, 4]);
    const points = new SeriesReduction(atMs, values).points({ fromMs: 120, toMs: 180, pixelColumns: 10 });
    expect(points).toEqual([
      { x: 100, y: 2 },
      { x: 200, y: 3 },
    ]);
  });

  it('interrupts the line where samples are missing for too long', () => {
    const atMs = float64Column();
    const values = float64Column();
    atMs.append([0, 20, 900, 920]);
    values.append([1, 1, 2, 2]);
    const points = new SeriesReduction(atMs, values).points({ fromMs: 0, toMs: 1000, pixelColumns: 100 }, 500);
    expect(points.map(({ y }) => y)).toEqual([1, 1, NaN, 2, 2]);
  });

  it('needs as many points for four million samples as for four thousand', () => {
    const count = 4_000_000;
    const atMs = float64Column();
    const values = float64Column();
    atMs.append(Float64Array.from({ length: count }, (_, row) => row * 20));
    values.append(Float64Array.from({ length: count }, (_, row) => (row === 1_234_567 ? 1e9 : row % 1000)));
    const points = new SeriesReduction(atMs, values).points({ fromMs: 0, toMs: count * 20, pixelColumns: 800 });
    expect(points.length).toBeLessThanOrEqual(800 * 4 + 2);
    expect(Math.max(...points.map(({ y }) => y))).toBe(1e9);
  });

  it('takes the width of a pixel column for no gap', () => {
    const atMs = float64Column();
    const values = float64Column();
    for (let at = 0; at < 60_000; at += 20) {
      if (at >= 30_000 && at < 31_000) continue;
      atMs.push(at);
      values.push(at % 700);
    }
    const points = new SeriesReduction(atMs, values).points({ fromMs: 0, toMs: 60_000, pixelColumns: 100 }, 250);
    expect(points.filter(({ y }) => Number.isNaN(y)).map(({ x }) => x)).toEqual([30_490]);
    expect(points.length).toBeLessThanOrEqual(203);
  });
});
