// Stands in for the `electron` module in the application's main process, where Electron's program cannot be had. Its
// windows are pages of a real Chromium, its utility processes are real ones, and what only a desktop could do is kept
// for the test. What it lacks throws.

import { app } from './app.ts';
import { StandInWindow } from './browser-window.ts';
import { listenToTest } from './control.ts';
import { loud } from './loud.ts';
import { StandInMenu, StandInMenuItem } from './menu.ts';
import { StandInMessageChannel } from './message-port.ts';
import { StandInNotification } from './system.ts';

export { app };
export const BrowserWindow = loud('BrowserWindow', StandInWindow);
export const Menu = loud('Menu', StandInMenu);
export const MenuItem = StandInMenuItem;
export const MessageChannelMain = StandInMessageChannel;
export const Notification = loud('Notification', StandInNotification);
export { ipcMain } from './ipc-main.ts';
export { protocol } from './protocol.ts';
export { session } from './session.ts';
export { clipboard, dialog, nativeTheme, powerMonitor, powerSaveBlocker, screen, shell } from './system.ts';
export { utilityProcess } from './utility-process.ts';

Object.assign(process, { type: 'browser', defaultApp: true });
listenToTest();
