// What is different about a run that watches a process which was started elsewhere: it is left instead of ended, and its
// end may be no end of the process. Used by the run and by the targets; everything else is as in any run.

import type { Outcome } from '../protocol/run-report.ts';
import type { ObserverReport } from './endpoint.ts';
import type { ObservedProcess } from './launcher.ts';
import type { Stretches } from './run-tally.ts';

/** How a watch came to its end, as far as the connection to the process tells. */
export type WatchEnd =
  | { readonly type: 'left' }
  /** The connection to the process has closed. */
  | { readonly type: 'process-gone' }
  /** The process goes on without an observer; the message says why. */
  | { readonly type: 'not-watched'; readonly message: string };

/** A process that runs already. `kill` leaves it; `exited` resolves when it is left, or gone, or cannot be watched. */
export interface WatchedProcess extends ObservedProcess {
  /** Known once `exited` has resolved. */
  readonly watchEnd: WatchEnd | undefined;
  /** The observer's own connection has closed: unless the process says soon why, it is not watched any more. */
  observerClosed(): void;
}

export interface WatchFacts {
  readonly watchEnd: WatchEnd | undefined;
  /** True if the session was asked to leave. */
  readonly isLeft: boolean;
  readonly wasObserved: boolean;
  readonly ending: Extract<ObserverReport, { type: 'observer-ending' }> | undefined;
  readonly uncaught: Extract<ObserverReport, { type: 'observer-uncaught' }> | undefined;
}

/** Node's exit codes that mean that an exception nobody caught ended the process. */
const UNCAUGHT_EXIT_CODES = [1, 7];

/** How a watched run ended: by leaving the process, by the process's own end, or by the loss of its observer. */
export function classifyWatch({ watchEnd, isLeft, wasObserved, ending, uncaught }: WatchFacts): Outcome {
  if (isLeft) {
    const message = wasObserved
      ? 'You stopped watching; the process goes on.'
      : 'You stopped watching before the process had answered.';
    return { status: 'stopped', message };
  }
  if (ending !== undefined) {
    const { exitCode } = ending;
    if (uncaught !== undefined && UNCAUGHT_EXIT_CODES.includes(exitCode)) {
      const { error, origin } = uncaught;
      const [firstLine = ''] = error.message.split('\n');
      return {
        status: 'threw',
        exitCode,
        message: `Uncaught ${error.name}: ${firstLine}`,
        error: { ...error, origin },
      };
    }
    if (exitCode === 0) return { status: 'completed', exitCode, message: 'The process ended while it was watched.' };
    return { status: 'exited', exitCode, message: `The process exited with code ${exitCode} while it was watched.` };
  }
  if (watchEnd?.type === 'not-watched') return { status: 'crashed', message: watchEnd.message };
  return { status: 'crashed', message: 'The process ended without a word: it was killed, or crashed.' };
}

/** A thread that turned so shortly before the end was not blocked. */
const BLOCKED_MS = 100;

/** True if the process's thread had just turned its event loop when it was left, so that nothing was pending there. */
export function hasTurnedAtLast(ending: WatchFacts['ending'], endMs: number): boolean {
  return endMs - (ending?.lastTurnAtMs ?? -Infinity) < BLOCKED_MS;
}

/**
 * The collections that verdicts have to reckon with where the thread was blocked at the end: a watched process tells
 * of a collection when its thread turns, so one may have happened that nobody was told of.
 */
export function withUntoldCollection(told: Stretches, endMs: number): Stretches {
  const withIt = (times: Float64Array): Float64Array => {
    const longer = new Float64Array(times.length + 1);
    longer.set(times);
    longer[times.length] = endMs;
    return longer;
  };
  return { startMs: withIt(told.startMs), endMs: withIt(told.endMs) };
}
