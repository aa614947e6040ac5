// What is told to the page besides the engine's port: a script to show, and what was chosen in the menu. The preload script
// hands both over as window messages.

import type { BrowserWindow } from 'electron';

const SCRIPT_MESSAGE = 'heapline:script';
const COMMAND_MESSAGE = 'heapline:command';

/** What the menu can ask of the page; renderer/src/transport/desktop-bridge.ts knows the same words. */
export type PageCommand =
  | 'run'
  | 'stop'
  | 'collect-major'
  | 'collect-minor'
  | 'compare'
  | 'new-scenario'
  | 'search'
  | 'shortcuts'
  | 'theme-system'
  | 'theme-light'
  | 'theme-dark';

/** Tells the page in this window to show a script. */
export function showScript(window: BrowserWindow, path: string): void {
  window.webContents.mainFrame.postMessage(SCRIPT_MESSAGE, path);
}

export function tellPage(window: BrowserWindow, command: PageCommand): void {
  window.webContents.mainFrame.postMessage(COMMAND_MESSAGE, command);
}
