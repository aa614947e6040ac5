import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { privateFolderPrefix, removeFoldersOfTheDead } from './private-folders.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapline-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Of a process that has been, and is no more. */
const deadPid = () => spawnSync(process.execPath, ['--version']).pid;
const nameOf = (kind: Parameters<typeof privateFolderPrefix>[1], pid: number, end = 'abc123') =>
  `${basename(privateFolderPrefix(folder, kind)).replace(/\d+-$/, '')}${pid}-${end}`;
function make(name: string): string {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'content'), '');
  return name;
}

describe('folders that engines have left', () => {
  it('are removed with all that is in them, and nothing else is', async () => {
    const dead = deadPid();
    const outside = make('outside');
    const left = make(nameOf('snapshot', dead));
    symlinkSync(join(folder, outside), join(folder, left, 'node_modules'));
    for (const kind of ['o', 'scratch', 'input'] as const) make(nameOf(kind, dead));
    const own = basename(mkdtempSync(privateFolderPrefix(folder, 'snapshot')));
    const parent = make(nameOf('snapshot', process.ppid));
    const elsewhere = make(`heapline-snapshot-zzzzzz-${dead}-abc123`);
    const otherPlace = make(nameOf('snapshot', dead).replace(/-[0-9a-f]{6}-/, '-000000-'));
    const other = make(`heapline-test-${dead}`);
    const link = nameOf('snapshot', dead, 'link');
    symlinkSync(join(folder, outside), join(folder, link));

    await removeFoldersOfTheDead(folder);
    expect(readdirSync(folder).sort()).toEqual([outside, own, parent, elsewhere, otherPlace, other, link].sort());
    expect(existsSync(join(folder, outside, 'content'))).toBe(true);
  });

  it('are nobody’s business where there are none', async () => {
    await expect(removeFoldersOfTheDead(join(folder, 'missing'))).resolves.toBeUndefined();
  });
});
