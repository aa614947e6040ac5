// Programs that replace, freeze or delete what the observer could depend on: they run as they would alone, and are observed.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fixture, runProgram } from '../run-program.ts';
import { RUNTIMES } from '../runtimes.ts';

const MISDEEDS = [
  'nothing',
  'replaces the constructor',
  'freezes the constructor and its prototype',
  'wraps register',
  'patches the clocks',
  'patches timers',
  'patches maps and sets',
  'patches strings',
  'patches promises',
  'patches Reflect and Object',
  'patches Atomics',
  'patches Error',
  'freezes Error',
  'patches messages',
  'patches process.emit',
  'deletes globals',
];

const major = { kind: 'major', intervalMs: 100 } as const;

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}, a program that`, () => {
    it.concurrent.each(MISDEEDS)('%s', async (misdeed) => {
      const { report, stdout, stderr } = await runProgram({
        program: fixture('misbehaves.cjs', misdeed),
        gcPolicy: major,
        limits: { settleMs: 100 },
        nodePath,
      });
      expect(stderr).toBe('');
      expect(stdout).toBe('called 100\n');
      expect(report.outcome.status).toBe('completed');
      expect(report.registrations.total).toBe(101);
      expect(report.registrations.finalized).toBeGreaterThanOrEqual(100);
      expect(report.droppedRows).toBe(0);
    });

    it('starts workers is told that they are not observed', async () => {
      const { report, stdout, of } = await runProgram({
        program: fixture('starts-workers.cjs'),
        gcPolicy: { kind: 'none', intervalMs: 500 },
        limits: { settleMs: 0 },
        nodePath,
      });
      expect(stdout).toBe('worker ended 0\nworker ended 0\n');
      expect(report.registrations.total).toBe(1);
      const workers = of('warning').filter(({ code }) => code === 'workers-are-not-observed');
      expect(new Set(workers.map(({ key }) => key)).size).toBe(1);
      expect(workers.at(-1)?.message).toContain('2 workers');
    });

    it('uses registries of other realms, and microtasks without end', async () => {
      const { report, stdout, of } = await runProgram({
        program: fixture('realms-and-microtasks.cjs'),
        gcPolicy: major,
        limits: { settleMs: 100 },
        nodePath,
      });
      // Node 20 need not call back for a realm that nothing else refers to.
      expect(stdout).toMatch(/^during microtasks 0 true\nfrom the other realm,(other registered,)?registered\n$/);
      expect(report.registrations).toMatchObject({ total: 2, finalized: 2 });
      expect(of('blocked').length).toBeGreaterThan(0);
    });
  });
}

it('stays the same with frozen intrinsics', async () => {
  const program = fixture('verdicts.mjs');
  if (program.kind !== 'file') throw new Error('A fixture is a file.');
  const probe = new URL('../../out/engine/probe.cjs', import.meta.url).pathname;
  // Without options in its environment the probe does nothing, but it is loaded.
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--frozen-intrinsics',
    '--require',
    probe,
    program.path,
  ]);
  expect(stdout).toContain('unregister true false');
});
