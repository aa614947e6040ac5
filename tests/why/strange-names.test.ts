// Names that V8 writes in ways of its own: indices of 2³¹ and above, strings put together from others or cut from them, and
// characters beyond 16 bits; and what it gives no name. Read from real snapshots of every supported version.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../run-program.ts';
import { ALL_RUNTIMES } from '../runtimes.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapline-strange-names-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Each object has a holder of its own, so that each is explained by itself. */
const PROGRAM = `
  const registry = new FinalizationRegistry(() => {});
  const register = (label) => { const object = {}; registry.register(object, label); return object; };
  const part = (text) => String(text);
  globalThis.sparse = []; sparse[2 ** 31] = register('first beyond');
  globalThis.last = []; last[2 ** 32 - 2] = register('last index');
  globalThis.table = {}; table[3_000_000_000] = register('key beyond');
  const concatenated = 'customer-number-' + part(Math.PI) + '/' + part(Math.E);
  globalThis.joined = new Map([[concatenated, register('joined')]]);
  let appended = '';
  for (let at = 0; at < 3_000; at += 1) appended += 'part' + at + '-';
  globalThis.long = new Map([[appended, register('long')]]);
  const whole = Buffer.from('a whole text that is longer than a slice').toString('latin1');
  globalThis.sliced = new Map([[whole.slice(2, 30), register('sliced')]]);
  globalThis.emoji = new Map([['smile-\\u{1F600}-end', register('emoji')]]);
  globalThis.stack = globalThis.DisposableStack && new DisposableStack();
  stack?.adopt(register('adopted'), () => {});
  globalThis.kept = [registry];
`;

for (const { name, major, nodePath, isInstalled } of ALL_RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}`, () => {
    it('shows indices and keys as the program has them', async () => {
      const path = join(folder, 'strange.mjs');
      writeFileSync(path, PROGRAM);
      const { report } = await runProgram({ program: { kind: 'file', path, args: [] }, explain: true, nodePath });
      expect(report.warnings).toEqual([]);
      const edges = Object.fromEntries(
        report.objects.map(({ label, why }) => [label ?? '', (why?.path ?? []).map(({ edge }) => edge).join(' ')]),
      );
      expect(edges['first beyond']).toContain('[2147483648]');
      expect(edges['last index']).toContain('[4294967294]');
      expect(edges['key beyond']).toContain('[3000000000]');
      expect(edges['joined']).toContain('Map entry "customer-number-3.141592653589793/2.718281828459045"');
      expect(edges['long']).toMatch(/Map entry "part0-part1-part2-.*…"/);
      // Some versions write what the slice says, the others only what it was cut from.
      expect(edges['sliced']).toMatch(
        /Map entry ("whole text that is longer th"|a part of "a whole text that is longer than a slice")/,
      );
      if (major >= 24) expect(edges['adopted']).toContain('.stack to be disposed of');
      // Never another letter.
      expect(edges['emoji']).toContain('Map entry "smile-\uFFFD-end"');
      expect(JSON.stringify(edges)).not.toContain('(concatenated string)');
    });
  });
}
