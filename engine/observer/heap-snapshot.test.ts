// A heap snapshot has a name, or is none.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHeapSnapshots } from './heap-snapshot.ts';
import { Cell, createSharedColumns, SnapshotState } from './shared-columns.ts';

const from = process.cwd();
let folder = '';
beforeEach(() => process.chdir((folder = mkdtempSync(join(tmpdir(), 'heapline-snapshots-')))));
afterEach(() => {
  process.chdir(from);
  rmSync(folder, { recursive: true });
});

it('is written where it is wanted, and nowhere if no file is named', () => {
  const columns = createSharedColumns();
  const { writeWanted } = createHeapSnapshots(columns, () => performance.now());
  // As it comes through the inspector, where an argument may be missing.
  const write = (path?: string) => Reflect.apply(writeWanted, undefined, [path, false]) as string;
  const want = () => Atomics.store(columns.control, Cell.snapshot, SnapshotState.wanted);
  expect(write('unwanted')).toBe('It is not wanted any more.');
  for (const path of [undefined, '']) {
    want();
    expect(write(path)).toBe('No file was named for it.');
  }
  expect(readdirSync(folder)).toEqual([]);
  want();
  expect(write('wanted')).toBe('');
  expect(statSync('wanted').size).toBeGreaterThan(1_000);
  expect(readdirSync(folder)).toEqual(['wanted']);
});
