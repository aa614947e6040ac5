// `npm run bench:runs`: the bars of headless runs, measured on the built command line: the scenarios with their defaults,
// the sampler beside a blocked thread, and a million registrations. Ends by itself; exits with 1 if a bar is not met.

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { RunReport } from '../../engine/protocol/run-report.ts';
import { SCENARIOS } from '../../engine/scenarios/index.ts';

const root = resolve(import.meta.dirname, '../..');
const fixture = (name: string) => resolve(root, 'tests/fixtures/programs', name);

async function heapline(...args: string[]): Promise<{ report: RunReport; status: number | null; wallMs: number }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [resolve(root, 'out/cli/heapline.js'), 'run', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 120_000,
  });
  let json = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (json += text));
  const status = await new Promise<number | null>((done) => child.on('close', done));
  return { report: v.parse(RunReport, JSON.parse(json)), status, wallMs: performance.now() - startedAt };
}

const rows: { what: string; measured: string; bar: string; isMet: boolean }[] = [];
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

let othersMs = 0;
for (const { id } of SCENARIOS) {
  const { report, status, wallMs } = await heapline(id);
  const held = status === 0 && report.prediction?.held === true;
  const isFirst = id === 'simple';
  if (!isFirst) othersMs += wallMs;
  rows.push({
    what: `run ${id}`,
    measured: `${seconds(wallMs)}, prediction ${held ? 'held' : 'NOT held'}`,
    bar: isFirst ? 'below 3 s, held' : 'held',
    isMet: held && (!isFirst || wallMs < 3_000),
  });
}
rows.push({
  what: 'the other four together',
  measured: seconds(othersMs),
  bar: 'below 30 s',
  isMet: othersMs < 30_000,
});

const blocked = await heapline(fixture('blocked.mjs'), '--settle', '0', '--', '2000');
const { maxGapMs, medianGapMs } = blocked.report.heap;
rows.push({
  what: 'largest gap between heap samples, thread blocked for 2 s',
  measured: `${maxGapMs?.toFixed(0)} ms`,
  bar: 'at most 120 ms',
  isMet: maxGapMs !== null && maxGapMs <= 120,
});
rows.push({
  what: 'median gap',
  measured: `${medianGapMs?.toFixed(1)} ms`,
  bar: 'at most 25 ms',
  isMet: medianGapMs !== null && medianGapMs <= 25,
});

const million = await heapline(fixture('million.mjs'), '--gc', 'major', '--settle', '100', '--', '1000000');
const { total, finalized } = million.report.registrations;
rows.push({
  what: '1,000,000 registrations and callbacks',
  measured: `${seconds(million.wallMs)}; ${total} registered, ${finalized} called back, ${million.report.droppedRows} dropped`,
  bar: 'at most 15 s, none lost, none twice',
  isMet: million.wallMs <= 15_000 && total === 1_000_000 && finalized === 1_000_000 && million.report.droppedRows === 0,
});

for (const { what, measured, bar, isMet } of rows)
  console.log(`${isMet ? 'met    ' : 'NOT MET'}  ${what}: ${measured} (${bar})`);
process.exitCode = rows.every(({ isMet }) => isMet) ? 0 : 1;
