// Reduces a column of samples to what a given number of pixel columns can show. Called by the charts before anything is
// drawn, so that the cost of a frame depends on the width of the window and not on the length of the run.

import { lowerBound } from './growable-column.ts';
import { MinMaxIndex, type Extremes } from './min-max-index.ts';
import type { ColumnView } from './run-stream.ts';

export interface Point {
  readonly x: number;
  /** NaN: the line is interrupted here. */
  readonly y: number;
}

export interface VisibleRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pixelColumns: number;
}

/** Up to this many rows of one pixel column are drawn as they are; of more, as many extremes. */
const DRAWN_AS_THEY_ARE = 2;

/** One series over time, ready to be reduced again and again as it grows. */
export class SeriesReduction {
  readonly #atMs: ColumnView<Float64Array>;
  readonly #values: ColumnView<Float64Array>;
  readonly #index: MinMaxIndex;
  readonly #extremes: Extremes = { minimum: NaN, maximum: NaN };

  /** `atMs` is ascending and as long as `values`. */
  constructor(atMs: ColumnView<Float64Array>, values: ColumnView<Float64Array>) {
    this.#atMs = atMs;
    this.#values = values;
    this.#index = new MinMaxIndex(values);
  }

  /** The highest known value in the range; NaN if nothing is known there. */
  highest(fromMs: number, toMs: number): number {
    const from = Math.max(0, lowerBound(this.#atMs, fromMs) - 1);
    const to = Math.min(this.#atMs.length, lowerBound(this.#atMs, toMs) + 1);
    this.#index.read(from, to, this.#extremes);
    return this.#extremes.maximum;
  }

  /**
   * Points to draw, at most two for each pixel column, and one for each gap. Guaranteed: within every pixel column the lowest and the highest
   * point are the lowest and highest known sample; a pixel column of samples that are all unknown is a gap; so is a
   * distance between two samples of more than `longestGapMs`. A sample on either side of the range is included, so that
   * the line reaches the edges.
   */
  points(range: VisibleRange, longestGapMs = Infinity): Point[] {
    const { fromMs, toMs, pixelColumns } = range;
    const points: Point[] = [];
    const times = this.#atMs.values;
    const values = this.#values.values;
    const length = Math.min(this.#atMs.length, this.#values.length);
    let lastX = NaN;
    const interrupt = (x: number) => {
      if (x - lastX > longestGapMs) points.push({ x: (lastX + x) / 2, y: NaN });
    };
    const add = (x: number, y: number) => {
      interrupt(x);
      points.push({ x, y });
      lastX = x;
    };
    const addRow = (row: number) => add(times[row] ?? NaN, values[row] ?? NaN);
    let row = lowerBound(this.#atMs, fromMs);
    if (row > 0 && row <= length) addRow(row - 1);
    for (let column = 0; column < pixelColumns && row < length; column++) {
      // An edge is computed from its number, never added up: errors would move samples between columns.
      const edgeMs = column + 1 === pixelColumns ? toMs : fromMs + ((toMs - fromMs) * (column + 1)) / pixelColumns;
      if ((times[row] ?? NaN) >= edgeMs) continue;
      let end = row;
      // Galloping finds the end of a crowded column without visiting its rows.
      for (let step = 1; end < length && (times[end] ?? NaN) < edgeMs; step *= 2) {
        const next = Math.min(length, end + step);
        if (next < length && (times[next] ?? NaN) < edgeMs) {
          end = next;
          continue;
        }
        let low = end + 1;
        let high = next;
        while (low < high) {
          const middle = (low + high) >>> 1;
          if ((times[middle] ?? NaN) < edgeMs) low = middle + 1;
          else high = middle;
        }
        end = low;
        break;
      }
      if (end - row <= DRAWN_AS_THEY_ARE) {
        for (let each = row; each < end; each++) addRow(each);
      } else {
        this.#index.read(row, end, this.#extremes);
        const { minimum, maximum } = this.#extremes;
        const firstX = times[row] ?? NaN;
        const lastInColumn = times[end - 1] ?? NaN;
        if (Number.isNaN(minimum)) {
          add(firstX, NaN);
          lastX = lastInColumn;
        } else {
          const middleX = (firstX + lastInColumn) / 2;
          // The nearer one first: the line then goes to and fro no more than it must.
          const lastY = points.at(-1)?.y ?? NaN;
          const isFalling = Math.abs(lastY - maximum) < Math.abs(lastY - minimum);
          // Whether there is a gap is told by the first sample of the column, not by its middle.
          interrupt(firstX);
          points.push({ x: middleX, y: isFalling ? maximum : minimum });
          if (minimum !== maximum) points.push({ x: middleX, y: isFalling ? minimum : maximum });
          lastX = lastInColumn;
        }
      }
      row = end;
    }
    if (row < length) addRow(row);
    return points;
  }
}
