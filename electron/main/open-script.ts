// Files that reach the application from outside its page: by the system's dialog, on the command line, or from the system's
// own file manager. The page is told the path of a script and does the rest; recordings.ts opens recordings. Nothing is run.

import { dialog, type BrowserWindow } from 'electron';
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRecordingName } from '../../engine/protocol/recording-origin.ts';
import { SCRIPT_EXTENSIONS } from '../../engine/protocol/run-description.ts';
import type { Page } from './page.ts';

/** Whether Node runs files with such a name. */
export const isScript = (path: string): boolean => SCRIPT_EXTENSIONS.some((extension) => extension === extname(path));

/** Whether it is anything that the application opens. */
export const canBeOpened = (path: string): boolean => isScript(path) || isRecordingName(path);

/** The page's address with a script to begin with, which it reads from the fragment. */
export function addressWithScript({ address }: Pick<Page, 'address'>, path: string | undefined): string {
  return path === undefined ? address : `${address}#script=${encodeURIComponent(path)}`;
}

/**
 * Lets the user choose a script. @returns its path; undefined if they choose none
 * @param window for which it is chosen; undefined where none is open
 */
export async function chooseScript(window: BrowserWindow | undefined): Promise<string | undefined> {
  const options: Electron.OpenDialogOptions = {
    title: 'Open script',
    properties: ['openFile'],
    filters: [
      { name: 'Scripts that Node.js runs', extensions: SCRIPT_EXTENSIONS.map((extension) => extension.slice(1)) },
    ],
  };
  const { canceled, filePaths } = await (window === undefined
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(window, options));
  return canceled ? undefined : filePaths[0];
}

/**
 * The script or recording that the words of a command line name, absolute; undefined if none does. Chromium adds options of
 * its own, so that a file is what does not begin like one and is there. A desktop may hand over an address instead of a path.
 * @param words without those that name the program
 */
export function fileOfCommandLine(words: readonly string[], workingDirectory: string): string | undefined {
  return words
    .filter((word) => !word.startsWith('-'))
    .map((word) => pathOf(word, workingDirectory))
    .find((path) => path !== undefined && canBeOpened(path) && existsSync(path));
}

function pathOf(word: string, workingDirectory: string): string | undefined {
  if (!word.startsWith('file:')) return resolve(workingDirectory, word);
  try {
    return fileURLToPath(word);
  } catch {
    // Not an address of this machine.
    return undefined;
  }
}
