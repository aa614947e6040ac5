// Chooses the one step of a path whose removal lets the object go and that is the program's own doing, and names the cause
// after it. Steps of the program's own come before steps inside packages, and steps that free the object by themselves
// before those that do not; what belongs to the platform is never chosen. Among those, from the strongest hint to the weakest:
//
//  1. A held value, or a cleanup callback, that reaches an object of its own registry is always a mistake, and so is a
//     function that has a variable in its scope only because it calls `eval`.
//  2. Collections that have grown: MANY entries or more, of which most lead to observed objects (`share`), about one object
//     an entry (`spread`). A list of twelve routes, of which one leads to an object, has not grown because of it.
//  3. What waits (timer, listener, promise, suspended function), values of WeakMaps, and entries of small collections: the
//     innermost. What is further out, such as a server's request listener, is how the program runs. What was entered from
//     the top level of a CommonJS module after it is the module's. Where a listener or an interval leads to the object
//     through fields, the last field is as likely, and both are said.
//  4. Fields, variables and functions' scopes: the step to the first object on the path that is registered itself (it goes,
//     and what it holds goes with it), otherwise the last step, which frees the least else.
//
// What a path came by to the top level of a module that something else keeps as well is never chosen. A collection most of
// whose entries lead to no observed object is how the program is built: 3 and 4 begin behind it.

import type { Cause } from '../protocol/vocabulary.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import { ENTRY, type Hold, type NamedStep } from './naming/named-step.ts';

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
    case 'node-api':
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
  /** A step further in or out that is as likely. */
  readonly rival?: number;
}

/** What is known of the steps of one path besides their names. Steps are told by their index. */
export interface Evidence {
  /** Whether a node is itself the target of a registration of this run. */
  readonly isRegistered: (node: number) => boolean;
  /** Whether the object becomes unreachable without this step alone. */
  readonly frees: (step: number) => boolean;
  /** Whether what the later step leaves becomes unreachable without this step alone. */
  readonly keeps: (step: number, later: number) => boolean;
  /** Whether the step is the program's own to undo, and not inside a package. */
  readonly isOwn: (step: number) => boolean;
  /** Whether what the step leads to belongs to the language or the platform. */
  readonly isPlatform: (step: number) => boolean;
  /** Of the entries of this step's collection the share that leads to observed objects: above 0, at most 1. */
  readonly share: (step: number) => number;
  /** Entries of this step's collection for each object of the group: above 0, at most 1. */
  readonly spread: (step: number) => number;
  /** Whether the entry has functions of its own, as a route or a plugin has, and so was made to stay. */
  readonly isService: (step: number) => boolean;
}

export interface Suspicion {
  readonly suspect: Suspect;
  /** Frees the object alone; for where the suspect does not, and too many edges would have to go with it. */
  readonly fallback?: Suspect;
}

const LISTENS: ReadonlySet<Hold> = new Set(['listener', 'abort-listener']);
const WAITS: ReadonlySet<Hold> = new Set([...LISTENS, 'timer', 'promise', 'suspended', 'node-api']);
const COLLECTS: ReadonlySet<Hold> = new Set(['map-entry', 'set-entry', 'array-element']);
/** A collection this small may as well hold its entries for good. */
const SMALL = 32;
/** From here on a collection has grown by what is observed, and below the second it has not. */
const GROWN = 0.6;
const NOT_GROWN = 0.3;
const SERVICE = 0.5;
/** A collection with fewer entries says nothing by those that lead to no observed object. */
const FEWEST = 3;

type Rule = 'always' | 'grown' | 'waits' | 'small-collection' | 'registered' | 'field';
interface Choice {
  readonly step: number;
  readonly rule: Rule;
  readonly rival?: number;
}

export function findSuspect(steps: readonly NamedStep[], evidence: Evidence): Suspicion {
  const causal = steps
    .keys()
    .filter((step) => causeOf(steps, step) !== undefined && !evidence.isPlatform(step))
    .toArray();
  const own = causal.filter((step) => evidence.isOwn(step));
  const choose = (allowed: readonly number[]): Choice | undefined => chooseStep(steps, allowed, evidence);
  const alone = choose(own.filter(evidence.frees)) ?? choose(causal.filter(evidence.frees));
  const any = choose(own) ?? choose(causal);
  if (any === undefined) return { suspect: { step: steps.length - 1, cause: 'unknown' } };
  const asSuspect = ({ step, rival }: Choice): Suspect => ({
    step,
    cause: causeOf(steps, step) ?? 'unknown',
    ...(rival === undefined ? {} : { rival }),
  });
  if (alone === undefined) return { suspect: asSuspect(any) };
  const isClear = any.rule === 'always' || any.rule === 'grown' || any.rule === 'registered';
  if (!isClear || evidence.frees(any.step)) return { suspect: asSuspect(alone) };
  return { suspect: asSuspect(any), fallback: asSuspect(alone) };
}

function causeOf(steps: readonly NamedStep[], step: number): Cause | undefined {
  return step === 0 ? undefined : causeOfHold(steps[step]!.hold);
}

export const isEntryStep = ({ hold, edge }: NamedStep): boolean =>
  COLLECTS.has(hold) || (hold === 'property' && edge === ENTRY);

function chooseStep(
  steps: readonly NamedStep[],
  candidates: readonly number[],
  evidence: Evidence,
): Choice | undefined {
  if (candidates.length === 0) return undefined;
  const always = candidates.find((step) => steps[step]!.hold === 'held-value' || steps[step]!.hold === 'cleanup');
  // Behind the top level of a module there may be more to find; the callback then is only how the path came there.
  const scope = lastModuleVariable(steps);
  if (always !== undefined && (scope < always || !hasHint(steps, scope))) return { step: always, rule: 'always' };
  // The top level that something else keeps as well is not alive because of what the path came by.
  const needed = candidates.filter((step) => step >= scope || evidence.keeps(step, scope));
  const allowed = needed.length > 0 ? needed : candidates;
  const byEval = allowed.findLast((step) => steps[step]!.isByEval === true);
  if (byEval !== undefined) return { step: byEval, rule: 'always' };

  const growth = (step: number): number =>
    evidence.share(step) *
    evidence.spread(step) *
    (isEntryStep(steps[step]!) && evidence.isService(step) ? SERVICE : 1);
  const grown = largestGrown(steps, allowed, growth);
  if (grown !== undefined) {
    const rival =
      steps[grown]!.fanOut < SMALL && isEntryStep(steps[grown]!) ? rivalOf(steps, allowed, grown, evidence) : undefined;
    return { step: grown, rule: 'grown', ...(rival === undefined ? {} : { rival }) };
  }

  // What the program is built of; the leak is behind it.
  const registry = allowed.findLast(
    (step) => isEntryStep(steps[step]!) && steps[step]!.fanOut >= FEWEST && growth(step) < NOT_GROWN,
  );
  const behind = allowed.filter((step) => step > (registry ?? -1));
  const inModule = scope > 0 && hasHint(steps, scope) ? scope : 0;
  return (
    innermostHint(steps, behind, inModule, growth, evidence) ??
    innermostField(steps, behind, evidence) ??
    innermostHint(steps, allowed, inModule, growth, evidence) ??
    innermostField(steps, allowed, evidence)
  );
}

function largestGrown(
  steps: readonly NamedStep[],
  allowed: readonly number[],
  growth: (step: number) => number,
): number | undefined {
  let best: number | undefined;
  let most = 0;
  for (const step of allowed) {
    const { hold, fanOut } = steps[step]!;
    if (fanOut < MANY || !(isEntryStep(steps[step]!) || LISTENS.has(hold) || hold === 'property')) continue;
    const own = growth(step);
    if (own < GROWN) continue;
    // Growth first, in rough steps; then size.
    const weight = Math.round(own * 5) * 1e9 + fanOut;
    if (weight <= most) continue;
    best = step;
    most = weight;
  }
  return best;
}

function innermostHint(
  steps: readonly NamedStep[],
  allowed: readonly number[],
  inModule: number,
  growth: (step: number) => number,
  evidence: Evidence,
): Choice | undefined {
  const waiting = allowed.findLast(
    (step) => step >= inModule && (WAITS.has(steps[step]!.hold) || steps[step]!.hold === 'weak-map'),
  );
  const collecting = allowed.findLast(
    (step) => step >= inModule && isEntryStep(steps[step]!) && growth(step) >= NOT_GROWN,
  );
  if (collecting === undefined && waiting === undefined) return undefined;
  // The local variables of a suspended function go with it.
  const isLocal = waiting !== undefined && steps[waiting]!.hold === 'suspended';
  if (collecting === undefined || (waiting !== undefined && (waiting > collecting || isLocal))) {
    if (waiting === undefined) return undefined;
    const isValue = steps[waiting]!.hold === 'weak-map';
    const further = isValue ? allowed : mayStay(steps[waiting]!) ? allowed.filter((step) => isField(steps[step]!)) : [];
    const rival = rivalOf(steps, further, waiting, evidence);
    if (rival === undefined) return { step: waiting, rule: 'waits' };
    // The value of a key that lives on is state that was made to stay.
    return isValue ? { step: rival, rule: 'field', rival: waiting } : { step: waiting, rule: 'waits', rival };
  }
  const rival = rivalOf(steps, allowed, collecting, evidence);
  if (rival === undefined) return { step: collecting, rule: 'small-collection' };
  return growth(collecting) < SERVICE
    ? { step: rival, rule: 'field', rival: collecting }
    : { step: collecting, rule: 'small-collection', rival };
}

/** Whether it may be how the program runs, so that what it keeps may as well be state in a field that was forgotten. */
const mayStay = ({ hold, identifier }: NamedStep): boolean =>
  LISTENS.has(hold) || (hold === 'timer' && identifier === 'setInterval');

const isField = ({ hold }: NamedStep): boolean => hold === 'property' || hold === 'private-field';

/** A field further in that may as well be what was forgotten; undefined where the entry is the object, or observed itself. */
function rivalOf(
  steps: readonly NamedStep[],
  allowed: readonly number[],
  entry: number,
  evidence: Evidence,
): number | undefined {
  if (evidence.isRegistered(steps[entry]!.head)) return undefined;
  const further = allowed.filter((step) => step > entry);
  return innermostField(steps, further, evidence)?.step;
}

function innermostField(
  steps: readonly NamedStep[],
  allowed: readonly number[],
  { isRegistered }: Evidence,
): Choice | undefined {
  const first = steps.findIndex(({ head }, step) => step > 0 && isRegistered(head));
  const until = first < 0 ? steps.length - 1 : first;
  const step = allowed.findLast((candidate) => candidate <= until) ?? allowed.at(-1);
  if (step === undefined) return undefined;
  return { step, rule: step === first && first < steps.length - 1 ? 'registered' : 'field' };
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
