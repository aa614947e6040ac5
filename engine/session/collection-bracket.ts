// Between which times an object was collected, as far as the collections around it tell. Pure; used by the report.

import type { Stretches } from './run-tally.ts';

/** The program's thread turns unseen in a gap shorter than the shortest blocked stretch that is told. */
const UNSEEN_TURN_MS = 50;
/** V8 prints when a collection ended in whole ms, and so does the line that aligned the clocks. */
const CLOCK_TOLERANCE_MS = 1;

/** Finds the bracket of one object's collection; undefined if no collection that can have done it is known in that time. */
export type CollectionBrackets = (letGoAtMs: number, callbackStartMs: number) => [number, number] | undefined;

/**
 * Brackets the collections of objects whose callback ran.
 *
 * It was one of the collections that can clear registrations, began after the object was let go (or, where that is not
 * known, registered) and ended before the callback started. V8 posts the callbacks right after the collection
 * that cleared the registrations, so had an earlier one done it, and had the thread turned before the next, the callback
 * would have run by then: it was the last one. Earlier ones stay possible as far back as the thread did not turn (or may
 * not have turned) between them. So the bracket begins with the earliest possible one's start, and ends with the last's end.
 */
export function createCollectionBrackets(facts: {
  readonly clearingCollections: Stretches;
  readonly blocked: Stretches;
}): CollectionBrackets {
  const { startMs, endMs } = facts.clearingCollections;
  // A program stands still during a collection, so the middle of a long one tells before from after in spite of whole
  // milliseconds.
  const middleMs = startMs.map((start, row) => (start + (endMs[row] ?? NaN)) / 2);
  /** The first of those collections before each one between which the thread may not have turned. */
  const chainStart = new Uint32Array(startMs.length);
  for (let row = 1; row < startMs.length; row += 1) {
    const isChained = mayNotHaveTurned(facts.blocked, endMs[row - 1] ?? NaN, startMs[row] ?? NaN);
    chainStart[row] = isChained ? (chainStart[row - 1] ?? row) : row;
  }
  return (letGoAtMs, callbackStartMs) => {
    const last = countUntil(endMs, callbackStartMs + CLOCK_TOLERANCE_MS) - 1;
    const chain = chainStart[last] ?? 0;
    let first = Math.max(chain, countUntil(middleMs, letGoAtMs));
    // One shorter than the tolerance may seem to have come before.
    if (first > last) first = Math.max(chain, countUntil(middleMs, letGoAtMs - CLOCK_TOLERANCE_MS));
    if (first > last) return undefined;
    // What the clocks' tolerance puts before the object was let go, or after its callback, was not.
    const within = (atMs = NaN) => Math.min(Math.max(atMs, letGoAtMs), callbackStartMs);
    return [within(startMs[first]), within(endMs[last])];
  };
}

function mayNotHaveTurned(blocked: Stretches, fromMs: number, toMs: number): boolean {
  if (toMs - fromMs < UNSEEN_TURN_MS) return true;
  const row = countUntil(blocked.startMs, fromMs + CLOCK_TOLERANCE_MS) - 1;
  return row >= 0 && (blocked.endMs[row] ?? -Infinity) >= toMs - CLOCK_TOLERANCE_MS;
}

/** How many of the ascending `values` are at most `limit`. */
function countUntil(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
