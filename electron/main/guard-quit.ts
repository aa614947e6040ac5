// Quitting while something is observed would end it: the user is asked first. Windows and Linux quit with the last window,
// so closing that one asks too.

import { app, BrowserWindow, dialog, powerMonitor } from 'electron';
import { visibleText } from '../../engine/protocol/visible-text.ts';
import type { Going, GoingRuns } from './going-runs.ts';
import { frontWindow } from './window.ts';

const STOP_AND_QUIT = 0;

export function guardQuit(runs: Pick<GoingRuns, 'all'>): void {
  let isConfirmed = false;
  let isAsking = false;

  const mayQuit = (): boolean => isConfirmed || runs.all.length === 0;

  async function ask(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    try {
      const window = frontWindow();
      const options = questionAbout(runs.all);
      const { response } = await (window === undefined
        ? dialog.showMessageBox(options)
        : dialog.showMessageBox(window, options));
      if (response !== STOP_AND_QUIT) return;
      isConfirmed = true;
      app.quit();
    } catch (error) {
      console.error('The question before quitting could not be asked:', error);
    } finally {
      isAsking = false;
    }
  }

  app.on('before-quit', (event) => {
    if (mayQuit()) return;
    event.preventDefault();
    void ask();
  });
  app.on('browser-window-created', (_event, window) => {
    window.on('close', (event) => {
      // macOS keeps the application, and with it the run, when its last window is closed.
      if (process.platform === 'darwin' || mayQuit() || BrowserWindow.getAllWindows().length > 1) return;
      event.preventDefault();
      void ask();
    });
  });

  // The system is shutting down, or a signal asks for it: there is nobody to answer.
  const quitNow = (): void => {
    isConfirmed = true;
    app.quit();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, quitNow);
  app
    .whenReady()
    .then(() => powerMonitor.on('shutdown', quitNow))
    .catch((error: unknown) => console.error('The end of the system’s session will not be noticed:', error));
}

function questionAbout(going: readonly Going[]): Electron.MessageBoxOptions {
  const [first] = going;
  const isWatchedOnly = going.every((each) => each.kind === 'run' && each.isWatched);
  const title = going.length === 1 && first !== undefined ? visibleText(`“${first.title}”`) : `${going.length} runs`;
  return {
    type: 'question',
    title: 'Quit Heapline?',
    message: isWatchedOnly
      ? `${title} is being watched.`
      : `${title} ${going.length === 1 ? 'is' : 'are'} still running.`,
    detail: isWatchedOnly
      ? 'Quitting leaves the process. It goes on as if it had not been watched; what was recorded of it is lost.'
      : 'Quitting ends the observed process and loses what was recorded of it.',
    buttons: [isWatchedOnly ? 'Leave It and Quit' : 'Stop and Quit', 'Cancel'],
    defaultId: STOP_AND_QUIT,
    cancelId: 1,
    noLink: true,
  };
}
