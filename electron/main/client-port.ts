// The one entry for messages from pages: our own page asks for a port to the engine, or for the system's dialog.

import { ipcMain, MessageChannelMain } from 'electron';
import { disposable, type Disposable, type Port } from '../../engine/protocol/port.ts';
import { createMessagePortPort } from './message-port-port.ts';
import type { Page } from './page.ts';

const ASK_CHANNEL = 'heapline:ask';
const PORT_MESSAGE = 'heapline:port';

export interface PageActions {
  /** Is given the port of each page that was let in; a reloaded page comes again. */
  onClient(port: Port<unknown, object>): void;
  /** The page wants the user to choose a script. */
  onChooseScript(contents: Electron.WebContents): void;
}

export function acceptPage(page: Page, actions: PageActions): Disposable {
  const listener = (event: Electron.IpcMainEvent, wish: unknown) => {
    const frame = event.senderFrame;
    // A frame within the page, a frame that is gone, or one that has been somewhere else gets nothing.
    if (frame === null || frame !== event.sender.mainFrame || frame.origin !== page.origin) {
      console.error(`Refused what ${frame?.origin ?? 'a frame that is gone'} asked for.`);
      return;
    }
    switch (wish) {
      case 'connect': {
        const { port1, port2 } = new MessageChannelMain();
        actions.onClient(createMessagePortPort(port1));
        frame.postMessage(PORT_MESSAGE, null, [port2]);
        return;
      }
      case 'choose-script':
        return actions.onChooseScript(event.sender);
      default:
        console.error('The page asked for what the application does not know.');
    }
  };
  ipcMain.on(ASK_CHANNEL, listener);
  return disposable(() => ipcMain.off(ASK_CHANNEL, listener));
}
