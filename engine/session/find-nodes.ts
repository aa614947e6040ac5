// The `node`s of this machine that scripts can run on: on the path, and where version managers keep theirs. Each is asked
// for its version by running it, for a bounded time. Runs in the session; called by the engine.

import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join, sep } from 'node:path';
import type { NodeListing } from '../protocol/event.ts';
import { messageOf } from './message-of.ts';
import { killTree } from './node-launcher.ts';
import { guardGroup, startGuard } from './process-guard.ts';
import { programEnvironment } from './program-environment.ts';
import { Refused } from './refused.ts';

/** The observer is compiled for this one, and does not load in older ones. */
export const OLDEST_NODE_MAJOR = 20;
/** Older ones are past their end of life: they are observed as far as it goes. */
export const OLDEST_SUPPORTED_NODE_MAJOR = 22;
/** A node says its version in some 20 ms; a shim that downloads first, or asks, is not waited for. */
const VERSION_DEADLINE_MS = 5_000;
const MAXIMUM_VERSION_CHARACTERS = 1_024;
const MAXIMUM_CANDIDATES = 300;
const ASKED_AT_ONCE = 4;

/** A `node` that programs can be started on. `version` is `24.21.0`. */
export interface UsableNode {
  readonly path: string;
  readonly version: string;
}

export interface NodeFinder {
  /** Default first, then the newest first, then those that cannot be used. Several names of one file are one. */
  list(): Promise<NodeListing[]>;
  /** Looks at one, now. A bare name is looked up on the path. @throws Refused if there is no such program */
  look(path: string): Promise<NodeListing>;
  /**
   * @param wanted a path, a name on the path, or a version (`22`, `v20.11`); absent: the default.
   * @throws Refused if there is none, or it cannot be used
   */
  choose(wanted?: string): Promise<UsableNode>;
}

export interface NodeFinderOptions {
  /** The host's own; a bare name is looked up on the path. */
  readonly defaultNode: string;
  /** Where to look; tests give their own. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly homeFolder?: string;
  readonly platform?: NodeJS.Platform;
  readonly versionDeadlineMs?: number;
}

type Answer = { readonly version: string; readonly problem?: string } | { readonly problem: string };

export function createNodeFinder(options: NodeFinderOptions): NodeFinder {
  const environment = options.environment ?? process.env;
  const platform = options.platform ?? process.platform;
  const executable = platform === 'win32' ? 'node.exe' : 'node';
  const deadlineMs = options.versionDeadlineMs ?? VERSION_DEADLINE_MS;
  /** By real path and the time of its last change: a node that is updated in place is asked again. */
  const answers = new Map<string, Promise<Answer>>();

  async function onPath(name: string): Promise<string | undefined> {
    const extensions = platform === 'win32' ? ['', '.exe'] : [''];
    for (const folder of pathFolders(environment)) {
      for (const extension of extensions) {
        const path = join(folder, name + extension);
        if (await isExecutable(path)) return path;
      }
    }
    return undefined;
  }

  /** @throws Refused */
  async function find(wanted: string): Promise<string> {
    const refuse = (message: string) =>
      new Refused('bad-node', `${message} Allowed: the path of a node, or a version that is installed.`);
    if (wanted.trim() === '' || wanted.includes('\0')) throw refuse('That is no path of a node.');
    if (!wanted.includes('/') && !wanted.includes(sep)) {
      const path = await onPath(wanted);
      if (path === undefined) throw refuse(`There is no program ${wanted} on the path.`);
      return path;
    }
    if (!isAbsolute(wanted)) throw refuse(`${JSON.stringify(wanted)} is not an absolute path.`);
    const found = await stat(wanted).catch(() => undefined);
    if (found === undefined) throw refuse(`There is no file ${wanted}.`);
    if (found.isDirectory()) {
      const inside = [join(wanted, executable), join(wanted, 'bin', executable)];
      for (const path of inside) if (await isExecutable(path)) return path;
      throw refuse(`${wanted} is a folder.`);
    }
    if (!(await isExecutable(wanted))) throw refuse(`${wanted} is not a program that can be started.`);
    return wanted;
  }

  async function ask(path: string): Promise<Answer> {
    const [real, { mtimeMs, size }] = await Promise.all([realpath(path), stat(path)]);
    const key = `${real}\0${mtimeMs}\0${size}`;
    // What runs this very program need not be asked, unless it is Electron under its own name.
    if (path === process.execPath && process.versions['electron'] === undefined) return understand(process.version);
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = askForVersion(path, deadlineMs);
      answers.set(key, answer);
      // What failed once may work after whatever was missing is there.
      void answer.then(({ problem }) => {
        if (problem !== undefined) answers.delete(key);
      });
    }
    return answer;
  }

  async function describe(path: string, isDefault: boolean): Promise<NodeListing> {
    const answer = await ask(path).catch((error: unknown) => ({ problem: `It cannot be read: ${messageOf(error)}.` }));
    return { path, ...answer, isDefault };
  }

  const defaultPath = (): Promise<string | undefined> =>
    find(options.defaultNode).catch((error: unknown) => {
      // A desktop without any node on its path: the others are found all the same.
      if (error instanceof Refused) return undefined;
      throw error;
    });

  async function list(): Promise<NodeListing[]> {
    const default_ = await defaultPath();
    const candidates = [
      ...(default_ === undefined ? [] : [default_]),
      ...pathFolders(environment).flatMap((folder) =>
        [executable, platform === 'win32' ? 'nodejs.exe' : 'nodejs'].map((name) => join(folder, name)),
      ),
      ...(await managedNodes(environment, options.homeFolder ?? homedir(), platform)),
    ];
    const paths = new Map<string, string>();
    for (const path of candidates) {
      if (paths.size >= MAXIMUM_CANDIDATES) break;
      if (!(await isExecutable(path))) continue;
      const real = await realpath(path);
      if (!paths.has(real)) paths.set(real, path);
    }
    const waiting = [...paths.values()];
    const nodes: NodeListing[] = [];
    const work = async (): Promise<void> => {
      for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
        nodes.push(await describe(path, path === default_));
      }
    };
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, work));
    return nodes.sort(
      (one, other) =>
        Number(other.isDefault) - Number(one.isDefault) ||
        Number(one.problem !== undefined) - Number(other.problem !== undefined) ||
        compareVersions(other.version ?? '0', one.version ?? '0') ||
        one.path.localeCompare(other.path),
    );
  }

  return {
    list,
    async look(path) {
      const found = await find(path);
      const default_ = await defaultPath();
      return describe(found, default_ !== undefined && (await isSameFile(found, default_)));
    },
    async choose(wanted) {
      if (wanted !== undefined && /^v?\d+(?:\.\d+){0,2}$/.test(wanted)) {
        const version = wanted.replace(/^v/, '');
        const nodes = (await list()).filter((node) => node.problem === undefined && node.version !== undefined);
        const matching = nodes
          .filter((node) => `${node.version}.`.startsWith(`${version}.`))
          .sort((one, other) => compareVersions(other.version ?? '0', one.version ?? '0'));
        const [newest] = matching;
        if (newest?.version !== undefined) return { path: newest.path, version: newest.version };
        const known = [...new Set(nodes.map((node) => node.version))].join(', ');
        throw new Refused('bad-node', `There is no Node.js ${version} here. Allowed: ${known || 'none was found'}.`);
      }
      const path = await find(wanted ?? options.defaultNode);
      const answer = await describe(path, wanted === undefined);
      if (answer.problem !== undefined || answer.version === undefined) {
        throw new Refused('bad-node', `${path} cannot be used: ${answer.problem ?? 'it has no version.'}`);
      }
      return { path, version: answer.version };
    },
  };
}

/** Ascending: negative if `one` is older. Both are `24.21.0`; what follows a dash does not count. */
export function compareVersions(one: string, other: string): number {
  const parts = (version: string) => version.split('-', 1).join('').split('.').map(Number);
  const [ours, theirs] = [parts(one), parts(other)];
  for (let part = 0; part < 3; part += 1) {
    const difference = (ours[part] ?? 0) - (theirs[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function pathFolders(environment: NodeJS.ProcessEnv): string[] {
  const path = Object.entries(environment).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
  return path.split(delimiter).filter((folder) => isAbsolute(folder));
}

/** Where version managers and installers put their nodes: the parts of a path, `*` for any folder. */
async function managedNodes(
  environment: NodeJS.ProcessEnv,
  home: string,
  platform: NodeJS.Platform,
): Promise<string[]> {
  const named = (name: string, ...otherwise: string[]): string[] => {
    const folder = environment[name];
    return folder !== undefined && isAbsolute(folder) ? [folder] : otherwise;
  };
  const patterns: string[] = [];
  const add = (folders: readonly string[], ...parts: string[]): void => {
    for (const folder of folders) patterns.push([folder, ...parts].join('/'));
  };
  if (platform === 'win32') {
    const local = named('LOCALAPPDATA', join(home, 'AppData', 'Local'));
    const roaming = named('APPDATA', join(home, 'AppData', 'Roaming'));
    add(named('NVM_HOME', ...roaming.map((folder) => join(folder, 'nvm'))), 'v*', 'node.exe');
    add(named('FNM_DIR', ...roaming.map((folder) => join(folder, 'fnm'))), 'node-versions/*/installation/node.exe');
    add(named('VOLTA_HOME', ...local.map((folder) => join(folder, 'Volta'))), 'tools/image/node/*/node.exe');
    add(named('MISE_DATA_DIR', ...local.map((folder) => join(folder, 'mise'))), 'installs/node/*/node.exe');
    add([...named('ProgramFiles'), ...named('ProgramFiles(x86)')], 'nodejs/node.exe');
    add([join(home, 'scoop')], 'apps/nodejs*/current/node.exe');
  } else {
    const data = named('XDG_DATA_HOME', join(home, '.local', 'share'));
    add(named('NVM_DIR', join(home, '.nvm')), 'versions/node/*/bin/node');
    add(
      named(
        'FNM_DIR',
        ...data.map((folder) => join(folder, 'fnm')),
        join(home, '.fnm'),
        `${home}/Library/Application Support/fnm`,
      ),
      'node-versions/*/installation/bin/node',
    );
    add(named('VOLTA_HOME', join(home, '.volta')), 'tools/image/node/*/bin/node');
    add(named('ASDF_DATA_DIR', join(home, '.asdf')), 'installs/nodejs/*/bin/node');
    add(named('MISE_DATA_DIR', ...data.map((folder) => join(folder, 'mise'))), 'installs/node/*/bin/node');
    add(named('N_PREFIX', '/usr/local'), 'n/versions/node/*/bin/node');
    add([join(home, '.nodenv')], 'versions/*/bin/node');
    add([join(home, '.nodebrew')], 'node/*/bin/node');
    add(['/opt/homebrew', '/usr/local', '/home/linuxbrew/.linuxbrew'], 'opt/node*/bin/node');
    add(['/usr/bin/node', '/usr/local/bin/node', '/opt/homebrew/bin/node', '/opt/node/bin/node']);
  }
  const found = await Promise.all(patterns.map((pattern) => expand(pattern.replaceAll('\\', '/').split('/'))));
  return found.flat();
}

/** Paths that match; `*` stands for any rest of a folder's name. Folders that cannot be read have none. */
async function expand(parts: readonly string[]): Promise<string[]> {
  const star = parts.findIndex((part) => part.endsWith('*'));
  if (star === -1) return [parts.join('/')];
  const folder = parts.slice(0, star).join('/');
  const prefix = parts[star]?.slice(0, -1) ?? '';
  // Most machines have none of these managers.
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith(prefix) && !name.startsWith('.'))
    .sort((one, other) => other.localeCompare(one, 'en', { numeric: true }))
    .map((name) => [folder, name, ...parts.slice(star + 1)].join('/'));
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not ours to start: another may be.
    return false;
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  return (await realpath(one)) === (await realpath(other));
}

/** Runs `node --version`. A program that is no node may do anything: it gets no input, little time, and is ended whole. */
function askForVersion(path: string, deadlineMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    let said = '';
    const done = (answer: Answer): void => {
      clearTimeout(timer);
      stdout?.destroy();
      if (killTree(child)) guarded.sweep();
      guarded[Symbol.dispose]();
      resolve(answer);
    };
    startGuard();
    const child = spawn(path, ['--version'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: programEnvironment({}),
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const guarded = guardGroup(child.pid);
    // Without a free file descriptor there is no pipe, whatever the type says; the `error` event tells why.
    const stdout = child.stdout as typeof child.stdout | null | undefined;
    const timer = setTimeout(
      () => done({ problem: `It did not say its version within ${deadlineMs / 1000} s.` }),
      deadlineMs,
    );
    child.on('error', (error) => done({ problem: `It cannot be started: ${error.message}.` }));
    stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < MAXIMUM_VERSION_CHARACTERS) said += text;
    });
    child.on('close', () => done(understand(said)));
  });
}

function understand(said: string): Answer {
  const [, version] = /^v(\d+\.\d+\.\d+(?:-[\w.-]+)?)\s*$/.exec(said) ?? [];
  if (version === undefined)
    return { problem: 'It is not Node.js: it did not say a version when asked with --version.' };
  if (Number(version.split('.')[0]) >= OLDEST_NODE_MAJOR) return { version };
  return {
    version,
    problem:
      `Node.js ${version} is too old: Node.js ${OLDEST_SUPPORTED_NODE_MAJOR} and later are supported, ` +
      `and ${OLDEST_NODE_MAJOR} is observed as far as it goes.`,
  };
}
