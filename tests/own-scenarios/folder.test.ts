// The folder of one's own scenarios: what is listed of it, what is noticed when it changes, and what `new` writes.

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownScenarioParts } from '../../cli/engine-locations.ts';
import type { OwnScenario } from '../../engine/protocol/own-scenario.ts';
import { createNodeFinder } from '../../engine/session/find-nodes.ts';
import { createOwnScenarios, ownScenariosFolder, type OwnScenarios } from '../../engine/session/own-scenarios.ts';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { createOwnFolder, GOOD, goodExcept, processesOf, type OwnFolder } from './own-scenario-files.ts';

const inShort = (listed: readonly OwnScenario[]): string[] =>
  listed.map((one) => `${one.kind} ${one.kind === 'usable' ? one.description.id : one.fileName}`);

describe('the folder of one’s own scenarios', () => {
  let parent: OwnFolder;
  let folder: string;
  let own: OwnScenarios;
  let changes: string[][];
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const open = (loadDeadlineMs = 3_000): OwnScenarios =>
    createOwnScenarios({
      ...ownScenarioParts,
      folder,
      nodes: createNodeFinder({ defaultNode: process.execPath }),
      builtInIds: ['built-in'],
      loadDeadlineMs,
      onChange: () => changes.push(inShort(own.list())),
    });

  beforeAll(async () => {
    expect(await ensureBuilt('engine')).toBe(true);
  });
  beforeEach(() => {
    parent = createOwnFolder();
    folder = join(parent.path, 'not', 'yet', 'there');
    changes = [];
    own = open();
  });
  afterEach(async () => {
    await own[Symbol.asyncDispose]();
    expect(await processesOf(parent.path)).toEqual([]);
    parent[Symbol.dispose]();
  });

  const untilListed = (wanted: readonly string[]) =>
    vi.waitFor(() => expect(inShort(own.list())).toEqual(wanted), { timeout: 10_000, interval: 20 });

  it('is that of the environment, or one in the home folder', () => {
    expect(ownScenariosFolder({ HEAPLINE_SCENARIOS: '/some/where' }, '/home/me')).toBe('/some/where');
    expect(ownScenariosFolder({ HEAPLINE_SCENARIOS: '' }, '/home/me')).toBe('/home/me/.heapline/scenarios');
    expect(ownScenariosFolder({}, '/home/me')).toBe('/home/me/.heapline/scenarios');
  });

  it('may be missing, and is noticed when it comes, with what is put into it later', async () => {
    await own.refresh();
    expect(own.list()).toEqual([]);
    expect(changes).toEqual([]);
    await expect(stat(join(parent.path, 'not'))).rejects.toThrow('ENOENT');
    mkdirSync(folder, { recursive: true });
    write('one.mjs', goodExcept('one'));
    await untilListed(['usable one']);
    write('two.mjs', goodExcept('two'));
    await untilListed(['usable one', 'usable two']);
  });

  it('is noticed to change: a file that comes, is spoiled, is mended, is renamed, and goes', async () => {
    mkdirSync(folder, { recursive: true });
    write('one.mjs', goodExcept('one'));
    await own.refresh();
    changes = [];
    const path = write('two.mjs', goodExcept('two'));
    await untilListed(['usable one', 'usable two']);
    write('two.mjs', `${goodExcept('two')}\n= 1;`);
    await untilListed(['usable one', 'broken two.mjs']);
    expect(own.list()[1]).toMatchObject({ id: 'two', problem: { place: { file: path, line: 25 } } });
    write('two.mjs', goodExcept('three'));
    await untilListed(['usable one', 'usable three']);
    renameSync(path, join(folder, 'zero.mjs'));
    await untilListed(['usable one', 'usable three']);
    rmSync(join(folder, 'zero.mjs'));
    await untilListed(['usable one']);
    // What has not changed is not looked at again, and never leaves the list.
    expect(changes.every((listed) => listed.includes('usable one'))).toBe(true);
  });

  it('is noticed to go, and to come back', async () => {
    mkdirSync(folder, { recursive: true });
    write('one.mjs', goodExcept('one'));
    await own.refresh();
    rmSync(folder, { recursive: true });
    await untilListed([]);
    mkdirSync(folder);
    write('one.mjs', goodExcept('again'));
    await untilListed(['usable again']);
  });

  it('lists modules by name, and none that begin with _ or a dot, declare types only, or are no modules', async () => {
    mkdirSync(folder, { recursive: true });
    const typed = `type Label = string;\nexport const label = (text: Label): string => text;\n`;
    write('_shared.mts', typed);
    write('.hidden.mjs', '=');
    write('types.d.ts', 'export type Label = string;');
    write('notes.txt', '=');
    write('b.ts', `import { label } from './_shared.mts';\nlabel('x' satisfies string);\n${goodExcept('typed')}`);
    write('c.js', goodExcept('plain'));
    write('a.mjs', goodExcept('first'));
    mkdirSync(join(folder, 'folder.mjs'));
    symlinkSync('/no/where.mjs', join(folder, 'broken-link.mjs'));
    await own.refresh();
    expect(inShort(own.list())).toEqual(['usable first', 'usable typed', 'usable plain']);
    expect(changes[0]).toEqual(['loading a.mjs', 'loading b.ts', 'loading c.js']);

    write('_shared.mts', typed.replace('export', ''));
    await untilListed(['usable first', 'broken b.ts', 'usable plain']);
    write('_shared.mts', typed);
    await untilListed(['usable first', 'usable typed', 'usable plain']);
  });

  it('keeps an id for the first file that has it, and gives it to the next when that goes', async () => {
    mkdirSync(folder, { recursive: true });
    write('a.mjs', GOOD);
    write('b.mjs', GOOD);
    await own.refresh();
    expect(inShort(own.list())).toEqual(['usable good', 'broken b.mjs']);
    expect((await own.find('good'))?.path).toBe(join(folder, 'a.mjs'));
    rmSync(join(folder, 'a.mjs'));
    await untilListed(['usable good']);
    expect((await own.find('good'))?.path).toBe(join(folder, 'b.mjs'));
  });

  it('finds one while another never ends loading, and one that was changed a moment ago', async () => {
    mkdirSync(folder, { recursive: true });
    write('a.mjs', goodExcept('one'));
    write('b.mjs', `${goodExcept('slow')}for (;;);`);
    const startedAtMs = performance.now();
    await own[Symbol.asyncDispose]();
    own = open(20_000);
    void own.refresh();
    await untilListed(['usable one', 'loading b.mjs']);
    expect((await own.find('one'))?.description.title).toBe('Good');
    write('a.mjs', goodExcept('one', ["'Good'", "'Better'"]));
    expect((await own.find('one'))?.description.title).toBe('Better');
    await own[Symbol.asyncDispose]();
    expect(performance.now() - startedAtMs).toBeLessThan(15_000);
  });

  it('refuses a broken one with its place, and knows nothing of one that is not there', async () => {
    mkdirSync(folder, { recursive: true });
    const path = write('bad.mjs', `\nthrow new Error('on purpose');`);
    await expect(own.find('bad')).rejects.toMatchObject({
      refusal: 'broken-scenario',
      message: expect.stringMatching(new RegExp(`^${path}:2: .*on purpose`)) as string,
    });
    expect(await own.find('nobody')).toBeUndefined();
  });

  describe('a new scenario', () => {
    it.each([
      ['Leaky Cache', 'leaky-cache', 'Leaky Cache'],
      ['held-value', 'held-value', 'Held value'],
      ["Don't \\ leak", undefined, undefined],
      ["Don't leak", 'don-t-leak', "Don't leak"],
      ['Über-Größe.mjs', 'uber-gro-e', 'Über-Größe'],
    ])('named %s is listed at once, and can be used', async (name, id, title) => {
      if (id === undefined) return expect(own.write(name)).rejects.toMatchObject({ refusal: 'bad-path' });
      const written = await own.write(name);
      expect(written).toEqual({ path: join(folder, `${id}.mjs`), id });
      await own.refresh();
      expect(own.list()).toMatchObject([{ kind: 'usable', path: written.path, description: { id, title } }]);
      expect(await readFile(written.path, 'utf8')).toContain(`heapline run ${id}`);
    });

    it.each(['', '   ', '../up', 'a/b', 'a\\b', '.hidden', 'a\0b', '日本', 'x'.repeat(65), 'con:sole', 'built-in'])(
      'is refused where the name is %j',
      async (name) => {
        await expect(own.write(name)).rejects.toMatchObject({
          refusal: 'bad-path',
          message: expect.stringContaining('Allowed: ') as string,
        });
        await expect(stat(folder)).rejects.toThrow('ENOENT');
      },
    );

    it('is refused where there is such a file, which stays as it is', async () => {
      mkdirSync(folder, { recursive: true });
      const path = write('mine.mjs', '// mine');
      await expect(own.write('Mine')).rejects.toMatchObject({ refusal: 'bad-path' });
      expect(await readFile(path, 'utf8')).toBe('// mine');
    });

    it('is refused where its id is that of another file', async () => {
      mkdirSync(folder, { recursive: true });
      write('other.mjs', goodExcept('mine'));
      await own.refresh();
      await expect(own.write('mine')).rejects.toThrow('There is a scenario mine already.');
    });
  });
});
