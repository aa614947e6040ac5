// How a run ended, in words: for the inspector, the status line and screen readers.
// Pure functions; the one place in the page that words outcomes.

import type { GcPolicy, ListedProgram } from '../../../engine/protocol/run-description.ts';
import type { Outcome, RunReport } from '../../../engine/protocol/run-report.ts';
import { assertNever, type OutcomeStatus } from '../../../engine/protocol/vocabulary.ts';
import { formatCount, formatDuration } from '../stream/figures.ts';

/** Two or three words for a status line. */
export function titleOfOutcome(status: OutcomeStatus, program?: ListedProgram): string {
  switch (status) {
    case 'completed':
      return 'Finished';
    case 'stopped':
      return program?.kind === 'target' ? 'Left' : 'Stopped';
    case 'timed-out':
      return 'Timed out';
    case 'out-of-memory':
      return 'Out of memory';
    case 'exited':
      return 'Exited';
    case 'threw':
      return 'Threw an error';
    case 'crashed':
      return 'Crashed';
    default:
      return assertNever(status);
  }
}

/** True if the program did not end by itself, or not as it should. `exited` with code 0 is an ordinary end. */
export function isFailure({ status, exitCode }: Outcome): boolean {
  return status !== 'completed' && status !== 'stopped' && !(status === 'exited' && exitCode === 0);
}

/** What it means and what to do next, in a sentence or two. `exitedFirst`: objects that the end left without a callback. */
export function adviceFor({ status, exitCode }: Outcome, exitedFirst: number): string {
  switch (status) {
    case 'completed':
      return 'The program had nothing left to do.';
    case 'stopped':
      return 'You stopped it. Everything recorded until then is here.';
    case 'timed-out':
      return 'The program was still busy when its time was over. Raise the time limit under “Limits”, or look at the blocked stretches of its thread.';
    case 'out-of-memory':
      return 'V8 reached its heap limit and ended the process. Look at what was still alive when the heap curve rose, lower the parameters, or raise the heap limit under “Limits”.';
    case 'exited':
      return exitCode === 0
        ? `Node runs no cleanup callbacks at exit${exitedFirst === 0 ? '.' : `: ${exitedFirst === 1 ? '1 object' : `${formatCount(exitedFirst)} objects`} had no callback by then, and never will.`} What has to be done before the end belongs in try … finally, or in using.`
        : 'The program ended itself with an exit code that means failure. Its last lines on stderr usually say why.';
    case 'threw':
      return 'An error reached the top of the program and ended it. The stack names the line; what was recorded up to there is here.';
    case 'crashed':
      return 'The process was ended by a signal, without a chance to clean up. The last moments before it may be missing from the recording.';
    default:
      return assertNever(status);
  }
}

export const describeStart = (title: string) => `${title} started.`;

/** One sentence or two for a screen reader. */
export function describeEnd({ outcome, durationMs, registrations, prediction }: RunReport): string {
  const parts = [`${titleOfOutcome(outcome.status)} after ${formatDuration(durationMs)}.`];
  if (registrations.total > 0) {
    parts.push(`${registrations.finalized} of ${registrations.total} registered objects finalized.`);
  }
  if (prediction !== undefined) parts.push(prediction.held ? 'The prediction held.' : 'The prediction was missed.');
  return parts.join(' ');
}

export const GC_POLICY_WORDS: Record<GcPolicy['kind'], { title: string; help: string }> = {
  none: { title: 'Natural', help: 'Nobody forces a collection: V8 collects when it sees fit' },
  minor: { title: 'Minor', help: 'Force a scavenge of the young generation at every interval' },
  major: { title: 'Major', help: 'Force a mark-compact of the whole heap at every interval' },
  pressure: { title: 'Pressure', help: 'Allocate in the program’s thread so that V8 collects by itself' },
};

/** `500 ms`, `2 s`. */
export const describeInterval = (intervalMs: number) =>
  intervalMs < 1_000 ? `${intervalMs} ms` : `${intervalMs / 1_000} s`;
