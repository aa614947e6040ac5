// Tells when something in a folder changes, also if the folder is not there yet or goes away: then the nearest folder above
// it is watched. Runs in the session; whoever is told looks at the folder itself.

import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Editors write a file in several steps. */
const QUIET_MS = 200;

export interface FolderWatch extends Disposable {
  /** Watches the folder itself if it has come meanwhile, or what is nearest to it. Never rejects. */
  aim(): Promise<void>;
}

/** Nothing is watched before `aim`. Where the system does not let watch, changes are seen when somebody looks again. */
export function watchFolder(folder: string, onChange: () => void): FolderWatch {
  let watcher: FSWatcher | undefined;
  let watched = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDisposed = false;

  const stop = (): void => {
    watcher?.close();
    watcher = undefined;
    watched = '';
  };
  const changed = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, QUIET_MS);
  };

  return {
    async aim() {
      const nearest = await nearestFolder(folder);
      if (isDisposed || nearest === undefined || nearest.key === watched) return;
      stop();
      try {
        watcher = watch(nearest.path, { persistent: false }, changed);
        // Watched folders that are removed say so, or fail; `aim` looks where to go on.
        watcher.on('error', () => {
          stop();
          changed();
        });
        watched = nearest.key;
      } catch {
        // No watches left, or no right to: see above.
        stop();
      }
    },
    [Symbol.dispose]() {
      isDisposed = true;
      clearTimeout(timer);
      stop();
    },
  };
}

/** With a key that tells a folder from one that was made anew in its place. */
async function nearestFolder(folder: string): Promise<{ path: string; key: string } | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) return { path, key: `${path}\0${found.ino}` };
    if (dirname(path) === path) return undefined;
  }
}
