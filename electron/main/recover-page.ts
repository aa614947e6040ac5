// A page that crashed is loaded again. The recording is here in main, so that it shows the run that went on meanwhile.
// One that crashes again and again is not: the user decides.

import { app, BrowserWindow, dialog, type WebContents } from 'electron';

/** So many crashes within so long are one too many. */
const MOST_CRASHES = 3;
const CRASHES_WITHIN_MS = 60_000;

export function recoverCrashedPages(): void {
  const crashesAtMs = new WeakMap<WebContents, number[]>();
  app.on('render-process-gone', (_event, contents, { reason, exitCode }) => {
    if (reason === 'clean-exit' || contents.isDestroyed()) return;
    const now = Date.now();
    const recent = [...(crashesAtMs.get(contents) ?? []), now].filter((atMs) => atMs > now - CRASHES_WITHIN_MS);
    crashesAtMs.set(contents, recent);
    console.error(`The page's process is gone (${reason}, status ${exitCode}).`);
    if (recent.length < MOST_CRASHES) contents.reload();
    else void ask(contents, reason);
  });
}

async function ask(contents: WebContents, reason: string): Promise<void> {
  const window = BrowserWindow.fromWebContents(contents);
  if (window === null) return;
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    title: 'Heapline',
    message: 'The window crashes again and again.',
    detail: `Its process has ended ${MOST_CRASHES} times within a minute (${reason}). Runs go on, and their recordings are kept.`,
    buttons: ['Load It Again', 'Close the Window'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  });
  if (contents.isDestroyed()) return;
  if (response === 0) contents.reload();
  else window.close();
}
