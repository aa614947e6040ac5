// Where in the text of a scenario's file something is declared. A search in the text, not a parser: it takes the first
// place that looks right, outside of comments and strings. Called by the session to show a problem where it is.

import type { Place } from '../protocol/explanation.ts';

export type FieldPath = readonly (string | number)[];

/** Comments and the insides of strings become blanks, so that every offset stays; quoted names of properties stay. */
function withoutWords(text: string): string {
  return text.replace(
    /\/\*[^]*?\*\/|\/\/[^\n]*|(['"])((?:\\.|(?!\1)[^\\\n])*)\1(\s*:)?|`(?:\\[^]|[^`\\])*`/g,
    (whole: string, _quote: string | undefined, inside: string | undefined, colon: string | undefined) =>
      colon !== undefined && /^[\w$]+$/.test(inside ?? '') ? whole : whole.replaceAll(/[^\n]/g, ' '),
  );
}

function placeAt(file: string, text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function exportOffset(plain: string): number | undefined {
  const found = /\bscenario\b\s*(?::[^=\n]+)?=(?!=)/.exec(plain) ?? /\bexport\s*\{[^}]*\bscenario\b/.exec(plain);
  return found?.index;
}

/** The place of a field, or of the nearest one around it that is there; the beginning of the file without any. */
export function placeOfField(file: string, text: string, path: FieldPath): Place {
  const plain = withoutWords(text);
  let offset = exportOffset(plain) ?? 0;
  // What stands between a name and the value that is looked into: none but an opening one is followed.
  let beforeValue = /[^;{}]*?/;
  for (const part of path) {
    const found =
      typeof part === 'number' ? entryOffset(plain, offset, part) : nameOffset(plain, offset, beforeValue, part);
    if (found === undefined) break;
    offset = found;
    beforeValue = typeof part === 'number' ? /(?=\{)/ : /[\w$'"]+\s*:\s*/;
  }
  return placeAt(file, text, offset);
}

/** Where a property of the object literal that begins after `before` has this name. */
function nameOffset(plain: string, from: number, before: RegExp, name: string): number | undefined {
  const property = new RegExp(`(?<![.\\w$])['"]?${RegExp.escape(name)}['"]?\\s*(?=[:,(}])`, 'y');
  return firstInside(plain, from, before, '{', (offset) => {
    property.lastIndex = offset;
    return property.test(plain);
  });
}

/** Where the object of this index is in the list that begins after a name. */
function entryOffset(plain: string, from: number, index: number): number | undefined {
  let left = index;
  return firstInside(plain, from, /[\w$'"]+\s*:\s*/, '[', (offset) => plain[offset] === '{' && left-- === 0);
}

/** The first offset directly inside of the literal, in none that is nested, at which `isIt`. */
function firstInside(
  plain: string,
  from: number,
  before: RegExp,
  opening: '{' | '[',
  isIt: (offset: number) => boolean,
): number | undefined {
  const start = new RegExp(`${before.source}\\${opening}`, 'y');
  start.lastIndex = from;
  if (!start.test(plain)) return undefined;
  let depth = 1;
  for (let offset = start.lastIndex; offset < plain.length && depth > 0; offset += 1) {
    if (depth === 1 && isIt(offset)) return offset;
    const character = plain.charAt(offset);
    if ('{[('.includes(character)) depth += 1;
    else if ('}])'.includes(character)) depth -= 1;
  }
  return undefined;
}

/**
 * The first await that stands in no function, as far as the text tells: in no braces or, without such a one, anywhere.
 * Undefined if there is none.
 */
export function placeOfAwait(file: string, text: string): Place | undefined {
  const plain = withoutWords(text);
  let first: number | undefined;
  let depth = 0;
  for (const { 0: word, index } of plain.matchAll(/[{}]|(?<![.\w$])await(?![\w$])/g)) {
    if (word === '{') depth += 1;
    else if (word === '}') depth -= 1;
    else if (depth === 0) return placeAt(file, text, index);
    else first ??= index;
  }
  return first === undefined ? undefined : placeAt(file, text, first);
}

/** What a text field is set to, where a file that cannot be loaded says so plainly: `id: 'simple'`. */
export function saidText(text: string, name: string): string | undefined {
  const plain = withoutWords(text);
  const from = exportOffset(plain);
  const offset = from === undefined ? undefined : nameOffset(plain, from, /[^;{}]*?/, name);
  if (offset === undefined) return undefined;
  const [, , said] = /^[\w$'"]+\s*:\s*(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/.exec(text.slice(offset)) ?? [];
  return said;
}
