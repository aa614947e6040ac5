// A scenario's declaration as it can be sent on: what a person wrote there may be anything, and is only copied here.
// Called in the process that loads a scenario of the user's own; the session checks the copy.

import { FUNCTION_MARK } from './loader-message.ts';

/** Descriptions are texts and short lists; whoever exports a database gets its beginning checked. */
const MAXIMUM_DEPTH = 8;
const MAXIMUM_ENTRIES = 1_000;
const MAXIMUM_CHARACTERS = 256 * 1024;

/** Numbers that JSON does not have, and values of no use in a declaration, become their names: no field allows those. */
export function plainDeclaration(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
      return value.slice(0, MAXIMUM_CHARACTERS);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'function':
      return FUNCTION_MARK;
    case 'bigint':
    case 'symbol':
      return String(value);
    case 'object':
      break;
  }
  if (value === null) return null;
  if (depth >= MAXIMUM_DEPTH) return '[…]';
  if (Array.isArray(value)) {
    return value.slice(0, MAXIMUM_ENTRIES).map((entry) => plainDeclaration(entry, depth + 1));
  }
  const entries: [string, unknown][] = [];
  // With what it inherits: a declaration may be an instance of a class.
  for (const name in value) {
    if (entries.length >= MAXIMUM_ENTRIES) break;
    entries.push([name, plainDeclaration(Reflect.get(value, name), depth + 1)]);
  }
  for (const name of ['run', 'predict']) {
    const method: unknown = Reflect.get(value, name);
    // Methods of a class are not enumerable.
    if (depth === 0 && typeof method === 'function') entries.push([name, FUNCTION_MARK]);
  }
  return Object.fromEntries(entries);
}
