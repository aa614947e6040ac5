// A host that is killed leaves nothing running, whenever it is killed: the program, its children, and theirs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureBuilt } from '../scripts/built-parts.ts';

const HEAPLINE = resolve(import.meta.dirname, '../out/cli/heapline.js');
const KILLS = 30;
const AT_ONCE = 5;
const LATEST_KILL_MS = 300;
/** The guard needs milliseconds; a busy machine may take longer. */
const END_TIMEOUT_MS = 10_000;

/** A program whose children have children, some through a shell; those whose parent is gone go on all the same. */
const PROGRAM = `
import { spawn } from 'node:child_process';
const [depth = '2'] = process.argv.slice(2);
setInterval(() => {}, 1000);
if (depth !== '0') {
  for (const _child of [1, 2]) {
    spawn(process.execPath, [import.meta.filename, String(Number(depth) - 1)], { stdio: 'ignore' });
  }
  // A job of a shell's own: in another group, in the same session.
  spawn('/bin/sh', ['-c', 'set -m; sleep 60 & wait', import.meta.filename], { stdio: 'ignore' });
}
`;

let folder: string;
beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  folder = mkdtempSync(join(tmpdir(), 'heapline-orphans-'));
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Processes with `text` among their arguments or in their environment, by /proc. */
function processesWith(text: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      if (readFileSync(`/proc/${name}/stat`, 'utf8').includes(') Z ')) return [];
      const found = ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${name}/${file}`, 'utf8').includes(text));
      return found ? [Number(name)] : [];
    } catch {
      // Ended meanwhile.
      return [];
    }
  });
}

/** mulberry32: the same moments in every run of this test. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @returns what is left of it, which is then ended */
async function killHost(marker: string, afterMs: number): Promise<string[]> {
  const program = join(folder, `${marker}.mjs`);
  writeFileSync(program, PROGRAM);
  const host = spawn(process.execPath, [HEAPLINE, 'run', program, '--env', `MARKER=${marker}`], {
    stdio: 'ignore',
    env: { ...process.env, HEAPLINE_SCENARIOS: join(folder, 'none') },
  });
  const exited = once(host, 'exit');
  while (processesWith(marker).every((pid) => pid === host.pid) && host.exitCode === null) await pause(1);
  await pause(afterMs);
  host.kill('SIGKILL');
  await exited;
  const deadlineMs = performance.now() + END_TIMEOUT_MS;
  while (processesWith(marker).length > 0 && performance.now() < deadlineMs) await pause(20);
  return processesWith(marker).map((pid) => {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    process.kill(pid, 'SIGKILL');
    return `killed after ${afterMs} ms, left: ${command}`;
  });
}

// Only /proc tells of processes that nobody waits for.
it.runIf(process.platform === 'linux')(
  `nothing outlives a host that is killed at any of ${KILLS} moments`,
  { timeout: 300_000 },
  async () => {
    const random = randomFrom(13);
    const moments = Array.from({ length: KILLS }, () => Math.round(random() * LATEST_KILL_MS));
    const left: string[] = [];
    const next = moments.entries();
    const work = async (): Promise<void> => {
      for (const [number, afterMs] of next) left.push(...(await killHost(`orphan-${process.pid}-${number}-`, afterMs)));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(left).toEqual([]);
  },
);
