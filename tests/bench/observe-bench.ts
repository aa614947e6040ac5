// `npm run bench:observe`: what `heapline/observe` costs a program that nobody watches. In one process the program registers
// and finalizes objects with a registry that V8 made and with one made through the observer, in turn; the ratio of the
// quickest of each is what counts. Beside it: what loading it adds to the start, and what one look for a Heapline takes.
// Arguments: number of registrations (default 500,000), how many of each (default 7).

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createRendezvousFinder } from '../../engine/observer/observe-rendezvous.ts';
import { RUNTIMES } from '../runtimes.ts';

/** As near to 1 as a machine that does other things too can tell. */
const MAXIMUM_RATIO = 1.15;
const STARTS = 15;
const LOOKS = 2_000;

interface Measurement {
  registerNs: number;
  callbackNs: number;
}

const [count = '500000', pairs = '7'] = process.argv.slice(2);
const observePath = resolve(import.meta.dirname, '../../out/engine/observe.cjs');
const program = resolve(import.meta.dirname, 'observe-bench-program.mjs');
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
const environment = { PATH: process.env['PATH'], HEAPLINE_RENDEZVOUS: '/nonexistent/heapline' };

function startMs(nodePath: string, preload: string[]): number {
  const startedAtMs = performance.now();
  execFileSync(nodePath, [...preload, '--eval', '0'], { env: environment });
  return performance.now() - startedAtMs;
}

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  if (!isInstalled) {
    console.log(`${name}: not installed, not measured`);
    continue;
  }
  const text = execFileSync(nodePath, ['--require', observePath, program, count, pairs], {
    env: environment,
    encoding: 'utf8',
  });
  const { native, observed } = JSON.parse(text) as { native: Measurement[]; observed: Measurement[] };
  // The quickest of each: what else the machine does can only add to a measurement.
  const ratio = (of: (measurement: Measurement) => number) =>
    Math.min(...observed.map(of)) / Math.min(...native.map(of));
  const whole = ratio(({ registerNs, callbackNs }) => registerNs + callbackNs);
  const starts = Array.from(
    { length: STARTS },
    () => startMs(nodePath, ['--require', observePath]) - startMs(nodePath, []),
  );
  console.log(`${name}, ${Number(count).toLocaleString('en-US')} registrations, quickest of ${pairs} each, unwatched`);
  console.log(
    `  register ${ratio(({ registerNs }) => registerNs).toFixed(2)} ×, ` +
      `callback ${ratio(({ callbackNs }) => callbackNs).toFixed(2)} ×, both ${whole.toFixed(2)} × ` +
      `(bar ${MAXIMUM_RATIO}), start +${median(starts).toFixed(1)} ms: ` +
      (whole <= MAXIMUM_RATIO ? 'met' : 'NOT MET'),
  );
}

function lookMicroseconds(): number {
  const { find } = createRendezvousFinder(() => {});
  const startedAtMs = performance.now();
  for (let look = 0; look < LOOKS; look += 1) find(() => true);
  return ((performance.now() - startedAtMs) * 1_000) / LOOKS;
}

const folder = mkdtempSync(join(tmpdir(), 'heapline-bench-'));
mkdirSync(join(folder, 'there'), { mode: 0o700 });
process.env['HEAPLINE_RENDEZVOUS'] = '';
const usual = lookMicroseconds();
process.env['HEAPLINE_RENDEZVOUS'] = join(folder, 'there');
const empty = lookMicroseconds();
rmSync(folder, { recursive: true });
console.log(
  `one look each second: ${usual.toFixed(1)} µs in the usual folders, ${empty.toFixed(1)} µs in one that is there`,
);
