import { describe, expect, it } from 'vitest';
import { baseNameOf, folderOf, isAbsolutePath, resolvePath, scriptExtensionOf, trailOf } from './script-paths.ts';

describe('paths of the host', () => {
  it.each([
    ['/home/somebody/leak.mjs', 'leak.mjs', '/home/somebody'],
    ['/leak.mjs', 'leak.mjs', '/'],
    ['/home/a\\b.mjs', 'a\\b.mjs', '/home'],
    ['C:\\Users\\leak.cts', 'leak.cts', 'C:\\Users'],
    ['C:\\leak.cts', 'leak.cts', 'C:\\'],
    ['leak.mjs', 'leak.mjs', ''],
  ])('%s: its name and its folder', (path, name, folder) => {
    expect([baseNameOf(path), folderOf(path)]).toEqual([name, folder]);
  });

  it.each([
    ['/shop', 'sub/leak.mjs', '/shop/sub/leak.mjs'],
    ['/shop/', '../other/', '/other/'],
    ['/shop', './././a', '/shop/a'],
    ['/shop', '../../../..', '/'],
    ['/shop', '~/a', '/home/somebody/a'],
    ['/shop', '~', '/home/somebody'],
    ['/shop', '/etc//x/', '/etc/x/'],
    ['/shop', 'a\\b', '/shop/a\\b'],
    ['C:\\work', 'sub/leak.mjs', 'C:\\work\\sub\\leak.mjs'],
    ['C:\\work', '..\\..', 'C:\\'],
    ['C:\\work', 'D:/x', 'D:\\x'],
    ['/shop', '/', '/'],
  ])('seen from %s, %s leads to %s', (folder, typed, path) => {
    expect(resolvePath(folder, typed, '/home/somebody')).toBe(path);
  });

  it('are absolute or not', () => {
    expect(['/a', 'C:\\a', 'c:/a', '\\\\server\\share'].every(isAbsolutePath)).toBe(true);
    expect(['a', './a', 'C:', '~', ''].some(isAbsolutePath)).toBe(false);
  });

  it('can be climbed folder by folder', () => {
    expect(trailOf('/home/somebody').map(({ path }) => path)).toEqual(['/', '/home', '/home/somebody']);
    expect(trailOf('C:\\Users\\x').map(({ path }) => path)).toEqual(['C:\\', 'C:\\Users', 'C:\\Users\\x']);
    expect(trailOf('/')).toEqual([{ name: '/', path: '/' }]);
  });

  it('know what Node runs by its name', () => {
    expect(scriptExtensionOf('a.test.mts')).toBe('.mts');
    expect([scriptExtensionOf('a.tsx'), scriptExtensionOf('.mjs'), scriptExtensionOf('mjs')]).toEqual(
      Array(3).fill(undefined),
    );
  });
});
