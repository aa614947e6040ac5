// Adds up a recording, in turns with whatever else the host does. Called by a run at its end, and for a recording that was
// read from a file without one.

import { createTurns } from './in-turns.ts';
import type { Recording } from './recording.ts';
import { createRunTally, type RunTally } from './run-tally.ts';

/**
 * Adds up a recording. At the end, not as the batches come: a program that registers in a loop, its observer and this
 * session share the machine's cores, and what is done here while it runs slows it down.
 */
export async function tallyOf(recording: Recording): Promise<RunTally> {
  const tally = createRunTally();
  const takeTurns = createTurns();
  for (const { batch } of recording.read(0)) {
    tally.apply(batch);
    await takeTurns();
  }
  return tally;
}
