// A program cannot tell that its registries are observed: each probe is answered in a plain process and in an observed one,
// on every version of Node that is installed, and the answers are the same.

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../run-program.ts';
import { ALL_RUNTIMES } from '../runtimes.ts';

const program = resolve(import.meta.dirname, '../fixtures/programs/conformance-probes.cjs');
const MINIMUM_PROBES = 40;

/**
 * What V8 puts into messages by looking at things past all that a program can define: the text of a function, the kind of a
 * constructor. These differ, and nothing else does.
 */
const NAMED_BY_V8: readonly [RegExp, string][] = [
  [/function (un)?register\(\) \{ \[native code\] \}/g, '<the method>'],
  [/(un)?register\([^)]*\) \{ {2}try \{.*?<omitted>\.\.\. \}/g, '<the method>'],
  [/\[object FinalizationRegistry\]|#<FinalizationRegistry>/g, '<a registry>'],
  // Node 26 says of a proxy that it is one.
  [/Proxy\(\[Function: FinalizationRegistry\]\)/g, '[Function: FinalizationRegistry]'],
  [/at (Proxy|Function|FinalizationRegistry)\.(un)?register /g, 'at <receiver>.$2register '],
];

function answersOf(stdout: string): Map<string, unknown> {
  const text = NAMED_BY_V8.reduce((changed, [pattern, word]) => changed.replace(pattern, word), stdout);
  const lines = text.split('\n').filter((line) => line.startsWith('["'));
  return new Map(lines.map((line) => JSON.parse(line) as [string, unknown]));
}

for (const { name, nodePath, isInstalled } of ALL_RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}`, () => {
    it('answers every probe of FinalizationRegistry and WeakRef as it does alone', async () => {
      const alone = await promisify(execFile)(nodePath, [program], { encoding: 'utf8' });
      const observed = await runProgram({
        program: { kind: 'file', path: program, args: [] },
        gcPolicy: { kind: 'none', intervalMs: 500 },
        limits: { settleMs: 0 },
        nodePath,
      });
      // It was observed at all.
      expect(observed.report.registrations.total).toBeGreaterThan(50);
      expect(observed.report.registrations.finalized).toBeGreaterThan(10);
      const expected = answersOf(alone.stdout);
      const answers = answersOf(observed.stdout);
      expect(expected.size).toBeGreaterThan(MINIMUM_PROBES);
      for (const [probe, answer] of expected) expect.soft(answers.get(probe), probe).toEqual(answer);
      expect(observed.stderr).toBe(alone.stderr);
    });
  });
}
