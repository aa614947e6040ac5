import { describe, expect, it } from 'vitest';
import { parseObjectFilter } from './object-filter-store.ts';

describe('remembered filters of the object table', () => {
  const DEFAULTS = { text: '', verdicts: [], causes: [], sites: [], sortKey: 'registered', isDescending: false };

  it('are empty where nothing, or nothing readable, is stored', () => {
    for (const stored of ['', 'null', '[]', '{', '"text"', '7']) expect(parseObjectFilter(stored)).toEqual(DEFAULTS);
  });

  it('keep what can be understood, and leave out what an older or newer version wrote', () => {
    const stored = { text: 'cache', verdicts: ['alive'], causes: ['no-such-cause'], sites: 4, sortKey: 'retained' };
    expect(parseObjectFilter(JSON.stringify(stored))).toEqual({
      ...DEFAULTS,
      text: 'cache',
      verdicts: ['alive'],
      sortKey: 'retained',
    });
  });
});
