// Minimum and maximum of any stretch of a growing column, without reading all of it: a pyramid of blocks of 8 that is
// extended as rows arrive. Used by level-of-detail.ts; no Vue in here.

import { float64Column, type GrowableColumn } from './growable-column.ts';
import type { ColumnView } from './run-stream.ts';

/** Small blocks: what is not aligned to them is read row by row, twice for each pixel column. */
const BLOCK_SHIFT = 3;
const BLOCK_ROWS = 1 << BLOCK_SHIFT;

/**
 * Minimum and maximum of one block after the other: both from one line of the cache. Of a block in which nothing is known
 * they are +∞ and −∞, so that reading blocks asks for no NaN.
 */
type Level = GrowableColumn<Float64Array>;

/** Extremes of [fromRow, toRow), NaN rows left out; both NaN where nothing is known. */
export interface Extremes {
  minimum: number;
  maximum: number;
}

/** An index over `column`. `read` takes in the rows that came since; it costs O(log rows) and what is new. */
export class MinMaxIndex {
  readonly #column: ColumnView<Float64Array>;
  readonly #levels: Level[] = [];
  #indexedRows = 0;

  constructor(column: ColumnView<Float64Array>) {
    this.#column = column;
  }

  /** Writes the extremes of the rows into `result`. */
  read(fromRow: number, toRow: number, result: Extremes): void {
    if (this.#column.length !== this.#indexedRows) this.#extend();
    result.minimum = Infinity;
    result.maximum = -Infinity;
    const { values } = this.#column;
    // Only whole blocks exist above, so the unaligned ends are read on each level.
    let from = (fromRow + BLOCK_ROWS - 1) >> BLOCK_SHIFT;
    let to = toRow >> BLOCK_SHIFT;
    if (from >= to) widenByRows(result, values, fromRow, toRow);
    else {
      widenByRows(result, values, fromRow, from << BLOCK_SHIFT);
      widenByRows(result, values, to << BLOCK_SHIFT, toRow);
      for (let depth = 0; ; depth++) {
        const level = this.#levels[depth]!;
        const alignedFrom = (from + BLOCK_ROWS - 1) >> BLOCK_SHIFT;
        const alignedTo = to >> BLOCK_SHIFT;
        if (alignedFrom >= alignedTo) {
          widenByBlocks(result, level, from, to);
          break;
        }
        widenByBlocks(result, level, from, alignedFrom << BLOCK_SHIFT);
        widenByBlocks(result, level, alignedTo << BLOCK_SHIFT, to);
        from = alignedFrom;
        to = alignedTo;
      }
    }
    if (result.minimum <= result.maximum) return;
    result.minimum = NaN;
    result.maximum = NaN;
  }

  #extend(): void {
    const { values, length } = this.#column;
    let below: Level | undefined;
    let rows = length;
    for (let depth = 0; rows >= BLOCK_ROWS; depth++) {
      const level = (this.#levels[depth] ??= float64Column());
      const blocks = rows >> BLOCK_SHIFT;
      for (let block = level.length >> 1; block < blocks; block++) {
        const result = { minimum: Infinity, maximum: -Infinity };
        const from = block << BLOCK_SHIFT;
        if (below === undefined) widenByRows(result, values, from, from + BLOCK_ROWS);
        else widenByBlocks(result, below, from, from + BLOCK_ROWS);
        level.push(result.minimum);
        level.push(result.maximum);
      }
      below = level;
      rows = blocks;
    }
    this.#indexedRows = length;
  }
}

/** Takes the rows [from, to) into `result`. */
function widenByRows(result: Extremes, values: Float64Array, from: number, to: number): void {
  let { minimum, maximum } = result;
  for (let row = from; row < to; row++) {
    const value = values[row]!;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  result.minimum = minimum;
  result.maximum = maximum;
}

/** Takes the blocks [from, to) of a level into `result`. */
function widenByBlocks(result: Extremes, level: Level, from: number, to: number): void {
  const { values } = level;
  let { minimum, maximum } = result;
  for (let block = from; block < to; block++) {
    // Without a branch: which of two figures is greater cannot be foretold.
    minimum = Math.min(minimum, values[2 * block]!);
    maximum = Math.max(maximum, values[2 * block + 1]!);
  }
  result.minimum = minimum;
  result.maximum = maximum;
}
