// The one entry for messages from pages: our own page asks for a port to the engine, for the system's dialog, or for the
// system's parts in its theme.

import { ipcMain, MessageChannelMain } from 'electron';
import * as v from 'valibot';
import { disposable, type Disposable, type Port } from '../../engine/protocol/port.ts';
import { createMessagePortPort } from './message-port-port.ts';
import type { ThemeSource } from './menu.ts';
import type { Page } from './page.ts';

const ASK_CHANNEL = 'heapline:ask';
const PORT_MESSAGE = 'heapline:port';

/** All that a page can ask for, in one word. */
const Wish = v.picklist(['connect', 'choose-script', 'theme-system', 'theme-light', 'theme-dark']);

export interface PageActions {
  /** Is given the port of each page that was let in; a reloaded page comes again. */
  onClient(port: Port<unknown, object>): void;
  /** The page wants the user to choose a script. */
  onChooseScript(contents: Electron.WebContents): void;
  /** The user chose how the page looks. */
  onTheme(theme: ThemeSource): void;
}

export function acceptPage(page: Page, actions: PageActions): Disposable {
  const listener = (event: Electron.IpcMainEvent, ...message: unknown[]) => {
    const frame = event.senderFrame;
    // A frame within the page, a frame that is gone, or one that has been somewhere else gets nothing.
    if (frame === null || frame !== event.sender.mainFrame || frame.origin !== page.origin) {
      console.error(`Refused what ${frame?.origin ?? 'a frame that is gone'} asked for.`);
      return;
    }
    const wish = v.safeParse(Wish, message[0]);
    if (!wish.success || message.length > 1) {
      console.error('The page asked for what the application does not know.');
      return;
    }
    switch (wish.output) {
      case 'connect': {
        const { port1, port2 } = new MessageChannelMain();
        actions.onClient(createMessagePortPort(port1));
        frame.postMessage(PORT_MESSAGE, null, [port2]);
        return;
      }
      case 'choose-script':
        return actions.onChooseScript(event.sender);
      case 'theme-system':
        return actions.onTheme('system');
      case 'theme-light':
        return actions.onTheme('light');
      case 'theme-dark':
        return actions.onTheme('dark');
    }
  };
  ipcMain.on(ASK_CHANNEL, listener);
  return disposable(() => ipcMain.off(ASK_CHANNEL, listener));
}
