// Columns of typed arrays that grow where they are. Used by the run's stream in the page; no Vue in here.
// Hot paths write straight into `values`; everything else goes through the methods.
//
// A column of millions of rows that doubles by copying touches twice the memory that it needs and keeps up to half of it
// for nothing. A large one therefore lies in a resizable buffer: addresses are reserved far ahead, memory is taken as rows
// come, and nothing is copied.

import type { ColumnView } from './run-stream.ts';

type ColumnArray = Float64Array | Uint32Array | Uint8Array;

const FIRST_CAPACITY = 256;
/** Up to here a column is copied as it doubles: that costs little, and plain arrays are read faster. */
const DOUBLED_UP_TO_BYTES = 1 << 20;
/** Addresses for so many bytes are reserved at first, then for as many as a column can ever have: 2^29 rows of 8 bytes. */
const FIRST_RESERVED_BYTES = 2 ** 28;
const MOST_RESERVED_BYTES = 2 ** 32;
/** What a large column takes beyond the rows that it needs: a share of them, in whole pages. */
const SPARE_SHARE = 1 / 32;
const PAGE_BYTES = 1 << 16;

const inPages = (bytes: number) => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

function reservedBuffer(bytes: number): ArrayBuffer {
  const maxByteLength = bytes <= FIRST_RESERVED_BYTES / 2 ? FIRST_RESERVED_BYTES : Math.max(bytes, MOST_RESERVED_BYTES);
  try {
    return new ArrayBuffer(bytes, { maxByteLength });
  } catch {
    // The addresses of this process are used up: copied again at half as much more, as without reserving.
    return new ArrayBuffer(bytes, { maxByteLength: inPages(bytes * 1.5) });
  }
}

interface ArrayKind<Values extends ColumnArray> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Values;
}

/** A column that only grows. `values` is replaced when it does: read it anew after every `reserve`, `append` or `push`. */
export class GrowableColumn<Values extends ColumnArray> implements ColumnView<Values> {
  values: Values;
  length = 0;
  readonly #kind: ArrayKind<Values>;
  #buffer: ArrayBuffer;

  constructor(kind: ArrayKind<Values>) {
    this.#kind = kind;
    this.#buffer = new ArrayBuffer(FIRST_CAPACITY * kind.BYTES_PER_ELEMENT);
    this.values = new kind(this.#buffer, 0, FIRST_CAPACITY);
  }

  /** Makes room for `length` rows without changing the length. */
  reserve(length: number): void {
    if (length > this.values.length) this.#grow(length);
  }

  #grow(length: number): void {
    const kind = this.#kind;
    const neededBytes = length * kind.BYTES_PER_ELEMENT;
    if (neededBytes <= DOUBLED_UP_TO_BYTES) {
      let bytes = this.#buffer.byteLength;
      while (bytes < neededBytes) bytes *= 2;
      this.#moveTo(new ArrayBuffer(bytes), bytes);
      return;
    }
    const bytes = inPages(neededBytes * (1 + SPARE_SHARE));
    if (bytes <= this.#buffer.maxByteLength) {
      this.#buffer.resize(bytes);
      this.values = new kind(this.#buffer, 0, bytes / kind.BYTES_PER_ELEMENT);
      return;
    }
    this.#moveTo(reservedBuffer(bytes), bytes);
  }

  #moveTo(buffer: ArrayBuffer, bytes: number): void {
    const moved = new this.#kind(buffer, 0, bytes / this.#kind.BYTES_PER_ELEMENT);
    moved.set(this.values.subarray(0, this.length));
    this.#buffer = buffer;
    this.values = moved;
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

export const float64Column = () => new GrowableColumn<Float64Array>(Float64Array);
export const uint32Column = () => new GrowableColumn<Uint32Array>(Uint32Array);
export const uint8Column = () => new GrowableColumn<Uint8Array>(Uint8Array);

/** The last row that has a value; −1: none. A busy machine leaves samples without an answer. */
export function lastKnownRow(column: ColumnView<Float64Array>): number {
  let row = column.length - 1;
  while (row >= 0 && Number.isNaN(column.values[row])) row--;
  return row;
}

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
