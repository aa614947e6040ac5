import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createFileNames } from './file-names.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heapline-names-')));
afterAll(() => rmSync(folder, { recursive: true }));
for (const [file, name] of [
  ['shop', 'shop'],
  ['shared', '@team/shared'],
] as const) {
  mkdirSync(join(folder, file), { recursive: true });
  writeFileSync(join(folder, file, 'package.json'), JSON.stringify({ name }));
}
const mainFile = join(folder, 'shop/src/main.ts');

describe('names of files', () => {
  it.each([
    ['shop/src/main.ts', 'src/main.ts'],
    ['shop/src/cart/index.ts', 'src/cart/index.ts'],
    ['shop/node_modules/pino/lib/proto.js', 'pino/lib/proto.js'],
    ['shop/node_modules/@scope/pino/index.js', '@scope/pino/index.js'],
    ['shop/node_modules/.pnpm/pino@9.0.0/node_modules/pino/lib/proto.js', 'pino/lib/proto.js'],
    ['shared/src/index.ts', '@team/shared/src/index.ts'],
    ['elsewhere/loose.mjs', 'FOLDER/elsewhere/loose.mjs'],
  ])('calls %s %s', (file, name) => {
    expect(createFileNames({ mainFile }).nameOf(join(folder, file))).toBe(name.replace('FOLDER', folder));
  });

  it.skipIf(process.platform === 'win32')('waits for no one where package.json is a pipe', () => {
    const odd = join(folder, 'shop/odd');
    mkdirSync(odd);
    execFileSync('mkfifo', [join(odd, 'package.json')]);
    expect(createFileNames({ mainFile }).nameOf(join(odd, 'index.js'))).toBe('odd/index.js');
  });

  it('shortens what is no path, and takes a bundler’s source from the main package', () => {
    const names = createFileNames({ mainFile });
    expect(names.nameOf(`data:text/javascript,${'x'.repeat(500)}`)).toHaveLength(61);
    expect(names.resolve('src/cart.ts', join(folder, 'shop/dist/main.js'))).toBe(join(folder, 'shop/src/cart.ts'));
    expect(names.resolve('node:fs', mainFile)).toBe('node:fs');
  });

  it('never gives two files one name, whatever they are', () => {
    const part = fc.constantFrom('a', 'b', 'node_modules', 'index.js', '..');
    const file = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => join(folder, 'shop', ...parts));
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(file, fc.string())), (files) => {
        const names = createFileNames({ mainFile });
        expect(new Set(files.map(names.nameOf)).size).toBe(files.length);
        expect(names.nameOf(dirname(mainFile))).toBe(names.nameOf(dirname(mainFile)));
      }),
    );
  });
});
