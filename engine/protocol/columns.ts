// Typed arrays as message fields: which kinds may travel, and the schemas that parse them.
// Used by every side of every boundary; no I/O here.

import * as v from 'valibot';

/** The kinds of column that may travel. The order is the code used in frames. */
export const COLUMN_CONSTRUCTORS = [Uint8Array, Uint16Array, Uint32Array, Float64Array] as const;
export type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Columns whose memory belongs to the message alone, never to shared memory that changes under the reader. */
export const Float64Column = v.instance(Float64Array);
export const Uint32Column = v.instance(Uint32Array);
export const Uint8Column = v.instance(Uint8Array);

/** True if `value` is a column that may travel. */
export function isColumn(value: unknown): value is Column {
  return COLUMN_CONSTRUCTORS.some((constructor) => value instanceof constructor);
}

/** Bytes of the memory that columns keep: a view keeps all of what it is a view of. */
export function heldBytes(columns: Iterable<Column>): number {
  const buffers = new Set<ArrayBufferLike>();
  let bytes = 0;
  for (const { buffer } of columns) {
    if (buffers.has(buffer)) continue;
    buffers.add(buffer);
    bytes += buffer.byteLength;
  }
  return bytes;
}

/** True if all columns named in `names` have the same number of rows. */
export function sameLength<Batch extends object>(batch: Batch, names: readonly (keyof Batch)[]): boolean {
  const [first, ...others] = names.map((name) => (batch[name] as { readonly length: number }).length);
  return others.every((length) => length === first);
}
