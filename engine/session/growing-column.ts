// Typed arrays that grow: what the session adds up from batches, without an object per row.

type Values = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Rows by index. Rows never written hold the fill value. */
export interface GrowingColumn<Kind extends Values> {
  /** May be longer than what was written, with zeros there, and is replaced when it grows: never keep it across writes. */
  readonly values: Kind;
  /** One more than the last row written. */
  readonly length: number;
  set(row: number, value: number): void;
  push(value: number): void;
  append(values: ArrayLike<number>): void;
  /** The rows written so far, as a view. */
  view(): Kind;
}

const INITIAL_ROWS = 256;

/** @param fill what rows hold that were passed over, such as NaN for a time that is not known. */
export function createGrowingColumn<Kind extends Values>(
  allocate: (rows: number) => Kind,
  fill = 0,
): GrowingColumn<Kind> {
  let values = allocate(INITIAL_ROWS);
  let length = 0;
  const ensure = (rows: number): void => {
    if (rows <= values.length) return;
    const grown = allocate(Math.max(rows, values.length * 2));
    grown.set(values);
    values = grown;
  };
  return {
    get values() {
      return values;
    },
    get length() {
      return length;
    },
    set(row, value) {
      ensure(row + 1);
      // Only as far as it is passed over: memory that is never written to is never taken.
      if (fill !== 0 && row > length) values.fill(fill, length, row);
      values[row] = value;
      if (row >= length) length = row + 1;
    },
    push(value) {
      ensure(length + 1);
      values[length] = value;
      length += 1;
    },
    append(added) {
      ensure(length + added.length);
      values.set(added, length);
      length += added.length;
    },
    view: () => values.subarray(0, length) as Kind,
  };
}

export const createFloat64Column = (fill = 0) => createGrowingColumn((rows) => new Float64Array(rows), fill);
export const createUint32Column = () => createGrowingColumn((rows) => new Uint32Array(rows));
export const createUint8Column = () => createGrowingColumn((rows) => new Uint8Array(rows));
