// What a held value tells of itself, found without running any of the program's code: no getters, no proxy traps, nothing
// that the program may have replaced, and a bounded number of steps. Runs in the program's thread.

import { types } from 'node:util';
import { next, mapEntries, setValues, stringify, slice } from './intrinsics.ts';

const { isProxy, isMap, isSet } = types;
const { isArray } = Array;
const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const ObjectPrototype = Object.prototype;
const ArrayPrototype = Array.prototype;

/** A label is at most so long; what would be longer is no label. */
const MAXIMUM_LENGTH = 80;
const MAXIMUM_PROPERTIES = 6;
/** An object with more properties than this is costly to look at even once. */
const MANY_PROPERTIES = 64;

/**
 * A plain object or array in one line, as `{ url: "/a", id: 3 }`; undefined if it is neither, or not short; null if finding
 * that out took long.
 */
export function shortText(value: object): string | undefined | null {
  if (isProxy(value)) return undefined;
  const prototype = getPrototypeOf(value);
  const isList = isArray(value) && prototype === ArrayPrototype;
  if (!isList && prototype !== ObjectPrototype && prototype !== null) return undefined;
  if (isList && value.length > MAXIMUM_PROPERTIES) return undefined;
  const keys = ownKeys(value);
  if (keys.length > MAXIMUM_PROPERTIES + 1) return keys.length > MANY_PROPERTIES ? null : undefined;
  let text = '';
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    const descriptor = getOwnPropertyDescriptor(value, key);
    if (typeof key === 'symbol' || descriptor === undefined || descriptor.enumerable !== true) continue;
    if (text !== '') text += ', ';
    if (!isList) text += `${key}: `;
    text += 'value' in descriptor ? textOfPart(descriptor.value) : '[getter]';
    if (text.length > MAXIMUM_LENGTH - 4) return undefined;
  }
  if (text === '') return isList ? '[]' : '{}';
  return isList ? `[${text}]` : `{ ${text} }`;
}

function textOfPart(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > MAXIMUM_LENGTH ? '"…"' : stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'symbol':
      return 'Symbol';
    case 'function':
      return 'ƒ';
    case 'object':
      if (value === null) return 'null';
      return !isProxy(value) && isArray(value) ? '[…]' : '{…}';
    default:
      return `${value as number | boolean | undefined}`;
  }
}

/** Name of an object's constructor. */
export function constructorName(target: object | symbol): string | undefined {
  if (typeof target === 'symbol') return 'Symbol';
  for (let object: object | null = target, depth = 0; object !== null && depth < 3; depth++) {
    if (isProxy(object)) return 'Proxy';
    const constructor: unknown = getOwnPropertyDescriptor(object, 'constructor')?.value;
    if (typeof constructor === 'function' && !isProxy(constructor)) {
      const name: unknown = getOwnPropertyDescriptor(constructor, 'name')?.value;
      return typeof name === 'string' && name.length <= MAXIMUM_LENGTH ? name : undefined;
    }
    object = getPrototypeOf(object);
  }
  return undefined;
}

const MAXIMUM_DEPTH = 2;
const MAXIMUM_ENTRIES = 64;
const MAXIMUM_STEPS = 256;
const MAXIMUM_KEY_LENGTH = 40;

export interface WayToTarget {
  /** As the program would write it after the held value: `.owner`, `[3]`, `.sessions.get("a")`; undefined: none found. */
  readonly way: string | undefined;
  /** True where it was not worth the time: values like this one should not be looked at again. */
  readonly isCostly: boolean;
}

/**
 * How `held` strongly holds `target`, by own properties, array elements, and entries of maps and sets, in at most two
 * steps. Private fields and closures cannot be seen.
 */
export function findWayToTarget(held: object, target: unknown): WayToTarget {
  let stepsLeft = MAXIMUM_STEPS;
  let isCostly = false;

  const visit = (value: unknown, depth: number, way: string): string | undefined => {
    if (value === target) return way;
    if (depth === MAXIMUM_DEPTH || stepsLeft <= 0 || typeof value !== 'object' || value === null) return undefined;
    return isProxy(value) ? undefined : lookInto(value, depth + 1, way);
  };

  const lookInto = (object: object, depth: number, way: string): string | undefined => {
    if (isMap(object)) {
      const entries = mapEntries(object);
      for (let count = 0; count < MAXIMUM_ENTRIES && stepsLeft-- > 0; count++) {
        const { done, value } = next.map(entries);
        if (done === true) break;
        // By index: the program may have replaced the iterators of arrays.
        const pair = value as [unknown, unknown];
        const key = pair[0];
        const entry = pair[1];
        const found =
          visit(entry, depth, `${way}.get(${textOfKey(key)})`) ?? visit(key, depth, `${way}.keys() (a key)`);
        if (found !== undefined) return found;
      }
    } else if (isSet(object)) {
      const values = setValues(object);
      for (let count = 0; count < MAXIMUM_ENTRIES && stepsLeft-- > 0; count++) {
        const { done, value } = next.set(values);
        if (done === true) break;
        const found = visit(value, depth, `${way}.values() (an entry)`);
        if (found !== undefined) return found;
      }
    }
    if (isArray(object)) {
      for (let index = 0; index < object.length && index < MAXIMUM_ENTRIES && stepsLeft-- > 0; index++) {
        const found = visit(getOwnPropertyDescriptor(object, index)?.value, depth, `${way}[${index}]`);
        if (found !== undefined) return found;
      }
      return undefined;
    }
    if (types.isArrayBufferView(object)) return undefined;
    const keys = ownKeys(object);
    if (keys.length > MANY_PROPERTIES) isCostly = true;
    for (let index = 0; index < keys.length && index < MANY_PROPERTIES && stepsLeft-- > 0; index++) {
      const key = keys[index]!;
      const part = typeof key === 'symbol' ? '[a symbol]' : `.${clip(key)}`;
      const found = visit(getOwnPropertyDescriptor(object, key)?.value, depth, way + part);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  const way = isProxy(held) ? undefined : lookInto(held, 1, '');
  return { way, isCostly };
}

const clip = (text: string) => (text.length > MAXIMUM_KEY_LENGTH ? `${slice(text, 0, MAXIMUM_KEY_LENGTH)}…` : text);

function textOfKey(key: unknown): string {
  return typeof key === 'string' ? stringify(clip(key)) : textOfPart(key);
}
