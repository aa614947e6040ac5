// Reduces a column of samples to what a given number of pixel columns can show. Called by the charts before anything is
// drawn, so that the cost of a frame depends on the width of the window and not on the length of the run.

import { lowerBound } from './growable-column.ts';
import { MinMaxIndex, type Extremes } from './min-max-index.ts';
import { columnEdgeMs } from './pixel-columns.ts';
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

/** How low and how high a curve is in each pixel column; both NaN where there is none. */
export interface ColumnExtents {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** So many rows fewer than in the column before: most columns hold more than that, so that the guess is seldom in vain. */
const GUESSED_LESS = 2;

/** Which rows fall into which pixel column: found once for all series that were sampled at the same times. */
export class PixelRows {
  /** First row at or after the left edge of each column, and of the range's end. */
  first = new Uint32Array(1);
  range: VisibleRange = { fromMs: 0, toMs: 1, pixelColumns: 0 };
  readonly #atMs: ColumnView<Float64Array>;

  /** `atMs` is ascending. */
  constructor(atMs: ColumnView<Float64Array>) {
    this.#atMs = atMs;
  }

  /** Number of rows within the range. */
  get count(): number {
    return (this.first[this.range.pixelColumns] ?? 0) - (this.first[0] ?? 0);
  }

  find(range: VisibleRange): void {
    const { pixelColumns } = range;
    this.range = range;
    if (this.first.length !== pixelColumns + 1) this.first = new Uint32Array(pixelColumns + 1);
    const { first } = this;
    const times = this.#atMs.values;
    const { length } = this.#atMs;
    let row = lowerBound(this.#atMs, range.fromMs);
    first[0] = row;
    let guess = 0;
    for (let column = 1; column <= pixelColumns; column++) {
      const edgeMs = columnEdgeMs(range, column, pixelColumns);
      const from = row;
      // Samples come regularly: nearly as many as in the column before are nearly always in this one.
      if (guess > 0 && row + guess <= length && (times[row + guess - 1] ?? Infinity) < edgeMs) row += guess;
      // Galloping finds the end of a crowded column without visiting its rows.
      let step = 1;
      while (row + step <= length && (times[row + step - 1] ?? Infinity) < edgeMs) {
        row += step;
        step *= 2;
      }
      for (; step >= 1; step /= 2) {
        if (row + step <= length && (times[row + step - 1] ?? Infinity) < edgeMs) row += step;
      }
      first[column] = row;
      guess = row - from - GUESSED_LESS;
    }
  }
}

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
   * The samples of the range as they are, for windows with fewer of them than pixels, and one on either side, so that the
   * line reaches the edges. An unknown sample interrupts the line; so does a distance of more than `longestGapMs`.
   */
  points(rows: PixelRows, longestGapMs = Infinity): Point[] {
    const times = this.#atMs.values;
    const values = this.#values.values;
    const { first, range } = rows;
    const from = Math.max(0, (first[0] ?? 0) - 1);
    const to = Math.min(this.#atMs.length, this.#values.length, (first[range.pixelColumns] ?? 0) + 1);
    const points: Point[] = [];
    let lastX = NaN;
    for (let row = from; row < to; row++) {
      const x = times[row] ?? NaN;
      if (x - lastX > longestGapMs) points.push({ x: (lastX + x) / 2, y: NaN });
      points.push({ x, y: values[row] ?? NaN });
      lastX = x;
    }
    return points;
  }

  /**
   * How low and how high the line through all samples is in each pixel column, those included that it only crosses:
   * exact, so no peak is lost. The line is interrupted by a pixel column whose samples are all unknown, and by a distance
   * between two known ones of more than `longestGapMs`; single unknown samples among known ones are less than a pixel.
   */
  extents(rows: PixelRows, { low, high }: ColumnExtents, longestGapMs = Infinity): void {
    const times = this.#atMs.values;
    const values = this.#values.values;
    const length = Math.min(this.#atMs.length, this.#values.length);
    const { first, range } = rows;
    const { pixelColumns } = range;
    const extremes = this.#extremes;
    low.fill(Infinity);
    high.fill(-Infinity);
    // The last known sample, and the column it is in: −1 is before the range.
    const before = (first[0] ?? 0) - 1;
    let lastMs = before >= 0 ? (times[before] ?? NaN) : NaN;
    let lastValue = before >= 0 ? (values[before] ?? NaN) : NaN;
    let lastColumn = -1;
    // One column more than there are: of what comes after the range, only the first sample counts, as the line's other end.
    for (let column = 0; column <= pixelColumns; column++) {
      const isAfter = column === pixelColumns;
      let row = first[column] ?? 0;
      let end = Math.min(length, isAfter ? row + 1 : (first[column + 1] ?? 0));
      if (row >= end) continue;
      if (!isAfter) {
        this.#index.read(row, end, extremes);
        if (Number.isNaN(extremes.minimum)) {
          lastMs = NaN;
          continue;
        }
        while (Number.isNaN(values[row] ?? 0)) row++;
      }
      const atMs = times[row] ?? NaN;
      const value = values[row] ?? NaN;
      if (atMs - lastMs <= longestGapMs) {
        // The line from the last known sample to this one, as far as it runs through the edges between their columns.
        const slope = (value - lastValue) / (atMs - lastMs);
        for (let edge = lastColumn + 1; edge <= column; edge++) {
          const crossing = lastValue + slope * (columnEdgeMs(range, edge, pixelColumns) - lastMs);
          if (edge > 0) {
            if (crossing < low[edge - 1]!) low[edge - 1] = crossing;
            if (crossing > high[edge - 1]!) high[edge - 1] = crossing;
          }
          if (edge < pixelColumns) {
            if (crossing < low[edge]!) low[edge] = crossing;
            if (crossing > high[edge]!) high[edge] = crossing;
          }
        }
      }
      if (isAfter) break;
      if (extremes.minimum < low[column]!) low[column] = extremes.minimum;
      if (extremes.maximum > high[column]!) high[column] = extremes.maximum;
      while (Number.isNaN(values[end - 1] ?? 0)) end--;
      lastMs = times[end - 1] ?? NaN;
      lastValue = values[end - 1] ?? NaN;
      lastColumn = column;
    }
    for (let column = 0; column < pixelColumns; column++) {
      if (low[column]! <= high[column]!) continue;
      low[column] = NaN;
      high[column] = NaN;
    }
  }
}
