// What each verdict, and each reason for one, means: words, order and hue. The one place in the page that words them.

import type { VerdictCounts } from '../../../engine/protocol/run-report.ts';
import { assertNever, type Verdict, type VerdictReason } from '../../../engine/protocol/vocabulary.ts';

export interface VerdictWords {
  readonly verdict: Verdict;
  readonly title: string;
  readonly count: Exclude<keyof VerdictCounts, 'total' | 'callbackNotReturned'>;
}

/** In the order in which they are listed: what went well first, what is not known last. */
export const VERDICT_WORDS: readonly VerdictWords[] = [
  { verdict: 'finalized', title: 'finalized', count: 'finalized' },
  { verdict: 'alive', title: 'alive', count: 'alive' },
  { verdict: 'callback-pending', title: 'callback pending', count: 'callbackPending' },
  { verdict: 'unregistered', title: 'unregistered', count: 'unregistered' },
  { verdict: 'registry-collected', title: 'registry collected', count: 'registryCollected' },
  { verdict: 'exited-first', title: 'exited first', count: 'exitedFirst' },
  { verdict: 'callback-threw', title: 'callback threw', count: 'callbackThrew' },
  { verdict: 'unknown', title: 'unknown', count: 'unknown' },
];

/** `isEnded`: the run's verdicts are fixed; until then, what is not known is only not decided. */
export function titleOfVerdict(verdict: Verdict, isEnded = true): string {
  if (verdict === 'unknown' && !isEnded) return 'not decided';
  return VERDICT_WORDS.find((words) => words.verdict === verdict)?.title ?? verdict;
}

const ONE = {
  They: 'It',
  they: 'it',
  Their: 'Its',
  their: 'its',
  them: 'it',
  were: 'was',
  callbacks: 'callback',
  wait: 'waits',
  have: 'has',
};
const MANY: Record<keyof typeof ONE, string> = {
  They: 'They',
  they: 'they',
  Their: 'Their',
  their: 'their',
  them: 'them',
  were: 'were',
  callbacks: 'callbacks',
  wait: 'wait',
  have: 'have',
};

/** A sentence or two for a verdict with its reason. `isEnded`: the run's verdicts are fixed. */
export function explainVerdict(verdict: Verdict, reason: VerdictReason, isEnded: boolean, count = 1): string {
  const w = count === 1 ? ONE : MANY;
  switch (verdict) {
    case 'finalized':
      if (reason === 'callback-not-returned') {
        return isEnded
          ? `${w.They} ${w.were} collected, and ${w.their} cleanup ${w.callbacks} started but never returned: the process ended inside.`
          : `${w.They} ${w.were} collected, and ${w.their} cleanup ${w.callbacks} started and ${w.have} not returned yet.`;
      }
      return `${w.They} ${w.were} collected, and ${w.their} cleanup ${w.callbacks} ran.`;
    case 'callback-threw':
      return `${w.They} ${w.were} collected; ${w.their} cleanup ${w.callbacks} started and threw an error.`;
    case 'unregistered':
      return `The program called unregister() before ${w.their} ${w.callbacks} could start, so none will run.`;
    case 'registry-collected':
      return `${w.Their} FinalizationRegistry was itself collected, and ${w.their} ${w.callbacks} went with it. Keep a registry reachable for as long as you need its callbacks.`;
    case 'exited-first':
      return `The process ended before ${w.their} ${w.callbacks} could run. Node runs no cleanup callbacks at exit.`;
    case 'callback-pending':
      return reason === 'thread-blocked-after-gc'
        ? `${w.They} ${w.were} collected, but the thread has not been free since: callbacks run in a later task, and blocking code leaves no room for one.`
        : reason === 'cleared-in-snapshot'
          ? `A heap snapshot found ${w.them} collected, and ${w.their} ${w.callbacks} had not been called by then.`
          : `${w.They} ${w.were} collected, and ${w.their} ${w.callbacks} ${w.wait} for a later task of the thread.`;
    case 'alive':
      switch (reason) {
        case 'no-major-gc':
          return `No major GC ran since ${w.they} ${w.were} registered. Only a major GC finds every object that is gone, so ${w.they} may well be unreachable already.`;
        case 'survived-major-gc':
          return `${w.They} survived a major GC after ${w.they} ${w.were} registered: something held ${w.them} strongly at that time.`;
        case 'reachable-in-snapshot':
          return `A heap snapshot found what reaches ${w.them} from a root: ${w.they} cannot be collected as long as that holds.`;
        default:
          return `Nothing that was recorded shows that ${w.they} ${w.were} collected.`;
      }
    case 'unknown':
      if (reason === 'rows-were-dropped') {
        return `Some rows of this recording were lost, so what became of ${w.them} is not known.`;
      }
      if (reason === 'observation-ended') {
        return `Observation ended before the program did, so what became of ${w.them} is not known.`;
      }
      return isEnded
        ? `What was recorded does not say what became of ${w.them}.`
        : 'Not decided yet: verdicts are fixed when the run has settled.';
    default:
      return assertNever(verdict);
  }
}

/** The heading of what explains a group of objects that were not finalized. */
export function headingForGroup(verdict: Verdict, count: number): string {
  const objects = count === 1 ? '1 object' : `${count.toLocaleString('en-US')} objects`;
  const are = count === 1 ? 'is' : 'are';
  switch (verdict) {
    case 'alive':
      return `Why ${objects} ${are} still alive`;
    case 'callback-pending':
      return `Why ${objects} still ${count === 1 ? 'waits' : 'wait'}`;
    case 'registry-collected':
      return `Why ${objects} can never be called back`;
    case 'exited-first':
      return `Why ${objects} never had a callback`;
    case 'callback-threw':
      return `${objects} whose callback threw`;
    case 'unregistered':
      return `${objects} unregistered`;
    case 'unknown':
      return `${objects} not accounted for`;
    case 'finalized':
      return `${objects} finalized`;
    default:
      return assertNever(verdict);
  }
}
