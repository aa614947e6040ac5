// Watching that begins and ends in a living process, in this one: what is told to whom, and that the program notices nothing.

import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it } from 'vitest';
import { createRegistryObserver } from './observed-registry.ts';
import type { RowWriter } from './row-writer.ts';
import { createSiteRecorder } from './site-recorder.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const native = {
  constructor: FinalizationRegistry,
  register: FinalizationRegistry.prototype.register,
  unregister: FinalizationRegistry.prototype.unregister,
  toString: Function.prototype.toString,
};
const observer = createRegistryObserver(globalThis);
afterAll(() => {
  observer.pause();
  globalThis.FinalizationRegistry = native.constructor;
  FinalizationRegistry.prototype.constructor = native.constructor;
  Function.prototype.toString = native.toString;
});

/** A watch that writes down what it is told. */
function createWatch() {
  const told: string[] = [];
  const rows: RowWriter = {
    reserve: () => true,
    waitForConnection: () => {},
    registration: (registryId, siteId, label) => void told.push(`registration ${registryId} ${siteId > 0} ${label}`),
    callbackStarts: () => 0,
    callbackEnded: (id, threw) => void told.push(`callback ${id} ${threw}`),
    unregistration: (id) => void told.push(`unregistration ${id}`),
    registry: (id, siteId) => void told.push(`registry ${id} ${siteId > 0}`),
    registryCollected: (id) => void told.push(`registry collected ${id}`),
    isInBurst: () => false,
    settleTimes: () => {},
  };
  const sites = createSiteRecorder(() => {});
  return { told, begin: () => observer.observe(rows, sites, () => {}) };
}

async function untilCalled(isDone: () => boolean): Promise<void> {
  for (let round = 0; round < 50 && !isDone(); round++) {
    collect();
    await delay(10);
  }
}

it('tells each watch what happens in it, counted from 1, and leaves held values as they are in every state', async () => {
  const called: unknown[] = [];
  const registry = new FinalizationRegistry<unknown>((held) => called.push(held));
  const other = new FinalizationRegistry<unknown>(() => {});
  const register = (...held: unknown[]) => held.forEach((value) => registry.register({}, value));
  const forged = { heaplineId: 1, held: 'not this', heaplineBrand: Symbol('heapline') };
  const trapped = new Proxy({}, { get: () => expect.fail('a trap of a held value was called') });
  const kept = {};
  const token = {};

  register('unwatched', forged, trapped);
  registry.register(kept, 'kept', token);
  expect(FinalizationRegistry.prototype.register).toBe(native.register);

  const first = createWatch();
  expect(first.begin()).toBe(1);
  expect(FinalizationRegistry.prototype.register).not.toBe(native.register);
  register('first');
  registry.register(kept, 'still there', token);
  other.register(kept, 'of another');
  await untilCalled(() => called.length >= 4);

  observer.pause();
  expect(FinalizationRegistry.prototype.register).toBe(native.register);
  expect(FinalizationRegistry.prototype.unregister).toBe(native.unregister);
  register('between');

  const second = createWatch();
  expect(second.begin()).toBe(4);
  register('second', trapped);
  await untilCalled(() => called.length >= 7);
  // Registered in no watch, and in the first: not the second's affair.
  expect(registry.unregister(token)).toBe(true);
  registry.register(kept, 'mine', token);
  expect(registry.unregister(token)).toBe(true);
  observer.pause();

  expect(new Set(called)).toEqual(new Set(['unwatched', forged, trapped, 'first', 'between', 'second']));
  expect(called.filter((held) => held === trapped).length).toBe(2);
  expect(first.told).toEqual([
    'registry 1 true',
    'registration 1 true first',
    'registration 1 true still there',
    'registry 2 true',
    'registration 2 true of another',
    'callback 1 false',
  ]);
  expect(second.told.slice(0, 3)).toEqual([
    'registry 1 true',
    'registration 1 true second',
    'registration 1 true Object',
  ]);
  expect(second.told.slice(3, 5).sort()).toEqual(['callback 1 false', 'callback 2 false']);
  expect(second.told.slice(5)).toEqual(['registration 1 true mine', 'unregistration 3']);
});

it('forgets the registrations of a token whose callbacks have run', async () => {
  const watch = createWatch();
  watch.begin();
  let called = 0;
  const registry = new FinalizationRegistry(() => called++);
  const token = {};
  const kept = {};
  registry.register(kept, 0, token);
  for (let round = 0; round < 5; round++) {
    (() => {
      for (let index = 0; index < 200; index++) registry.register({}, index, token);
    })();
    await untilCalled(() => called === (round + 1) * 200);
  }
  registry.register(kept, 1, token);
  expect(registry.unregister(token)).toBe(true);
  observer.pause();
  // The first and the last; of the 1,000 between them nothing is left to be told.
  expect(watch.told.filter((row) => row.startsWith('unregistration')).length).toBe(2);
});

it('tells when a registry is collected, also one that is older than the watch', async () => {
  let old: FinalizationRegistry<unknown> | undefined = new FinalizationRegistry(() => {});
  const watch = createWatch();
  watch.begin();
  old.register(watch, 1);
  old = undefined;
  await untilCalled(() => watch.told.some((row) => row.startsWith('registry collected')));
  observer.pause();
  expect(watch.told.at(-1)).toBe('registry collected 1');
});
