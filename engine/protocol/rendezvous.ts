// Where a Heapline that listens and the processes that may be watched find each other: a file for each Heapline, in a
// folder that only the user can enter. Read by both sides. No schema library here: one side is the program's own heap.

/** A folder to use instead of the usual ones (both sides), or the contents of a rendezvous file itself (the target). */
export const RENDEZVOUS_ENVIRONMENT_VARIABLE = 'HEAPLINE_RENDEZVOUS';

export const RENDEZVOUS_VERSION = 1;

/** What a rendezvous file holds. Whoever can read it may offer itself as a target, and no more. */
export interface RendezvousFile {
  readonly version: typeof RENDEZVOUS_VERSION;
  /** Unix socket or named pipe to connect to with `net.connect`. */
  readonly endpoint: string;
  readonly token: string;
}

/** Larger files are none of ours. */
export const MAXIMUM_RENDEZVOUS_BYTES = 4_096;

/** A random part makes each name new, so that what is known of one name never applies to another Heapline. */
const FILE_NAME = /^heapline-[0-9a-f]{16}\.json$/;
export const rendezvousFileName = (id: string) => `heapline-${id}.json`;
export const rendezvousSocketName = (id: string) => `heapline-${id}.sock`;
export const isRendezvousFileName = (name: string) => FILE_NAME.test(name);

/** What the choice of folders depends on; both sides take it from their own process. */
export interface RendezvousSurroundings {
  readonly platform: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absent on Windows. */
  readonly userId: number | undefined;
  readonly homeFolder: string;
  readonly temporaryFolder: string;
}

/**
 * Folders in which a Heapline may leave its file, best first. A target looks in all of them, since its environment may
 * lack what Heapline's has (a service has no XDG_RUNTIME_DIR, for example).
 */
export function rendezvousFolders(surroundings: RendezvousSurroundings): string[] {
  const { platform, environment, userId, homeFolder, temporaryFolder } = surroundings;
  const given = environment[RENDEZVOUS_ENVIRONMENT_VARIABLE];
  if (given !== undefined && given !== '' && !given.startsWith('{')) return [given];
  if (platform === 'win32') return [`${environment['LOCALAPPDATA'] ?? `${homeFolder}\\AppData\\Local`}\\heapline`];
  const folders: string[] = [];
  const add = (parent: string | undefined, name: string) => {
    // A relative path would mean another folder to each process.
    if (parent?.startsWith('/') === true) folders.push(`${parent.replace(/\/+$/, '')}/${name}`);
  };
  add(environment['XDG_RUNTIME_DIR'] ?? `/run/user/${userId}`, 'heapline');
  add(environment['XDG_STATE_HOME'] ?? `${homeFolder}/.local/state`, 'heapline');
  add(temporaryFolder, `heapline-${userId}`);
  return folders;
}
