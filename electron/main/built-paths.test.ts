import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtPaths } from './built-paths.ts';

describe('builtPaths', () => {
  it('gives what a plain node loads from beside the archive of a packed application, and the rest from within', () => {
    const out = join('/opt', 'app.asar', 'heapline', 'resources', 'app.asar', 'out');
    const { preload, page, ...others } = builtPaths(join('/opt', 'heapline', 'resources', 'app.asar', 'out'));
    const inside = join('/opt', 'heapline', 'resources', 'app.asar', 'out');
    expect([preload, page]).toEqual([join(inside, 'preload', 'index.cjs'), join(inside, 'renderer')]);
    const outside = join('/opt', 'heapline', 'resources', 'app.asar.unpacked', 'out');
    for (const path of Object.values(others)) expect(path.startsWith(outside)).toBe(true);
    // Only the archive itself, which is the last of that name.
    expect(builtPaths(out).observer).toBe(
      join('/opt', 'app.asar', 'heapline', 'resources', 'app.asar.unpacked', 'out', 'engine', 'probe.cjs'),
    );
  });

  it('is the folder itself where nothing is packed', () => {
    expect(builtPaths(join('/work', 'out')).observer).toBe(join('/work', 'out', 'engine', 'probe.cjs'));
  });
});
