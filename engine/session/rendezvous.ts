// Lets processes that were started elsewhere find this Heapline: listens on a socket that only this user can reach, and
// says so in a file that only this user can read. Runs in a host that wants to watch; used by the targets.

import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import {
  isRendezvousFileName,
  MAXIMUM_RENDEZVOUS_BYTES,
  RENDEZVOUS_VERSION,
  rendezvousFileName,
  rendezvousFolders,
  rendezvousSocketName,
  type RendezvousFile,
} from '../protocol/rendezvous.ts';
import { createToken } from './endpoint.ts';
import { messageOf } from './message-of.ts';

/** The path of a Unix socket may have so many bytes on every platform. */
const MAXIMUM_SOCKET_PATH_BYTES = 100;
/** Only the owner may enter, read or write. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

export interface Rendezvous extends AsyncDisposable {
  readonly token: string;
}

/**
 * Listens until it is disposed, which closes the socket and removes the file; connections are closed by who took them.
 * @param folders absent: the usual ones of this user, best first
 * @throws if there is no folder in which this Heapline could be found; the message says why not
 */
export async function openRendezvous(
  onConnection: (socket: Socket) => void,
  folders: readonly string[] = usualFolders(),
): Promise<Rendezvous> {
  const id = randomBytes(8).toString('hex');
  const token = createToken();
  const problems: string[] = [];
  for (const folder of folders) {
    const endpoint =
      process.platform === 'win32'
        ? `\\\\.\\pipe\\heapline-${randomBytes(16).toString('hex')}`
        : join(folder, rendezvousSocketName(id));
    if (Buffer.byteLength(endpoint) > MAXIMUM_SOCKET_PATH_BYTES) {
      problems.push(`${folder}: its path is too long for a socket.`);
      continue;
    }
    let server: Server;
    try {
      await makePrivateFolder(folder);
      server = await listen(endpoint, onConnection);
    } catch (error) {
      problems.push(`${folder}: ${messageOf(error)}`);
      continue;
    }
    const path = join(folder, rendezvousFileName(id));
    const file: RendezvousFile = { version: RENDEZVOUS_VERSION, endpoint, token };
    const close = async (): Promise<void> => {
      await rm(path, { force: true }).catch(() => {});
      // Removes the socket too.
      await new Promise<void>((resolve) => server.close(() => resolve()));
    };
    try {
      // Last, and with a new name: whoever sees it finds somebody listening.
      await writeFile(path, JSON.stringify(file), { mode: FILE_MODE, flag: 'wx' });
    } catch (error) {
      await close();
      problems.push(`${folder}: ${messageOf(error)}`);
      continue;
    }
    await removeThoseOfTheDead(folder, id);
    let closing: Promise<void> | undefined;
    return { token, [Symbol.asyncDispose]: () => (closing ??= close()) };
  }
  throw new Error(`No folder can be used to be found by other processes. ${problems.join(' ')}`);
}

function usualFolders(): string[] {
  return rendezvousFolders({
    platform: process.platform,
    environment: process.env,
    userId: process.geteuid?.(),
    homeFolder: homedir(),
    temporaryFolder: tmpdir(),
  });
}

/** @throws if the folder cannot be made, or is not this user's alone */
async function makePrivateFolder(folder: string): Promise<void> {
  // The folders above are the system's to make, but for those in the user's home.
  const recursive = folder.startsWith(homedir() + sep);
  await mkdir(folder, { recursive, mode: FOLDER_MODE }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const stats = await lstat(folder);
  if (!stats.isDirectory()) throw new Error('It is not a folder.');
  const userId = process.geteuid?.();
  if (userId === undefined) return;
  if (stats.uid !== userId) throw new Error('It belongs to somebody else.');
  if ((stats.mode & 0o077) !== 0) throw new Error(`Others than you can use it; allowed: chmod 700 ${folder}.`);
}

function listen(endpoint: string, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(onConnection);
    server.once('error', reject);
    server.listen(endpoint, () => {
      server.off('error', reject);
      // An accept that fails (too many open files, for example) is the connecting side's failure.
      server.on('error', () => {});
      resolve(server);
    });
  });
}

/** A Heapline that was killed leaves its file and its socket. One that answers is alive, whatever else is odd about it. */
async function removeThoseOfTheDead(folder: string, ownId: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  await Promise.all(
    names.map(async (name) => {
      if (!isRendezvousFileName(name) || name === rendezvousFileName(ownId)) return;
      const path = join(folder, name);
      // A link or a folder is no file of a Heapline's: it is left where it is, and disturbs nobody.
      if ((await lstat(path).catch(() => undefined))?.isFile() !== true) return;
      const endpoint = await readEndpoint(path);
      if (endpoint !== undefined && (await answers(endpoint))) return;
      // What cannot be removed is no reason not to begin.
      await rm(path, { force: true }).catch(() => {});
      if (process.platform !== 'win32') await rm(path.replace(/\.json$/, '.sock'), { force: true }).catch(() => {});
    }),
  );
}

async function readEndpoint(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MAXIMUM_RENDEZVOUS_BYTES) return undefined;
    const { endpoint } = JSON.parse(await readFile(path, 'utf8')) as Partial<RendezvousFile>;
    return typeof endpoint === 'string' ? endpoint : undefined;
  } catch {
    // Gone meanwhile, or never whole: nobody can find its Heapline by it.
    return undefined;
  }
}

function answers(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(endpoint);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Anything else than these says nothing about whether somebody listens.
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}
