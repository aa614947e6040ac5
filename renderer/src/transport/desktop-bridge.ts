// What the desktop application's preload script puts into the page's world, parsed; undefined in a browser.
// Runs in the page; used by the connection and by whatever opens scripts.

import * as v from 'valibot';
import { parse } from '../../../engine/protocol/parse.ts';
import { RecordingProgress } from '../../../engine/protocol/recording-progress.ts';

/** The data of the window message that carries the MessagePort to the engine. */
export const DESKTOP_PORT_MESSAGE = 'heapline:port';

export const DesktopBridge = v.object({
  /** Asks for a port to the engine; it comes as a window message. */
  connect: v.function(),
  /** Opens the system's dialog; a script that is chosen comes as a window message. */
  chooseScript: v.function(),
  /** Lets the system's own parts look like the page: `system`, `light` or `dark`. */
  useTheme: v.function(),
  /** The path of a file that was dropped on the window. */
  pathOfFile: v.pipe(v.function(), v.returns(v.string())),
  /** Opens the system's dialog for a recording; how it goes comes as window messages, as for the next two. */
  chooseRecording: v.function(),
  /** Opens a recording that was dropped on the window. */
  openDroppedRecording: v.function(),
  /** Asks where to save the run with this id, and saves it. */
  saveRecording: v.function(),
  cancelRecording: v.function(),
  /** Tells the menu which run is shown; empty: none. */
  showsRun: v.function(),
  /** Shows the file of the shown run in the system's file manager. */
  showRecording: v.function(),
});
export type DesktopBridge = v.InferOutput<typeof DesktopBridge>;

/** A script that the user chose in the system's dialog or on the command line of a second start. */
export const DesktopScriptMessage = v.object({ type: v.literal('heapline:script'), path: v.string() });

/** How opening or saving a recording goes. */
export const DesktopRecordingMessage = v.object({
  type: v.literal('heapline:recording'),
  progress: RecordingProgress,
});

/** What was chosen in the application's menu. */
export const DesktopCommandMessage = v.object({
  type: v.literal('heapline:command'),
  command: v.picklist([
    'run',
    'stop',
    'collect-major',
    'collect-minor',
    'compare',
    'new-scenario',
    'open-recording',
    'save-recording',
    'show-recording',
    'search',
    'shortcuts',
    'theme-system',
    'theme-light',
    'theme-dark',
  ]),
});
export type DesktopCommand = v.InferOutput<typeof DesktopCommandMessage>['command'];

/** Calls back for each command of the menu, as long as the page is there. */
export function onDesktopCommand(listener: (command: DesktopCommand) => void): void {
  window.addEventListener('message', ({ source, data }) => {
    // Only this window's own preload script is listened to, never a frame or an opener.
    const message = source === window ? parse(DesktopCommandMessage, data) : undefined;
    if (message?.success === true) listener(message.output.command);
  });
}

/** Calls back for everything that the application tells of recordings, as long as the page is there. */
export function onDesktopRecording(listener: (progress: RecordingProgress) => void): void {
  window.addEventListener('message', ({ source, data }) => {
    const message = source === window ? parse(DesktopRecordingMessage, data) : undefined;
    if (message?.success === true) listener(message.output.progress);
  });
}

/** The bridge of the desktop application that shows this page, if one does. */
export function desktopBridge(): DesktopBridge | undefined {
  const parsed = parse(DesktopBridge, Reflect.get(window, 'heaplineDesktop'));
  return parsed.success ? parsed.output : undefined;
}
