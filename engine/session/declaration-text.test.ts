import { describe, expect, it } from 'vitest';
import { placeOfAwait, placeOfField, saidText } from './declaration-text.ts';

const FILE = '/a/b.mjs';
const TEXT = `// export const scenario = { title: 'in a comment' };
const PARAMETERS = [{ title: 'elsewhere' }];
const text = "export const scenario = { title: 'in a text' }";
export const scenario = {
  parameters: [
    { kind: 'boolean', title: '}{', help: \`title: \${1}\` },
    { kind: 'choice', options: [{ value: 'a', title: 'A' }], title: 'Second' },
  ],
  'title': 'Mine',
  pair: PAIR,
  id: "mine",
  question: { about() { return { expected: 1 }; }, expected: () => 1 },
  run,
  predict(facts) {},
};
`;
const lineAndColumn = (...path: (string | number)[]) => {
  const { line, column } = placeOfField(FILE, TEXT, path);
  return [line, column];
};

describe('the place of a field', () => {
  it.each<[path: (string | number)[], line: number, column: number]>([
    [['title'], 9, 3],
    [['id'], 11, 3],
    [['run'], 13, 3],
    [['predict'], 14, 3],
    [['parameters', 0, 'title'], 6, 24],
    [['parameters', 1, 'title'], 7, 62],
    [['parameters', 1, 'options', 0, 'title'], 7, 47],
    [['question', 'expected'], 12, 52],
  ])('%j is where it is declared, and not where its name stands for something else', (path, line, column) => {
    expect(lineAndColumn(...path)).toEqual([line, column]);
  });

  it.each<[path: (string | number)[], line: number]>([
    [['summary'], 4],
    [['parameters', 0, 'default'], 6],
    [['parameters', 5, 'default'], 5],
    [['pair', 'broken'], 10],
    [[], 4],
  ])('%j is not there, so the nearest around it is told', (path, line) => {
    expect(lineAndColumn(...path)[0]).toBe(line);
  });

  it('is the beginning where nothing is exported, and is found where the export stands apart', () => {
    expect(placeOfField(FILE, 'const other = 1;', ['id'])).toEqual({ file: FILE, line: 1, column: 1 });
    const apart = "\nconst scenario = {\n  id: 'x',\n};\nexport { scenario };\n";
    expect(placeOfField(FILE, apart, ['id'])).toMatchObject({ line: 3 });
  });
});

describe('what a text says plainly', () => {
  it('is told of the scenario alone', () => {
    expect([saidText(TEXT, 'title'), saidText(TEXT, 'id'), saidText(TEXT, 'summary'), saidText(TEXT, 'run')]).toEqual([
      'Mine',
      'mine',
      undefined,
      undefined,
    ]);
    expect(saidText("const scenario = 'x", 'id')).toBeUndefined();
  });
});

describe('the await that a file hangs on', () => {
  it('is the first outside of functions, or the first there is', () => {
    const inFunction = 'async function f() {\n  await 1;\n}\n// await\n';
    expect(placeOfAwait(FILE, `${inFunction}await f();\n`)).toEqual({ file: FILE, line: 5, column: 1 });
    expect(placeOfAwait(FILE, inFunction)).toMatchObject({ line: 2 });
    expect(placeOfAwait(FILE, "'await'; x.await;")).toBeUndefined();
  });
});
