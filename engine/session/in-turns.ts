// Lets long work of the session take turns with its clients and observers.

import { setImmediate as turn } from 'node:timers/promises';

/** How long work goes on at a stretch. */
const LONGEST_TURN_MS = 12;

/** Waits for a turn of the event loop if the last one was long enough ago; called between small pieces of work. */
export type TakeTurns = () => Promise<void>;

export function createTurns(longestMs = LONGEST_TURN_MS): TakeTurns {
  let turnedAtMs = performance.now();
  return async () => {
    if (performance.now() - turnedAtMs < longestMs) return;
    await turn();
    turnedAtMs = performance.now();
  };
}
