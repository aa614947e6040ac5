// What each cause of being alive is called, and what it means. The one place in the page that words them.

import type { AliveReason } from '../../../engine/protocol/explanation.ts';
import type { Cause } from '../../../engine/protocol/vocabulary.ts';

export interface CauseWords {
  /** For a column or a chip. */
  readonly title: string;
  /** Ends a sentence that begins with what it is about: `Kept by …`. */
  readonly sentence: string;
}

export const CAUSE_WORDS: Readonly<Record<Cause, CauseWords>> = {
  'held-value': { title: 'held value', sentence: 'Kept by its own held value, which reaches it.' },
  'cleanup-callback': {
    title: 'cleanup callback',
    sentence: 'Kept by the registry’s cleanup callback, which captures it.',
  },
  closure: { title: 'closure', sentence: 'Kept by a variable in a function’s closure.' },
  'module-variable': { title: 'module variable', sentence: 'Kept by a variable of a module.' },
  'global-variable': { title: 'global variable', sentence: 'Kept by a global variable.' },
  'map-entry': { title: 'Map entry', sentence: 'Kept by an entry of a Map.' },
  'set-entry': { title: 'Set entry', sentence: 'Kept by an entry of a Set.' },
  'array-element': { title: 'array element', sentence: 'Kept by an element of an array.' },
  'object-property': { title: 'property', sentence: 'Kept by a property of an object.' },
  'private-field': { title: 'private field', sentence: 'Kept by a private field of an object.' },
  'event-listener': { title: 'event listener', sentence: 'Kept by an event listener that was never removed.' },
  timer: { title: 'timer', sentence: 'Kept by a timer that still runs.' },
  'abort-signal-listener': { title: 'abort listener', sentence: 'Kept by a listener of an abort signal.' },
  'pending-promise': { title: 'pending promise', sentence: 'Kept by a promise that has not settled.' },
  'suspended-function': { title: 'suspended function', sentence: 'Kept by a function that waits to go on.' },
  'weak-map-key': { title: 'WeakMap key', sentence: 'Kept by a WeakMap whose key is alive.' },
  'node-api': { title: 'Node API', sentence: 'Kept by Node for a call that has not been undone.' },
  'not-collected-yet': {
    title: 'not collected yet',
    sentence: 'Nothing reaches it any more; no major GC has run since it was let go.',
  },
  unknown: { title: 'not known', sentence: 'It is reachable, but what keeps it could not be told.' },
};

/** What nobody has to mend last; else most objects first, then what retains most. */
export function byWeight(a: AliveReason, b: AliveReason): number {
  const isNothingToMend = (reason: AliveReason) => Number(reason.cause === 'not-collected-yet');
  return (
    isNothingToMend(a) - isNothingToMend(b) ||
    b.count - a.count ||
    (b.retainedBytes ?? 0) - (a.retainedBytes ?? 0) ||
    a.id - b.id
  );
}
