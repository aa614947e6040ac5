// docs/security.md names the test of each of its points: every one that it names is there.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const rows = readFileSync(resolve(root, 'docs/security.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (\d+\. |.*`[\w/.-]+\.test\.ts`)/.test(line));

it('has a row for each of the twenty points', () => {
  const numbers = rows.flatMap((row) => /^\| (\d+)\. /.exec(row)?.[1] ?? []).map(Number);
  expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

it.each(rows)('%s', (row) => {
  const named = [...row.matchAll(/`([\w/.-]+\.test\.ts)`((?:[,;]? “[^”]+”)+)/g)];
  if (named.length === 0) {
    // A point without a test says why there is none.
    expect(row).toMatch(/\| None: \w/);
    return;
  }
  for (const [, file = '', titles = ''] of named) {
    const text = readFileSync(resolve(root, file), 'utf8');
    for (const [, title = ''] of titles.matchAll(/“([^”]+)”/g)) expect(text, title).toContain(title);
  }
});
