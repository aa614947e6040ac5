// Writes a report to the session, from either thread of the process that loads a scenario of the user's own. Written at
// once and whole, since the process may end in the next moment, and its thread may never turn.

import { writeSync } from 'node:fs';
import { REPORT_DESCRIPTOR, type LoaderReport } from './loader-message.ts';

export function writeReport(report: LoaderReport): void {
  let rest = Buffer.from(`${JSON.stringify(report)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(REPORT_DESCRIPTOR, rest));
    } catch (error) {
      // A pipe that does not block is full: the session is about to read it.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
