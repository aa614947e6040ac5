// Minimum and maximum of any stretch of a growing column, without reading all of it: a pyramid of blocks of 16 that is
// extended as rows arrive. Used by level-of-detail.ts; no Vue in here.

import { float64Column, type GrowableColumn } from './growable-column.ts';
import type { ColumnView } from './run-stream.ts';

const BLOCK_SHIFT = 4;
const BLOCK_ROWS = 1 << BLOCK_SHIFT;

interface Level {
  readonly minimum: GrowableColumn<Float64Array>;
  readonly maximum: GrowableColumn<Float64Array>;
}

/** Extremes of [fromRow, toRow), NaN rows left out; both NaN where nothing is known. */
export interface Extremes {
  minimum: number;
  maximum: number;
}

/** An index over `column`. `read` takes in the rows that came since; it costs O(log rows) and what is new. */
export class MinMaxIndex {
  readonly #column: ColumnView<Float64Array>;
  readonly #levels: Level[] = [];

  constructor(column: ColumnView<Float64Array>) {
    this.#column = column;
  }

  /** Writes the extremes of the rows into `result`. */
  read(fromRow: number, toRow: number, result: Extremes): void {
    this.#extend();
    result.minimum = Infinity;
    result.maximum = -Infinity;
    let from = fromRow;
    let to = toRow;
    let lows = this.#column.values;
    let highs = this.#column.values;
    for (let level = 0; ; level++) {
      const above = this.#levels[level];
      // Only whole blocks exist above, so the unaligned ends are read on this level.
      const alignedFrom = (from + BLOCK_ROWS - 1) >> BLOCK_SHIFT;
      const alignedTo = to >> BLOCK_SHIFT;
      if (above === undefined || alignedFrom >= alignedTo) {
        widen(result, lows, highs, from, to);
        break;
      }
      widen(result, lows, highs, from, alignedFrom << BLOCK_SHIFT);
      widen(result, lows, highs, alignedTo << BLOCK_SHIFT, to);
      from = alignedFrom;
      to = alignedTo;
      lows = above.minimum.values;
      highs = above.maximum.values;
    }
    if (result.minimum <= result.maximum) return;
    result.minimum = NaN;
    result.maximum = NaN;
  }

  #extend(): void {
    let lows: ColumnView<Float64Array> = this.#column;
    let highs: ColumnView<Float64Array> = this.#column;
    for (let depth = 0; lows.length >= BLOCK_ROWS; depth++) {
      const level = (this.#levels[depth] ??= { minimum: float64Column(), maximum: float64Column() });
      const blocks = lows.length >> BLOCK_SHIFT;
      for (let block = level.minimum.length; block < blocks; block++) {
        let minimum = Infinity;
        let maximum = -Infinity;
        const end = (block + 1) << BLOCK_SHIFT;
        for (let row = block << BLOCK_SHIFT; row < end; row++) {
          const low = lows.values[row] ?? NaN;
          const high = highs.values[row] ?? NaN;
          if (low < minimum) minimum = low;
          if (high > maximum) maximum = high;
        }
        level.minimum.push(minimum <= maximum ? minimum : NaN);
        level.maximum.push(minimum <= maximum ? maximum : NaN);
      }
      lows = level.minimum;
      highs = level.maximum;
    }
  }
}

/** Takes the rows [from, to) into `result`. */
function widen(result: Extremes, lows: Float64Array, highs: Float64Array, from: number, to: number): void {
  let { minimum, maximum } = result;
  for (let row = from; row < to; row++) {
    const low = lows[row]!;
    const high = highs[row]!;
    if (low < minimum) minimum = low;
    if (high > maximum) maximum = high;
  }
  result.minimum = minimum;
  result.maximum = maximum;
}
