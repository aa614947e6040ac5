// What is told to the page besides the engine's port: a script to show, what was chosen in the menu, and how opening or
// saving a recording goes. The preload script hands them over as window messages.

import type { WebContents } from 'electron';
import type { RecordingProgress } from '../../engine/protocol/recording-progress.ts';

const SCRIPT_MESSAGE = 'heapline:script';
const COMMAND_MESSAGE = 'heapline:command';
const RECORDING_MESSAGE = 'heapline:recording';

/** What the menu can ask of the page; renderer/src/transport/desktop-bridge.ts knows the same words. */
export type PageCommand =
  | 'run'
  | 'stop'
  | 'collect-major'
  | 'collect-minor'
  | 'compare'
  | 'new-scenario'
  | 'open-recording'
  | 'save-recording'
  | 'show-recording'
  | 'search'
  | 'shortcuts'
  | 'theme-system'
  | 'theme-light'
  | 'theme-dark';

/** Tells the page to show a script. */
export function showScript(contents: WebContents, path: string): void {
  contents.mainFrame.postMessage(SCRIPT_MESSAGE, path);
}

export function tellPage(contents: WebContents, command: PageCommand): void {
  contents.mainFrame.postMessage(COMMAND_MESSAGE, command);
}

export function tellRecording(contents: WebContents, progress: RecordingProgress): void {
  contents.mainFrame.postMessage(RECORDING_MESSAGE, progress);
}
