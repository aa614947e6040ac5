// Opens the user's browser, as well as it can be done: the address has been printed, so nothing depends on it.

import { spawn } from 'node:child_process';

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

/** @param onProblem is told in a sentence why no browser was opened */
export function openBrowser(address: string, onProblem: (problem: string) => void): void {
  if (!hasDisplay(process.platform, process.env)) return;
  const { command, args } = openerOf(process.platform);
  const child = spawn(command, [...args, address], { detached: true, stdio: 'ignore' });
  child.once('error', (error) => onProblem(`No browser was opened (${error.message}).`));
  child.unref();
}
