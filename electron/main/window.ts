// The application's window: how it looks before there is a page, where it opens, and that it remembers where it was.

import { BrowserWindow, nativeTheme, screen } from 'electron';
import type { StateFile } from './state-file.ts';
import { MINIMUM_SIZE, placeWindow, type WindowState } from './window-state.ts';

/** The page's own ground, so that nothing flashes before it is drawn. */
const GROUND = { dark: '#0f1216', light: '#f6f7f9' };

/** The one that the user looks at, else any; undefined where none is open. */
export function frontWindow(): BrowserWindow | undefined {
  return BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
}

/**
 * @param address of the page, with what it is to begin with in its fragment
 * @param preloadPath the built preload script, absolute
 */
export function openWindow(
  address: string,
  preloadPath: string,
  state: StateFile<WindowState | undefined>,
): BrowserWindow {
  const screens = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(({ workArea }) => workArea);
  const last = state.value;
  const window = new BrowserWindow({
    ...placeWindow(last?.bounds, screens),
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    show: false,
    title: 'Heapline',
    backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
    webPreferences: {
      preload: preloadPath,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => {
    if (last?.isMaximized === true) window.maximize();
    if (last?.isFullScreen === true) window.setFullScreen(true);
    window.show();
  });
  const remember = (): void => {
    if (window.isMinimized()) return;
    state.set({
      bounds: window.getNormalBounds(),
      isMaximized: window.isMaximized(),
      isFullScreen: window.isFullScreen(),
    });
  };
  window.on('resize', remember);
  window.on('move', remember);
  window.on('close', remember);
  window.loadURL(address).catch((error: unknown) => {
    console.error(`The page ${address} could not be loaded:`, error);
    window.show();
  });
  return window;
}
