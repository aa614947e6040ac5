// Finds what a host under test has started, and may have left behind. Runs in Node.

import { readdirSync, readFileSync } from 'node:fs';

/** Processes that were started with `text` in their environment, with whichever parent. Empty where there is no /proc. */
export function processesWithEnvironment(text: string): { pid: number; command: string }[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'utf8').includes(text)) return [];
        const isZombie = / Z /.test(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/\(.*\)/s, ''));
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return isZombie ? [] : [{ pid: Number(name), command }];
      } catch {
        // It has ended in the meantime, or belongs to somebody else.
        return [];
      }
    });
}
