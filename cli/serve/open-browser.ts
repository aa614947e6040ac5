// Opens the user's browser, as well as it can be done: the address has been printed, so nothing depends on it.
// Arguments of a process can be read by every user of most systems, so no address with a token is ever one of them.

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateFolderPrefix, removePrivateFolder } from '../../engine/session/private-folders.ts';
import { canTellPeerUser } from './peer-user.ts';

function openerOf(platform: NodeJS.Platform): { command: string; args: string[] } {
  switch (platform) {
    case 'darwin':
      return { command: 'open', args: [] };
    case 'win32':
      // `start` is a word of the shell, and takes its first quoted argument as a title.
      return { command: 'cmd.exe', args: ['/c', 'start', '""'] };
    default:
      return { command: 'xdg-open', args: [] };
  }
}

/** True if a browser could show something: on Linux and its kin, only where there is a display. */
export function hasDisplay(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): boolean {
  return (
    platform === 'darwin' || platform === 'win32' || Boolean(environment['DISPLAY'] || environment['WAYLAND_DISPLAY'])
  );
}

/**
 * How a browser is given a one-time address. `argument`: no other user can use it, because the host sees which user opens it
 * (Linux), or none can read it (Windows). `private-file`: a page in a folder of the user's own leads there; browsers in a
 * sandbox (snap, flatpak) could not read such a file, but only Linux has those.
 */
export function browserEntry(
  platform: NodeJS.Platform = process.platform,
  tellsPeerUser: () => boolean = canTellPeerUser,
): 'argument' | 'private-file' {
  return platform === 'win32' || (platform === 'linux' && tellsPeerUser()) ? 'argument' : 'private-file';
}

/**
 * @param address works once and only for a short time; it may be seen by others
 * @param onProblem is told in a sentence why no browser was opened
 * @returns removes what the browser read, if it read a file
 */
export function openBrowser(address: string, onProblem: (problem: string) => void): Disposable {
  const nothingLeft = { [Symbol.dispose]: () => {} };
  if (!hasDisplay(process.platform, process.env)) return nothingLeft;
  const { command, args } = openerOf(process.platform);
  const problem = (error: unknown) =>
    onProblem(`No browser was opened (${error instanceof Error ? error.message : String(error)}).`);
  try {
    const file = browserEntry() === 'private-file' ? writeRedirect(address) : undefined;
    const child = spawn(command, [...args, file?.path ?? address], { detached: true, stdio: 'ignore' });
    child.once('error', problem);
    child.unref();
    return file ?? nothingLeft;
  } catch (error) {
    problem(error);
    return nothingLeft;
  }
}

/** A page that leads to `address`, in a folder that only this user can enter. */
export function writeRedirect(address: string): Disposable & { readonly path: string } {
  const folder = mkdtempSync(privateFolderPrefix(tmpdir(), 'browser'));
  const path = join(folder, 'heapline.html');
  const page = `<!doctype html><meta charset="utf-8"><title>Heapline</title><meta http-equiv="refresh" content="0;url=${address.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">`;
  writeFileSync(path, page, { mode: 0o600, flag: 'wx' });
  return { path, [Symbol.dispose]: () => removePrivateFolder(folder) };
}
