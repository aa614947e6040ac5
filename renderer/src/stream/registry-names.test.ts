import { expect, it } from 'vitest';
import { createRegistryNames } from './registry-names.ts';

it('calls registries by their places, with a number where one place made several or none is known', () => {
  const sites = ['', 'cache.js:4', 'pool.js:9'];
  const nameOf = createRegistryNames({
    registrySites: new Map([
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 0],
    ]),
    siteText: (siteId) => sites[siteId] ?? '',
  });
  const names = ['cache.js:4', 'pool.js:9 #2', 'pool.js:9 #3', 'registry 4', 'registry 5'];
  expect([1, 2, 3, 4, 5].map(nameOf)).toEqual(names);
});
