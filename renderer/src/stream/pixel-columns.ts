// Where the pixel columns of a window begin and end: one formula, so that all indexes put a time into the same one.

import type { TimeRange } from './run-stream.ts';

/** Left edge of one of `columns` over the range: computed from its number, never added up, since errors would move rows. */
export const columnEdgeMs = ({ fromMs, toMs }: TimeRange, column: number, columns: number): number =>
  column === columns ? toMs : fromMs + ((toMs - fromMs) * column) / columns;
