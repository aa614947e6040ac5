// Replaces `FinalizationRegistry` by one that reports what happens to every registration while somebody watches, and is
// otherwise the same. Runs in the program's thread, before the program. Holds no target, no token and no held value beyond
// what the native registry holds itself: targets are named by numbers.

import { basename } from 'node:path';
import { types } from 'node:util';
import { constructorName, findWayToTarget, shortText } from './held-value.ts';
import {
  mapGet,
  mapSet,
  setAdd,
  setDelete,
  setHas,
  uncurryThis,
  weakMapDelete,
  weakMapGet,
  weakMapSet,
} from './intrinsics.ts';
import { createShells } from './native-looking.ts';
import { createRepeatedWarnings } from './repeated-warnings.ts';
import type { RowWriter } from './row-writer.ts';
import { createPlaceFinder, NODE_PLACE, type KnownPlace, type Place, type SiteRecorder } from './site-recorder.ts';

/**
 * What the native registry holds for the program: found again in heap snapshots by its fields. A literal, not a class:
 * V8 learns to allocate literals that live long in old space at once, which halves their cost.
 */
interface RegistrationRecord {
  readonly heaplineId: number;
  readonly held: unknown;
  /** Only where a program is watched now and then: tells records from held values that were registered meanwhile. */
  readonly heaplineBrand?: symbol;
}

/** What is known of a registry; held by the registry itself. */
interface RegistryState {
  /** Its number in the watch that it was last seen in. */
  id: number;
  /** The number of that watch; not the watch itself, whose memory is to go with it. */
  watchNumber: number;
  readonly place: KnownPlace | undefined;
  /** Weak keys: the token is not kept alive. Values are ids, or arrays of ids where one token serves many registrations. */
  tokens: WeakMap<WeakKey, number | number[]> | undefined;
  /** Ids in these arrays whose callbacks have not run, but for the first of each array, of which it is not known. */
  shared: Set<number> | undefined;
}

/** Gives its argument back, so that a derived class can add private fields to an object that exists already. */
const Given = function (this: unknown, object: object) {
  return object;
} as unknown as new (object: object) => object;

/**
 * The state, in a private field on the registry itself: no lookup in a map on the hot path, invisible to the program, and
 * gone with the registry.
 */
class ObservedState extends Given {
  #state: RegistryState;
  constructor(registry: object, state: RegistryState) {
    super(registry);
    this.#state = state;
  }
  static of(registry: unknown): RegistryState | undefined {
    return typeof registry === 'object' && registry !== null && #state in registry ? registry.#state : undefined;
  }
}

// Captured before the program can replace them.
const IntrinsicWeakMap = WeakMap;
const IntrinsicMap = Map;
const IntrinsicSet = Set;
const { isProxy } = types;
const now = performance.now.bind(performance);
const { construct, getOwnPropertyDescriptor, defineProperty } = Reflect;

/** A token's array is looked through for ids that are done when it has grown to a power of two from here on. */
const SHORT_LIST = 32;

function rememberToken(state: RegistryState, token: WeakKey, id: number): void {
  const tokens = (state.tokens ??= new IntrinsicWeakMap());
  const known = weakMapGet(tokens, token) as number | number[] | undefined;
  if (known === undefined) return void weakMapSet(tokens, token, id);
  const shared = (state.shared ??= new IntrinsicSet());
  setAdd(shared, id);
  if (typeof known === 'number') return void weakMapSet(tokens, token, [known, id]);
  let { length } = known;
  if (length >= SHORT_LIST && (length & (length - 1)) === 0) {
    let kept = 1;
    for (let index = 1; index < length; index++) if (setHas(shared, known[index])) known[kept++] = known[index]!;
    length = known.length = kept;
  }
  known[length] = id;
}

/** Calls `each` with every id that the token stood for. */
function forgetToken(state: RegistryState, token: WeakKey, each: (id: number) => void): void {
  if (state.tokens === undefined) return;
  const known = weakMapGet(state.tokens, token) as number | number[] | undefined;
  if (known === undefined) return;
  weakMapDelete(state.tokens, token);
  if (typeof known === 'number') return each(known);
  // The callback of the first may have run already; readers keep the callback's word.
  each(known[0]!);
  for (let index = 1; index < known.length; index++) if (setDelete(state.shared, known[index])) each(known[index]!);
}

/**
 * Places, and labels that are not the held value's own text, take microseconds to find. So there is a budget: so many at
 * once, as many more each millisecond. A registration that is not described costs half of one, so that bursts that
 * follow each other, which run into debt, are not described one by one, but for one of a few thousand.
 */
const DESCRIBED_AT_ONCE = 1_000;
/** Programs load. */
const DESCRIBED_AT_FIRST = 4_096;
/** A fourth more than what is promised a second: none is missed for an uneven pace. */
const described = (promised: number) => ({ promised, perMs: (promised * 1.25) / 1_000 });
/** Of a program that runs to be observed. */
const DESCRIBED_OF_LAUNCHED = { ...described(20_000), undescribedCost: 0.5 };
/**
 * Of one that serves somebody meanwhile: in a handler of requests, a place takes as long to find as a third of the request.
 * What is not described costs nothing, so that as many as are promised are told at any pace, spread evenly.
 */
const DESCRIBED_OF_WATCHED = { ...described(2_000), undescribedCost: 0 };
const DESCRIBED_IN_BURST_OF = 4_096;
/** Earned in 200 ms. */
const MAXIMUM_DEBT = 5_000;

const sitesAreSampled = (promised: number) =>
  `The program registers more than ${promised / 1_000},000 objects a second at times. Then site and label are recorded for some ` +
  'registrations only, except labels that are strings or numbers.';

const PLACED_UNMATCHED_CALLS = 1_000;
/** Of all objects together; more are recognized, but not when they are unregistered. */
const MAXIMUM_SAMPLED_IDS = 16_384;

const whereOf = ({ file, line, functionName }: KnownPlace) =>
  `${basename(file)}:${line}${functionName === '' ? '' : ` (${functionName})`}`;

/** One stretch of time in which somebody watches. */
interface Watch {
  readonly rows: RowWriter;
  readonly sites: SiteRecorder;
  readonly warn: Warn;
  readonly repeated: ReturnType<typeof createRepeatedWarnings<ObserverWarning>>;
  readonly number: number;
  /** Records before this one belong to earlier watches. */
  readonly firstId: number;
}

/** Something that the user should know of the program, or of the observation. */
export interface ObserverWarning {
  readonly code: string;
  readonly message: string;
  readonly place?: Omit<Place, 'functionName'>;
  /** A later warning with the same key takes its place. */
  readonly key?: string;
  /** The registration that shows it. */
  readonly registrationId?: number;
}
type Warn = (warning: ObserverWarning) => void;

export interface RegistryObserver {
  /**
   * Reports from now on; ends what was reported to before. Registries, also those made earlier, count from 1, and so do
   * registrations.
   * @returns the number that the first registration has in its record, where numbers go on over all watches of a process.
   */
  observe(rows: RowWriter, sites: SiteRecorder, warn: Warn): number;
  hasRegistrations(): boolean;
  /** Reports what is counted and not reported yet. */
  tellPending(): void;
  /** Nobody watches: `register` and `unregister` are V8's own. */
  pause(): void;
}

/** Observes every registry constructed through `realm.FinalizationRegistry` from now on, and for good. */
export function observeRegistries(
  realm: typeof globalThis,
  rows: RowWriter,
  sites: SiteRecorder,
  warn: Warn,
): Pick<RegistryObserver, 'tellPending' | 'hasRegistrations'> {
  const observer = installObserver(realm, true);
  observer.observe(rows, sites, warn);
  return observer;
}

/**
 * Makes it possible to observe, now and then, every registry constructed through `realm.FinalizationRegistry` from now on.
 * While nobody watches only the construction of registries costs more than without it, and each callback a look at its
 * held value. Registries of other realms, and bad calls, reach the native functions unchanged.
 */
export function createRegistryObserver(realm: typeof globalThis): RegistryObserver {
  return installObserver(realm, false);
}

function installObserver(realm: typeof globalThis, isForGood: boolean): RegistryObserver {
  const Native = realm.FinalizationRegistry;
  const prototype = Native.prototype;
  const native = { register: prototype.register, unregister: prototype.unregister };
  const nativeRegister = uncurryThis(native.register);
  const nativeUnregister = uncurryThis(native.unregister);
  const nativeToString = uncurryThis(Function.prototype.toString);
  const heaplineBrand = Symbol('heapline');
  const findPlace = createPlaceFinder();
  let current: Watch | undefined;
  let lastRegistrationId = 0;
  let lastRegistryId = 0;
  let lastWatchNumber = 0;

  // Says when a registry is itself collected: its callbacks can never run then. Holds the registry weakly.
  const registryWatch = new Native<RegistryState>((state) => {
    if (current !== undefined && state.watchNumber === current.number) current.rows.registryCollected(state.id);
  });

  function announce(watch: Watch, state: RegistryState): void {
    state.id = ++lastRegistryId;
    state.watchNumber = watch.number;
    watch.rows.registry(state.id, watch.sites.number(state.place));
  }

  const { promised, perMs, undescribedCost } = isForGood ? DESCRIBED_OF_LAUNCHED : DESCRIBED_OF_WATCHED;
  /** What is left of the budget when it was last considered; of it, what was granted then; and what is left of that. */
  let budget = 0;
  let grantedCount = 0;
  let describableCount = 0;
  let consideredAtMs = 0;
  let lastIdConsidered = 0;
  /** How many more come, in a burst, until one is described. */
  let untilSample = 0;
  let hasWarnedOfRate = false;

  /** Called when there are none left: whether this one may be described all the same. */
  function mayDescribe(watch: Watch): boolean {
    const atMs = now();
    const undescribed = lastRegistrationId - lastIdConsidered - grantedCount;
    budget += (atMs - consideredAtMs) * perMs - grantedCount - undescribed * undescribedCost;
    budget = budget > DESCRIBED_AT_ONCE ? DESCRIBED_AT_ONCE : budget < -MAXIMUM_DEBT ? -MAXIMUM_DEBT : budget;
    consideredAtMs = atMs;
    lastIdConsidered = lastRegistrationId;
    grantedCount = budget >= 1 ? budget | 0 : 0;
    if (grantedCount === 0) {
      if (!hasWarnedOfRate) {
        hasWarnedOfRate = true;
        watch.warn({ code: 'sites-are-sampled', message: sitesAreSampled(promised) });
      }
      if (untilSample > 0) return false;
      grantedCount = 1;
    }
    describableCount = grantedCount;
    untilSample = DESCRIBED_IN_BURST_OF;
    return true;
  }

  /** Writes the row with what costs microseconds to find out. */
  function describe(watch: Watch, registryId: number, target: WeakKey, heldValue: unknown): void {
    const place = findPlace(shells.register);
    const className = constructorName(target);
    const siteId = watch.sites.number(place, className);
    let label = heldValue;
    if (place !== undefined && place !== NODE_PLACE) lookForSame(watch, place, registryId, target);
    if (typeof heldValue === 'object' && heldValue !== null) {
      if (place !== undefined && place.looksLeft > 0) lookForTarget(watch, place, target, heldValue);
      const text = place?.hasLargeValues === true ? undefined : shortText(heldValue);
      if (text === null && place !== undefined) place.hasLargeValues = true;
      label = text;
    }
    if (typeof label !== 'string' && typeof label !== 'number') label = className;
    watch.rows.registration(registryId, siteId, label);
  }

  function lookForTarget(watch: Watch, place: KnownPlace, target: WeakKey, heldValue: object): void {
    place.looksLeft--;
    const { way, isCostly } = findWayToTarget(heldValue, target);
    if (isCostly) {
      place.looksLeft = 0;
      place.hasLargeValues = true;
    }
    if (way === undefined) return;
    // Once for each place.
    place.looksLeft = 0;
    const { file, line, column } = place;
    const where = whereOf(place);
    const message =
      `${where} registers an object (${constructorName(target) ?? 'without a constructor'}) with a held value that holds it: heldValue${way} is the ` +
      'target. A registry holds its held values strongly, so the object can never be collected. Pass what the callback ' +
      'needs (an id, a name) in place of the object.';
    watch.warn({
      code: 'held-value-reaches-target',
      message,
      place: { file, line, column },
      key: `held-value ${watch.sites.number(place)}`,
      registrationId: lastRegistrationId - watch.firstId + 1,
    });
  }

  function register(registry: unknown, target: unknown, heldValue: unknown, unregisterToken: unknown): unknown {
    const state = ObservedState.of(registry);
    // The native function compares target and held value, which ours hides from it; every other error is its own.
    if (state === undefined || current === undefined || target === heldValue) {
      return nativeRegister(registry, target, heldValue, unregisterToken);
    }
    const watch = current;
    const { rows } = watch;
    const hasPlace = rows.reserve();
    const id = hasPlace ? lastRegistrationId + 1 : 0;
    const record: RegistrationRecord = isForGood
      ? { heaplineId: id, held: heldValue }
      : { heaplineId: id, held: heldValue, heaplineBrand };
    nativeRegister(registry, target, record, unregisterToken);
    if (!hasPlace) return undefined;
    // Only now has the registration succeeded; the column is gapless.
    lastRegistrationId = id;
    if (state.watchNumber !== watch.number) announce(watch, state);
    if (unregisterToken !== undefined) rememberToken(state, unregisterToken as WeakKey, id);
    if (describableCount > 0 || ((--untilSample <= 0 || !rows.isInBurst()) && mayDescribe(watch))) {
      describableCount--;
      describe(watch, state.id, target as WeakKey, heldValue);
    } else rows.registration(state.id, 0, heldValue);
    return undefined;
  }

  function unregister(registry: unknown, unregisterToken: unknown): unknown {
    const removed = nativeUnregister(registry, unregisterToken);
    const watch = current;
    const state = ObservedState.of(registry);
    if (state === undefined || watch === undefined) return removed;
    if (removed !== true) {
      noteUnmatched(watch, state, unregisterToken as WeakKey);
      return removed;
    }
    forgetToken(state, unregisterToken as WeakKey, (id) => {
      const sample = mapGet(sampledIds, id) as Sample | undefined;
      if (sample !== undefined) sample.active--;
      if (id >= watch.firstId) watch.rows.unregistration(id - watch.firstId + 1);
    });
    return removed;
  }

  /** Calls of `unregister` that removed nothing. The places of the first are looked up; each takes microseconds. */
  let unmatchedCalls = 0;
  function noteUnmatched(watch: Watch, state: RegistryState, token: WeakKey): void {
    if (++unmatchedCalls > PLACED_UNMATCHED_CALLS) return;
    // Known, but not there any more: its callback has run. That is how clean-up code usually ends.
    if (state.tokens !== undefined && weakMapGet(state.tokens, token) !== undefined) return;
    const place = findPlace(shells.unregister);
    if (place === undefined || place === NODE_PLACE) return;
    const { file, line, column } = place;
    watch.repeated.note(`unmatched ${watch.sites.number(place)}`, (count) => ({
      code: 'unregister-matched-nothing',
      message:
        `${whereOf(place)}: ${count === 1 ? 'a call' : `${count.toLocaleString('en-US')} calls`} of unregister() removed nothing: ` +
        'the registry has no registration with that token. Pass the token that register() got as its third argument, once.',
      place: { file, line, column },
    }));
  }

  /** The same object may be registered again and again. A few of each place are recognized, without being held. */
  interface Sample {
    readonly registryId: number;
    readonly watchNumber: number;
    readonly place: KnownPlace;
    /** Registrations of it that are not unregistered. */
    active: number;
  }
  const samples = new IntrinsicWeakMap<WeakKey, Sample>();
  let sampledIds = new IntrinsicMap<number, Sample>();

  function lookForSame(watch: Watch, place: KnownPlace, registryId: number, target: WeakKey): void {
    const sample = weakMapGet(samples, target) as Sample | undefined;
    if (sample?.watchNumber !== watch.number || sample.registryId !== registryId) {
      if (place.samplesLeft === 0) return;
      place.samplesLeft--;
      const first = { registryId, watchNumber: watch.number, place, active: 1 };
      weakMapSet(samples, target, first);
      mapSet(sampledIds, lastRegistrationId, first);
      return;
    }
    // Two parts of a program may each have a reason to register it.
    if (sample.place !== place) return;
    sample.active++;
    if (sampledIds.size < MAXIMUM_SAMPLED_IDS) mapSet(sampledIds, lastRegistrationId, sample);
    if (sample.active < 2) return;
    const { file, line, column } = place;
    const name = constructorName(target) ?? 'without a constructor';
    const times = sample.active;
    watch.repeated.note(`duplicate ${watch.sites.number(place)}`, () => ({
      code: 'duplicate-registration',
      message:
        `${whereOf(place)} registers the same object (${name}) again: at least ${times.toLocaleString('en-US')} of the registrations ` +
        'counted here are one object. It gets a callback for each. Register an object once, or unregister it before.',
      place: { file, line, column },
    }));
  }

  const isRecord = (held: unknown): held is RegistrationRecord =>
    typeof held === 'object' &&
    held !== null &&
    // Held values that were not registered here come from another realm's `register`, or from when nobody watched.
    (isForGood
      ? typeof (held as RegistrationRecord).heaplineId === 'number'
      : !isProxy(held) && (held as RegistrationRecord).heaplineBrand === heaplineBrand);

  function observeCleanup(cleanup: (held: unknown) => void, state: RegistryState): (held: unknown) => void {
    return function observedCleanup(record) {
      if (!isRecord(record)) return void cleanup(record);
      const { heaplineId: id } = record;
      if (state.shared !== undefined) setDelete(state.shared, id);
      const watch = current;
      if (watch === undefined || id < watch.firstId) return void cleanup(record.held);
      const runId = id - watch.firstId + 1;
      let threw = true;
      const outerId = watch.rows.callbackStarts(runId);
      // No catch: the exception must reach the process as it was thrown, from where it was thrown.
      try {
        cleanup(record.held);
        threw = false;
      } finally {
        watch.rows.callbackEnded(runId, threw, outerId);
      }
    };
  }

  function constructObserved(target: Function, args: unknown[], newTarget: Function): object {
    const place = findPlace(shells.constructFrame);
    // Node's own registries (`fetch` has one for its streams) are not the program's, and would be noise in its count.
    if (place === NODE_PLACE) return construct(target, args, newTarget) as object;
    const state: RegistryState = { id: 0, watchNumber: 0, place, tokens: undefined, shared: undefined };
    const cleanup = args[0] as (held: unknown) => void;
    const registry = construct(target, [observeCleanup(cleanup, state)], newTarget) as object;
    new ObservedState(registry, state);
    nativeRegister(registryWatch, registry, state);
    if (current !== undefined) announce(current, state);
    return registry;
  }

  /** What V8 would give as the text of the functions that take the place of its own. */
  const nativeTexts = new IntrinsicWeakMap<WeakKey, unknown>();
  const shells = createShells({
    register,
    unregister,
    toString: (self) =>
      (typeof self === 'function' ? weakMapGet(nativeTexts, self) : undefined) ?? nativeToString(self),
    construct: constructObserved,
    constructBadly: (target, args, newTarget) => construct(target, args, newTarget) as object,
  });
  const Observed = new Proxy(Native, {
    construct: shells.construct as NonNullable<ProxyHandler<typeof Native>['construct']>,
  });
  for (const [ours, theirs] of [
    [Observed, Native],
    [shells.register, native.register],
    [shells.unregister, native.unregister],
    [shells.toString, Function.prototype.toString],
  ] as const) {
    weakMapSet(nativeTexts, ours, nativeToString(theirs));
  }
  const replace = (object: object, name: string, value: unknown) =>
    defineProperty(object, name, { ...getOwnPropertyDescriptor(object, name), value });
  replace(prototype, 'constructor', Observed);
  replace(realm, 'FinalizationRegistry', Observed);
  replace(Function.prototype, 'toString', shells.toString);

  /** Leaves alone what the program itself has put there, or frozen. */
  const exchange = (from: Record<string, unknown>, to: Record<string, unknown>) => {
    const exchangeOne = (name: string) => {
      if (getOwnPropertyDescriptor(prototype, name)?.value === from[name]) replace(prototype, name, to[name]);
    };
    exchangeOne('register');
    exchangeOne('unregister');
  };
  const observed = { register: shells.register, unregister: shells.unregister };
  return {
    observe(rows, sites, warn) {
      budget = grantedCount = describableCount = DESCRIBED_AT_FIRST;
      consideredAtMs = now();
      lastIdConsidered = lastRegistrationId;
      untilSample = DESCRIBED_IN_BURST_OF;
      hasWarnedOfRate = false;
      lastRegistryId = 0;
      current = {
        number: ++lastWatchNumber,
        rows,
        sites,
        warn,
        repeated: createRepeatedWarnings<ObserverWarning>(warn),
        firstId: lastRegistrationId + 1,
      };
      sampledIds = new IntrinsicMap();
      unmatchedCalls = 0;
      exchange(native, observed);
      return current.firstId;
    },
    hasRegistrations: () => lastRegistrationId > 0,
    tellPending: () => current?.repeated.tellPending(),
    pause() {
      current?.repeated.tellPending();
      current = undefined;
      exchange(observed, native);
    },
  };
}
