// Which revision of a run is drawn: each as it comes while the run is live, and now and then while an hour of it is read
// from its recording. What is drawn meanwhile is only looked at in passing, and would take longer than the reading.

import type { RunStream } from '../stream/run-stream.ts';

/** A run whose time passes so much faster than that on the wall is being read, not lived. */
const READ_FASTER_THAN = 4;
const DRAWN_EVERY_MS = 300;

type Growing = Pick<RunStream, 'revision' | 'endMs' | 'status'>;

/** Asked in every frame, of one stream at a time; `now` is a clock in ms. */
export function createDrawnRevision(now: () => number): (stream: Growing | undefined) => number {
  let drawn:
    { readonly stream: Growing; readonly revision: number; readonly endMs: number; readonly atMs: number } | undefined;
  return (stream) => {
    if (stream === undefined) return 0;
    if (drawn?.stream === stream) {
      if (drawn.revision === stream.revision) return drawn.revision;
      const sinceMs = now() - drawn.atMs;
      const isRead = stream.status !== 'ended' && stream.endMs - drawn.endMs > READ_FASTER_THAN * sinceMs;
      if (isRead && sinceMs < DRAWN_EVERY_MS) return drawn.revision;
    }
    drawn = { stream, revision: stream.revision, endMs: stream.endMs, atMs: now() };
    return drawn.revision;
  };
}
