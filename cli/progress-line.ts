// One line on a terminal that is written over and over; nothing where nobody watches.

import { isatty } from 'node:tty';
import type { Output } from './output.ts';

export interface ProgressLine {
  /** Undefined: no line any more. */
  show(text: string | undefined): Promise<void>;
}

export function createProgressLine(stderr: Output): ProgressLine {
  const isWatched = isatty(2);
  let shown: string | undefined;
  return {
    async show(text) {
      if (!isWatched || text === shown) return;
      shown = text;
      await stderr.writeOver(text ?? '');
    },
  };
}
