// How long a heap snapshot pauses a process and how much memory it takes there, before it is taken, and whether the user is
// asked first. Pure; used by the command line and by the page.

import type { Program } from './run-description.ts';

/**
 * Measured with `v8.writeHeapSnapshot` in Node 24.21 on x64, in CPU time: heaps of 5 to 79 MB, of long strings and arrays of
 * numbers (fast) and of small objects with numbers in them (slow). The file is written, but not read.
 */
const FIXED_SECONDS = 0.3;
const FAST_BYTES_PER_SECOND = 200e6;
const SLOW_BYTES_PER_SECOND = 10e6;
/** V8 keeps an entry for every object and reference while it writes: measured +45 MB for 5 MB, +361 MB for 27 MB. */
const FIXED_BYTES = 45e6;
const MOST_BYTES_PER_HEAP_BYTE = 13.5;
/** The user of a program that was launched to be looked at expects a pause, but none longer than this. */
const LONG_PAUSE_SECONDS = 10;

export interface SnapshotEstimate {
  /** On a core that has nothing else to do: from a heap of large values to one of small objects. */
  readonly pauseSeconds: readonly [shortest: number, longest: number];
  /** Memory that the process needs besides what it has; for a heap of small objects. */
  readonly mostBytes: number;
}

/** @returns undefined where the heap used is not known */
export function estimateSnapshot(heapUsedBytes: number | undefined): SnapshotEstimate | undefined {
  if (heapUsedBytes === undefined || !Number.isFinite(heapUsedBytes)) return undefined;
  return {
    pauseSeconds: [
      FIXED_SECONDS + heapUsedBytes / FAST_BYTES_PER_SECOND,
      FIXED_SECONDS + heapUsedBytes / SLOW_BYTES_PER_SECOND,
    ],
    mostBytes: FIXED_BYTES + heapUsedBytes * MOST_BYTES_PER_HEAP_BYTE,
  };
}

/** One or two sentences for a person. */
export function describeSnapshotEstimate(
  heapUsedBytes: number | undefined,
  formatBytes: (bytes: number) => string,
): string {
  const estimate = estimateSnapshot(heapUsedBytes);
  if (heapUsedBytes === undefined || estimate === undefined) {
    return 'A heap snapshot pauses the process and takes memory in it. How much is not known: its heap used is not known yet.';
  }
  const [shortest, longest] = estimate.pauseSeconds.map((seconds) => seconds.toFixed(seconds < 10 ? 1 : 0));
  return (
    `A heap snapshot of ${formatBytes(heapUsedBytes)} pauses the process for about ${shortest} to ${longest} s, longer on a ` +
    `busy machine, and takes up to ${formatBytes(estimate.mostBytes)} of memory in it.`
  );
}

/**
 * Returns whether the user confirms a snapshot before it is taken: always for a process that was started elsewhere, since
 * others may depend on it; for a program that Heapline launched, only where the pause may be long.
 */
export function needsConfirmation(programKind: Program['kind'], heapUsedBytes?: number): boolean {
  if (programKind === 'target') return true;
  const estimate = estimateSnapshot(heapUsedBytes);
  return estimate !== undefined && estimate.pauseSeconds[1] > LONG_PAUSE_SECONDS;
}
