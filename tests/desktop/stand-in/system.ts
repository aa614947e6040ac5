// What belongs to the system around the application: dialogs that wait for the test's answer, and everything that would
// reach out of the application, which is kept for the test and never done.

import type * as Electron from 'electron';
import type { DialogState } from '../orders.ts';
import { screenBounds, StandInWindow } from './browser-window.ts';
import { LoudEmitter, loud } from './loud.ts';

type DialogKind = DialogState['kind'];
/** A dialog that is open now. */
interface OpenDialog extends DialogState {
  readonly answer: (answer: never) => void;
}
export const dialogs: OpenDialog[] = [];
let lastDialog = 0;

type Asked = Electron.OpenDialogOptions & Electron.SaveDialogOptions & Electron.MessageBoxOptions;
function ask<Answer>(kind: DialogKind, words: readonly unknown[]): Promise<Answer> {
  // The window is optional and comes first.
  const options = (words[0] instanceof StandInWindow ? words[1] : words[0]) as Partial<Asked>;
  return new Promise((resolve) => {
    const { title = '', message = '', detail = '', buttons = [], defaultPath = '', filters = [] } = options;
    lastDialog += 1;
    dialogs.push({
      number: lastDialog,
      kind,
      title,
      message,
      detail,
      buttons,
      defaultPath,
      extensions: filters.flatMap(({ extensions }) => extensions),
      answer: resolve as (answer: never) => void,
    });
  });
}
export function answerDialog(number: number, answer: unknown): void {
  const at = dialogs.findIndex((dialog) => dialog.number === number);
  if (at === -1) throw new Error(`There is no dialog ${number}.`);
  const [dialog] = dialogs.splice(at, 1);
  dialog!.answer(answer as never);
}

export const dialog = loud('dialog', {
  showOpenDialog: (...words: unknown[]) => ask<Electron.OpenDialogReturnValue>('open', words),
  showSaveDialog: (...words: unknown[]) => ask<Electron.SaveDialogReturnValue>('save', words),
  showMessageBox: (...words: unknown[]) => ask<Electron.MessageBoxReturnValue>('message', words),
  showErrorBox(title: string, content: string): void {
    void ask('error', [{ title, message: content }]);
  },
});
dialog satisfies { [Name in keyof Pick<Electron.Dialog, keyof typeof dialog>]: Electron.Dialog[Name] };

/** What was asked of the system, never done. */
export const outside: {
  readonly what: 'openExternal' | 'showItemInFolder' | 'openPath' | 'beep';
  readonly target: string;
}[] = [];
export const shell = loud('shell', {
  async openExternal(address: string): Promise<void> {
    outside.push({ what: 'openExternal', target: address });
  },
  showItemInFolder: (path: string): void => void outside.push({ what: 'showItemInFolder', target: path }),
  async openPath(path: string): Promise<string> {
    outside.push({ what: 'openPath', target: path });
    return '';
  },
  beep: (): void => void outside.push({ what: 'beep', target: '' }),
});
shell satisfies { [Name in keyof Pick<Electron.Shell, keyof typeof shell>]: Electron.Shell[Name] };

export const notifications: StandInNotification[] = [];
export class StandInNotification extends LoudEmitter implements Pick<Electron.Notification, 'show' | 'close'> {
  static isSupported(): boolean {
    return true;
  }
  title: string;
  body: string;
  silent: boolean;
  constructor({ title = '', body = '', silent = false }: Electron.NotificationConstructorOptions = {}) {
    super('Notification');
    this.title = title;
    this.body = body;
    this.silent = silent;
  }
  show(): void {
    notifications.push(this);
    this.emit('show', {});
  }
  close(): void {
    const at = notifications.indexOf(this);
    if (at !== -1) notifications.splice(at, 1);
    this.emit('close', {});
  }
}

class StandInTheme extends LoudEmitter implements Pick<Electron.NativeTheme, 'shouldUseDarkColors' | 'themeSource'> {
  #source: Electron.NativeTheme['themeSource'] = 'system';
  #systemIsDark = false;
  constructor() {
    super('nativeTheme');
  }
  get shouldUseDarkColors(): boolean {
    return this.#source === 'system' ? this.#systemIsDark : this.#source === 'dark';
  }
  get themeSource(): Electron.NativeTheme['themeSource'] {
    return this.#source;
  }
  set themeSource(source: Electron.NativeTheme['themeSource']) {
    if (source === this.#source) return;
    this.#source = source;
    this.#tell();
  }
  /** The test plays the system. */
  becomeDark(isDark: boolean): void {
    this.#systemIsDark = isDark;
    this.#tell();
  }
  /** What pages see as the preferred color scheme. */
  mediaFeatures(): object {
    const value = this.shouldUseDarkColors ? 'dark' : 'light';
    return { features: [{ name: 'prefers-color-scheme', value }] };
  }
  #tell(): void {
    for (const { webContents } of StandInWindow.getAllWindows()) {
      webContents
        .emulate('Emulation.setEmulatedMedia', this.mediaFeatures() as Record<string, unknown>)
        .catch(() => {});
    }
    this.emit('updated');
  }
}
export const nativeTheme = new StandInTheme();

const display = {
  id: 1,
  label: 'The stand-in’s',
  bounds: screenBounds,
  workArea: screenBounds,
  size: { width: screenBounds.width, height: screenBounds.height },
  workAreaSize: { width: screenBounds.width, height: screenBounds.height },
  scaleFactor: 1,
  rotation: 0,
  internal: false,
} satisfies Partial<Electron.Display>;
class StandInScreen extends LoudEmitter {
  constructor() {
    super('screen');
  }
  getAllDisplays() {
    return [display];
  }
  getPrimaryDisplay() {
    return display;
  }
  getDisplayMatching(_rectangle: Electron.Rectangle) {
    return display;
  }
  getDisplayNearestPoint(_point: Electron.Point) {
    return display;
  }
}
export const screen = new StandInScreen();
screen satisfies {
  [Name in keyof Pick<Electron.Screen, 'getAllDisplays' | 'getPrimaryDisplay' | 'getDisplayMatching'>]: (
    ...words: Parameters<Electron.Screen[Name]>
  ) => unknown;
};

let clipboardText = '';
export const clipboard = loud('clipboard', {
  readText: async () => clipboardText,
  writeText: async (text: string): Promise<void> => void (clipboardText = text),
});
clipboard satisfies Pick<Electron.Clipboard, 'readText' | 'writeText'>;

let lastBlocker = 0;
const blockers = new Set<number>();
export const powerSaveBlocker = loud('powerSaveBlocker', {
  start(_type: 'prevent-app-suspension' | 'prevent-display-sleep'): number {
    blockers.add((lastBlocker += 1));
    return lastBlocker;
  },
  stop: (id: number): boolean => blockers.delete(id),
  isStarted: (id: number): boolean => blockers.has(id),
});
powerSaveBlocker satisfies Pick<Electron.PowerSaveBlocker, 'start' | 'stop' | 'isStarted'>;

class StandInPowerMonitor extends LoudEmitter {
  constructor() {
    super('powerMonitor');
  }
  isOnBatteryPower(): boolean {
    return false;
  }
}
export const powerMonitor = new StandInPowerMonitor();
powerMonitor satisfies Pick<Electron.PowerMonitor, 'isOnBatteryPower'>;
