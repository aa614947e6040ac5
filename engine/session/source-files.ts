// Files of the user's, as clients may see them: folders to choose a script from, scripts before they are run, sources to be
// shown. Whatever a path names (a pipe, a device, a file of gigabytes), nothing here waits for it or reads it whole.
// Runs in the session; called by the engine.

import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import type { EngineEventOf, Refusal } from '../protocol/event.ts';
import { SCRIPT_EXTENSIONS } from '../protocol/run-description.ts';
import { Refused } from './refused.ts';

export const MAXIMUM_SOURCE_BYTES = 4 * 1024 * 1024;
/** A script is checked for being text so far; bundles have megabytes. */
const CHECKED_BYTES = 1024 * 1024;
const MAXIMUM_PATH_CHARACTERS = 4_096;
const MAXIMUM_ENTRIES = 1_000;
/** Each has to be looked at to know what it points to. */
const MAXIMUM_LINKS = 2_000;
const MAXIMUM_SUGGESTIONS = 3;
const NODE_COMMAND = /^node(js)?(\.exe)?$/;

type Folder = Omit<EngineEventOf<'folder'>, 'type' | 'requestId'>;
type FolderEntry = Folder['entries'][number];

/** True if Node runs files with this name as programs. */
export function isScriptName(name: string): boolean {
  return SCRIPT_EXTENSIONS.some((extension) => extension === extname(name));
}

/**
 * Checks that a script can be started: it is there, a file, text, and a script by its name, by the name of the file that it
 * links to, or by a shebang that names node, as the commands in `node_modules/.bin` are.
 * @throws Refused `bad-file` that says what to do
 */
export async function checkScript(path: string): Promise<void> {
  await checkFile(path, 'bad-file');
  const text = await readText(path, 'bad-file', CHECKED_BYTES);
  if (!isScriptName(path) && !isScriptName(await realpath(path)) && !hasNodeShebang(text)) {
    throw new Refused(
      'bad-file',
      `${path} is not a script that Node.js runs. Allowed: files that end in ${SCRIPT_EXTENSIONS.join(', ')}, links to ` +
        'such files, and files whose first line is a Node shebang (#!/usr/bin/env node).',
    );
  }
}

/** True of `#!/usr/bin/node`, `#!/usr/bin/env node` and `#!/usr/bin/env -S A=b node --option`. */
function hasNodeShebang(text: string): boolean {
  const [, line] = /^#!([^\r\n]*)/.exec(text) ?? [];
  if (line === undefined) return false;
  const [interpreter = '', ...words] = line.trim().split(/\s+/);
  const isNamed = (name: RegExp, command: string) => name.test(basename(command));
  if (!isNamed(/^env$/, interpreter)) return isNamed(NODE_COMMAND, interpreter);
  const command = words.map((word) => word.replace(/^-v?S/, '')).find((word) => word !== '' && !/^-|=/.test(word));
  return command !== undefined && isNamed(NODE_COMMAND, command);
}

/** Checks that programs can work in a folder. @throws Refused `bad-path` */
export async function checkWorkingDirectory(path: string): Promise<void> {
  checkPath(path, 'bad-path');
  const found = await lookAt(path, 'bad-path', 'folder');
  if (!found.isDirectory()) throw new Refused('bad-path', `${path} is not a folder, so nothing can be run in it.`);
}

/**
 * Folders and scripts in a folder; hidden ones and `node_modules` come last. Links count as what they point to.
 * @param path absolute; absent: the user's home
 * @throws Refused `bad-path`
 */
export async function listFolder(path: string = homedir()): Promise<Folder> {
  checkPath(path, 'bad-path');
  const folder = resolve(path);
  const found = await lookAt(folder, 'bad-path', 'folder');
  if (!found.isDirectory()) throw new Refused('bad-path', `${folder} is not a folder.`);
  const all = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Refused('bad-path', `${folder} cannot be read: ${reasonOf(error)}.`);
  });
  const entries: FolderEntry[] = [];
  const links: string[] = [];
  for (const entry of all) {
    if (entry.isSymbolicLink()) links.push(entry.name);
    else add(entry.name, entry.isDirectory(), entry.isFile());
  }
  function add(name: string, isFolder: boolean, isFile: boolean): void {
    const isScript = isFile && isScriptName(name) && !/\.d\.[cm]?ts$/i.test(name);
    if (isFolder || isScript) entries.push({ name, path: join(folder, name), kind: isFolder ? 'folder' : 'script' });
  }
  await Promise.all(
    links.slice(0, MAXIMUM_LINKS).map(async (name) => {
      // What points nowhere is neither a folder nor a script.
      const target = await stat(join(folder, name)).catch(() => undefined);
      if (target !== undefined) add(name, target.isDirectory(), target.isFile());
    }),
  );
  const names = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  const isMinor = ({ name }: FolderEntry) => name.startsWith('.') || name === 'node_modules';
  entries.sort(
    (one, other) =>
      Number(one.kind === 'script') - Number(other.kind === 'script') ||
      Number(isMinor(one)) - Number(isMinor(other)) ||
      names.compare(one.name, other.name),
  );
  const omitted = Math.max(0, entries.length - MAXIMUM_ENTRIES) + Math.max(0, links.length - MAXIMUM_LINKS);
  const parent = dirname(folder);
  return {
    path: folder,
    ...(parent !== folder && { parent }),
    entries: entries.slice(0, MAXIMUM_ENTRIES),
    ...(omitted > 0 && { entriesOmitted: omitted }),
  };
}

/**
 * The text of a file that a client may see, and when it was last changed.
 * @param isNamedByRun whether a run that is kept names this file; others must be scripts
 * @throws Refused `bad-path`
 */
export async function readSource(
  path: string,
  isNamedByRun: (path: string) => boolean,
): Promise<{ readonly text: string; readonly changedAt: string }> {
  checkPath(path, 'bad-path');
  if (!isScriptName(path) && !isNamedByRun(path)) {
    throw new Refused('bad-path', `${path} is neither a script nor a file that a run names, so it is not shown.`);
  }
  const { mtime } = await checkFile(path, 'bad-path');
  return { text: await readText(path, 'bad-path'), changedAt: mtime.toISOString() };
}

function checkPath(path: string, refusal: Refusal): void {
  const refuse = (message: string) => new Refused(refusal, message);
  if (path.trim() === '') throw refuse('The path is empty.');
  if (path.includes('\0')) throw refuse('The path contains a zero byte.');
  if (path.length > MAXIMUM_PATH_CHARACTERS) throw refuse('The path is too long.');
  if (!isAbsolute(path)) throw refuse(`${JSON.stringify(path)} is not an absolute path.`);
}

/** What is known of a file that can be opened. @throws Refused, as `refusal`, if there is none */
export async function checkFile(path: string, refusal: Refusal): Promise<Awaited<ReturnType<typeof stat>>> {
  checkPath(path, refusal);
  const found = await lookAt(path, refusal, 'file');
  if (found.isFile()) return found;
  const what = found.isDirectory()
    ? 'a folder'
    : found.isFIFO()
      ? 'a named pipe'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  throw new Refused(refusal, `${path} is ${what}, not a file.`);
}

async function lookAt(path: string, refusal: Refusal, wanted: 'file' | 'folder'): ReturnType<typeof stat> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new Refused(refusal, `${path} cannot be opened: ${reasonOf(error)}.`);
    const near = await nearNames(path, wanted);
    const hint = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
    throw new Refused(refusal, `There is no ${wanted} ${path}.${hint}`);
  }
}

/** @param maximumBytes read at most so many; absent: a file with more than MAXIMUM_SOURCE_BYTES is refused */
async function readText(path: string, refusal: Refusal, maximumBytes?: number): Promise<string> {
  const refuse = (message: string) => new Refused(refusal, message);
  let bytes: Buffer;
  let isWhole: boolean;
  try {
    // Not blocking: a pipe may have taken the file's place since it was looked at.
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const { size } = await file.stat();
    if (maximumBytes === undefined && size > MAXIMUM_SOURCE_BYTES) {
      throw refuse(
        `${path} has ${Math.ceil(size / 1e6)} MB; at most ${MAXIMUM_SOURCE_BYTES / 1024 / 1024} MiB are shown.`,
      );
    }
    const buffer = Buffer.alloc(Math.min(size, maximumBytes ?? size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    bytes = buffer.subarray(0, bytesRead);
    isWhole = bytesRead >= size;
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw refuse(`${path} cannot be read: ${reasonOf(error)}.`);
  }
  const binary = `${path} is a binary file, not a text`;
  if (bytes.includes(0)) throw refuse(`${binary}: it contains zero bytes.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole });
  } catch {
    throw refuse(`${binary} in UTF-8. Save it in UTF-8 to use it.`);
  }
}

/** Names in the folder that a mistyped path may have meant; in its nearest folder that is there. */
async function nearNames(path: string, wanted: 'file' | 'folder'): Promise<string[]> {
  const name = basename(path).toLowerCase();
  const folder = dirname(path);
  // There is nothing to suggest from a folder that cannot be read, or is not there itself.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const stem = (text: string) => text.slice(0, text.length - extname(text).length);
  const distanceTo = (candidate: string): number => {
    const other = candidate.toLowerCase();
    return stem(other) === stem(name) ? 0.5 : editDistance(name, other);
  };
  return entries
    .filter((entry) => (wanted === 'file' ? entry.isFile() && isScriptName(entry.name) : entry.isDirectory()))
    .slice(0, MAXIMUM_LINKS)
    .map((entry) => ({ path: join(folder, entry.name), distance: distanceTo(entry.name) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.min(3, name.length / 3)))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, MAXIMUM_SUGGESTIONS)
    .map((near) => near.path);
}

/** How many characters have to be put in, left out or replaced (Levenshtein). */
function editDistance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 3) return Infinity;
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? Infinity;
}

/** Node's words without the call and the path, which stand in the sentence already. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOTDIR':
      return 'a part of the path is not a folder';
    case 'ENAMETOOLONG':
      return 'the name is too long';
    case 'ELOOP':
      return 'its links go round in a circle';
    default:
      return message.replace(/^\w+: /, '').replace(/, .*$/s, '');
  }
}
