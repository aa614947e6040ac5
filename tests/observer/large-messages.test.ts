// A program that says much about itself is observed to its end. Real processes with the real observer.

import { describe, expect, it } from 'vitest';
import { fixture, runProgram } from '../run-program.ts';
import { RUNTIMES } from '../runtimes.ts';

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  describe.skipIf(!isInstalled)(`a program on ${name}`, () => {
    it('is observed to its end, however many marks and however long names it has in one turn', async () => {
      const { report, of } = await runProgram({
        program: fixture('says-much.mjs'),
        gcPolicy: { kind: 'none', intervalMs: 500 },
        limits: { settleMs: 100, timeoutMs: 60_000 },
        nodePath,
        reportedObjects: 0,
      });
      expect(report.outcome).toMatchObject({ status: 'completed', exitCode: 0 });
      expect(report.registrations).toMatchObject({ total: 3_000, alive: 3_000 });
      expect(of('marks').flatMap(({ items }) => items.filter(({ kind }) => kind === 'user-mark')).length).toBe(70_001);
      expect(
        of('sites')
          .flatMap(({ items }) => items)
          .every(({ file }) => file.length <= 4_096),
      ).toBe(true);
      expect(report.droppedRows).toBe(0);
      expect(report.warnings).toEqual(['The program showed a picture that is none.']);
    });
  });
}
