// Names of the private folders that an engine makes among the system's temporary files, and the removal of those whose
// engine was killed: a heap snapshot may have hundreds of megabytes, and holds everything that a program had in memory.
// Runs in the session.

import { createHash } from 'node:crypto';
import { readlinkSync, rmSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Short, since a socket's path may have 104 bytes on macOS: what lies in an `o` folder is the observers' endpoint. */
export type PrivateFolderKind = 'browser' | 'input' | 'o' | 'scratch' | 'snapshot';

const NAME = /^heapline-(?:browser|input|o|scratch|snapshot)-([0-9a-f]{6})-(\d{1,10})-[^-]+$/;

/** A process id says nothing where others count theirs: on another machine, or in another container, with the same files. */
const PLACE = createHash('sha256').update(`${hostname()} ${processNamespace()}`).digest('hex').slice(0, 6);

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // Elsewhere than on Linux, a machine has only one.
    return '';
  }
}

/** What `mkdtemp` completes to a folder of this process (with mode 0700). */
export function privateFolderPrefix(parentFolder: string, kind: PrivateFolderKind): string {
  return join(parentFolder, `heapline-${kind}-${PLACE}-${process.pid}-`);
}

/** Removes those of this user's that processes have left that are no more. What cannot be removed stays; never rejects. */
export async function removeFoldersOfTheDead(parentFolder: string): Promise<void> {
  const names = await readdir(parentFolder).catch((): string[] => []);
  await Promise.all(
    names.map(async (name) => {
      const [, place, pid] = NAME.exec(name) ?? [];
      if (place !== PLACE || isAlive(Number(pid))) return;
      const path = join(parentFolder, name);
      // Another engine may be at it, too; and what cannot be removed is no reason not to begin.
      if (await isOwnFolder(path)) await rm(path, { recursive: true, force: true }).catch(() => {});
    }),
  );
}

/** Removes a folder of this process. Never throws: what stays, for want of a file descriptor for example, the next engine removes. */
export function removePrivateFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // As above.
  }
}

const PARTIAL_FILE = /^\.heapline\.([0-9a-f]{6})-(\d{1,10})-[0-9a-f]{8}\.part$/;

/** The name under which this process writes a file before it takes its place. */
export const partialFileName = (random: string): string => `.heapline.${PLACE}-${process.pid}-${random}.part`;

/** Removes the partial files of this user that processes have left that are no more. Never rejects. */
export async function removePartialFilesOfTheDead(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  await Promise.all(
    names.map(async (name) => {
      const [, place, pid] = PARTIAL_FILE.exec(name) ?? [];
      if (place !== PLACE || isAlive(Number(pid))) return;
      const path = join(folder, name);
      const stats = await lstat(path).catch(() => undefined);
      const userId = process.geteuid?.();
      const isOwn = stats?.isFile() === true && (userId === undefined || stats.uid === userId);
      if (isOwn) await rm(path, { force: true }).catch(() => {});
    }),
  );
}

async function isOwnFolder(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  const userId = process.geteuid?.();
  return stats?.isDirectory() === true && (userId === undefined || stats.uid === userId);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Only this means that there is no such process; one of somebody else's answers with EPERM.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
