// Asks on the terminal before a process of somebody's is paused for a heap snapshot.

import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import { describeSnapshotEstimate } from '../engine/protocol/snapshot-estimate.ts';
import { formatBytes } from './format-bytes.ts';
import type { Output } from './output.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError where nobody can be asked */
export function checkCanAsk(): void {
  if (isatty(0) && isatty(2)) return;
  throw new UsageError(
    '--why pauses the process for a heap snapshot, and there is no terminal to ask on. Allowed: --why --yes, to take it ' +
      'without asking.',
  );
}

/** @param given resolves when the answer is no longer needed: the process has ended */
export async function isSnapshotWanted(
  heapUsedBytes: number | undefined,
  stderr: Output,
  given: Promise<unknown>,
): Promise<boolean> {
  await stderr.write(`${describeSnapshotEstimate(heapUsedBytes, formatBytes)} Take it? [y/N] `);
  // Not as a terminal: Ctrl-C stays a signal.
  using lines = createInterface({ input: process.stdin, terminal: false });
  const answer = await Promise.race([
    new Promise<string>((answered) => {
      lines.once('line', answered);
      lines.once('close', () => answered(''));
    }),
    given.then(() => ''),
  ]);
  return /^\s*y(es)?\s*$/i.test(answer);
}
