// The first moments of a program, in which its observer is still starting beside it.

import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, runProgram } from '../run-program.ts';
import { RUNTIMES } from '../runtimes.ts';

const gcPolicy = { kind: 'none', intervalMs: 500 } as const;

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}, a program that has just begun`, () => {
    it('loses no registration that is older than 25 ms when it is killed', async () => {
      const { report } = await runProgram({ program: fixture('killed-early.mjs'), gcPolicy, nodePath });
      expect(report.outcome.status).toBe('crashed');
      expect(report.registrations.total).toBe(100);
    });

    it('is given the code caches that V8 would give it alone', async () => {
      const path = resolve(import.meta.dirname, '../fixtures/programs/uses-code-cache.cjs');
      const cache = execFileSync(nodePath, [path, 'make'], { encoding: 'utf8' }).trim();
      const { stdout } = await runProgram({
        program: fixture('uses-code-cache.cjs', cache),
        gcPolicy,
        limits: { settleMs: 0 },
        nodePath,
      });
      expect(stdout).toBe('false\n');
    });
  });
}
