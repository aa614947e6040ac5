// The one entry for messages from pages: our own page asks for a port to the engine, and gets one.

import { ipcMain, MessageChannelMain } from 'electron';
import { disposable, type Disposable, type Port } from '../../engine/protocol/port.ts';
import { createMessagePortPort } from './message-port-port.ts';
import type { Page } from './page.ts';

const CONNECT_CHANNEL = 'heapline:connect';
const PORT_MESSAGE = 'heapline:port';

/** @param onClient is given the port of each page that was let in; a reloaded page comes again */
export function acceptClients(page: Page, onClient: (port: Port<unknown, object>) => void): Disposable {
  const listener = (event: Electron.IpcMainEvent) => {
    const frame = event.senderFrame;
    // A frame within the page, a frame that is gone, or one that has been somewhere else gets nothing.
    if (frame === null || frame !== event.sender.mainFrame || frame.origin !== page.origin) {
      console.error(`Refused a connection to the engine from ${frame?.origin ?? 'a frame that is gone'}.`);
      return;
    }
    const { port1, port2 } = new MessageChannelMain();
    onClient(createMessagePortPort(port1));
    frame.postMessage(PORT_MESSAGE, null, [port2]);
  };
  ipcMain.on(CONNECT_CHANNEL, listener);
  return disposable(() => ipcMain.off(CONNECT_CHANNEL, listener));
}
