// One sentence that says what would let an object go, with the program's own identifiers.

import type { Cause } from '../protocol/vocabulary.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import { fileOf, shortFile, type NamedStep } from './name-path.ts';
import type { SharingFunction } from './source-text.ts';

const quoted = (text: string): string => `\`${text}\``;

/** `file.mjs:12`, in parentheses after a space; empty where no place is known. */
function at(step: NamedStep | undefined): string {
  if (step?.place === undefined) return '';
  return ` (${shortFile(step.place.file)}:${step.place.line})`;
}

/** What a step leads to, as the program would write it, or what it is. */
function nameOf(step: NamedStep | undefined): string {
  if (step === undefined) return 'the object';
  if (step.expression !== undefined && step.hold !== 'root') return quoted(step.expression);
  return step.node.startsWith('function ') ? quoted(`${step.node.slice(9)}()`) : `the ${step.node}`;
}

/** `the Map \`cache\` (cache.mjs:3)`. */
function container(step: NamedStep | undefined): string {
  if (step === undefined) return 'what holds it';
  const name = step.expression === undefined || step.hold === 'root' ? '' : ` ${quoted(step.expression)}`;
  const via = name === '' && step.identifier !== undefined ? ` of ${quoted(step.identifier)}` : '';
  return `the ${step.node}${name}${via}${at(step)}`;
}

function functionOf(step: NamedStep): string {
  return step.node === 'anonymous function'
    ? `the anonymous function${at(step)}`
    : `${quoted(step.node.replace(/^\S+ /, ''))}${at(step)}`;
}

export interface FixContext {
  readonly steps: readonly NamedStep[];
  /** Index of the suspect in `steps`; -1: none. */
  readonly suspect: number;
  readonly cause: Cause;
  /** Whether the indices or keys on the path are those of one object among others. */
  readonly isOneOfMany: boolean;
  /** Where the closure does not use the variable itself: the function that does, as far as it can be told. */
  readonly sharing?: { readonly other: SharingFunction | undefined };
}

export function fixSentence(context: FixContext): string {
  const { steps, suspect, cause } = context;
  const step = steps[suspect];
  const before = steps[suspect - 1];
  const target = steps.at(-1);
  const rest = steps.slice(suspect + 1);
  if (cause === 'not-collected-yet') return 'Nothing reaches it any more: the next major collection lets it go.';
  if (step === undefined)
    return 'What holds it is not the program’s own, and cannot be told for certain; see the path.';
  // What leads on from the suspect, as in \`.owner.socket\`.
  const onward = rest
    .map(({ edge }) => edge)
    .filter((edge) => edge !== '')
    .join(' → ');
  const through = onward === '' ? '' : `, which reaches it through ${quoted(onward)}`;
  switch (cause) {
    case 'held-value':
      return rest.length === 0
        ? 'The held value of a registration is the object itself: pass an id or a copy of what the callback needs instead.'
        : `The held value of a registration reaches the object through ${quoted(onward)}: pass an id or a copy of what the callback needs instead.`;
    case 'cleanup-callback':
      return `The registry's cleanup callback ${functionOf(step)} captures it${onward === '' ? '' : ` by ${quoted(onward)}`}: define the callback where that is not in scope, and pass what it needs as the held value.`;
    case 'module-variable':
      return `Set ${quoted(step.expression ?? step.identifier ?? 'the variable')}${moduleOf(steps, step)} to undefined when it is no longer needed, or move it into the function that needs it${through}.`;
    case 'global-variable':
      return step.owner?.type === 'script'
        ? `Set the top-level variable ${quoted(step.identifier ?? '')} to undefined when it is no longer needed${through}.`
        : `Delete ${quoted(step.expression ?? step.identifier ?? 'the global variable')} when it is no longer needed${through}.`;
    case 'closure': {
      const variable = quoted(step.identifier ?? 'the variable');
      const who = before === undefined ? 'A function' : `${capital(nameOfFunction(before))}`;
      if (step.edge.startsWith('bound ')) {
        return `${who} keeps its ${step.edge}: let go of the bound function when it is no longer needed${through}.`;
      }
      if (context.sharing !== undefined) {
        const { other } = context.sharing;
        const scope =
          step.owner?.type === 'function' && step.owner.name !== '' ? ` of ${quoted(`${step.owner.name}()`)}` : '';
        const user =
          other === undefined
            ? 'another function'
            : `${other.name === '' ? 'an anonymous function' : quoted(`${other.name}()`)} (${shortFile(other.place.file)}:${other.place.line})`;
        return `${who} does not use ${variable} itself, but shares the scope${scope} with ${user}, which does: define it outside that scope, or set ${variable} to undefined when it is no longer needed${through}.`;
      }
      return `${who} keeps ${variable}${ownerOf(step)} in its scope: let go of the function, or set ${variable} to undefined when it is no longer needed${through}.`;
    }
    case 'map-entry':
      return `Delete ${context.isOneOfMany && step.edge !== 'Map key' ? 'its entry' : entryOf(step, 'entry')} from ${container(before)} when it is no longer needed${weakAlternative(step, before)}${through}.`;
    case 'set-entry':
      return `Delete it from ${container(before)} when it is no longer needed, or make ${nameOf(before)} a WeakSet${through}.`;
    case 'array-element':
      return `Remove ${context.isOneOfMany ? 'it' : quoted(step.entry ?? 'the element')} from ${container(before)}${through}.`;
    case 'object-property':
      if (context.isOneOfMany && step.edge === '[…]') {
        return `Delete its property of ${container(before)} when it is no longer needed${through}.`;
      }
      return `Delete ${quoted(step.expression ?? `${step.entry ?? step.edge}`)}${step.expression === undefined ? ` of the ${before?.node ?? 'object'}` : ''}, or set it to undefined, when it is no longer needed${through}.`;
    case 'private-field':
      return `Set ${quoted(step.identifier ?? step.edge)} of the ${before?.node ?? 'object'}${before?.expression === undefined ? '' : ` ${quoted(before.expression)}`} to undefined when it is no longer needed${through}.`;
    case 'event-listener':
      return `Remove the listener ${functionOf(step)} for ${quoted(step.identifier ?? 'the event')} from ${container(before)} when it is no longer needed, or add it with ${quoted('once')}.`;
    case 'abort-signal-listener':
      return `Remove the listener ${functionOf(step)} for ${quoted(step.identifier ?? 'abort')} from ${container(before)} when the work is done: a signal that is never aborted keeps it.`;
    case 'timer': {
      const clear =
        step.identifier === 'setInterval'
          ? 'clearInterval'
          : step.identifier === 'setImmediate'
            ? 'clearImmediate'
            : 'clearTimeout';
      const what = step.edge === 'callback' ? `its callback ${functionOf(step)}` : `its ${step.edge}`;
      return `A timer of ${quoted(step.identifier ?? 'setTimeout')} that is still running keeps ${what}${through}: stop it with ${quoted(clear)} when it is no longer needed.`;
    }
    case 'pending-promise':
      return `A promise that never settled keeps ${step.edge === 'then callback' ? `its callback ${functionOf(step)}` : 'it'}${through}: settle it, also on failure or by a timeout${holderOf(steps, suspect)}.`;
    case 'suspended-function': {
      const name = suspendedName(steps, suspect);
      return `${name} is suspended and keeps ${step.identifier !== undefined && step.edge.startsWith('variable ') ? quoted(step.identifier) : target === step ? 'its local variable' : quoted(step.edge)}: let it go on, or end it${holderOf(steps, suspect)}.`;
    }
    case 'weak-map-key':
      return `It is a value of ${step.identifier === undefined ? 'a WeakMap' : `the WeakMap ${quoted(step.identifier)}`} whose key ${nameOf(before)}${at(before)} is alive: delete that key's entry, or let go of the key${through}.`;
    case 'unknown':
      return 'What holds it is not the program’s own, and cannot be told for certain; see the path.';
    default:
      return assertNever(cause);
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function nameOfFunction(step: NamedStep): string {
  if (step.node === 'anonymous function') return `an anonymous function${at(step)}`;
  if (step.node.startsWith('function ')) return `${quoted(`${step.node.slice(9)}()`)}${at(step)}`;
  return `the ${step.node}${at(step)}`;
}

function ownerOf(step: NamedStep): string {
  const { owner } = step;
  if (owner === undefined || owner.type === 'internal') return '';
  if (owner.type === 'function') return owner.name === '' ? '' : ` of ${quoted(`${owner.name}()`)}`;
  return ` of ${shortFile(fileOf(owner))}`;
}

/** ` (cache.mjs:3)`, or ` of cache.mjs` where the line is not known. */
function moduleOf(steps: readonly NamedStep[], step: NamedStep): string {
  if (step.place !== undefined && !/function/.test(step.node)) return at(step);
  const file = step.owner === undefined ? undefined : fileOf(step.owner);
  if (file !== undefined && file !== '') return ` of ${shortFile(file)}`;
  const root = steps[0]?.node ?? '';
  return root.startsWith('module ') ? ` of ${root.slice(7)}` : '';
}

function entryOf(step: NamedStep, what: string): string {
  if (step.edge === 'Map key') return 'the key';
  return step.entry === undefined ? `the ${what}` : `${what} ${step.entry}`;
}

function weakAlternative(step: NamedStep, before: NamedStep | undefined): string {
  const name = before?.expression === undefined ? 'it' : quoted(before.expression);
  if (step.edge === 'Map key' || step.edge.startsWith('Map entry of key')) return `, or make ${name} a WeakMap`;
  return '';
}

/** Says what keeps a promise: nothing else would. */
function holderOf(steps: readonly NamedStep[], suspect: number): string {
  for (let step = suspect; step > 0; step--) {
    const { hold, expression } = steps[step]!;
    if (expression !== undefined && (hold === 'global-variable' || hold === 'module-variable' || hold === 'property')) {
      return ` (${quoted(expression)} still leads to it)`;
    }
  }
  return '';
}

function suspendedName(steps: readonly NamedStep[], suspect: number): string {
  for (let step = suspect; step >= 0; step--) {
    const match = /^(anonymous )?(async function|generator)( (.+))?$/.exec(steps[step]!.node);
    if (match !== null) {
      const name = match[4] === undefined ? `an anonymous ${match[2]}` : `${match[2]} ${quoted(`${match[4]}()`)}`;
      return capital(`${name}${at(steps[step])}`);
    }
  }
  return 'A function';
}
