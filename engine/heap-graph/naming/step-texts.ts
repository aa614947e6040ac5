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
  const symbol = /^<symbol (.*)>$/s.exec(name);
  if (symbol !== null) return `[Symbol(${shorten(symbol[1] ?? '')})]`;
  if (name.startsWith('#') && IDENTIFIER.test(name.slice(1))) return `.${shorten(name)}`;
  const accessor = /^([gs]et) (.+)$/s.exec(name);
  if (accessor !== null) return `${accessor[1]}ter ${shorten(accessor[2] ?? '')}`;
  if (IDENTIFIER.test(name)) return `.${shorten(name)}`;
  return /^\d+$/.test(name) ? `[${name}]` : `[${JSON.stringify(shorten(name))}]`;
}

export function eventText(event: string): string {
  const symbol = /^<symbol (.*)>$/s.exec(event);
  return symbol === null ? JSON.stringify(shorten(event)) : `Symbol(${shorten(symbol[1] ?? '')})`;
}

export const shortFile = (file: string): string => (file === '' ? 'a script' : basename(file));
