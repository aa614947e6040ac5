import { describe, expect, it } from 'vitest';
import { createRegistryNames } from './registry-names.ts';

const registry = (id: number, site: string | null) => ({
  id,
  site,
  registrations: 1,
  finalized: 1,
  callbackTotalMs: 0,
  longestStallMs: 0,
});

describe('names of registries', () => {
  it('are their places, with a number where one place made several', () => {
    const nameOf = createRegistryNames({
      registries: [registry(1, 'cache.js:4'), registry(2, 'pool.js:9'), registry(3, 'pool.js:9'), registry(4, null)],
    });
    expect([1, 2, 3, 4, 5].map(nameOf)).toEqual([
      ...['cache.js:4', 'pool.js:9 #2', 'pool.js:9 #3', 'registry 4', 'registry 5'],
    ]);
  });

  it('are numbers before there is a report', () => {
    expect(createRegistryNames(undefined)(1)).toBe('registry 1');
  });
});
