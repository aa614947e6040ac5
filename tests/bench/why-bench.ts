// `npm run bench:why`: how long it takes, and how much memory, to tell why 400,000 registered objects are alive, from the
// file of a snapshot to all causes, beside what memlab takes to read the same file. In turns, each in a fresh process.
// `--pairs 5`: how often. `--large`: instead, that a snapshot of more than 600 MB is read without error.
// Needs `npm run build:engine`; installs memlab in a folder of its own if it is not there.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';

const MAXIMUM_WALL_RATIO = 0.5;
const MAXIMUM_MEMORY_RATIO = 0.7;
const REGISTRATIONS = 400_000;
const MINIMUM_BYTES = 150e6;
const LARGE_REGISTRATIONS = 1_200_000;
const LARGE_MINIMUM_BYTES = 600e6;

const Measurement = v.object({
  wallMs: v.number(),
  peakBytes: v.number(),
  explained: v.string(),
  /** Of Heapline only. */
  registrations: v.exactOptional(v.number()),
});
type Measurement = v.InferOutput<typeof Measurement>;

const { values: options } = parseArgs({
  options: { pairs: { type: 'string', default: '5' }, large: { type: 'boolean', default: false } },
});
const here = import.meta.dirname;
const memlabFolder = resolve(here, 'memlab');
const warningsOff = '--disable-warning=ExperimentalWarning';
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const median = (values: number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;

/** @returns standard output @throws if it fails */
async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const status = await new Promise<number | null>((done, fail) => child.on('close', done).on('error', fail));
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}.\n${output}${complaints}`);
  return output;
}

async function measure(script: string, snapshotPath: string): Promise<Measurement> {
  const output = await run(process.execPath, [warningsOff, script, snapshotPath], here);
  return v.parse(Measurement, JSON.parse(output.trim().split('\n').at(-1) ?? ''));
}

async function measureExplaining(snapshotPath: string, registrations: number): Promise<Measurement> {
  const measurement = await measure(resolve(here, 'why-bench-explain.ts'), snapshotPath);
  if (measurement.registrations !== registrations) throw new Error(`Not all were explained: ${measurement.explained}.`);
  return measurement;
}

async function makeSnapshot(path: string, registrations: number, minimumBytes: number): Promise<void> {
  await run(process.execPath, [warningsOff, resolve(here, 'why-bench-make.ts'), path, String(registrations)], here);
  const { size } = statSync(path);
  console.log(`A snapshot of ${megabytes(size)} with ${registrations.toLocaleString('en-US')} live registrations`);
  if (size < minimumBytes) throw new Error(`It should have ${megabytes(minimumBytes)}.`);
}

const folder = mkdtempSync(join(tmpdir(), 'heapline-bench-why-'));
const snapshotPath = join(folder, 'bench.heapsnapshot');
try {
  if (options.large) {
    await makeSnapshot(snapshotPath, LARGE_REGISTRATIONS, LARGE_MINIMUM_BYTES);
    const { wallMs, peakBytes, explained } = await measureExplaining(snapshotPath, LARGE_REGISTRATIONS);
    console.log(`Explained in ${seconds(wallMs)} with ${megabytes(peakBytes)}: ${explained}`);
  } else {
    if (!existsSync(join(memlabFolder, 'node_modules/@memlab/heap-analysis'))) {
      // Without scripts: one of its packages would download a browser.
      await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], memlabFolder);
    }
    await makeSnapshot(snapshotPath, REGISTRATIONS, MINIMUM_BYTES);
    const ours: Measurement[] = [];
    const theirs: Measurement[] = [];
    for (let pair = 0; pair < Number(options.pairs); pair++) {
      ours.push(await measureExplaining(snapshotPath, REGISTRATIONS));
      theirs.push(await measure(resolve(memlabFolder, 'why-bench-memlab.mjs'), snapshotPath));
    }
    const print = (name: string, of: Measurement[]) => {
      const wall = seconds(median(of.map(({ wallMs }) => wallMs)));
      const peak = megabytes(median(of.map(({ peakBytes }) => peakBytes)));
      console.log(`  ${name}  ${wall}, ${peak}  (${of[0]?.explained})`);
    };
    print('Heapline', ours);
    print('memlab  ', theirs);
    const compare = (name: string, of: (one: Measurement) => number, bar: number): boolean => {
      const ratios = ours.map((one, pair) => of(one) / of(theirs[pair]!));
      const isMet = median(ratios) <= bar;
      const all = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
      console.log(
        `  ${name} ${median(ratios).toFixed(2)} × memlab's (${all}; bar ${bar}): ${isMet ? 'met' : 'NOT MET'}`,
      );
      return isMet;
    };
    const isWallMet = compare('wall time  ', ({ wallMs }) => wallMs, MAXIMUM_WALL_RATIO);
    const isMemoryMet = compare('peak memory', ({ peakBytes }) => peakBytes, MAXIMUM_MEMORY_RATIO);
    if (!isWallMet || !isMemoryMet) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
