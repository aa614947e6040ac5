// `npm run bench:watched`: what watching costs a service under load, and what is left of it after Heapline has left. Two equal
// services run side by side with `heapline/observe`; only one is watched. They are loaded in turn by a process of their own,
// in slices of a fraction of a second, and each slice of the watched one is compared with that of the other beside it.
// The first phase, in which neither is watched, tells how much such ratios vary by themselves.
// Arguments: pairs of slices for each phase (default 20), rounds with fresh services (default 3), ms of a slice (default 300).

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { observePath, openHeapline, startTarget, temporaryFolder, type TargetProcess } from '../targets/watching.ts';

const CONNECTIONS = 10;
const WARM_UP_SLICES = 8;
const MINIMUM_WATCHED = 0.71;

const [pairs = 20, rounds = 3, sliceMs = 300] = process.argv.slice(2).map(Number);
const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;
const quarter = (values: readonly number[], part: 1 | 3) =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length * part) / 4)] ?? NaN;

interface Slice {
  /** Answers a second. */
  readonly rate: number;
  /** Processor time of the service, its observer's thread included. */
  readonly cpuMicroseconds: number;
}

const ask = async <Answer>(child: ChildProcess, message: object): Promise<Answer> => {
  child.send(message);
  const [answer] = (await once(child, 'message')) as [Answer];
  return answer;
};

async function measure(service: Service, loader: ChildProcess): Promise<Slice> {
  const before = await ask<Used>(service.process.child, {});
  const { answers, tookMs } = await ask<{ answers: number; tookMs: number }>(loader, {
    port: service.port,
    connections: CONNECTIONS,
    forMs: sliceMs,
  });
  const after = await ask<Used>(service.process.child, {});
  return {
    rate: (answers * 1_000) / tookMs,
    cpuMicroseconds: (after.cpuMicroseconds - before.cpuMicroseconds) / answers,
  };
}

interface Used {
  readonly requests: number;
  readonly cpuMicroseconds: number;
}

interface Service {
  readonly process: TargetProcess;
  readonly port: number;
}

async function startService(folder: string): Promise<Service> {
  const process = startTarget(resolve(import.meta.dirname, 'watched-bench-service.mjs'), { folder });
  const [{ port }] = (await once(process.child, 'message')) as [{ port: number }];
  return { process, port };
}

interface Ratios {
  readonly rate: number[];
  readonly cpu: number[];
}

const PHASES = ['before', 'while watched', 'after leaving'] as const;
type Phase = (typeof PHASES)[number];
const phases = new Map<Phase, Ratios>(PHASES.map((phase) => [phase, { rate: [], cpu: [] }]));

async function measurePairs(phase: Phase, watched: Service, other: Service, loader: ChildProcess): Promise<void> {
  const { rate, cpu } = phases.get(phase)!;
  for (let pair = 0; pair < pairs; pair += 1) {
    // The order alternates.
    const first = await measure(pair % 2 === 0 ? watched : other, loader);
    const second = await measure(pair % 2 === 0 ? other : watched, loader);
    const [ours, theirs] = pair % 2 === 0 ? [first, second] : [second, first];
    rate.push(ours.rate / theirs.rate);
    cpu.push(ours.cpuMicroseconds / theirs.cpuMicroseconds);
  }
}

async function round(): Promise<{ registrations: number; droppedRows: number }> {
  using folder = temporaryFolder();
  await using heapline = openHeapline(folder.path);
  const watched = await startService(folder.path);
  await using _watched = watched.process;
  const other = await startService(folder.path);
  await using _other = other.process;
  const loader = fork(resolve(import.meta.dirname, 'watched-bench-load.mjs'), { execArgv: [] });
  try {
    for (let slice = 0; slice < WARM_UP_SLICES; slice += 1) {
      await measure(watched, loader);
      await measure(other, loader);
    }
    const target = await heapline.untilListed(watched.process.pid);
    await measurePairs('before', watched, other, loader);
    const run = await heapline.watch(target);
    await run.running;
    await measure(watched, loader);
    await measurePairs('while watched', watched, other, loader);
    const { registrations, droppedRows } = await run.leave();
    await delay(500);
    await measure(watched, loader);
    await measurePairs('after leaving', watched, other, loader);
    return { registrations: registrations.total, droppedRows };
  } finally {
    loader.kill();
  }
}

console.log(
  `${rounds} rounds, ${pairs} pairs of ${sliceMs} ms in each phase, ${CONNECTIONS} connections (${observePath})`,
);
for (let count = 0; count < rounds; count += 1) {
  const { registrations, droppedRows } = await round();
  console.log(
    `round ${count + 1}: ${registrations.toLocaleString('en-US')} registrations watched, ${droppedRows} rows dropped`,
  );
}
const show = (values: readonly number[]) =>
  `${median(values).toFixed(2)} × (${quarter(values, 1).toFixed(2)} to ${quarter(values, 3).toFixed(2)})`;
for (const [phase, { rate, cpu }] of phases) {
  const bar =
    phase === 'while watched' ? `, bar ${MINIMUM_WATCHED}: ${median(rate) >= MINIMUM_WATCHED ? 'met' : 'NOT MET'}` : '';
  console.log(`${phase.padEnd(14)} throughput ${show(rate)}, processor time a request ${show(cpu)}${bar}`);
}
process.exit();
