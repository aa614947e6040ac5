// Which pages listen. What is told to one that is still being loaded, or whose process has crashed, would be lost: it
// waits until a page listens.

import type { WebContents } from 'electron';
import { frontWindow } from './window.ts';

export interface ListeningPages {
  /** A page is there and listens, also after it was loaded again. */
  listens(contents: WebContents): void;
  /** Another document is in its place, or none. */
  isGone(contents: WebContents): void;
  /** Acts on this page, or the one in front, if it listens, else on the first that does; in the order of the calls. */
  whenListening(act: (contents: WebContents) => void, contents?: WebContents): void;
}

export function createListeningPages(): ListeningPages {
  const listening = new WeakSet<WebContents>();
  let waiting: ((contents: WebContents) => void)[] = [];
  return {
    listens(contents) {
      listening.add(contents);
      const acts = waiting;
      waiting = [];
      for (const act of acts) act(contents);
    },
    isGone: (contents) => void listening.delete(contents),
    whenListening(act, contents = frontWindow()?.webContents) {
      if (contents !== undefined && listening.has(contents)) act(contents);
      else waiting.push(act);
    },
  };
}
