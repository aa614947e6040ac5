import { describe, expect, it } from 'vitest';
import type { ObservedBatch } from '../protocol/observer-message.ts';
import { withDisplayedPlaces } from './displayed-batch.ts';
import { createDisplayedPlaces } from './displayed-places.ts';

const displayed = createDisplayedPlaces({
  displayFile: (file) => file.replace(/^file:\/\//, '').replace(/\.js$/, '.ts'),
  mainFolder: '/built',
});
const at = (file: string) => ({ file, line: 80, column: 3 });

describe('the files that a person is shown', () => {
  it('are in the place of those of sites, marks and warnings, and in what a warning says of its place', () => {
    const warning: ObservedBatch = {
      type: 'warning',
      code: 'held-value-holds-target',
      message: 'held-value.js:80 (open) registers an object. See held-value.js:801.',
      place: at('file:///built/held-value.js'),
    };
    expect(withDisplayedPlaces(warning, displayed)).toEqual({
      ...warning,
      message: 'held-value.ts:80 (open) registers an object. See held-value.js:801.',
      place: at('/built/held-value.ts'),
    });
    const site = { id: 1, ...at('file:///built/a.js'), functionName: 'open' };
    expect(withDisplayedPlaces({ type: 'sites', items: [site] }, displayed)).toMatchObject({
      items: [{ id: 1, file: '/built/a.ts', line: 80, name: 'a.ts' }],
    });
    const mark = { kind: 'user-mark' as const, name: 'm', atMs: 1, place: at('file:///built/b.js') };
    expect(withDisplayedPlaces({ type: 'marks', items: [mark] }, displayed)).toMatchObject({
      items: [{ place: at('/built/b.ts') }],
    });
  });

  it('leave alone what names none', () => {
    const warning: ObservedBatch = { type: 'warning', code: 'x', message: 'a.js:80 is named' };
    expect(withDisplayedPlaces(warning, displayed)).toEqual(warning);
  });
});
