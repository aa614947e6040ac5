// Scripts that were opened or run lately, latest first: for the menu here, and for the system's own lists.

import { app } from 'electron';
import * as v from 'valibot';
import type { StateFile } from './state-file.ts';

export const RecentScriptPaths = v.array(v.pipe(v.string(), v.maxLength(4096)));
const MAXIMUM_RECENT = 10;

export interface RecentScripts {
  readonly paths: readonly string[];
  add(path: string): void;
  clear(): void;
}

/** @param onChange the menu lists them, and is made anew */
export function createRecentScripts(file: StateFile<string[]>, onChange: () => void): RecentScripts {
  return {
    get paths() {
      return file.value;
    },
    add(path) {
      if (file.value[0] === path) return;
      file.set([path, ...file.value.filter((other) => other !== path)].slice(0, MAXIMUM_RECENT));
      app.addRecentDocument(path);
      onChange();
    },
    clear() {
      file.set([]);
      app.clearRecentDocuments();
      onChange();
    },
  };
}
