// The only bridge between the page and the application. Runs sandboxed in the page's process, in a world of its own:
// the page sees a few functions, and is handed a MessagePort; it never sees Electron's modules or events.

import { contextBridge, ipcRenderer, webUtils } from 'electron';

/** Everything that the page asks for goes through here: one word, and for some what it is about. */
const ASK_CHANNEL = 'heapline:ask';
/** Main answers on this channel; the page is told by a window message of the same name. */
const PORT_MESSAGE = 'heapline:port';
/** Main tells the path of a script that the user chose; the page is told by a window message of this type. */
const SCRIPT_MESSAGE = 'heapline:script';
/** Main tells what was chosen in the menu; the page is told by a window message of this type. */
const COMMAND_MESSAGE = 'heapline:command';
/** Main tells how opening or saving a recording goes; the page is told by a window message of this type. */
const RECORDING_MESSAGE = 'heapline:recording';
const THEME_WISHES = { system: 'theme-system', light: 'theme-light', dark: 'theme-dark' } as const;

ipcRenderer.on(PORT_MESSAGE, ({ ports }) => {
  window.postMessage(PORT_MESSAGE, window.location.origin, ports);
});
ipcRenderer.on(SCRIPT_MESSAGE, (_event, path: unknown) => {
  window.postMessage({ type: SCRIPT_MESSAGE, path }, window.location.origin);
});
ipcRenderer.on(COMMAND_MESSAGE, (_event, command: unknown) => {
  window.postMessage({ type: COMMAND_MESSAGE, command }, window.location.origin);
});

ipcRenderer.on(RECORDING_MESSAGE, (_event, progress: unknown) => {
  window.postMessage({ type: RECORDING_MESSAGE, progress }, window.location.origin);
});

contextBridge.exposeInMainWorld('heaplineDesktop', {
  /** Asks for a port to the engine; it comes with a `message` event whose data is `heapline:port`. */
  connect: (): void => ipcRenderer.send(ASK_CHANNEL, 'connect'),
  /** Opens the system's dialog; a chosen script comes with a `message` event of the type `heapline:script`. */
  chooseScript: (): void => ipcRenderer.send(ASK_CHANNEL, 'choose-script'),
  /** Lets the system's own parts, such as dialogs and the title bar, look like the page. */
  useTheme: (theme: keyof typeof THEME_WISHES): void => ipcRenderer.send(ASK_CHANNEL, THEME_WISHES[theme]),
  /** Where a file that was dropped on the page lies; empty for one that the page made itself. */
  pathOfFile: (file: File): string => webUtils.getPathForFile(file),
  /** Opens the system's dialog for a recording; what comes of it is told by `message` events of the type `heapline:recording`. */
  chooseRecording: (): void => ipcRenderer.send(ASK_CHANNEL, 'choose-recording'),
  /** Opens a recording that was dropped on the page. The system tells its path: the page cannot name one. */
  openDroppedRecording: (file: File): void =>
    ipcRenderer.send(ASK_CHANNEL, 'open-dropped-recording', webUtils.getPathForFile(file)),
  /** Asks the user where to save this run, and saves it there. */
  saveRecording: (runId: string): void => ipcRenderer.send(ASK_CHANNEL, 'save-recording', runId),
  /** Gives up opening or saving. */
  cancelRecording: (): void => ipcRenderer.send(ASK_CHANNEL, 'cancel-recording'),
  /** Tells which run the page shows, for the menu; empty: none. */
  showsRun: (runId: string): void => ipcRenderer.send(ASK_CHANNEL, 'shows-run', runId),
  /** Shows the file of the shown run in the system's file manager. */
  showRecording: (): void => ipcRenderer.send(ASK_CHANNEL, 'show-recording'),
});
