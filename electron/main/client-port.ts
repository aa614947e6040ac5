// The one entry for messages from pages: our own page asks for a port to the engine, for the system's dialogs, or for the
// system's parts in its theme, and tells which run it shows.

import { ipcMain, MessageChannelMain } from 'electron';
import * as v from 'valibot';
import { parse } from '../../engine/protocol/parse.ts';
import { assertNever } from '../../engine/protocol/vocabulary.ts';
import { disposable, type Disposable, type Port } from '../../engine/protocol/port.ts';
import { createMessagePortPort } from './message-port-port.ts';
import type { ThemeSource } from './menu.ts';
import type { Page } from './page.ts';

const ASK_CHANNEL = 'heapline:ask';
const PORT_MESSAGE = 'heapline:port';

const RunId = v.pipe(v.string(), v.maxLength(64));

/** All that a page can ask for: one word, and for some what it is about. */
const Wish = v.union([
  v.strictTuple([
    v.picklist([
      'connect',
      'choose-script',
      'theme-system',
      'theme-light',
      'theme-dark',
      'choose-recording',
      'cancel-recording',
      'show-recording',
    ]),
  ]),
  /** The path that the preload script was told by the system for a file that the user dropped. */
  v.strictTuple([v.literal('open-dropped-recording'), v.pipe(v.string(), v.minLength(1), v.maxLength(4096))]),
  v.strictTuple([v.literal('save-recording'), RunId]),
  /** Empty: it shows none. */
  v.strictTuple([v.literal('shows-run'), RunId]),
]);

export interface PageActions {
  /** Is given the port of each page that was let in; a reloaded page comes again. */
  onClient(port: Port<unknown, object>, contents: Electron.WebContents): void;
  /** The page wants the user to choose a script. */
  onChooseScript(contents: Electron.WebContents): void;
  /** The user chose how the page looks. */
  onTheme(theme: ThemeSource): void;
  onChooseRecording(contents: Electron.WebContents): void;
  /** @param path of a file that was dropped on the page */
  onOpenRecording(contents: Electron.WebContents, path: string): void;
  onSaveRecording(contents: Electron.WebContents, runId: string): void;
  onCancelRecording(): void;
  /** The user wants to see the file of the shown run. */
  onShowRecording(): void;
  onShownRun(runId: string | undefined): void;
}

export function acceptPage(page: Page, actions: PageActions): Disposable {
  const listener = (event: Electron.IpcMainEvent, ...message: unknown[]) => {
    const frame = event.senderFrame;
    // A frame within the page, a frame that is gone, or one that has been somewhere else gets nothing.
    if (frame === null || frame !== event.sender.mainFrame || frame.origin !== page.origin) {
      console.error(`Refused what ${frame?.origin ?? 'a frame that is gone'} asked for.`);
      return;
    }
    const parsed = parse(Wish, message);
    if (!parsed.success) {
      console.error('The page asked for what the application does not know.');
      return;
    }
    const wish = parsed.output;
    switch (wish[0]) {
      case 'connect': {
        const { port1, port2 } = new MessageChannelMain();
        frame.postMessage(PORT_MESSAGE, null, [port2]);
        actions.onClient(createMessagePortPort(port1), event.sender);
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
      case 'choose-recording':
        return actions.onChooseRecording(event.sender);
      case 'cancel-recording':
        return actions.onCancelRecording();
      case 'show-recording':
        return actions.onShowRecording();
      case 'open-dropped-recording':
        return actions.onOpenRecording(event.sender, wish[1]);
      case 'save-recording':
        return actions.onSaveRecording(event.sender, wish[1]);
      case 'shows-run':
        return actions.onShownRun(wish[1] === '' ? undefined : wish[1]);
      default:
        return assertNever(wish);
    }
  };
  ipcMain.on(ASK_CHANNEL, listener);
  return disposable(() => ipcMain.off(ASK_CHANNEL, listener));
}
