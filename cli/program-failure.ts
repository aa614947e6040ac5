// Whether a program failed by itself, which the exit status of a command tells.

import { assertNever, type OutcomeStatus } from '../engine/protocol/vocabulary.ts';

/** True if it threw, crashed, timed out or ran out of memory. An exit by its own will, or one that was asked for, is none. */
export function isProgramFailure(status: OutcomeStatus): boolean {
  switch (status) {
    case 'threw':
    case 'crashed':
    case 'timed-out':
    case 'out-of-memory':
      return true;
    case 'completed':
    case 'exited':
    case 'stopped':
      return false;
    default:
      return assertNever(status);
  }
}
