import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareVersions, createNodeFinder, type NodeFinderOptions } from './find-nodes.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Shell scripts stand for nodes of versions that are not installed; what they are asked is what a real one is asked. */
describe.skipIf(process.platform === 'win32')('the search for nodes', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'heapline-nodes-')));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function put(name: string, shell: string): string {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${shell}\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const saying = (version: string) => `[ "$1" = --version ] && echo v${version}`;
  const finder = (options: Partial<NodeFinderOptions> = {}) =>
    createNodeFinder({
      defaultNode: join(folder, 'default/node'),
      environment: { PATH: `${join(folder, 'first')}:${join(folder, 'second')}:relative`, ...options.environment },
      homeFolder: join(folder, 'home'),
      ...options,
    });
  /** Nodes of the machine itself may be there, too. */
  const own = <Listing extends { path: string }>(nodes: Listing[]): Listing[] =>
    nodes.filter(({ path }) => path.startsWith(folder));

  it('finds them on the path and where version managers keep theirs: default first, then the newest', async () => {
    put('default/node', saying('22.1.0'));
    put('first/node', saying('24.2.0'));
    put('second/node', saying('20.3.0'));
    put('home/.nvm/versions/node/v21.0.0/bin/node', saying('21.0.0'));
    put('home/.nvm/versions/node/v9.0.0/bin/node', saying('9.0.0'));
    put('home/.local/share/fnm/node-versions/v20.9.0/installation/bin/node', saying('20.9.0'));
    put('home/.volta/tools/image/node/20.10.0/bin/node', saying('20.10.0'));
    put('home/.asdf/installs/nodejs/23.0.0/bin/node', saying('23.0.0'));
    put('home/.local/share/mise/installs/node/22.5.0/bin/node', saying('22.5.0'));
    put('n/n/versions/node/25.0.0/bin/node', saying('25.0.0'));
    const nodes = own(
      await finder({ environment: { N_PREFIX: join(folder, 'n'), PATH: join(folder, 'first') } }).list(),
    );
    expect(nodes.map(({ version, problem }) => `${version}${problem === undefined ? '' : ' !'}`)).toEqual([
      '22.1.0',
      '25.0.0',
      '24.2.0',
      '23.0.0',
      '22.5.0',
      '21.0.0',
      '20.10.0',
      '20.9.0',
      '9.0.0 !',
    ]);
    expect(nodes.map(({ isDefault }) => isDefault)).toEqual([true, ...Array<boolean>(8).fill(false)]);
    expect(nodes.at(-1)?.problem).toMatch(/9\.0\.0 is too old.*Node\.js 22 and later are supported, and 20 is/);
  });

  it('lists one that has several names once', async () => {
    put('default/node', saying('24.0.0'));
    mkdirSync(join(folder, 'first'));
    symlinkSync(join(folder, 'default/node'), join(folder, 'first/node'));
    symlinkSync(join(folder, 'default/node'), join(folder, 'first/nodejs'));
    expect(own(await finder().list())).toEqual([
      { path: join(folder, 'default/node'), version: '24.0.0', isDefault: true },
    ]);
  });

  it.each([
    ['is none', 'echo 1.2.3', /not Node\.js/],
    ['fails', 'exit 3', /not Node\.js/],
    ['says nothing in time', 'sleep 60', /within 0\.4 s/],
    ['leaves somebody behind who holds its output', 'sleep 60 & echo v24.0.0; sleep 60', /within 0\.4 s/],
    ['waits for input', 'read line; echo $line', /not Node\.js/],
    ['says much', 'yes', /within 0\.4 s/],
  ])('says what is wrong with one that %s', async (_what, shell, problem) => {
    const path = put('odd/node', shell);
    const nodes = finder({ versionDeadlineMs: 400 });
    expect(await nodes.look(path)).toEqual({
      path,
      isDefault: false,
      problem: expect.stringMatching(problem) as string,
    });
    await expect(nodes.choose(path)).rejects.toMatchObject({
      refusal: 'bad-node',
      message: expect.stringMatching(problem) as string,
    });
  });

  it('ends what it does not wait for, with all that it started', async () => {
    const pidFile = join(folder, 'pid');
    const path = put('odd/node', `sleep 60 & echo $! > ${pidFile}; sleep 60`);
    expect(await finder({ versionDeadlineMs: 400 }).look(path)).toMatchObject({
      problem: expect.any(String) as string,
    });
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(pid).toBeGreaterThan(1);
    // Whoever takes in orphans may leave a dead one listed for a while.
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  it('looks again at one that was replaced, or that did not work', async () => {
    const path = put('changing/node', saying('20.0.0'));
    const nodes = finder();
    expect(await nodes.choose(path)).toEqual({ path, version: '20.0.0' });
    put('changing/node', `${saying('24.10.0')} # longer`);
    expect(await nodes.choose(path)).toEqual({ path, version: '24.10.0' });
  });

  it('chooses by path, by folder, by name and by version; the newest where several match', async () => {
    const default_ = put('default/node', saying('22.0.0'));
    const first = put('first/node', saying('21.9.0'));
    const newer = put('home/.nvm/versions/node/v21.10.0/bin/node', saying('21.10.0'));
    const nodes = finder();
    expect((await nodes.choose()).path).toBe(default_);
    expect((await nodes.choose(first)).path).toBe(first);
    expect((await nodes.choose(dirname(first))).path).toBe(first);
    expect((await nodes.choose('node')).path).toBe(first);
    expect((await nodes.choose('21')).path).toBe(newer);
    expect((await nodes.choose('v21.9')).path).toBe(first);
    expect((await nodes.choose('21.9.0')).path).toBe(first);
    // Not 21.10: versions are compared part by part.
    await expect(nodes.choose('21.1')).rejects.toMatchObject({ refusal: 'bad-node' });
  });

  it.each([
    ['nothing', '', /no path/],
    ['a relative path', './node', /not an absolute path/],
    ['a path where nothing is', '/nowhere/node', /no file \/nowhere\/node/],
    ['a name that is nowhere on the path', 'no-such-node', /no program no-such-node on the path/],
    ['a version that is not installed', '99', /no Node\.js 99 here\. Allowed: .*22\.0\.0/],
    ['a file that cannot be started', import.meta.filename, /not a program that can be started/],
    ['a folder without one', '/dev', /is a folder/],
    ['a zero byte', '/a\0b', /no path/],
  ])('refuses %s, and says what is allowed', async (_what, wanted, message) => {
    put('default/node', saying('22.0.0'));
    await expect(finder().choose(wanted)).rejects.toMatchObject({
      refusal: 'bad-node',
      message: expect.stringMatching(message) as string,
    });
  });

  it('finds the others where the default is not there', async () => {
    put('first/node', saying('24.0.0'));
    const nodes = own(await finder({ defaultNode: 'no-such-node' }).list());
    expect(nodes).toEqual([{ path: join(folder, 'first/node'), version: '24.0.0', isDefault: false }]);
  });

  it('tells the version of a real one', async () => {
    const nodes = createNodeFinder({ defaultNode: process.execPath });
    expect(await nodes.choose()).toEqual({ path: process.execPath, version: process.versions.node });
  });
});

describe('compareVersions', () => {
  it('compares part by part, as numbers', () => {
    const sorted = ['20.10.0', '24.0.0-nightly1', '20.9.9', '22.0.1'].sort(compareVersions);
    expect(sorted).toEqual(['20.9.9', '20.10.0', '22.0.1', '24.0.0-nightly1']);
  });
});
