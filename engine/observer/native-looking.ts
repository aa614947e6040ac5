// Functions that take the place of V8's own without a trace: same source text, same stack traces of the errors that they
// throw. Runs in the program's thread; used by whatever of the observer replaces a function of the program's realm.

import { Script } from 'node:vm';

export type AnyFunction = (...args: never[]) => unknown;
type Method = (self: unknown, ...args: unknown[]) => unknown;

export interface FinalizationShells {
  /** Named and counted as V8's are; `this` becomes the first argument of what they were made of. */
  readonly register: AnyFunction;
  readonly unregister: AnyFunction;
  readonly toString: AnyFunction;
  /** The trap of a proxy. */
  readonly construct: AnyFunction;
  /** The function that stands in stacks where the trap is called. */
  readonly constructFrame: AnyFunction;
}

export interface ShellBodies {
  readonly register: Method;
  readonly unregister: Method;
  readonly toString: Method;
  /** Called with something callable as the first of `args`. */
  construct(target: Function, args: unknown[], newTarget: Function): object;
  /** Called otherwise, to fail as V8 does. */
  constructBadly(target: Function, args: unknown[], newTarget: Function): object;
}

// A script without a name whose only line has the number 0: V8 prints its frames as it prints those of its own functions,
// `at FinalizationRegistry.register (<anonymous>)`. An error of V8's function underneath is traced anew, so that only this
// frame shows; and twice, so that Node finds the program's line, and not this one, when it prints an uncaught error.
const RETRACE =
  "catch (error) { if (!hasOwn(error, 'stack')) throw error; captureStackTrace(error, shell);" +
  ' try { throw error; } finally { captureStackTrace(error); } }';
const SHELLS =
  "'use strict'; (bodies, captureStackTrace, hasOwn) => {" +
  ' const { register, unregister, toString, construct, constructBadly } = bodies;' +
  ' const shells = {' +
  ' register(target, heldValue, unregisterToken = undefined) {' +
  `  try { return register(this, target, heldValue, unregisterToken); } ${RETRACE.replace('shell', 'shells.register')} },` +
  ' unregister(unregisterToken) {' +
  `  try { return unregister(this, unregisterToken); } ${RETRACE.replace('shell', 'shells.unregister')} },` +
  ' toString() {' +
  `  try { return toString(this); } ${RETRACE.replace('shell', 'shells.toString')} },` +
  " 'new FinalizationRegistry'(target, args, newTarget) {" +
  "  if (typeof args[0] === 'function') return construct(target, args, newTarget);" +
  `  try { return constructBadly(target, args, newTarget); } ${RETRACE.replace('shell', "shells['new FinalizationRegistry']")} },` +
  ' };' +
  // Bound: a receiver would be part of the frame's text.
  " const constructFrame = shells['new FinalizationRegistry'];" +
  ' return { ...shells, constructFrame, construct: constructFrame.bind(undefined) };' +
  ' };';

/** Makes functions that run `bodies` and look like V8's. Errors of V8's functions that a body calls show as its own. */
export function createShells(bodies: ShellBodies): FinalizationShells {
  const make = new Script(SHELLS, { filename: '', lineOffset: -1 }).runInThisContext() as (
    bodies: ShellBodies,
    captureStackTrace: typeof Error.captureStackTrace,
    hasOwn: (object: object, key: string) => boolean,
  ) => FinalizationShells;
  return make(bodies, Error.captureStackTrace, Object.hasOwn);
}
