// Makes the snapshot of `npm run bench:why`, in a process of its own so that its memory does not count: a real observed run
// of the program beside this file. Arguments: the file to write, number of registrations.

import { resolve } from 'node:path';
import { runProgram } from '../run-program.ts';

const args = process.argv.slice(2);
const { report } = await runProgram({
  program: { kind: 'file', path: resolve(import.meta.dirname, 'why-bench-program.mjs'), args },
  gcPolicy: { kind: 'none', intervalMs: 500 },
  limits: { settleMs: 0, timeoutMs: 600_000 },
  reportedObjects: 0,
});
const { outcome, registrations, droppedRows } = report;
if (
  outcome.status !== 'exited' ||
  outcome.exitCode !== 0 ||
  droppedRows > 0 ||
  registrations.total !== Number(args[1])
) {
  throw new Error(`${outcome.message} ${registrations.total} registrations, ${droppedRows} dropped.`);
}
