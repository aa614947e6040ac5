// Scripts that reach the application from outside its page: by the system's dialog, on the command line, or from the
// system's own file manager. The page is told the path and does the rest.

import { BrowserWindow, dialog } from 'electron';
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { SCRIPT_EXTENSIONS } from '../../engine/protocol/run-description.ts';
import type { Page } from './page.ts';

const SCRIPT_MESSAGE = 'heapline:script';
const isScript = (path: string) => SCRIPT_EXTENSIONS.some((extension) => extension === extname(path));

/** The page's address with a script to begin with, which it reads from the fragment. */
export function addressWithScript({ address }: Page, path: string | undefined): string {
  return path === undefined ? address : `${address}#script=${encodeURIComponent(path)}`;
}

/** Lets the user choose a script for the page in this window; it is told of nothing if they choose none. */
export async function chooseScript(window: BrowserWindow): Promise<void> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: 'Open script',
    properties: ['openFile'],
    filters: [
      { name: 'Scripts that Node.js runs', extensions: SCRIPT_EXTENSIONS.map((extension) => extension.slice(1)) },
    ],
  });
  const [path] = filePaths;
  if (!canceled && path !== undefined) showScript(window, path);
}

/** Tells the page in this window to show a script. */
export function showScript(window: BrowserWindow, path: string): void {
  window.webContents.mainFrame.postMessage(SCRIPT_MESSAGE, path);
}

/**
 * The script that the words of a command line name, absolute; undefined if none does. Chromium adds options of its own, so
 * that a script is what does not begin like one and is there.
 * @param words without those that name the program
 */
export function scriptOfCommandLine(words: readonly string[], workingDirectory: string): string | undefined {
  const named = words.filter((word) => !word.startsWith('-') && isScript(word));
  return named.map((word) => resolve(workingDirectory, word)).find((path) => existsSync(path));
}
