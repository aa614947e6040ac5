// How names of a snapshot are written: properties, events and files, as a person would write them. Used by the readers of
// paths, and by everything that turns steps into sentences.

import { basename } from 'node:path';

/** Longer names, such as a variable in minified code or a text used as a key, are cut. */
const MAXIMUM_NAME = 80;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export const shorten = (text: string): string =>
  text.length <= MAXIMUM_NAME ? text : `${text.slice(0, MAXIMUM_NAME - 1)}…`;

/** Returns `.name`, `["a key"]` or `[Symbol(name)]`, as in source code. */
export function propertyText(name: string): string {
  const symbol = symbolText(name);
  if (symbol !== undefined) return `[${symbol}]`;
  if (name.startsWith('#') && IDENTIFIER.test(name.slice(1))) return `.${shorten(name)}`;
  if (IDENTIFIER.test(name)) return `.${shorten(name)}`;
  return /^\d+$/.test(name) ? `[${name}]` : `[${JSON.stringify(shorten(name))}]`;
}

/**
 * Returns `Symbol(name)`, or `Symbol.iterator` for a well-known one; undefined for a string. Node's versions differ in the
 * prefix of their own symbols.
 */
function symbolText(name: string): string | undefined {
  const symbol = /^<symbol ?(?:node:)?(.*)>$/s.exec(name)?.[1];
  if (symbol === undefined) return undefined;
  return /^Symbol\.\w+$/.test(symbol) ? symbol : `Symbol(${shorten(symbol)})`;
}

/** Returns an event's name as it stands in a call: `"close"`, `Symbol(tick)`. */
export const eventText = (event: string): string => symbolText(event) ?? JSON.stringify(shorten(event));

/** Returns an event's name as it stands in a sentence, without quotes. */
export const eventName = (event: string): string => symbolText(event) ?? event;

export function shortFile(file: string): string {
  if (file === '') return 'a script';
  return file.startsWith('data:') ? file : basename(file);
}
