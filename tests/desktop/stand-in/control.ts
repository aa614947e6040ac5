// How the test plays the user and the system for the stand-in: requests over the channel that Node opens between a
// process and the one that started it.

import { app } from './app.ts';
import { StandInWindow } from './browser-window.ts';

import { problems } from './loud.ts';
import { StandInMenu, type StandInMenuItem } from './menu.ts';
import { settings } from './settings.ts';
import { answerDialog, dialogs, nativeTheme, notifications, outside, screen } from './system.ts';
import { utilityPids } from './utility-process.ts';
import { chromium } from './web-contents.ts';
import type { DesktopState, MenuEntry, Order } from '../orders.ts';

function entryOf({
  id,
  label,
  role,
  type,
  enabled,
  visible,
  checked,
  accelerator,
  submenu,
}: StandInMenuItem): MenuEntry {
  return {
    id,
    label,
    type,
    enabled,
    visible,
    checked,
    ...(role !== undefined && { role }),
    ...(accelerator !== undefined && { accelerator }),
    ...(submenu !== undefined && { items: submenu.items.map(entryOf) }),
  };
}

const state = (): DesktopState => ({
  windows: StandInWindow.getAllWindows().map((window) => ({
    address: window.webContents.getURL(),
    title: window.getTitle(),
    bounds: window.getBounds(),
    isVisible: window.isVisible(),
    isFocused: window.isFocused(),
    isMinimized: window.isMinimized(),
    isMaximized: window.isMaximized(),
    isFlashing: window.isFlashing,
    isCrashed: window.webContents.isCrashed(),
    zoomLevel: window.webContents.getZoomLevel(),
    progress: window.progress,
  })),
  dialogs: dialogs.map(({ answer: _answer, ...dialog }) => dialog),
  menu: StandInMenu.getApplicationMenu()?.items.map(entryOf) ?? [],
  outside: [...outside],
  notifications: notifications.map(({ title, body }) => ({ title, body })),
  recentDocuments: [...app.recentDocuments],
  themeSource: nativeTheme.themeSource,
  workArea: screen.getPrimaryDisplay().workArea,
  utilityPids: utilityPids(),
  problems: [...problems],
});

function firstWindow(): StandInWindow {
  const [window] = StandInWindow.getAllWindows();
  if (window === undefined) throw new Error('The application has no window.');
  return window;
}

function menuItem(path: readonly string[]): StandInMenuItem {
  let menu: StandInMenu | null | undefined = StandInMenu.getApplicationMenu();
  let item: StandInMenuItem | undefined;
  for (const label of path) {
    item = menu?.items.find((one) => one.visible && one.label === label);
    if (item === undefined) {
      throw new Error(`The menu has no ${path.join(' → ')}; it has ${menu?.items.map((one) => one.label).join(', ')}.`);
    }
    menu = item.submenu;
  }
  if (item === undefined) throw new Error('No item was named.');
  return item;
}

async function follow(order: Order): Promise<DesktopState | undefined> {
  switch (order.type) {
    case 'state':
      return state();
    case 'answer-dialog':
      return void answerDialog(order.number, order.answer);
    case 'click-menu':
      return void menuItem(order.path).click();
    case 'click-notification': {
      const notification = notifications[order.index];
      if (notification === undefined) throw new Error(`There is no notification ${order.index}.`);
      return void notification.emit('click', {});
    }
    case 'load':
      // It resolves when the page is there, which is the test's own business.
      return void firstWindow()
        .loadURL(order.address)
        .catch(() => {});
    case 'send-from-frame-within':
      return firstWindow().webContents.sendFromFrameWithin(order.channel, order.words) as Promise<undefined>;
    case 'know-files':
      return void firstWindow().webContents.deliver(firstWindow().webContents.mainFrame, {
        kind: 'files',
        paths: order.paths,
      });
    case 'set-bounds':
      return void firstWindow().setBounds(order.bounds);
    case 'minimize':
      return void firstWindow().minimize();
    case 'blur':
      return void firstWindow().blur();
    case 'close-window':
      return void firstWindow().close();
    case 'become-dark':
      return void nativeTheme.becomeDark(order.isDark);
    case 'quit':
      return void app.quit();
  }
}

export function listenToTest(): void {
  // Before the first window, so that it need not wait for it.
  if (settings.developerTools !== undefined) chromium().catch(() => {});
  process.on('message', ({ id, order }: { id: number; order: Order }) => {
    follow(order).then(
      (result) => process.send?.({ id, result }),
      (error: unknown) => process.send?.({ id, problem: error instanceof Error ? error.message : String(error) }),
    );
  });
  // A test that is gone leaves no application behind, and no Chromium.
  process.on('disconnect', () => {
    if (settings.developerTools === undefined) process.exit(71);
    void chromium()
      .then((connected) => connected.send('Browser.close'))
      .catch(() => {})
      .finally(() => process.exit(71));
  });
}
