// Whether handles of Node's are being closed: each keeps the event loop for one more turn, and Node lists none of them. Runs
// in the program's thread, once its event loop has run dry.

import { MessagePort } from 'node:worker_threads';
import { apply } from './intrinsics.ts';
import type { HandleMethods } from './node-internals.ts';

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { isArray } = Array;
const portPrototype = MessagePort.prototype as object as { postMessage: (...args: unknown[]) => unknown };

/** Calls `told` whenever the method is called, and changes nothing else. @returns what puts the method back */
function overhear<Name extends string>(
  owner: Record<Name, (...args: unknown[]) => unknown>,
  name: Name,
  told: (args: ArrayLike<unknown>) => void,
): () => void {
  const descriptor = getOwnPropertyDescriptor(owner, name);
  const method: unknown = descriptor?.value;
  if (descriptor?.configurable !== true || typeof method !== 'function') return () => {};
  const heard = {
    [name](this: unknown) {
      // `arguments`, since rest and spread go through iterators that the program may have replaced.
      // eslint-disable-next-line prefer-rest-params
      const result: unknown = apply(method, this, arguments);
      // eslint-disable-next-line prefer-rest-params
      told(arguments);
      return result;
    },
  }[name];
  defineProperty(owner, name, { ...descriptor, value: heard });
  return () => {
    // Unless the program has replaced it meanwhile.
    if (getOwnPropertyDescriptor(owner, name)?.value === heard) defineProperty(owner, name, descriptor);
  };
}

/** A port that is transferred is closed where it was. */
function includesPort(list: unknown): boolean {
  if (!isArray(list)) return false;
  for (let index = 0; index < list.length; index++) {
    const entry: unknown = list[index];
    if (typeof entry === 'object' && entry !== null && getPrototypeOf(entry) === portPrototype) return true;
  }
  return false;
}

/**
 * Watches for handles that are closed, and for ports that are transferred, as each new worker's is.
 * @returns what ends the watch, and tells whether there were any
 */
export function watchForClosing(handles: HandleMethods | undefined): () => boolean {
  if (handles === undefined) return () => false;
  let haveClosed = false;
  const endClose = overhear(handles, 'close', () => void (haveClosed = true));
  const endTransfer = overhear(portPrototype, 'postMessage', ({ 1: transfer }) => {
    haveClosed ||= includesPort(transfer) || includesPort((transfer as { transfer?: unknown } | undefined)?.transfer);
  });
  return () => {
    endClose();
    endTransfer();
    return haveClosed;
  };
}
