// Chooses the one step of a path whose removal lets the object go and that is the program's own doing, and names the cause
// after it. The rule, from the strongest hint to the weakest:
//
//  1. A held value, or a cleanup callback, that reaches an object of its own registry is always a mistake.
//  2. Collections that have grown (MANY entries, or listeners of one event) leak more likely than what leads to them: the
//     largest on the path.
//  3. What waits (timer, listener, promise, suspended function): the innermost, since what is further out, such as a
//     server's request listener, is how the program runs. What was entered from the top level of a CommonJS module after
//     it is the module's: there the module's variables are what a programmer thinks of.
//  4. A value of a WeakMap is kept by its key.
//  5. A collection that has not grown: the innermost.
//  6. Fields, variables and functions' scopes: the step to the first object on the path that is registered itself (it goes,
//     and what it holds goes with it), otherwise the last step.

import type { Cause } from '../protocol/vocabulary.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import type { Hold, NamedStep } from './naming/named-step.ts';

/** A collection with this many entries has grown. */
export const MANY = 8;

/** The cause that a step of this kind is; undefined if a step of it is never the suspect. */
export function causeOfHold(hold: Hold): Cause | undefined {
  switch (hold) {
    case 'module-variable':
    case 'global-variable':
    case 'private-field':
    case 'array-element':
    case 'map-entry':
    case 'set-entry':
    case 'timer':
    case 'held-value':
      return hold;
    case 'closure-variable':
      return 'closure';
    case 'property':
      return 'object-property';
    case 'listener':
      return 'event-listener';
    case 'abort-listener':
      return 'abort-signal-listener';
    case 'promise':
      return 'pending-promise';
    case 'suspended':
      return 'suspended-function';
    case 'weak-map':
      return 'weak-map-key';
    case 'cleanup':
      return 'cleanup-callback';
    case 'part':
    case 'internal':
    case 'root':
    case 'gap':
      return undefined;
    default:
      return assertNever(hold);
  }
}

export interface Suspect {
  /** Index of the step; the last where the cause is unknown. */
  readonly step: number;
  readonly cause: Cause;
}

const GROWS: ReadonlySet<Hold> = new Set([
  'map-entry',
  'set-entry',
  'array-element',
  'property',
  'listener',
  'abort-listener',
]);
const WAITS: ReadonlySet<Hold> = new Set(['timer', 'listener', 'abort-listener', 'promise', 'suspended']);
const COLLECTS: ReadonlySet<Hold> = new Set(['map-entry', 'set-entry', 'array-element']);

/** @param isRegistered whether a node is itself the target of a registration of this run. */
export function findSuspect(steps: readonly NamedStep[], isRegistered: (node: number) => boolean): Suspect {
  const at = (step: number): Suspect => ({ step, cause: causeOfHold(steps[step]?.hold ?? 'root') ?? 'unknown' });
  const innermost = (holds: ReadonlySet<Hold>, from = 0): number => {
    for (let step = steps.length - 1; step >= from; step--) if (holds.has(steps[step]!.hold)) return step;
    return -1;
  };
  const always = steps.findIndex(({ hold }) => hold === 'held-value' || hold === 'cleanup');
  // Behind the top level of a module there may be more to find; the callback then is only how the path came there.
  const scope = lastModuleVariable(steps);
  if (always >= 0 && (scope < always || !hasHint(steps, scope))) return at(always);

  let largest = -1;
  for (const [step, { hold, fanOut }] of steps.entries()) {
    if (GROWS.has(hold) && fanOut >= MANY && (largest < 0 || fanOut > steps[largest]!.fanOut)) largest = step;
  }
  if (largest >= 0) return at(largest);

  const inModule = scope > 0 && hasHint(steps, scope) ? scope : 0;
  for (const holds of [WAITS, new Set<Hold>(['weak-map']), COLLECTS]) {
    const step = innermost(holds, inModule);
    if (step >= 0) return at(step);
  }

  const first = steps.findIndex(({ head }, step) => step > 0 && isRegistered(head));
  for (let step = first < 0 ? steps.length - 1 : first; step > 0; step--) {
    if (causeOfHold(steps[step]!.hold) !== undefined) return at(step);
  }
  for (let step = steps.length - 1; step > 0; step--) if (causeOfHold(steps[step]!.hold) !== undefined) return at(step);
  return { step: steps.length - 1, cause: 'unknown' };
}

/** The last step that enters a variable of a module's top level from elsewhere than the module; 0 if there is none. */
function lastModuleVariable(steps: readonly NamedStep[]): number {
  for (let step = steps.length - 1; step > 1; step--) if (steps[step]!.hold === 'module-variable') return step;
  return 0;
}

function hasHint(steps: readonly NamedStep[], from: number): boolean {
  if (from === 0) return false;
  return steps.slice(from).some(({ hold }) => COLLECTS.has(hold) || WAITS.has(hold) || hold === 'weak-map');
}
