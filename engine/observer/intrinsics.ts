// V8's own functions, captured before the program can replace them. Runs in the program's thread, in the observer.

type Uncurried = (self: unknown, ...args: unknown[]) => unknown;
const uncurryThisOf = Function.prototype.bind.bind(Function.prototype.call) as (method: unknown) => Uncurried;

/** Makes a function of a method: its `this` becomes the first argument. */
export const uncurryThis = (method: unknown): Uncurried => uncurryThisOf(method);

export const mapGet = uncurryThis(Map.prototype.get);
export const mapSet = uncurryThis(Map.prototype.set);
export const weakMapGet = uncurryThis(WeakMap.prototype.get);
export const weakMapSet = uncurryThis(WeakMap.prototype.set);
export const weakMapDelete = uncurryThis(WeakMap.prototype.delete);
export const setAdd = uncurryThis(Set.prototype.add);
export const setHas = uncurryThis(Set.prototype.has);
export const setDelete = uncurryThis(Set.prototype.delete);
export const charCodeAt = uncurryThis(String.prototype.charCodeAt);
export const promiseThen = uncurryThis(Promise.prototype.then);
export const startsWith = uncurryThis(String.prototype.startsWith);
export const mapForEach = uncurryThis(Map.prototype.forEach);
export const mapEntries = uncurryThis(Map.prototype.entries);
export const setValues = uncurryThis(Set.prototype.values);
/** The iterators' own `next`. */
export const next = {
  map: uncurryThis(new Map().entries().next) as (iterator: unknown) => IteratorResult<unknown>,
  set: uncurryThis(new Set().values().next) as (iterator: unknown) => IteratorResult<unknown>,
};
export const slice = uncurryThis(String.prototype.slice) as (text: string, start: number, end?: number) => string;
export const { stringify } = JSON;

const { load, store, add, wait, notify, compareExchange } = Atomics;
export const atomics = { load, store, add, wait, notify, compareExchange };
export const { apply } = Reflect;
