// Which registrations the object table shows, and in which order. Pure; made for a million rows.

import type { Verdict } from '../../../engine/protocol/vocabulary.ts';
import type { RunStream } from '../stream/run-stream.ts';

export const SORT_KEYS = ['registered', 'callback', 'duration'] as const;
export type SortKey = (typeof SORT_KEYS)[number];
export interface ObjectOrder {
  readonly key: SortKey;
  readonly isDescending: boolean;
}
export interface ObjectFilter {
  readonly verdict: Verdict | undefined;
  readonly text: string;
}

/** Row numbers in order, or a plain count where every registration is shown as it came. */
export type ObjectRows = {
  readonly rows: Uint32Array | undefined;
  readonly count: number;
  readonly isReversed: boolean;
};

/** Filters and sorts. Without a filter and by registration time nothing is allocated, however many rows there are. */
export function arrangeObjects(stream: RunStream, filter: ObjectFilter, order: ObjectOrder): ObjectRows {
  const { registrations } = stream;
  const length = registrations.atMs.length;
  const isFiltered = filter.verdict !== undefined || filter.text !== '';
  if (!isFiltered && order.key === 'registered')
    return { rows: undefined, count: length, isReversed: order.isDescending };
  const rows = isFiltered
    ? stream.filterObjects({
        ...(filter.verdict === undefined ? {} : { verdict: filter.verdict }),
        ...(filter.text === '' ? {} : { text: filter.text }),
      })
    : Uint32Array.from({ length }, (_, row) => row);
  if (order.key !== 'registered') {
    const { values } = order.key === 'callback' ? registrations.callbackStartMs : registrations.callbackMs;
    // Rows without a callback (NaN) stay at the end in either direction.
    const direction = order.isDescending ? -1 : 1;
    const keys = Float64Array.from(rows, (row) => {
      const value = values[row] ?? NaN;
      return Number.isNaN(value) ? Infinity : value * direction;
    });
    const places = Uint32Array.from({ length: rows.length }, (_, place) => place);
    places.sort((a, b) => {
      const left = keys[a] ?? 0;
      const right = keys[b] ?? 0;
      return left === right ? a - b : left < right ? -1 : 1;
    });
    return { rows: places.map((place) => rows[place] ?? 0), count: rows.length, isReversed: false };
  }
  return { rows, count: rows.length, isReversed: order.isDescending };
}

/** The registration's row that is shown at `index`. */
export function objectRowAt({ rows, count, isReversed }: ObjectRows, index: number): number {
  const place = isReversed ? count - 1 - index : index;
  return rows === undefined ? place : (rows[place] ?? 0);
}
