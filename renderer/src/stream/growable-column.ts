// Columns of typed arrays that grow by doubling. Used by the run's stream in the page; no Vue in here.
// Hot paths write straight into `values`; everything else goes through the methods.

import type { ColumnView } from './run-stream.ts';

type ColumnArray = Float64Array | Uint32Array | Uint8Array;

const FIRST_CAPACITY = 256;

/** A column that only grows. `values` is replaced when it does: read it anew after every `reserve`, `append` or `push`. */
export class GrowableColumn<Values extends ColumnArray> implements ColumnView<Values> {
  values: Values;
  length = 0;
  readonly #create: (capacity: number) => Values;

  constructor(create: (capacity: number) => Values) {
    this.#create = create;
    this.values = create(FIRST_CAPACITY);
  }

  /** Makes room for `length` rows without changing the length. */
  reserve(length: number): void {
    if (length <= this.values.length) return;
    let capacity = this.values.length;
    while (capacity < length) capacity *= 2;
    const grown = this.#create(capacity);
    grown.set(this.values.subarray(0, this.length));
    this.values = grown;
  }

  push(value: number): void {
    if (this.length === this.values.length) this.reserve(this.length + 1);
    this.values[this.length++] = value;
  }

  append(rows: ArrayLike<number>): void {
    this.reserve(this.length + rows.length);
    this.values.set(rows, this.length);
    this.length += rows.length;
  }

  /** Adds rows of one value until there are `length`. */
  fillTo(length: number, value: number): void {
    if (length <= this.length) return;
    this.reserve(length);
    this.values.fill(value, this.length, length);
    this.length = length;
  }

  /** Puts `value` before the row at `index`, moving the rows behind it: for columns that are nearly always appended to. */
  insert(index: number, value: number): void {
    this.push(value);
    this.values.copyWithin(index + 1, index, this.length - 1);
    this.values[index] = value;
  }

  at(row: number): number {
    const value = row < this.length ? this.values[row] : undefined;
    if (value === undefined) throw new RangeError(`Row ${row} of a column with ${this.length} rows.`);
    return value;
  }
}

export const float64Column = () => new GrowableColumn<Float64Array>((capacity) => new Float64Array(capacity));
export const uint32Column = () => new GrowableColumn<Uint32Array>((capacity) => new Uint32Array(capacity));
export const uint8Column = () => new GrowableColumn<Uint8Array>((capacity) => new Uint8Array(capacity));

/** The value in a row of any column; NaN outside of it. */
export function valueAt({ values, length }: ColumnView<ColumnArray>, row: number): number {
  return row < length ? (values[row] ?? NaN) : NaN;
}

/** First row whose value is greater than `value`, in an ascending column. */
export function upperBound({ values, length }: ColumnView<ColumnArray>, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First row whose value is at least `value`, in an ascending column. */
export function lowerBound({ values, length }: ColumnView<ColumnArray>, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
