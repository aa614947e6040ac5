// How much longer a run is watched after its program had nothing left to do.

import type { RunStream } from '../stream/run-stream.ts';

/** Milliseconds left, or undefined while that is not known. */
export function settleLeftMs(stream: RunStream): number | undefined {
  const settleMs = stream.description?.limits.settleMs;
  const startedAtMs = stream.marks.findLast(({ kind }) => kind === 'settle-started')?.atMs;
  if (settleMs === undefined || startedAtMs === undefined) return undefined;
  return Math.max(0, startedAtMs + settleMs - stream.endMs);
}
