// Replaces `FinalizationRegistry` by one that reports what happens to every registration, and is otherwise the same.
// Runs in the program's thread, before the program. Holds no target, no token and no held value beyond what the native
// registry holds itself: targets are named by numbers.

import { types } from 'node:util';
import type { RowWriter } from './row-writer.ts';
import { NODE_SITE, type SiteRecorder } from './site-recorder.ts';

/**
 * What the native registry holds for the program: found again in heap snapshots by its two fields. A literal, not a class:
 * V8 learns to allocate literals that live long in old space at once, which halves their cost.
 */
interface RegistrationRecord {
  readonly heaplineId: number;
  readonly held: unknown;
}

/** Gives its argument back, so that a derived class can add private fields to an object that exists already. */
const Given = function (this: unknown, object: object) {
  return object;
} as unknown as new (object: object) => object;

/**
 * The registry's number, and its tokens, in private fields on the registry itself: no lookup in a map on the hot path,
 * invisible to the program, and gone with the registry.
 */
class ObservedState extends Given {
  #id: number;
  // Weak keys: the token is not kept alive. Values are ids, or arrays of ids where one token serves many registrations.
  #tokens: WeakMap<WeakKey, number | number[]> | undefined;
  constructor(registry: object, id: number) {
    super(registry);
    this.#id = id;
  }
  static idOf(registry: unknown): number {
    return typeof registry === 'object' && registry !== null && #id in registry ? registry.#id : 0;
  }
  static rememberToken(registry: object, token: WeakKey, id: number): void {
    if (!(#id in registry)) return;
    const tokens = (registry.#tokens ??= new IntrinsicWeakMap());
    const known = weakMapGet(tokens, token) as number | number[] | undefined;
    if (known === undefined) weakMapSet(tokens, token, id);
    else if (typeof known === 'number') weakMapSet(tokens, token, [known, id]);
    else known[known.length] = id;
  }
  static takeToken(registry: object, token: WeakKey): number | number[] | undefined {
    if (!(#id in registry) || registry.#tokens === undefined) return undefined;
    const ids = weakMapGet(registry.#tokens, token) as number | number[] | undefined;
    if (ids !== undefined) weakMapDelete(registry.#tokens, token);
    return ids;
  }
}

// Captured before the program can replace them.
const IntrinsicWeakMap = WeakMap;
const uncurryThis = Function.prototype.bind.bind(Function.prototype.call) as (
  method: unknown,
) => (...args: unknown[]) => unknown;
const weakMapGet = uncurryThis(WeakMap.prototype.get);
const weakMapSet = uncurryThis(WeakMap.prototype.set);
const weakMapDelete = uncurryThis(WeakMap.prototype.delete);
const { max } = Math;
const { construct, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Reflect;

/** Registrations whose place and, lacking a text of their own, constructor are recorded: all at first, then one in 4,096. */
const FULLY_DESCRIBED = 2_048;
const DESCRIBED_ONE_IN = 4_096;

/** Name of the target's constructor, found without running any of the program's code: no getters, no proxy traps. */
function constructorName(target: object | symbol): string | undefined {
  if (typeof target === 'symbol') return 'Symbol';
  for (let object: object | null = target, depth = 0; object !== null && depth < 3; depth++) {
    if (types.isProxy(object)) return 'Proxy';
    const constructor: unknown = getOwnPropertyDescriptor(object, 'constructor')?.value;
    if (typeof constructor === 'function' && !types.isProxy(constructor)) {
      const name: unknown = getOwnPropertyDescriptor(constructor, 'name')?.value;
      return typeof name === 'string' ? name : undefined;
    }
    object = getPrototypeOf(object);
  }
  return undefined;
}

/**
 * Observes every registry constructed through `realm.FinalizationRegistry` from now on. Registries of other realms, and
 * bad calls, reach the native functions unchanged.
 */
export function observeRegistries(realm: typeof globalThis, rows: RowWriter, sites: SiteRecorder): void {
  const Native = realm.FinalizationRegistry;
  const prototype = Native.prototype;
  const nativeRegister = uncurryThis(prototype.register);
  const nativeUnregister = uncurryThis(prototype.unregister);
  let lastRegistrationId = 0;
  let lastRegistryId = 0;

  // Says when a registry is itself collected: its callbacks can never run then. Holds the registry weakly.
  const registryWatch = new Native<number>((registryId) => rows.registryCollected(registryId));

  /** Writes the row with what costs microseconds to find out. */
  function describe(registryId: number, target: WeakKey, heldValue: unknown): void {
    const hasText = typeof heldValue === 'string' || typeof heldValue === 'number';
    rows.registration(
      registryId,
      max(0, sites.capture(methods.register)),
      hasText ? heldValue : constructorName(target),
    );
  }

  const methods = {
    register(this: unknown, target: WeakKey, heldValue: unknown, unregisterToken: WeakKey | undefined = undefined) {
      const registryId = ObservedState.idOf(this);
      // The native function compares target and held value, which ours hides from it; every other error is its own.
      if (registryId === 0 || target === heldValue) return nativeRegister(this, target, heldValue, unregisterToken);
      if (!rows.reserve()) return nativeRegister(this, target, { heaplineId: 0, held: heldValue }, unregisterToken);
      const id = lastRegistrationId + 1;
      const record: RegistrationRecord = { heaplineId: id, held: heldValue };
      nativeRegister(this, target, record, unregisterToken);
      // Only now has the registration succeeded; the column is gapless.
      lastRegistrationId = id;
      if (unregisterToken !== undefined) ObservedState.rememberToken(this as object, unregisterToken, id);
      if (id <= FULLY_DESCRIBED || id % DESCRIBED_ONE_IN === 0) describe(registryId, target, heldValue);
      else rows.registration(registryId, 0, heldValue);
      return undefined;
    },
    unregister(this: unknown, unregisterToken: WeakKey) {
      const removed = nativeUnregister(this, unregisterToken);
      if (removed === true && ObservedState.idOf(this) !== 0) {
        const ids = ObservedState.takeToken(this as object, unregisterToken);
        // Ids whose callback ran already are among them where one token served many; readers keep the callback's word.
        if (typeof ids === 'number') rows.unregistration(ids);
        else if (ids !== undefined) for (let index = 0; index < ids.length; index++) rows.unregistration(ids[index]!);
      }
      return removed;
    },
  };

  const constructTrap = (target: typeof Native, args: unknown[], newTarget: Function): object => {
    const cleanup = args[0];
    // Node's own registries (`fetch` has one for its streams) are not the program's, and would be noise in its count.
    const siteId = sites.capture(constructTrap);
    if (typeof cleanup !== 'function' || siteId === NODE_SITE) return construct(target, args, newTarget) as object;
    const observedCleanup = (record: RegistrationRecord) => {
      let threw = true;
      rows.callbackStarts();
      // No catch: the exception must reach the process as it was thrown, from where it was thrown.
      try {
        (cleanup as (held: unknown) => void)(record.held);
        threw = false;
      } finally {
        if (record.heaplineId !== 0) rows.callbackEnded(record.heaplineId, threw);
      }
    };
    const registry = construct(target, [observedCleanup], newTarget) as object;
    const registryId = ++lastRegistryId;
    new ObservedState(registry, registryId);
    rows.registry(registryId, siteId);
    nativeRegister(registryWatch, registry, registryId);
    return registry;
  };

  const Observed = new Proxy(Native, { construct: constructTrap as ProxyHandler<typeof Native>['construct'] & {} });
  const replace = (object: object, name: string, value: unknown) =>
    defineProperty(object, name, { ...getOwnPropertyDescriptor(object, name), value });
  replace(prototype, 'register', methods.register);
  replace(prototype, 'unregister', methods.unregister);
  replace(prototype, 'constructor', Observed);
  replace(realm, 'FinalizationRegistry', Observed);
}
