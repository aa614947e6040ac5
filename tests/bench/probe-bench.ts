// `npm run bench:probe`: what observing costs. The same program registers and finalizes objects with the native registry
// and with the observed one, in turn, in one real observed process; the ratio of each pair is what counts.
// Arguments: number of registrations (default 1,000,000), number of pairs (default 5).

import { resolve } from 'node:path';
import { runProgram } from '../run-program.ts';
import { RUNTIMES } from '../runtimes.ts';

const MAXIMUM_RATIO = 2.5;
const MAXIMUM_BYTES = 48;

interface Measurement {
  registerNs: number;
  callbackNs: number;
  heapBytes: number;
}
interface Result {
  native: Measurement[];
  observed: Measurement[];
}

const [count = '1000000', pairs = '5'] = process.argv.slice(2);
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
const total = ({ registerNs, callbackNs }: Measurement) => registerNs + callbackNs;

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  if (!isInstalled) {
    console.log(`${name}: not installed, not measured`);
    continue;
  }
  const { stdout, report, of } = await runProgram({
    program: { kind: 'file', path: resolve(import.meta.dirname, 'probe-bench-program.mjs'), args: [count, pairs] },
    gcPolicy: { kind: 'none', intervalMs: 500 },
    limits: { settleMs: 0, timeoutMs: 300_000 },
    nodePath,
    reportedObjects: 0,
  });
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`${name}: ${report.outcome.message}`);
  const { native, observed } = JSON.parse(line) as Result;
  const ratios = observed.map((one, pair) => total(one) / total(native[pair]!));
  const extraBytes = median(observed.map((one, pair) => one.heapBytes - native[pair]!.heapBytes));
  const figures = (of: Measurement[]) =>
    `register ${median(of.map(({ registerNs }) => registerNs)).toFixed(0)} ns, ` +
    `callback ${median(of.map(({ callbackNs }) => callbackNs)).toFixed(0)} ns`;
  const waits = of('marks').flatMap(({ items }) => items.filter(({ kind }) => kind === 'observer-waited'));
  const waitedMs = waits.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0);
  const isMet = median(ratios) <= MAXIMUM_RATIO && extraBytes <= MAXIMUM_BYTES;
  console.log(`${name}, ${Number(count).toLocaleString('en-US')} registrations, median of ${pairs} pairs`);
  console.log(`  native    ${figures(native)}`);
  console.log(`  observed  ${figures(observed)}`);
  console.log(
    `  time ${median(ratios).toFixed(2)} × (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}; bar ${MAXIMUM_RATIO}), ` +
      `heap +${extraBytes.toFixed(0)} bytes (bar ${MAXIMUM_BYTES}), ` +
      `${report.registrations.total.toLocaleString('en-US')} recorded, ${report.droppedRows} dropped, ` +
      `waited ${waitedMs.toFixed(0)} ms for the observer: ${isMet ? 'met' : 'NOT MET'}`,
  );
}
