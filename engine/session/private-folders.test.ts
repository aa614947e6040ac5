import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { partialFileName, privateFolderPrefix, removeFoldersOfTheDead } from './private-folders.ts';
import { writeRecordingFile } from './recording-on-disk.ts';

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

describe('a recording whose writer was killed', () => {
  const partial = () => readdirSync(folder).filter((name) => name.endsWith('.part'));
  const WRITER = `import { writeRecordingFile } from ${JSON.stringify(resolve(import.meta.dirname, 'recording-on-disk.ts'))};
async function* pieces() {
  yield Buffer.from('one');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}
await writeRecordingFile(${'`${process.argv[1]}/a.heapline`'}, pieces());
`;

  it('leaves a partial file that the next recording removes, and nothing else is removed', async () => {
    const writer = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, folder], { stdio: 'ignore' });
    const ended = once(writer, 'exit');
    try {
      await vi.waitFor(() => expect(partial()).toHaveLength(1), { timeout: 10_000 });
      // While its process is there, a file is its own.
      await writeRecordingFile(join(folder, 'b.heapline'), pieces());
      expect(partial()).toHaveLength(1);
    } finally {
      writer.kill('SIGKILL');
      await ended;
    }
    const left = partial()[0] ?? '';
    const similar = [
      left.replace(/-[0-9a-f]{8}\.part$/, '-0.part'),
      left.replace(/^\.heapline\.[0-9a-f]{6}/, '.heapline.000000'),
      partialFileName('01234567'),
      left.replace(/[0-9a-f]{8}\.part$/, '0123abcd.part'),
    ];
    const [, , , link = ''] = similar;
    for (const name of similar.slice(0, 3)) writeFileSync(join(folder, name), '');
    symlinkSync(join(folder, 'b.heapline'), join(folder, link));
    await writeRecordingFile(join(folder, 'c.heapline'), pieces());
    expect(readdirSync(folder).sort()).toEqual(['b.heapline', 'c.heapline', ...similar].sort());
  });

  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one');
  }
});
