// One sentence that says what would let an object go, with the program's own identifiers.

import type { Cause } from '../../protocol/vocabulary.ts';
import { assertNever } from '../../protocol/vocabulary.ts';
import { ENTRY, fileOf, type NamedStep } from './named-step.ts';
import { endingOf } from './node-api.ts';
import { shortFile } from './step-texts.ts';
import type { SharingFunction } from '../source-text.ts';

export interface FixContext {
  readonly steps: readonly NamedStep[];
  /** Index of the suspect in `steps`; -1: none. */
  readonly suspect: number;
  readonly cause: Cause;
  /** Whether the indices or keys on the path are those of one object among others. */
  readonly isOneOfMany: boolean;
  /** Where the closure does not use the variable itself: the function that does, as far as it can be told. */
  readonly sharing?: { readonly other: SharingFunction | undefined };
  /** Whether the closure does not name the variable, but calls `eval`, for which V8 keeps every variable around it. */
  readonly isByEval?: boolean;
  /** For a held value: whether it is that of the object's own registration. */
  readonly isOwnRegistration?: boolean;
}

export const fixSentence = (context: FixContext): string => `${fixClause(context)}.`;

/** Without the full stop. */
export const fixClause = (context: FixContext): string => `${firstPart(context)}${copyNote(context.steps[0])}`;

/** Nothing that a program does removes a module that it has imported. */
function copyNote(root: NamedStep | undefined): string {
  const copy = /^module (\S+[?#].*)$/s.exec(root?.node ?? '')?.[1];
  return copy === undefined
    ? ''
    : ` (${quoted(copy)} is a copy of the module of its own, which stays as long as the process: import it without a changing query)`;
}

function firstPart({ steps, suspect, cause, isOneOfMany, sharing, isByEval, isOwnRegistration }: FixContext): string {
  const step = steps[suspect];
  const before = steps[suspect - 1];
  if (cause === 'not-collected-yet') return 'Nothing reaches it any more: the next major collection lets it go';
  if (step === undefined || cause === 'unknown') {
    return steps[0]?.node === 'running code'
      ? 'A local variable of code that was running when the snapshot was taken holds it'
      : 'What holds it is not the program’s own, and cannot be told for certain: see the path';
  }
  const rest = steps.slice(suspect + 1);
  const onward = wayOn(rest);
  const through = onward === '' ? '' : ` (the object is reached from there through ${onward})`;
  const api = apiStep(steps, suspect);
  if (api >= 0) return `${fillIn(steps, api)}${throughAfter(steps, api)}`;
  switch (cause) {
    case 'node-api':
      // Every such step has a sentence of its own.
      return `Release ${container(steps, suspect - 1)} when it is no longer needed${through}`;
    case 'held-value': {
      const whose = isOwnRegistration === false ? 'another registration' : 'this registration';
      const how = onward === '' ? 'is the object' : `reaches the object through ${onward}`;
      return `The held value of ${whose} ${how}: pass an id or a copy of what the callback needs instead`;
    }
    case 'cleanup-callback':
      return `The registry’s cleanup callback, ${functionOf(step)}, keeps ${onward === '' ? 'it' : onward} in its scope: define the callback where that is not in scope, and pass what it needs as the held value`;
    case 'module-variable':
      return `Set ${quoted(step.expression ?? step.identifier ?? 'the variable')}${inModule(steps, step)} to undefined when it is no longer needed, or move it into the function that needs it${through}`;
    case 'global-variable':
      return step.owner?.type === 'script'
        ? `Set the top-level variable ${quoted(step.identifier ?? '')} to undefined when it is no longer needed, or put it into a function${through}`
        : `Delete ${quoted(step.expression ?? step.identifier ?? 'the global variable')} when it is no longer needed${through}`;
    case 'closure':
      return isByEval === true ? evalFix(step, before, through) : closureFix(steps, suspect, sharing, through);
    case 'map-entry': {
      const isKey = step.edge === 'Map key';
      const entry = isKey ? 'the key' : isOneOfMany || step.entry === undefined ? 'its entry' : `entry ${step.entry}`;
      const weak = isKey || step.edge.startsWith('Map entry of key') ? `, or make ${nameOf(before)} a WeakMap` : '';
      return `Delete ${entry} from ${container(steps, suspect - 1)} when it is no longer needed${weak}${through}`;
    }
    case 'set-entry':
      return `Delete the ${step.node} from ${container(steps, suspect - 1)} when it is no longer needed, or make ${nameOf(before)} a WeakSet${through}`;
    case 'array-element': {
      const what = isOneOfMany || step.entry === undefined ? `the ${step.node}` : quoted(step.entry);
      return `Remove ${what} from ${container(steps, suspect - 1)} when it is no longer needed${through}`;
    }
    case 'object-property': {
      if (isOneOfMany && step.edge === ENTRY) {
        return `Delete its property of ${container(steps, suspect - 1)} when it is no longer needed${through}`;
      }
      const name = step.expression ?? step.entry ?? step.edge;
      const of = step.expression === undefined ? ` of ${container(steps, suspect - 1)}` : '';
      return `Delete ${quoted(name)}${of}, or set it to undefined, when it is no longer needed${through}`;
    }
    case 'private-field':
      return `Set ${quoted(step.identifier ?? step.edge)} of ${container(steps, suspect - 1)} to undefined when it is no longer needed${through}`;
    case 'event-listener':
      return `Remove the listener for ${quoted(step.identifier ?? 'the event')}, ${functionOf(step)}, from ${container(steps, suspect - 1)}${orEnding(before)} when it is no longer needed`;
    case 'abort-signal-listener':
      return `Remove the listener for ${quoted(step.identifier ?? 'abort')}, ${functionOf(step)}, from ${container(steps, suspect - 1)} with \`removeEventListener()\` when its work is done: a signal that is never aborted keeps it`;
    case 'timer': {
      const name = step.identifier ?? 'setTimeout';
      const what = step.edge === 'callback' ? `its callback, ${functionOf(step)}` : `its ${step.edge}`;
      return `A timer of ${quoted(name)} that is still running keeps ${what}${through}: stop it with ${quoted(name.replace('set', 'clear'))} when it is no longer needed`;
    }
    case 'pending-promise': {
      const what = step.edge.endsWith('callback') ? `its ${step.edge}, ${functionOf(step)}` : 'it';
      return `A promise that has not settled keeps ${what}${through}: settle it in every case, as on failure or after a time${holderOf(steps, suspect)}`;
    }
    case 'suspended-function': {
      const isNamed = step.identifier !== undefined && step.edge.startsWith('variable ');
      const what = isNamed ? quoted(step.identifier) : step.edge === 'this' ? quoted('this') : 'a local variable';
      return `${suspendedName(steps, suspect)} is suspended and keeps ${what}${through}: let it go on, or end it${holderOf(steps, suspect)}`;
    }
    case 'weak-map-key': {
      const map = step.identifier === undefined ? 'a WeakMap' : `the WeakMap ${quoted(step.identifier)}`;
      return `It is a value of ${map} whose key ${nameOf(before)}${at(before)} is alive: delete that key’s entry, or let go of the key${through}`;
    }
    default:
      return assertNever(cause);
  }
}

function closureFix(
  steps: readonly NamedStep[],
  suspect: number,
  sharing: FixContext['sharing'],
  through: string,
): string {
  const step = steps[suspect]!;
  const before = steps[suspect - 1];
  const who = before === undefined ? 'A function' : capital(functionOf(before));
  if (step.edge.startsWith('bound ')) {
    return `${who} keeps its ${step.edge}: let go of the bound function when it is no longer needed${through}`;
  }
  const variable = quoted(step.identifier ?? 'the variable');
  const isOfFunction = step.owner?.type === 'function' && step.owner.name !== '';
  const ofOwner = isOfFunction && step.owner.type === 'function' ? ` of ${quoted(`${step.owner.name}()`)}` : '';
  if (sharing === undefined) {
    const held = heldIn(steps, suspect - 1);
    return `${who} keeps ${variable}${ofOwner} in its scope: let go of the function${held}, or set ${variable} to undefined when it is no longer needed${through}`;
  }
  const { other } = sharing;
  const user =
    other === undefined
      ? 'another function'
      : `${other.name === '' ? 'an anonymous function' : quoted(`${other.name}()`)} (${shortFile(other.place.file)}:${other.place.line})`;
  return `${who} does not use ${variable} itself, but shares the scope${ofOwner} with ${user}, which does: define it outside that scope, or set ${variable} to undefined when it is no longer needed${through}`;
}

/**
 * The step whose call of a public API releases the object: the suspect, or one before it where nothing of the program's own
 * lies between. -1: none.
 */
export function apiStep(steps: readonly NamedStep[], suspect: number): number {
  const api = steps.findLastIndex(({ fix }, at) => at <= suspect && fix !== undefined);
  const isDirect = steps
    .slice(api + 1, suspect)
    .every(({ owner }) => owner === undefined || fileOf(owner).startsWith('node:'));
  const isOfNode = steps[0]?.node === 'Node.js';
  return api > 0 && (suspect - api <= 1 || (isOfNode && isDirect)) ? api : -1;
}

function throughAfter(steps: readonly NamedStep[], at: number): string {
  const onward = wayOn(steps.slice(at + 1));
  return onward === '' ? '' : ` (the object is reached from there through ${onward})`;
}

function evalFix(step: NamedStep, before: NamedStep | undefined, through: string): string {
  const who = before === undefined ? 'A function' : capital(functionOf(before));
  const variable = quoted(step.identifier ?? 'the variable');
  return `${who} calls \`eval\`, so V8 keeps every variable around it, ${variable} too: call \`(0, eval)(…)\`, which sees globals alone, or move the function to where ${variable} is not in scope${through}`;
}

/** `, or call its \`close()\`,`; empty where the holder of a listener cannot be ended. */
function orEnding(holder: NamedStep | undefined): string {
  if (holder?.node === 'process') return ' with `process.off()`';
  const ending = endingOf(holder?.node ?? '');
  return ending === undefined ? '' : `, or ${ending},`;
}

/** Fills in the sentence of a step; see NamedStep.fix. */
function fillIn(steps: readonly NamedStep[], api: number): string {
  const step = steps[api]!;
  const before = steps[api - 1];
  const filled = (step.fix ?? '')
    .replaceAll('{holder}', () => container(steps, api - 1))
    .replaceAll('{value}', () => (/function|class|getter/.test(step.node) ? functionOf(step) : `the ${step.node}`))
    .replaceAll('{entry}', () => (before?.entry === undefined ? '' : ` ${before.entry}`))
    .replaceAll('{close}', () => orEnding(before));
  return capital(filled);
}

const quoted = (text: string): string => `\`${text}\``;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** ` (file.mjs:12)`; empty where no place is known. */
const at = (step: NamedStep | undefined): string =>
  step?.place === undefined ? '' : ` (${shortFile(step.place.file)}:${step.place.line})`;

/** What a step leads to, as the program would write it, or what it is. */
function nameOf(step: NamedStep | undefined): string {
  if (step === undefined) return 'the object';
  return step.expression === undefined ? `the ${step.node}` : quoted(step.expression);
}

/** `the Map \`cache\` (cache.mjs:3)`; `the Map in \`.cache\`` where nothing before that has a name. */
function container(steps: readonly NamedStep[], step: number): string {
  const own = steps[step];
  if (own === undefined) return 'what holds it';
  if (own.node === own.expression) return `${quoted(own.expression)}${at(own)}`;
  if (own.expression !== undefined) return `the ${own.node} ${quoted(own.expression)}${at(own)}`;
  const access = accessTo(steps, step);
  return `the ${own.node}${access === '' ? '' : ` in ${quoted(access)}`}${at(own)}`;
}

/** The properties and indices by which a step is reached from the last thing that is none: `.cache.byName`. */
function accessTo(steps: readonly NamedStep[], step: number): string {
  let access = '';
  for (let at = step; at > 0; at--) {
    const { edge, entry } = steps[at]!;
    if (!/^[.[]/.test(edge)) break;
    access = `${edge.replace(ENTRY, () => entry ?? ENTRY)}${access}`;
  }
  return access;
}

/** `\`onMessage()\` (server.mjs:12)`. */
function functionOf(step: NamedStep): string {
  const accessor = /^([gs]etter) (.+)$/.exec(step.node);
  if (accessor !== null) return `the ${accessor[1]} of ${quoted(accessor[2] ?? '')}${at(step)}`;
  const named = /^(?:function|class) (.+)$/.exec(step.node);
  if (named !== null) return `${quoted(`${named[1]}()`)}${at(step)}`;
  return `${step.node.startsWith('anonymous') ? 'an' : 'the'} ${step.node}${at(step)}`;
}

/** Steps as one reads them in source: `.owner.socket`, and a variable by its name. */
function wayOn(steps: readonly NamedStep[]): string {
  const parts: string[] = [];
  let isAccess = false;
  for (const { edge, entry } of steps) {
    if (edge === '') continue;
    const text = edge.replace(ENTRY, () => entry ?? ENTRY);
    const variable = /^variable (\S+)(?: of (.+))?$/.exec(text);
    if (variable !== null) {
      parts.push(`${quoted(variable[1] ?? '')}${variable[2] === undefined ? '' : ` of ${quoted(variable[2])}`}`);
      isAccess = false;
    } else if (/^[.[]/.test(text)) {
      if (isAccess) parts.push(`${(parts.pop() ?? '``').slice(0, -1)}${text}\``);
      else parts.push(quoted(text));
      isAccess = true;
    } else {
      parts.push(text);
      isAccess = false;
    }
  }
  if (parts.length > MOST_PARTS) parts.splice(2, parts.length - MOST_PARTS + 1, '…');
  return parts.join(' → ');
}
const MOST_PARTS = 5;

/** ` (cache.mjs:3)`, or ` of cache.mjs` where the line is not known. */
function inModule(steps: readonly NamedStep[], step: NamedStep): string {
  if (step.place !== undefined && !step.node.includes('function')) return at(step);
  const file = step.owner === undefined ? '' : fileOf(step.owner);
  if (file !== '') return ` of ${shortFile(file)}`;
  const root = steps[0]?.node ?? '';
  return root.startsWith('module ') ? ` of ${root.slice(7)}` : '';
}

/** Says where a function is kept; a variable of another function says little without what leads there. */
function heldIn(steps: readonly NamedStep[], at: number): string {
  const step = steps[at];
  if (step?.expression !== undefined && step.hold !== 'closure-variable') return ` in ${quoted(step.expression)}`;
  const root = steps.find(({ expression }, before) => before > 0 && before < at && expression !== undefined);
  const leads = root?.expression === undefined ? '' : ` (${quoted(root.expression)} leads to it)`;
  if (step?.expression === undefined) return leads;
  const { owner } = step;
  const of = owner?.type === 'function' && owner.name !== '' ? ` of ${quoted(`${owner.name}()`)}` : '';
  return ` in ${quoted(step.expression)}${of}${leads}`;
}

/** Says what leads to a promise or a suspended function: without that it would be gone, settled or not. */
function holderOf(steps: readonly NamedStep[], suspect: number): string {
  const holder = steps.findLast(
    ({ hold, expression }, at) => at > 0 && at < suspect && hold !== 'suspended' && expression !== undefined,
  );
  return holder?.expression === undefined ? '' : ` (${quoted(holder.expression)} leads to it)`;
}

function suspendedName(steps: readonly NamedStep[], suspect: number): string {
  for (let step = suspect; step >= 0; step--) {
    const match = /^(anonymous )?(async function|generator)(?: (.+))?$/.exec(steps[step]!.node);
    if (match === null) continue;
    const name = match[3] === undefined ? `an anonymous ${match[2]}` : `the ${match[2]} ${quoted(`${match[3]}()`)}`;
    return capital(`${name}${at(steps[step])}`);
  }
  return 'A function';
}
