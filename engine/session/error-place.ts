// Where in the program an error that ended it is, with the lines around, and what to do about the usual ones. Node tells
// it in different ways: before a syntax error's text, in a stack, or (a failed import) only by the importing file's name.
// Runs in the session at a run's end; the files are read as they are then.

import { access, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Place } from '../protocol/explanation.ts';
import type { RunBatchOf } from '../protocol/run-batch.ts';
import type { Outcome } from '../protocol/run-report.ts';
import { SCRIPT_EXTENSIONS } from '../protocol/run-description.ts';

export type ReportedError = NonNullable<Outcome['error']>;

const MAXIMUM_READ_BYTES = 16 * 1024 * 1024;
const LINES_AROUND = 2;
const MAXIMUM_LINE_CHARACTERS = 160;
const MAXIMUM_MARK_CHARACTERS = 1_000;
/** What Node ends with when nothing is left to do but an await of the program's own module. */
const UNSETTLED_AWAIT_EXIT_CODE = 13;
/** How many files are looked through for the import of another. */
const MAXIMUM_IMPORTERS = 100;

/**
 * Adds place, frame and hint, as far as they can be told.
 * @param context.stderrTail the last lines of standard error: Node shows a syntax error there
 * @param context.scriptPath the script that ran; absent: a scenario
 */
export async function locateError(
  error: ReportedError,
  context: {
    readonly stderrTail: readonly string[];
    readonly displayFile: (file: string) => string;
    readonly scriptPath?: string;
  },
): Promise<ReportedError> {
  const { displayFile, scriptPath } = context;
  const found =
    placeBefore(error.stack.split('\n'), error) ??
    (await placeOfImport(error, scriptPath)) ??
    placeInStack(error.stack) ??
    placeBefore(context.stderrTail, error);
  const hint = await hintFor(error, found);
  if (found === undefined) return { ...error, ...(hint !== undefined && { hint }) };
  const place = { ...found, file: displayFile(found.file) };
  const text = await readText(place.file);
  const frame = text === undefined ? undefined : codeFrame(text, place);
  return { ...error, place, ...(frame !== undefined && { frame }), ...(hint !== undefined && { hint }) };
}

/** The place of a top-level await that never settled, as Node says it on standard error; undefined if it does not. */
export function unsettledAwaitPlace(stderrTail: readonly string[]): Place | undefined {
  const row = stderrTail.findLastIndex((line) => line.startsWith('Warning: Detected unsettled top-level await at '));
  const [, file, line] = /unsettled top-level await at (.+):(\d+)$/.exec(stderrTail[row] ?? '') ?? [];
  if (file === undefined) return undefined;
  const caret = stderrTail.slice(row + 1, row + 4).find((text) => /^\s*\^+\s*$/.test(text));
  return { file: toPath(file), line: Number(line), column: caretColumn(caret) };
}

/**
 * What Node puts before an error's text: `file:line`, the source line, a line of carets. Only that of this error counts, and
 * only in a file of the program.
 */
function placeBefore(lines: readonly string[], error: ReportedError): Place | undefined {
  const [firstLine = ''] = error.message.split('\n');
  const end = lines.findLastIndex((line) => line.includes(firstLine) && line.includes(error.name));
  const head = (end === -1 ? lines : lines.slice(0, end)).findLastIndex((line) => HEADER.test(line));
  const [, file = '', line] = HEADER.exec(lines[head] ?? '') ?? [];
  if (head === -1 || file.startsWith('node:')) return undefined;
  const shown = lines.slice(head + 1, end === -1 ? head + 10 : end);
  const caret = shown.find((text) => /^\s*\^+\s*$/.test(text));
  return { file: toPath(file), line: Number(line), column: caretColumn(caret) };
}
const HEADER = /^((?:file:\/\/|node:|\/|[A-Za-z]:[\\/]).*?):(\d+)$/;

function caretColumn(caretLine: string | undefined): number {
  return caretLine === undefined ? 1 : caretLine.indexOf('^') + 1;
}

/** The first frame in the program's own files, before those of its packages. */
function placeInStack(stack: string): Place | undefined {
  const frames = [...stack.matchAll(/^ +at (?:.* \()?((?:file:\/\/|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/gm)].map(
    ([, file = '', line, column]) => ({ file: toPath(file), line: Number(line), column: Number(column) }),
  );
  return frames.find(({ file }) => !/[\\/]node_modules[\\/]/.test(file)) ?? frames[0];
}

/** The import statement of a module that could not be found or loaded: Node says at most which file imports it. */
async function placeOfImport(error: ReportedError, scriptPath: string | undefined): Promise<Place | undefined> {
  const failed = failedImport(error);
  if (failed === undefined) return undefined;
  if (failed.importer !== undefined) {
    const text = await readText(failed.importer);
    const place = text === undefined ? undefined : findImport(failed.importer, text, failed.isIt);
    return place ?? { file: failed.importer, line: 1, column: 1 };
  }
  if (scriptPath === undefined) return undefined;
  // Nobody says who imports it: the script does, or one of the modules that it imports by a relative path.
  const files = new Set([scriptPath]);
  for (const file of files) {
    const text = await readText(file);
    if (text === undefined) continue;
    const place = findImport(file, text, failed.isIt);
    if (place !== undefined) return place;
    for (const { specifier } of importsOf(text)) {
      const path = resolveSpecifier(specifier, file);
      if (path !== undefined && files.size < MAXIMUM_IMPORTERS && SCRIPT_EXTENSIONS.some((end) => path.endsWith(end))) {
        files.add(path);
      }
    }
  }
  return undefined;
}

interface FailedImport {
  readonly importer?: string;
  readonly isIt: (specifier: string, importer: string) => boolean;
}

function failedImport({ message }: ReportedError): FailedImport | undefined {
  const [, importer] = / imported from (.+)$/m.exec(message) ?? [];
  const from = importer === undefined ? {} : { importer: toPath(importer) };
  const [, missing] =
    /^(?:Cannot find module|Directory import) '(.+?)'/.exec(message) ??
    /^Module "(.+?)" needs an import attribute/.exec(message) ??
    /^Unknown file extension ".*?" for (.+)$/.exec(message) ??
    [];
  if (missing !== undefined) {
    const path = toPath(missing);
    if (!isAbsolute(path)) return undefined;
    return { ...from, isIt: (specifier, file) => resolveSpecifier(specifier, file) === path };
  }
  const [, name] = /^Cannot find package '(.+?)'/.exec(message) ?? [];
  if (name !== undefined) {
    const isPart = (specifier: string) => specifier === name || specifier.startsWith(`${name}/`);
    return { ...from, isIt: (specifier) => isPart(specifier) };
  }
  const [, subpath, manifest] =
    /^(?:Package subpath '\.(.*?)'|No "exports" main) (?:is not )?defined.*? in (.+?package\.json)/.exec(message) ?? [];
  if (manifest === undefined) return undefined;
  const packageName = toPath(manifest)
    .replaceAll('\\', '/')
    .replace(/^.*\/node_modules\//, '')
    .replace(/\/package\.json$/, '');
  return { ...from, isIt: (specifier) => specifier === `${packageName}${subpath ?? ''}` };
}

interface Import {
  readonly specifier: string;
  readonly offset: number;
}

/** `from '…'`, `import '…'`, `import('…')`, `require('…')`, wherever such words stand. */
function importsOf(text: string): Import[] {
  return [...text.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/g)].map((match) => {
    const [whole, , specifier = ''] = match;
    return { specifier, offset: match.index + whole.length - specifier.length - 2 };
  });
}

function findImport(file: string, text: string, isIt: FailedImport['isIt']): Place | undefined {
  const found = importsOf(text).find(({ specifier }) => isIt(specifier, file));
  if (found === undefined) return undefined;
  const before = text.slice(0, found.offset).split('\n');
  return { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function resolveSpecifier(specifier: string, importer: string): string | undefined {
  if (specifier.startsWith('file:')) return toPath(specifier);
  if (!/^(?:\.{0,2}\/|[A-Za-z]:[\\/])/.test(specifier)) return undefined;
  try {
    const { href } = new URL(specifier, pathToFileURL(importer));
    return toPath(href.replace(/[?#].*$/, ''));
  } catch {
    // An address that cannot be one is not the one that is sought.
    return undefined;
  }
}

async function hintFor(error: ReportedError, place: Place | undefined): Promise<string | undefined> {
  const { message, stack } = error;
  const file = place === undefined ? 'the file' : basename(place.file);
  const stem = file.slice(0, file.length - extname(file).length);
  const [, package_] = /^Cannot find package '(.+?)'/.exec(message) ?? [];
  if (package_ !== undefined) {
    const folder = place === undefined ? '' : ` in ${dirname(place.file)} or a folder above it`;
    return `Install it: npm install ${package_}${folder}.`;
  }
  const [, missing] = /^Cannot find module '(.+?)'/.exec(message) ?? [];
  if (missing !== undefined) return hintForMissingFile(toPath(missing), place);
  if (/needs an import attribute of /.test(message)) return "Say so in the import: with { type: 'json' }.";
  if (/^(?:require|module|exports|__filename|__dirname) is not defined in ES module scope/.test(message)) {
    return `Use import and import.meta, or rename ${file} to ${stem}.cjs.`;
  }
  if (/^Cannot use import statement outside a module|^Unexpected token 'export'/.test(message)) {
    return `Rename ${file} to ${stem}.mjs, or put "type": "module" in its package.json.`;
  }
  if (/^await is only valid in async functions/.test(message) && /\.(?:cjs|js|cts|ts)$/.test(file)) {
    return `Top-level await needs an ES module: rename ${file} to ${stem}${/ts$/.test(file) ? '.mts' : '.mjs'}.`;
  }
  if (stack.includes('ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')) {
    return 'Node.js only strips types. Write it without (a const object for an enum), compile it first, or give the program NODE_OPTIONS=--experimental-transform-types.';
  }
  if (/^Unknown file extension "\.[cm]?ts"/.test(message)) {
    return 'Choose a Node.js that strips types by itself: 22.18 or later.';
  }
  return undefined;
}

async function hintForMissingFile(missing: string, place: Place | undefined): Promise<string | undefined> {
  const isPackage = !isAbsolute(missing) && !missing.startsWith('.');
  if (isPackage) return `Install it: npm install ${missing.split('/', missing.startsWith('@') ? 2 : 1).join('/')}.`;
  if (place === undefined) return undefined;
  const path = resolve(dirname(place.file), missing);
  const others = SCRIPT_EXTENSIONS.flatMap((extension) => [
    path + extension,
    path.slice(0, path.length - extname(path).length) + extension,
    join(path, `index${extension}`),
  ]);
  for (const other of others) {
    const isThere = await access(other).then(
      () => true,
      () => false,
    );
    if (isThere) return `There is ${other}: name it with its extension.`;
  }
  return undefined;
}

/**
 * Five lines with their numbers, and a caret under the column. Long lines are cut to what is around it.
 * @returns undefined if the text has no such line: the file was changed since
 */
export function codeFrame(text: string, { line, column }: Pick<Place, 'line' | 'column'>): string | undefined {
  const lines = text.split(/\r?\n/);
  if (line < 1 || line > lines.length) return undefined;
  const last = Math.min(lines.length, line + LINES_AROUND);
  const width = String(last).length;
  const cutAt = Math.max(0, column - 1 - MAXIMUM_LINE_CHARACTERS / 2);
  const shown: string[] = [];
  for (let number = Math.max(1, line - LINES_AROUND); number <= last; number += 1) {
    const source = (lines[number - 1] ?? '').slice(cutAt, cutAt + MAXIMUM_LINE_CHARACTERS);
    const isIt = number === line;
    shown.push(`${isIt ? '>' : ' '} ${String(number).padStart(width)} | ${source}`.trimEnd());
    if (!isIt) continue;
    // A tab takes as much room before the caret as in the line above it.
    const indent = source.slice(0, column - 1 - cutAt).replaceAll(/[^\t]/g, ' ');
    shown.push(`  ${' '.repeat(width)} | ${indent}^`);
  }
  return shown.join('\n');
}

function toPath(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch {
    // Programs may name code as they like.
    return file;
  }
}

/** Undefined if it is no longer there, is no file, or is too large to be looked through. */
async function readText(path: string): Promise<string | undefined> {
  if (!isAbsolute(path)) return undefined;
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > MAXIMUM_READ_BYTES) return undefined;
    return await readFile(path, 'utf8');
  } catch {
    // The place is told without its lines then.
    return undefined;
  }
}

/** An outcome whose error, if it has one, says where it is; also that of a top-level await that never settled. */
export async function withErrorPlace(
  outcome: Outcome,
  context: { readonly displayFile: (file: string) => string; readonly scriptPath?: string },
): Promise<Outcome> {
  const { stderrTail = [] } = outcome;
  if (outcome.error !== undefined) {
    return { ...outcome, error: await locateError(outcome.error, { ...context, stderrTail }) };
  }
  const found = outcome.exitCode === UNSETTLED_AWAIT_EXIT_CODE ? unsettledAwaitPlace(stderrTail) : undefined;
  if (found === undefined) return outcome;
  const place = { ...found, file: context.displayFile(found.file) };
  const text = await readText(place.file);
  const frame = text === undefined ? undefined : codeFrame(text, place);
  const message = 'A top-level await never settled: nothing was left to do that could have settled it.';
  return {
    ...outcome,
    error: { name: 'Unsettled await', message, stack: '', place, ...(frame !== undefined && { frame }) },
  };
}

/** The mark for what nobody caught: what it was, in one line, and where it was made. */
export function uncaughtMark(
  uncaught: { readonly atMs: number; readonly origin: string; readonly error: ReportedError },
  displayFile: (file: string) => string,
): RunBatchOf<'marks'>['items'][number] {
  const { atMs, origin, error } = uncaught;
  const [firstLine = ''] = error.message.split('\n');
  const place = placeBefore(error.stack.split('\n'), error) ?? placeInStack(error.stack);
  return {
    kind: origin === 'unhandledRejection' ? 'unhandled-rejection' : 'uncaught-exception',
    name: `${error.name}: ${firstLine}`.slice(0, MAXIMUM_MARK_CHARACTERS),
    atMs,
    ...(place && { place: { ...place, file: displayFile(place.file) } }),
  };
}
