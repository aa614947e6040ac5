// Whatever the application asks for that the stand-in does not have is said aloud, and fails the test: nothing is
// silently `undefined`.

import { EventEmitter } from 'node:events';

/** What the application used that is not there, in sentences. */
export const problems: string[] = [];

/** Asked for by the language, by Node's inspection and by assertions, of any object. */
const ASKED_OF_ANYTHING = new Set([
  'then',
  'toJSON',
  'constructor',
  'prototype',
  'name',
  'length',
  'domain',
  'inspect',
]);

export function complain(problem: string): Error {
  problems.push(problem);
  return new Error(problem);
}

/** The same object, whose unknown names throw. */
export function loud<Value extends object>(name: string, value: Value): Value {
  return new Proxy(value, {
    get(target, key, receiver) {
      if (typeof key === 'string' && !(key in target) && !ASKED_OF_ANYTHING.has(key)) {
        throw complain(`The stand-in for Electron has no ${name}.${key}.`);
      }
      return Reflect.get(target, key, receiver);
    },
  });
}

/**
 * What such objects are made of: what the constructor returns is what derived classes put their private fields on, so
 * that `this` is the loud object everywhere.
 */
export class Loud {
  constructor(name: string) {
    return loud(name, this);
  }
}

export class LoudEmitter extends EventEmitter {
  constructor(name: string) {
    super();
    // One listener more is never a leak here: each run of the application has few.
    this.setMaxListeners(0);
    return loud(name, this);
  }
}

/** An event that listeners may prevent. */
export function preventableEvent<Details extends object>(details: Details) {
  const event = {
    ...details,
    defaultPrevented: false,
    preventDefault() {
      event.defaultPrevented = true;
    },
  };
  return event;
}
