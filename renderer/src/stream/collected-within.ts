// Tells which objects were collected within a stretch of the run. That is known through their callbacks alone, which come
// after the collection and may lie outside. No Vue in here; used by the summary of a range and by the object query.

import { lowerBound, upperBound, valueAt } from './growable-column.ts';
import type { RunStream, TimeRange } from './run-stream.ts';

/** As in create-run-stream.ts: collections may be told in whole ms, so a callback may seem to come before their end. */
const CLOCK_TOLERANCE_MS = 1;

export interface CollectedWithin {
  /** Only callbacks that began between these two can belong; the first is Infinity where no major GC ended in the range. */
  readonly callbackFromMs: number;
  readonly callbackToMs: number;
  /** Whether `collectedAtMs` of this row lies in the range, both edges included, found as cheaply as it can be. */
  has(row: number): boolean;
}

/** Holds for what the stream knows now: make it anew when there may be more. */
export function collectedWithin(stream: RunStream, { fromMs, toMs }: TimeRange): CollectedWithin {
  const { startMs, endMs } = stream.majors;
  const first = lowerBound(endMs, fromMs);
  const after = upperBound(endMs, toMs);
  if (first >= after) return { callbackFromMs: Infinity, callbackToMs: -Infinity, has: () => false };
  // A callback belongs to the last major GC before it, so those of the last one in the range end where the next one does.
  const callbackFromMs = valueAt(endMs, first) - CLOCK_TOLERANCE_MS;
  const callbackToMs = after < endMs.length ? valueAt(endMs, after) : Infinity;
  return {
    callbackFromMs,
    callbackToMs,
    has(row) {
      const callbackAt = valueAt(stream.registrations.callbackStartMs, row);
      if (!(callbackAt >= callbackFromMs - CLOCK_TOLERANCE_MS && callbackAt <= callbackToMs)) return false;
      const last = upperBound(endMs, callbackAt + CLOCK_TOLERANCE_MS) - 1;
      if (last < first || last >= after) return false;
      // Registered before the major GC began: nothing speaks against it. What is registered during one is for the stream.
      if (valueAt(stream.registrations.atMs, row) < valueAt(startMs, last)) return true;
      return !Number.isNaN(stream.collectedAtMs(row));
    },
  };
}
