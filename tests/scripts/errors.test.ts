// What a run tells of an error in the program: its file, line and column, the lines around, and what to do about it.
// Real processes on every Node that is installed; the columns are looked up in the very text that is run.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { runProgram } from '../run-program.ts';
import { RUNTIMES } from '../runtimes.ts';
import { createProgramFolder, type ProgramFolder } from './run-twice.ts';

interface Case {
  readonly what: string;
  readonly files: Record<string, string>;
  /** Absent: the first of `files`. */
  readonly placedIn?: string;
  /** A text in that file that the place points at. */
  readonly at: string;
  readonly message: RegExp;
  readonly hint?: RegExp;
  /** TypeScript does not run there; where an await stands that never settled, it does not say. */
  readonly notOnNode20?: true;
}

const CASES: readonly Case[] = [
  {
    what: 'a syntax error in a module',
    files: { 'a.mjs': 'export const fine = 1;\nconst = 3;\n' },
    at: '= 3',
    message: /SyntaxError: Unexpected token '='/,
  },
  {
    what: 'a syntax error in CommonJS',
    files: { 'a.cjs': 'const fine = 1;\n\tconst = 3;\n' },
    at: '= 3',
    message: /SyntaxError: Unexpected token '='/,
  },
  {
    what: 'a syntax error in a module that is imported',
    files: { 'a.mjs': "import './lib/b.mjs';\n", 'lib/b.mjs': 'let a = 1;\nlet a = 2;\n' },
    placedIn: 'lib/b.mjs',
    at: 'a = 2',
    message: /SyntaxError: .*already been declared/,
  },
  {
    what: 'a missing file that a module imports',
    files: { 'a.mjs': "import { join } from 'node:path';\nimport { helper } from './helper';\n", 'helper.mjs': '' },
    at: "'./helper'",
    message: /Cannot find module/,
    hint: /There is .*helper\.mjs: name it with its extension/,
  },
  {
    what: 'a missing file that a module imports when it runs',
    files: { 'a.mjs': "const late = await import('./late.mjs');\n" },
    at: "'./late.mjs'",
    message: /Cannot find module/,
  },
  {
    what: 'a missing file that a deeper module imports',
    files: { 'a.mjs': "import './lib/b.mjs';\n", 'lib/b.mjs': "// first\nexport * from '../gone.mjs';\n" },
    placedIn: 'lib/b.mjs',
    at: "'../gone.mjs'",
    message: /Cannot find module/,
  },
  {
    what: 'a missing package',
    files: { 'a.mjs': "import x from 'no-such-package/deep';\n" },
    at: "'no-such-package/deep'",
    message: /Cannot find package 'no-such-package'/,
    hint: /npm install no-such-package/,
  },
  {
    what: 'a missing export',
    files: { 'a.mjs': "import { gone } from './b.mjs';\n", 'b.mjs': 'export const other = 1;\n' },
    at: 'gone',
    message: /does not provide an export named 'gone'/,
  },
  {
    what: 'JSON that is imported without its attribute',
    files: { 'a.mjs': "import './b.mjs';\n", 'b.mjs': "\nimport data from './data.json';\n", 'data.json': '{}' },
    placedIn: 'b.mjs',
    at: "'./data.json'",
    message: /import attribute of (?:type "json"|"type: json")/,
    hint: /with \{ type: 'json' \}/,
  },
  {
    what: 'require of what is not there',
    files: { 'a.cjs': "function load() {\n  return require('./gone.cjs');\n}\nload();\n" },
    at: "require('./gone",
    message: /Cannot find module '\.\/gone\.cjs'/,
  },
  {
    what: 'require of a missing package',
    files: { 'a.cjs': "require('@scope/no-such-package/deep');\n" },
    at: 'require',
    message: /Cannot find module/,
    hint: /npm install @scope\/no-such-package\./,
  },
  {
    what: 'require in a module',
    files: { 'a.mjs': "const fs = require('node:fs');\nexport { fs };\n" },
    at: 'require(',
    message: /require is not defined/,
    hint: /Use import.*rename a\.mjs to a\.cjs/,
  },
  {
    what: 'import in CommonJS',
    files: { 'a.cjs': "const fine = 1;\nimport fs from 'node:fs';\n" },
    at: 'import fs',
    message: /Cannot use import statement outside a module/,
    hint: /Rename a\.cjs to a\.mjs/,
  },
  {
    what: 'top-level await in CommonJS',
    files: { 'a.cjs': 'const fine = 1;\nawait fine;\n' },
    at: 'await fine',
    message: /await is only valid/,
    hint: /rename a\.cjs to a\.mjs/,
  },
  {
    what: 'an error that is thrown',
    files: { 'a.cjs': "const deep = () => {\n  throw new TypeError('on purpose');\n};\ndeep();\n" },
    at: 'new TypeError',
    message: /TypeError: on purpose/,
  },
  {
    what: 'an error that a package throws',
    files: {
      'a.cjs': "const { fail } = require('failing');\nfail('x');\n",
      'node_modules/failing/index.js': 'exports.fail = (what) => {\n  throw new RangeError(what);\n};\n',
    },
    at: "fail('x')",
    message: /RangeError: x/,
  },
  {
    what: 'a rejection that nobody handles',
    files: { 'a.mjs': "const fail = async () => {\n  throw new Error('rejected');\n};\nvoid fail();\n" },
    at: "new Error('rejected')",
    message: /Error: rejected/,
  },
  {
    what: 'a top-level await that never settles',
    files: { 'a.mjs': 'const one = 1;\nawait new Promise(() => {});\n' },
    at: 'await new',
    message: /a top-level await never settled/,
    notOnNode20: true,
  },
  {
    what: 'TypeScript that cannot be stripped',
    files: { 'a.ts': 'const fine: number = 1;\nenum Color { Red }\n' },
    at: 'enum',
    message: /enum is not supported/,
    hint: /only strips types/,
    notOnNode20: true,
  },
  {
    what: 'TypeScript with a syntax error',
    files: { 'a.mts': 'const fine: number = 1;\nconst broken: = 2;\n' },
    at: '= 2',
    message: /SyntaxError/,
    notOnNode20: true,
  },
  {
    what: 'an error in TypeScript',
    files: { 'a.mts': 'interface Wide { a: string }\nconst wide: Wide = { a: "" };\nnull!.b(wide);\n' },
    at: 'b(wide)',
    message: /TypeError: Cannot read properties of null/,
    notOnNode20: true,
  },
];

let folder: ProgramFolder;
let programs = 0;
beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  folder = createProgramFolder();
}, 120_000);
afterAll(() => folder[Symbol.dispose]());

describe.each(RUNTIMES)('on $name, the place is told of', ({ name, nodePath, isInstalled }) => {
  const cases = CASES.filter(({ notOnNode20 }) => notOnNode20 === undefined || !name.includes('20'));
  it.skipIf(!isInstalled).each(cases)('$what', async ({ files, placedIn, at, message, hint }) => {
    const [entry = ''] = Object.keys(files);
    const program = `program-${(programs += 1)}`;
    for (const [file, text] of Object.entries(files)) folder.write(`${program}/${file}`, text);
    const file = placedIn ?? entry;
    const before = (files[file] ?? '').split(at, 1).join('').split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;

    const { report } = await runProgram({
      program: { kind: 'file', path: `${folder.path}/${program}/${entry}`, args: [] },
      limits: { settleMs: 0, timeoutMs: 30_000 },
      nodePath,
    });
    const { outcome } = report;
    expect(outcome.message).toMatch(message);
    expect(outcome.error).toMatchObject({ place: { file: `${folder.path}/${program}/${file}`, line, column } });
    const rows = outcome.error?.frame?.split('\n') ?? [];
    const source = (files[file] ?? '').split('\n')[line - 1] ?? '';
    const marked = rows.findIndex((row) => row.startsWith('>'));
    expect(rows[marked]).toBe(`> ${line} | ${source}`);
    expect(rows[marked + 1]).toMatch(/^ +\| \s*\^$/);
    expect(rows[marked + 1]?.indexOf('^')).toBe('> 1 | '.length + column - 1);
    if (hint === undefined) expect(outcome.error?.hint).toBeUndefined();
    else expect(outcome.error?.hint).toMatch(hint);
  });
});

describe('marks on the timeline', () => {
  const run = async (name: string, text: string) => {
    const path = folder.write(name, text);
    const finished = await runProgram({
      program: { kind: 'file', path, args: [] },
      limits: { settleMs: 0, timeoutMs: 30_000 },
    });
    const marks = finished.of('marks').flatMap(({ items }) => items);
    return { path, marks };
  };

  it('say where process.exit was called, from a module too', async () => {
    const { path, marks } = await run(
      'exits.mjs',
      'function leave() {\n  process.exit(3);\n}\nsetTimeout(leave, 5);\n',
    );
    expect(marks).toContainEqual(
      expect.objectContaining({ kind: 'exit-called', name: '3', place: { file: path, line: 2, column: 11 } }),
    );
  });

  it('say so once, of the call in an exit handler', async () => {
    const { marks } = await run('exits.cjs', "process.on('exit', () => process.exit(4));\n");
    expect(marks.filter(({ kind }) => kind === 'exit-called')).toMatchObject([{ name: '4', place: { line: 1 } }]);
  });

  it('are not lost where a program exits at once', async () => {
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const { marks } = await run('at-once.cjs', 'process.exit(3)');
      expect(marks).toContainEqual(expect.objectContaining({ kind: 'exit-called', name: '3' }));
    }
  });

  it('have the code that an exit handler chose at last', async () => {
    const { marks } = await run(
      'chooses.cjs',
      `process.on('exit', () => { process.exitCode = 9; });\nprocess.exit(2);`,
    );
    expect(marks).toContainEqual(expect.objectContaining({ kind: 'exit-called', name: '9' }));
  });

  it('do not say so of a program that just ends, nor of one that throws', async () => {
    for (const text of ['', 'throw new Error();']) {
      const { marks } = await run('ends.cjs', text);
      expect(marks.some(({ kind }) => kind === 'exit-called')).toBe(false);
    }
  });

  it('stand for what nobody caught, also where a handler lets the program go on', async () => {
    const { path, marks } = await run(
      'uncaught.cjs',
      `process.on('uncaughtException', () => {});
setTimeout(() => { throw new RangeError('first\\nsecond line'); }, 1);
setTimeout(() => Promise.reject(new TypeError('rejected')), 20);\n`,
    );
    expect(marks.filter(({ kind }) => /uncaught|unhandled/.test(kind))).toEqual([
      {
        kind: 'uncaught-exception',
        name: 'RangeError: first',
        atMs: expect.any(Number) as number,
        place: { file: path, line: 2, column: 26 },
      },
      {
        kind: 'unhandled-rejection',
        name: 'TypeError: rejected',
        atMs: expect.any(Number) as number,
        place: { file: path, line: 3, column: 33 },
      },
    ]);
  });
});
