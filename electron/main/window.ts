// The application's window.

import { BrowserWindow, nativeTheme } from 'electron';

/** The page's own ground, so that nothing flashes before it is drawn. */
const GROUND = { dark: '#0f1216', light: '#f6f7f9' };

/**
 * @param address of the page, with what it is to begin with in its fragment
 * @param preloadPath the built preload script, absolute
 */
export function openWindow(address: string, preloadPath: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
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
      webviewTag: false,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  window.loadURL(address).catch((error: unknown) => {
    console.error(`The page ${address} could not be loaded:`, error);
    window.show();
  });
  return window;
}
