// `npm run test:generated [-- --seed 1 --count 200 --node 26 --alone 40 --keep]`: makes that many programs, runs them natively
// and observed, most of them together and some alone, and prints what was told wrong. Ends with status 1 if anything was.

import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { RUNTIMES, runtimeOf } from '../runtimes.ts';
import { FAULTS, type Failure } from './judge.ts';
import { generatePrograms, judgeTogether } from './run-programs.ts';
import type { GeneratedProgram } from './write-program.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    node: { type: 'string' },
    alone: { type: 'string', default: '40' },
    together: { type: 'string', default: '40' },
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
    print: { type: 'boolean', default: false },
  },
});
const Count = v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(0));
const seed = v.parse(Count, values.seed);
const alone = v.parse(Count, values.alone);
const together = Math.max(1, v.parse(Count, values.together));
const runtimes = values.node === undefined ? RUNTIMES : values.node.split(',').map((major) => runtimeOf(Number(major)));

if (!(await ensureBuilt('engine'))) process.exit(1);
const all = generatePrograms(seed, v.parse(Count, values.count));
const only = values.only?.split(',');
const programs = only === undefined ? all : all.filter(({ name }) => only.includes(name));
if (values.print) {
  for (const { files, recipe } of programs) {
    console.log(`# ${recipe.join('; ')}`);
    for (const [name, text] of files) console.log(`// ${name}\n${text}`);
  }
}

/** The first `alone` programs each by itself, the others many at a time. */
function batchesOf(list: readonly GeneratedProgram[]): GeneratedProgram[][] {
  const batches = list.slice(0, alone).map((program) => [program]);
  for (let at = alone; at < list.length; at += together) batches.push(list.slice(at, at + together));
  return batches;
}

let failed = 0;
for (const { name, nodePath, isInstalled } of runtimes) {
  if (!isInstalled) throw new Error(`${name} is not installed.`);
  const failures: Failure[] = [];
  for (const batch of batchesOf(programs)) {
    const run = await judgeTogether(batch, nodePath, values.keep);
    if (values.keep && run.failures.length > 0) console.log(`The files are in ${run.folder}`);
    failures.push(...run.failures);
  }
  for (const { program, label, fault, message } of failures) {
    console.log(`${fault.padEnd(8)} ${label.padEnd(8)} ${message}`);
    const { recipe = [] } = programs.find((each) => each.name === program) ?? {};
    if (label !== '') console.log(`         of ${recipe.join('; ')}`);
  }
  const objects = programs.reduce((sum, { expectations }) => sum + expectations.length, 0);
  const wrong = new Set(failures.map(({ program }) => program)).size;
  const kinds = FAULTS.map((fault) => [fault, failures.filter((failure) => failure.fault === fault).length] as const);
  const summary = kinds.filter(([, count]) => count > 0).map(([fault, count]) => `${fault} ${count}`);
  console.log(
    `${name}: ${programs.length - wrong} of ${programs.length} programs (${objects} objects) told right, seed ${seed}` +
      (summary.length === 0 ? '' : `; wrong: ${summary.join(', ')}`),
  );
  failed += wrong;
}
process.exit(failed === 0 ? 0 : 1);
