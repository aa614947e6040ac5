// `npm run bench:full-recording`: what a host needs whose run fills its recording, in a process of its own: peak memory beside
// the budget, and how long its event loop stands still while the run goes on and while it is summed up. The program's last
// line, and the end, are in the recording all the same. `--megabytes 1500`: the budget, in MiB. Exits with 1 if a bar is not
// met. Needs `npm run build:engine`.

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import * as v from 'valibot';

const MAXIMUM_PEAK = 1.3;
const MAXIMUM_STALL_MS = 250;
const DEFAULT_MEGABYTES = 1500;
/** What a host takes that has recorded nothing. It counts, but not against a budget smaller than the default. */
const EMPTY_HOST_BYTES = 120e6;
/** An object that is registered and called back has 41 bytes; beyond the budget some are dropped. */
const BYTES_AN_OBJECT = 37;
const DROPPED_PERCENT = 95;

const Measurement = v.object({
  runMs: v.number(),
  sumUpMs: v.number(),
  longestWhileRunningMs: v.number(),
  longestAfterwardsMs: v.number(),
  peakBytes: v.number(),
  registrations: v.object({ total: v.number(), finalized: v.number() }),
  droppedRows: v.number(),
  hasLastLine: v.boolean(),
});

const { values: options } = parseArgs({
  options: { megabytes: { type: 'string', default: String(DEFAULT_MEGABYTES) } },
});
const budgetBytes = Number(options.megabytes) * 1024 * 1024;
const objects = Math.ceil(budgetBytes / BYTES_AN_OBJECT);
const { stdout } = await promisify(execFile)(process.execPath, [
  '--disable-warning=ExperimentalWarning',
  resolve(import.meta.dirname, 'full-recording-host.ts'),
  ...[budgetBytes, objects, DROPPED_PERCENT].map(String),
]);
const measured = v.parse(Measurement, JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
const { registrations, droppedRows, peakBytes, longestWhileRunningMs, longestAfterwardsMs } = measured;
const isSmall = Number(options.megabytes) < DEFAULT_MEGABYTES;
const peak = (peakBytes - (isSmall ? EMPTY_HOST_BYTES : 0)) / budgetBytes;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const rows = [
  {
    what: 'rows dropped, and the last line and the end kept',
    measured: `${droppedRows.toLocaleString('en-US')} dropped`,
    bar: 'both',
    isMet: droppedRows > 0 && measured.hasLastLine,
  },
  {
    what: 'peak memory of the host, as a share of the budget',
    measured: `${(peakBytes / 1e6).toFixed(0)} MB, ${peak.toFixed(2)} ×`,
    bar: `${MAXIMUM_PEAK} ×`,
    isMet: peak <= MAXIMUM_PEAK,
  },
  {
    what: 'longest stall while the run goes on',
    measured: `${longestWhileRunningMs.toFixed(0)} ms`,
    bar: `${MAXIMUM_STALL_MS} ms`,
    isMet: longestWhileRunningMs <= MAXIMUM_STALL_MS,
  },
  {
    what: 'longest stall while it is summed up',
    measured: `${longestAfterwardsMs.toFixed(0)} ms`,
    bar: `${MAXIMUM_STALL_MS} ms`,
    isMet: longestAfterwardsMs <= MAXIMUM_STALL_MS,
  },
];
console.log(
  `${registrations.total.toLocaleString('en-US')} registrations, ${registrations.finalized.toLocaleString('en-US')} finalized, ` +
    `recorded in ${seconds(measured.runMs)}, summed up in ${seconds(measured.sumUpMs)}`,
);
for (const { what, measured: figure, bar, isMet } of rows)
  console.log(`${isMet ? 'met    ' : 'NOT MET'}  ${what}: ${figure} (${bar})`);
process.exitCode = rows.every(({ isMet }) => isMet) ? 0 : 1;
