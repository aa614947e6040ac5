// What the text of the program tells beyond a snapshot: where a variable is declared, and which functions of a scope use it.
// A light reading by brackets and words, not a parser: what it does not recognize it does not tell. Runs in the thread that
// explains snapshots; reads the program's files and nothing else.

import { readFileSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Place } from '../protocol/explanation.ts';

const MAXIMUM_SOURCE_BYTES = 4_000_000;
const MAXIMUM_FILES = 200;
/** Characters that are looked through in all: a run of large bundles may have thousands of reasons in them. */
const MAXIMUM_READING = 300_000_000;

const WORD = /[\p{ID_Continue}$]/u;
/** After these a slash begins a regular expression. */
const BEFORE_EXPRESSION =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield))$/;

/** `text` with comments and the contents of strings and regular expressions blanked, every position kept. */
export function maskSource(text: string): string {
  const out: string[] = [];
  let copied = 0;
  const blank = (from: number, to: number): void => {
    out.push(text.slice(copied, from), text.slice(from, to).replace(/[^\n\r]/g, ' '));
    copied = to;
  };
  /** Depths of braces at which an expression inside a template ends. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  let significant = '';
  const skipTemplate = (from: number): number => {
    let end = from;
    while (end < text.length && text[end] !== '`') {
      if (text[end] === '\\') end++;
      else if (text[end] === '$' && text[end + 1] === '{') {
        blank(from, end);
        templates.push(depth++);
        return end + 2;
      }
      end++;
    }
    blank(from, Math.min(end, text.length));
    return end + 1;
  };
  while (at < text.length) {
    const character = text[at]!;
    if (character === '/' && text[at + 1] === '/') {
      let end = text.indexOf('\n', at);
      if (end < 0) end = text.length;
      blank(at, end);
      at = end;
      continue;
    }
    if (character === '/' && text[at + 1] === '*') {
      const end = text.indexOf('*/', at + 2);
      const after = end < 0 ? text.length : end + 2;
      blank(at, after);
      at = after;
      continue;
    }
    if (character === '"' || character === "'") {
      let end = at + 1;
      while (end < text.length && text[end] !== character && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
      blank(at + 1, Math.min(end, text.length));
      at = end + 1;
      significant = '"';
      continue;
    }
    if (character === '`') {
      at = skipTemplate(at + 1);
      significant = '`';
      continue;
    }
    if (character === '/' && BEFORE_EXPRESSION.test(significant)) {
      let end = at + 1;
      let isInClass = false;
      while (end < text.length && text[end] !== '\n' && (isInClass || text[end] !== '/')) {
        if (text[end] === '\\') end++;
        else if (text[end] === '[') isInClass = true;
        else if (text[end] === ']') isInClass = false;
        end++;
      }
      if (text[end] === '/') {
        blank(at + 1, end);
        at = end + 1;
        significant = '"';
        continue;
      }
    }
    if (character === '{') depth++;
    if (character === '}') {
      depth--;
      if (templates.at(-1) === depth) {
        templates.pop();
        at = skipTemplate(at + 1);
        significant = '`';
        continue;
      }
    }
    if (character.trim() !== '')
      significant = WORD.test(character) ? `${significant.slice(-12)}${character}` : character;
    else if (WORD.test(significant.at(-1) ?? '')) significant = `${significant.slice(-12)} `.trimEnd();
    at++;
  }
  out.push(text.slice(copied));
  return out.join('');
}

interface Span {
  readonly start: number;
  readonly end: number;
}
interface FunctionSpan extends Span {
  readonly name: string;
}

const NO_FUNCTION = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'function', 'return', 'await', 'typeof']);
const escaped = (name: string): string => name.replace(/[$]/g, '\\$&');
const useOf = (name: string): RegExp =>
  new RegExp(`(?<![\\p{ID_Continue}$#]|(?<!\\.\\.)\\.)${escaped(name)}(?![\\p{ID_Continue}$])`, 'gu');
const declarationsOf = (name: string): RegExp[] => [
  new RegExp(`\\b(?:const|let|var|class|using)\\s+${escaped(name)}(?![\\p{ID_Continue}$])`, 'gu'),
  new RegExp(`\\bfunction\\s*\\*?\\s*${escaped(name)}(?![\\p{ID_Continue}$])`, 'gu'),
  // Of several that are declared at once, or taken out of an object.
  new RegExp(`\\b(?:const|let|var)\\s*(?:[^;=]*[{[,]\\s*|[^;]*,\\s*)${escaped(name)}(?![\\p{ID_Continue}$])`, 'gu'),
];

class SourceFile {
  readonly masked: string;
  readonly #lineStart: number[] = [0];
  #functions: FunctionSpan[] | undefined;

  constructor(text: string) {
    this.masked = maskSource(text);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStart.push(at + 1);
  }

  offsetOf({ line, column }: Place): number {
    return (this.#lineStart[line - 1] ?? this.masked.length) + column - 1;
  }

  placeOf(file: string, offset: number): Place {
    let low = 0;
    let high = this.#lineStart.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#lineStart[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - this.#lineStart[low]! + 1 };
  }

  /** The offset behind the bracket that closes the one at `open`. */
  #behindBracket(open: number): number {
    let depth = 0;
    for (let at = open; at < this.masked.length; at++) {
      const character = this.masked[at];
      if (character === '{' || character === '(' || character === '[') depth++;
      else if (character === '}' || character === ')' || character === ']') {
        depth--;
        if (depth === 0) return at + 1;
      }
    }
    return this.masked.length;
  }

  /** Where the function ends whose parameters, or whose keyword, are at `start`. */
  functionEnd(start: number): number {
    const { masked } = this;
    let at = start;
    const skipSpace = (): void => {
      while (at < masked.length && masked[at]!.trim() === '') at++;
    };
    if (/^(?:class)\b/.test(masked.slice(at, at + 6))) {
      while (at < masked.length && masked[at] !== '{') at++;
      return this.#behindBracket(at);
    }
    while (at < masked.length && masked[at] !== '(' && masked[at] !== '=' && masked[at] !== '{') at++;
    if (masked[at] === '(') {
      at = this.#behindBracket(at);
      // A result type stands between parameters and body in TypeScript.
      const body = /^\s*(?::[^={;]*)?(?:=>|\{)/.exec(masked.slice(at, at + 500));
      if (body !== null) at += body[0].length - (body[0].endsWith('{') ? 1 : 2);
    }
    skipSpace();
    if (masked[at] === '{') return this.#behindBracket(at);
    if (masked.startsWith('=>', at)) {
      at += 2;
      skipSpace();
      if (masked[at] === '{') return this.#behindBracket(at);
      let depth = 0;
      for (; at < masked.length; at++) {
        const character = masked[at]!;
        if (character === '(' || character === '[' || character === '{') depth++;
        else if (character === ')' || character === ']' || character === '}') {
          if (depth === 0) return at;
          depth--;
        } else if (depth === 0 && (character === ',' || character === ';')) return at;
      }
    }
    return at;
  }

  /** All functions that can be told, in the order of their beginnings. */
  get functions(): readonly FunctionSpan[] {
    if (this.#functions !== undefined) return this.#functions;
    const found: FunctionSpan[] = [];
    const name = '[\\p{ID_Start}$_#][\\p{ID_Continue}$]*';
    const shapes = [
      new RegExp(`\\bfunction\\s*\\*?\\s*(${name})?\\s*(?=\\()`, 'gu'),
      new RegExp(
        `(?:(${name})\\s*[:=]\\s*)?(?:async\\s*)?(?=(?:\\([^()]*(?:\\([^()]*\\)[^()]*)*\\)(?:\\s*:[^=;{}()]*)?|${name})\\s*=>)`,
        'gu',
      ),
      new RegExp(
        `(?<![.\\p{ID_Continue}$])(${name})\\s*(?=\\([^()]*(?:\\([^()]*\\)[^()]*)*\\)(?:\\s*:[^=;{}()]*)?\\s*\\{)`,
        'gu',
      ),
    ];
    const starts = new Set<number>();
    for (const shape of shapes) {
      for (const match of this.masked.matchAll(shape)) {
        const start = match.index + match[0].length;
        if (NO_FUNCTION.has(match[1] ?? '') || starts.has(start)) continue;
        starts.add(start);
        found.push({ name: match[1] ?? '', start, end: this.functionEnd(start) });
      }
    }
    return (this.#functions = found.sort((one, other) => one.start - other.start));
  }

  /** Spans of the blocks and bodies around `offset`, innermost first; the whole file is the last. */
  blocksAround(offset: number): Span[] {
    const open: number[] = [];
    const spans: Span[] = [];
    for (let at = 0; at < offset; at++) {
      if (this.masked[at] === '{') open.push(at);
      else if (this.masked[at] === '}') open.pop();
    }
    while (open.length > 0) {
      const start = open.pop()!;
      spans.push({ start, end: this.#behindBracket(start) });
    }
    spans.push({ start: 0, end: this.masked.length });
    return spans;
  }

  depthAt(offset: number): number {
    let depth = 0;
    for (let at = 0; at < offset; at++) {
      if (this.masked[at] === '{') depth++;
      else if (this.masked[at] === '}') depth--;
    }
    return depth;
  }

  /** Offsets of the names in declarations of `name` within a span. */
  declarations(name: string, { start, end }: Span): number[] {
    const text = this.masked.slice(start, end);
    const found = new Set<number>();
    for (const shape of declarationsOf(name)) {
      for (const match of text.matchAll(shape)) found.add(start + match.index + match[0].length - name.length);
      if (found.size > 0) break;
    }
    return [...found].sort((one, other) => one - other);
  }

  /** Those of the declarations within a span that are not in a block which ends before `from`, the nearest first. */
  declarationsFor(name: string, span: Span, from: number): number[] {
    return this.declarations(name, span)
      .filter((offset) => {
        const [block, around] = this.blocksAround(offset);
        const isPattern = /\b(?:const|let|var)\s*$/.test(
          this.masked.slice(Math.max(0, (block?.start ?? 0) - 20), block?.start),
        );
        const scope = isPattern ? around : block;
        return scope !== undefined && scope.start <= from && scope.end > from;
      })
      .sort((one, other) => Math.abs(one - from) - Math.abs(other - from));
  }

  uses(name: string, { start, end }: Span): number[] {
    return [...this.masked.slice(start, end).matchAll(useOf(name))].map(({ index }) => start + index);
  }

  /** Whether it calls `eval` by that name: `(0, eval)(…)` sees globals alone. */
  callsEval(span: Span): boolean {
    return this.uses('eval', span).some((at) => /^\s*\(/.test(this.masked.slice(at + 'eval'.length, at + 40)));
  }
}

export interface SharingFunction {
  /** Empty for an anonymous function. */
  readonly name: string;
  readonly place: Place;
}

export class SourceTexts {
  readonly #files = new Map<string, SourceFile | undefined>();
  readonly #read: (file: string) => string;
  readonly #byEval = new Map<string, boolean>();
  #left = MAXIMUM_READING;

  /** @param read gives the text of a file, or throws. */
  constructor(read: (file: string) => string = readSource) {
    this.#read = read;
  }

  #file(file: string, isSearched = true): SourceFile | undefined {
    if (this.#left <= 0) return undefined;
    const known = this.#files.get(file);
    if (known !== undefined || this.#files.has(file)) {
      if (isSearched) this.#left -= known?.masked.length ?? 0;
      return known;
    }
    let source: SourceFile | undefined;
    try {
      source = this.#files.size < MAXIMUM_FILES ? new SourceFile(this.#read(file)) : undefined;
    } catch {
      // Gone since, elsewhere or unreadable: then nothing is told of its text.
      source = undefined;
    }
    this.#files.set(file, source);
    return source;
  }

  /** Whether the function at `place` is a class, as far as its text tells. */
  isClass(place: Place): boolean {
    const source = this.#file(place.file, false);
    if (source === undefined) return false;
    const start = source.offsetOf(place);
    const { masked } = source;
    return (
      /^class\b/.test(masked.slice(start, start + 6)) ||
      /\bconstructor\s*$/.test(masked.slice(Math.max(0, start - 20), start))
    );
  }

  /** Whether the function at `place` is a generator, as far as its text tells. */
  isGenerator(place: Place): boolean {
    const source = this.#file(place.file, false);
    if (source === undefined) return false;
    const start = source.offsetOf(place);
    return /\*\s*[\p{ID_Continue}$#]*\s*$/u.test(source.masked.slice(Math.max(0, start - 100), start));
  }

  /** Where a variable is declared at the top level of a file; undefined where that cannot be told. */
  topLevelDeclaration(file: string, name: string): Place | undefined {
    const source = this.#file(file);
    if (source === undefined) return undefined;
    const found = source
      .declarations(name, { start: 0, end: source.masked.length })
      .find((offset) => isAtTopLevel(source, offset));
    return found === undefined ? undefined : source.placeOf(file, found);
  }

  /** The variable that a module exports as `name`; undefined where its text does not tell. */
  localName(file: string, name: string): string | undefined {
    const source = this.#file(file);
    if (source === undefined) return undefined;
    const identifier = '[\\p{ID_Start}$_][\\p{ID_Continue}$]*';
    for (const [, list = ''] of source.masked.matchAll(/\bexport\s*\{([^}]*)\}(?!\s*from\b)/g)) {
      const alias = new RegExp(`(?:^|,)\\s*(${identifier})\\s+as\\s+${escaped(name)}\\s*(?:,|$)`, 'u').exec(list);
      if (alias !== null) return alias[1];
    }
    if (name !== 'default') return undefined;
    return new RegExp(
      `\\bexport\\s+default\\s+(?:(?:async\\s+)?function\\s*\\*?|class)\\s+(?!extends\\b)(${identifier})`,
      'u',
    ).exec(source.masked)?.[1];
  }

  /** Where the only `await` at the top level of a module is; undefined if there are several, or none that can be told. */
  topLevelAwait(file: string): Place | undefined {
    const source = this.#file(file);
    if (source === undefined) return undefined;
    const found = [...source.masked.matchAll(/(?<![.\p{ID_Continue}$])await\b/gu)].filter(
      ({ index }) =>
        source.depthAt(index) === 0 && !source.functions.some(({ start, end }) => start <= index && index < end),
    );
    return found.length === 1 ? source.placeOf(file, found[0]!.index) : undefined;
  }

  /** Whether the function at `place` does not name the variable, but calls `eval`, which may. */
  reachesByEval(place: Place, name: string): boolean {
    const key = `${place.file}:${place.line}:${place.column} ${name}`;
    const known = this.#byEval.get(key);
    if (known !== undefined) return known;
    const source = this.#file(place.file);
    let isByEval = false;
    if (source !== undefined) {
      const start = source.offsetOf(place);
      const span = { start, end: source.functionEnd(start) };
      isByEval = source.callsEval(span) && source.uses(name, span).length === 0;
    }
    this.#byEval.set(key, isByEval);
    return isByEval;
  }

  /** True or false where the text tells; undefined where it does not. */
  isTopLevel(file: string, name: string): boolean | undefined {
    if (this.#file(file) === undefined) return undefined;
    return this.topLevelDeclaration(file, name) !== undefined;
  }

  /** Whether the function at `place` mentions `name` at all; undefined where its text cannot be told. */
  mentions(place: Place, name: string): boolean | undefined {
    const source = this.#file(place.file);
    if (source === undefined) return undefined;
    const start = source.offsetOf(place);
    const end = source.functionEnd(start);
    if (end <= start) return undefined;
    // `eval` may use every variable.
    if (source.callsEval({ start, end })) return true;
    return source.uses(name, { start, end }).length > 0;
  }

  /**
   * The function that uses the variable `name` of a scope around the function at `place`, other than that one: V8 keeps
   * the variable for it. Undefined where none can be told.
   */
  otherUser(place: Place, name: string): SharingFunction | undefined {
    const source = this.#file(place.file);
    if (source === undefined) return undefined;
    const start = source.offsetOf(place);
    const own: Span = { start, end: source.functionEnd(start) };
    for (const block of source.blocksAround(start)) {
      const isDeclared =
        source.declarationsFor(name, block, start).length > 0 ||
        source.uses(name, parametersBefore(source, block)).length > 0;
      if (!isDeclared) continue;
      for (const candidate of source.functions) {
        if (candidate.start < block.start || candidate.end > block.end) continue;
        if (candidate.start <= own.start && candidate.end >= own.end) continue;
        if (candidate.start >= own.start && candidate.end <= own.end) continue;
        if (source.uses(name, candidate).length === 0) continue;
        // A parameter of the same name is another variable.
        if (source.declarations(name, candidate).length > 0) continue;
        return { name: candidate.name, place: source.placeOf(place.file, candidate.start) };
      }
      return undefined;
    }
    return undefined;
  }

  /** Where `name` is declared in a scope around the function at `place`; undefined where that cannot be told. */
  declarationAround(place: Place, name: string): Place | undefined {
    const source = this.#file(place.file);
    if (source === undefined) return undefined;
    const from = source.offsetOf(place);
    for (const block of source.blocksAround(from)) {
      const [first] = source.declarationsFor(name, block, from);
      if (first !== undefined) return source.placeOf(place.file, first);
      const [parameter] = source.uses(name, parametersBefore(source, block));
      if (parameter !== undefined) return source.placeOf(place.file, parameter);
    }
    return undefined;
  }

  /** Where `name` is declared in the function at `place`; undefined where that cannot be told. */
  declarationWithin(place: Place, name: string): Place | undefined {
    const source = this.#file(place.file);
    if (source === undefined) return undefined;
    const start = source.offsetOf(place);
    const span = { start, end: source.functionEnd(start) };
    const [first] = source.declarations(name, span);
    const offset = first ?? source.uses(name, span)[0];
    return offset === undefined ? undefined : source.placeOf(place.file, offset);
  }
}

/** Brackets of destructuring are no blocks. */
function isAtTopLevel(source: SourceFile, offset: number): boolean {
  const depth = source.depthAt(offset);
  if (depth === 0) return true;
  const around = source.blocksAround(offset);
  return (
    depth === 1 &&
    /\b(?:const|let|var)\s*$/.test(source.masked.slice(Math.max(0, (around[0]?.start ?? 0) - 20), around[0]?.start))
  );
}

/** The parameters of the function whose body a block is; empty where it is another block. */
function parametersBefore(source: SourceFile, block: Span): Span {
  const before = source.masked.slice(Math.max(0, block.start - 2_000), block.start);
  const match = /(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\)|([\p{ID_Continue}$]+))\s*(?::[^={;()]*)?(?:=>\s*)?$/u.exec(
    before,
  );
  if (match === null || /\b(?:if|while|for|switch|with|catch)\s*$/.test(before.slice(0, match.index))) {
    return { start: block.start, end: block.start };
  }
  const offset = block.start - before.length;
  return { start: offset + match.index, end: block.start };
}

function readSource(file: string): string {
  if (!isAbsolute(file)) throw new Error(`${file} is no file.`);
  if (statSync(file).size > MAXIMUM_SOURCE_BYTES) throw new Error(`${file} is too large.`);
  return readFileSync(file, 'utf8');
}
