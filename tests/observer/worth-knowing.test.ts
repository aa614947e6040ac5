// What a run warns of, from evidence alone: what was not observed, what the program does in vain, and what proved harmless.
// Real processes with the real observer.

import { describe, expect, it } from 'vitest';
import { fixture, runProgram } from '../run-program.ts';
import { RUNTIMES } from '../runtimes.ts';

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  describe.skipIf(!isInstalled)(`a run on ${name} warns`, () => {
    const warningsOf = async (...ways: string[]) => {
      const { report, of } = await runProgram({
        program: fixture('worth-knowing.mjs', ...ways),
        gcPolicy: { kind: 'none', intervalMs: 500 },
        limits: { settleMs: 100, timeoutMs: 30_000 },
        nodePath,
      });
      expect(report.outcome.status).toBe('completed');
      return { report, batches: of('warning') };
    };

    it('of nothing where there is nothing', async () => {
      expect((await warningsOf('nothing')).report.warnings).toEqual([]);
    });

    it('of unregistering in vain, of one object registered often, and of a blocked thread that keeps callbacks waiting', async () => {
      const { report, batches } = await warningsOf('unmatched', 'duplicates', 'starved');
      expect(report.warnings).toEqual([
        expect.stringMatching(/worth-knowing\.mjs:\d+ \(unmatched\): 7 calls of unregister\(\) removed nothing/),
        expect.stringMatching(/worth-knowing\.mjs:\d+ \(duplicates\) registers the same object \(Object\).*100 of the/),
        expect.stringMatching(/^The thread was blocked for 1\.\d s .* the callback of an object .* at least 1\.\d s/),
      ]);
      expect(batches.find(({ code }) => code === 'unregister-matched-nothing')?.place?.line).toBeGreaterThan(1);
    });

    it('of a held value only as long as it holds its object', async () => {
      const { report, batches } = await warningsOf('held');
      expect(report.registrations).toMatchObject({ finalized: 1, total: 2 });
      expect(report.warnings).toEqual([expect.stringMatching(/heldValue\.target is the target/)]);
      const held = batches.filter(({ code }) => code === 'held-value-reaches-target');
      expect(held.map(({ message }) => message === '')).toEqual([false, false, true]);
      expect(held[2]?.key).toBe(held[0]?.key);
    });

    it('of workers, child processes that run Node, and vm contexts', async () => {
      expect((await warningsOf('parts')).report.warnings).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^The program started 2 workers\./),
          expect.stringMatching(/^The program started 3 child processes that run Node\./),
          expect.stringMatching(/^The program runs code in at least 2 vm contexts of its own\./),
        ]),
      );
    });
  });
}
