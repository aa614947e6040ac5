// Lets an index that is derived from a run's events read on for a few milliseconds of a frame. No Vue in here.

/** What reads a run's events as they come. */
export interface EventReader {
  /** Reads on, at most `most` events. @returns whether all that have come are read */
  advance(most: number): boolean;
}

const EVENTS_A_STEP = 4_096;
/** Of one reader in one frame: two of them at work leave the frame enough of its time to be drawn in. */
const SLICE_MS = 2.5;

/** @returns whether all that have come are read */
export function readWithin(
  reader: EventReader,
  sliceMs = SLICE_MS,
  now: () => number = () => performance.now(),
): boolean {
  const endsAtMs = now() + sliceMs;
  for (;;) {
    if (reader.advance(EVENTS_A_STEP)) return true;
    if (now() >= endsAtMs) return false;
  }
}
