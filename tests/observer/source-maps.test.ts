// Sites in the sources of built programs, in real observed processes: what tsc, a bundler and a loader in memory make of one
// module, and two packages whose files have the same name.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { transpileModule, ModuleKind } from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../run-program.ts';
import { ALL_RUNTIMES } from '../runtimes.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heapline-maps-')));
afterAll(() => rmSync(folder, { recursive: true }));

/** Types before and enums inside, so that no line of what is built is that of the source. */
const SOURCE = `interface Options {
  readonly name: string;
}

enum Kind { First = 1, Second }

class Document { constructor(readonly options: Options) {} }

const registry = new FinalizationRegistry<number[]>((held: number[]) => void held);

export function open(options: Options): Document {
  const document: Document = new Document(options);
  registry.register(document, [1179832 + Kind.Second]);
  return document;
}
`;
const PACKAGE = `const registry = new FinalizationRegistry(() => {});
exports.make = () => { const made = {}; registry.register(made, 'made'); return made; };
`;
const MAIN = `
globalThis.kept = [
  require('./built/by-compiler.js').open({ name: 'a' }),
  require('./built/by-bundler.cjs').open({ name: 'b' }),
  require('./loader.cjs').load(require('node:path').join(__dirname, 'source/in-memory.ts')).open({ name: 'c' }),
  require('alpha').make(),
  require('beta').make(),
  require('alpha/node_modules/beta').make(),
];
`;
/** What tsx and its like do: compile what no file holds, with an inline map, and switch source maps on. */
const LOADER = `
const Module = require('node:module');
process.setSourceMapsEnabled(true);
exports.load = (file) => {
  const module = new Module(file, null);
  module.filename = file;
  module._compile(require('./transpiled.json')[0], file);
  return module.exports;
};
`;

function write(file: string, text: string): void {
  mkdirSync(join(folder, dirname(file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function transpile(fileName: string, inlineSourceMap: boolean): { readonly code: string; readonly map: string } {
  const { outputText, sourceMapText = '' } = transpileModule(SOURCE, {
    fileName: join(folder, fileName),
    compilerOptions: { module: ModuleKind.CommonJS, sourceMap: !inlineSourceMap, inlineSourceMap },
  });
  return { code: outputText, map: sourceMapText };
}

beforeAll(async () => {
  write('package.json', '{ "name": "shop" }');
  for (const name of ['by-compiler', 'by-bundler', 'in-memory']) write(`source/${name}.ts`, SOURCE);
  const compiled = transpile('source/by-compiler.ts', false);
  write('built/by-compiler.js', compiled.code);
  write(
    'built/by-compiler.js.map',
    JSON.stringify({ ...JSON.parse(compiled.map), sources: ['../source/by-compiler.ts'] }),
  );
  write('transpiled.json', JSON.stringify([transpile('source/in-memory.ts', true).code]));
  const bundle = await rolldown({ input: join(folder, 'source/by-bundler.ts'), logLevel: 'silent' });
  await bundle.write({ file: join(folder, 'built/by-bundler.cjs'), format: 'cjs', minify: true, sourcemap: 'inline' });
  for (const name of ['alpha', 'beta', 'alpha/node_modules/beta']) {
    write(`node_modules/${name}/index.js`, PACKAGE);
  }
  write('loader.cjs', LOADER);
  write('main.cjs', MAIN);
});

describe.each(ALL_RUNTIMES)('on $name, sites', ({ nodePath, isInstalled }) => {
  it.skipIf(!isInstalled)('are those of the sources, and tell files of one name apart', async () => {
    const { report, of } = await runProgram({
      program: { kind: 'file', path: join(folder, 'main.cjs'), args: [] },
      gcPolicy: { kind: 'major', intervalMs: 100 },
      limits: { settleMs: 100 },
      explain: true,
      nodePath,
    });
    expect(report.outcome.status).toBe('completed');
    expect(report.objects.map(({ site }) => site)).toEqual([
      'source/by-compiler.ts:13:12',
      'source/by-bundler.ts:13:12',
      'source/in-memory.ts:13:12',
      'alpha/index.js:2:50',
      'beta/index.js:2:50',
      'alpha/node_modules/beta/index.js:2:50',
    ]);
    expect(report.objects.slice(0, 1)).toMatchObject([{ className: 'Document', label: '[1179834]' }]);
    expect(report.registries.map(({ site }) => site)).toContain('source/by-bundler.ts:9:18');
    const files = of('sites').flatMap(({ items }) => items.map(({ file }) => file));
    expect(new Set(files.slice(0, 6))).toContain(join(folder, 'source/in-memory.ts'));
    expect(report.registrations.alive).toBe(6);
  });
});
