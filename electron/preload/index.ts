// The only bridge between the page and the application. Runs sandboxed in the page's process, in a world of its own:
// the page sees one function, and is handed a MessagePort; it never sees Electron's modules or events.

import { contextBridge, ipcRenderer } from 'electron';

const CONNECT_CHANNEL = 'heapline:connect';
/** Main answers on this channel; the page is told by a window message of the same name. */
const PORT_MESSAGE = 'heapline:port';

ipcRenderer.on(PORT_MESSAGE, ({ ports }) => {
  window.postMessage(PORT_MESSAGE, window.location.origin, ports);
});

contextBridge.exposeInMainWorld('heaplineDesktop', {
  /** Asks for a port to the engine; it comes with a `message` event whose data is `heapline:port`. */
  connect: (): void => ipcRenderer.send(CONNECT_CHANNEL),
});
