// Finds the Heaplines that listen, by their files in folders that only this user can enter. Runs in the program's thread,
// once a second, so it is a few system calls where nobody listens. Trusts nothing that somebody else could have put there.

import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync, type Stats } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import {
  isRendezvousFileName,
  MAXIMUM_RENDEZVOUS_BYTES,
  RENDEZVOUS_ENVIRONMENT_VARIABLE,
  RENDEZVOUS_VERSION,
  rendezvousFolders,
} from '../protocol/rendezvous.ts';

/** A Heapline that says it listens. `key` is never used by another. */
export interface Rendezvous {
  readonly key: string;
  readonly endpoint: string;
  readonly token: string;
}

export interface RendezvousFinder {
  /** Those there are now, newest first, without the ones that `isKnown`. */
  find(isKnown: (key: string) => boolean): Rendezvous[];
}

/** @param debug is told once why something was not trusted */
export function createRendezvousFinder(debug: (message: string) => void): RendezvousFinder {
  const environment = { ...process.env };
  const folders = rendezvousFolders({
    platform: process.platform,
    environment,
    userId: process.geteuid?.(),
    homeFolder: homedir(),
    temporaryFolder: tmpdir(),
  });
  const given = environment[RENDEZVOUS_ENVIRONMENT_VARIABLE];
  const inEnvironment = given?.startsWith('{') === true ? parseRendezvous(given, 'environment') : undefined;
  const told = new Set<string>();
  const distrust = (path: string, why: string) => {
    if (told.has(path)) return;
    told.add(path);
    debug(`${path} is not used: ${why}`);
  };

  /** @returns undefined if it is not there, or others could have a hand in it */
  function privateStats(path: string): Stats | undefined {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    const problem = accessProblem(stats);
    if (problem === undefined) return stats;
    distrust(path, problem);
    return undefined;
  }

  function read(path: string): { rendezvous: Rendezvous; writtenAtMs: number } | undefined {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(file);
      const problem = stats.isFile() ? accessProblem(stats) : 'it is not a file.';
      if (problem !== undefined) distrust(path, problem);
      if (problem !== undefined || stats.size > MAXIMUM_RENDEZVOUS_BYTES) return undefined;
      const bytes = Buffer.alloc(stats.size);
      const rendezvous = parseRendezvous(bytes.toString('utf8', 0, readSync(file, bytes)), path);
      if (rendezvous === undefined) distrust(path, 'it does not hold what it should.');
      else if (isOwnEndpoint(rendezvous.endpoint)) return { rendezvous, writtenAtMs: stats.mtimeMs };
      return undefined;
    } finally {
      closeSync(file);
    }
  }

  /** A link, or what else cannot be opened, hides none of the others in its folder. */
  function readIfUsable(path: string): ReturnType<typeof read> {
    try {
      return read(path);
    } catch (error) {
      distrust(path, String(error));
      return undefined;
    }
  }

  /** Whoever takes over the address of a Heapline that died must not be taken for it. */
  function isOwnEndpoint(endpoint: string): boolean {
    if (process.platform === 'win32') return true;
    const socket = lstatSync(endpoint, { throwIfNoEntry: false });
    return socket?.isSocket() === true && socket.uid === process.geteuid?.() && !!privateStats(dirname(endpoint));
  }

  return {
    find(isKnown) {
      if (inEnvironment !== undefined) return isKnown(inEnvironment.key) ? [] : [inEnvironment];
      const found: { rendezvous: Rendezvous; writtenAtMs: number }[] = [];
      for (let at = 0; at < folders.length; at++) {
        const folder = folders[at]!;
        try {
          if (privateStats(folder)?.isDirectory() !== true) continue;
          const names = readdirSync(folder);
          for (let index = 0; index < names.length; index++) {
            const path = join(folder, names[index]!);
            if (!isRendezvousFileName(names[index]!) || isKnown(path)) continue;
            const one = readIfUsable(path);
            if (one !== undefined) found.push(one);
          }
        } catch (error) {
          // Gone between two looks, or not readable: there is no Heapline for this program then.
          distrust(folder, String(error));
        }
      }
      return found.sort((one, other) => other.writtenAtMs - one.writtenAtMs).map(({ rendezvous }) => rendezvous);
    },
  };
}

function accessProblem(stats: Stats): string | undefined {
  const userId = process.geteuid?.();
  // Windows has no such modes; there the folder is the user's own by inheritance.
  if (userId === undefined) return undefined;
  if (stats.uid !== userId) return 'it belongs to somebody else.';
  if ((stats.mode & 0o077) !== 0) return 'others than its owner can use it.';
  return undefined;
}

function parseRendezvous(text: string, key: string): Rendezvous | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { version, endpoint, token } = parsed as Record<string, unknown>;
  if (version !== RENDEZVOUS_VERSION || typeof endpoint !== 'string' || typeof token !== 'string') return undefined;
  if (!isAbsolute(endpoint) && !endpoint.startsWith('\\\\.\\pipe\\')) return undefined;
  return { key, endpoint, token };
}
