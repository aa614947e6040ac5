// A time for some rows of many: little memory where few rows have one, and eight bytes a row where many do. Used by
// create-run-stream.ts for what was unregistered; no Vue in here.

import { float64Column } from './growable-column.ts';

/** Entries of a map take 30 to 50 bytes: beyond this many, a column is as small in a run that is as long as that. */
const MOST_IN_MAP = 1 << 18;

export class SparseTimes {
  readonly #map = new Map<number, number>();
  /** Empty until the map is full. */
  readonly #column = float64Column();

  set(row: number, timeMs: number): void {
    if (this.#column.length > 0) {
      this.#column.fillTo(row + 1, NaN);
      this.#column.values[row] = timeMs;
      return;
    }
    this.#map.set(row, timeMs);
    if (this.#map.size > MOST_IN_MAP) this.#spread();
  }

  /** NaN where there is none. */
  get(row: number): number {
    const { values, length } = this.#column;
    if (length > 0) return row < length ? (values[row] ?? NaN) : NaN;
    return this.#map.get(row) ?? NaN;
  }

  #spread(): void {
    let rows = 0;
    for (const row of this.#map.keys()) if (row >= rows) rows = row + 1;
    this.#column.fillTo(rows, NaN);
    for (const [row, timeMs] of this.#map) this.#column.values[row] = timeMs;
    this.#map.clear();
  }
}
