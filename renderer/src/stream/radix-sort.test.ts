import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortRowsByKey } from './radix-sort.ts';

function sorted(rows: number[], keys: number[], isDescending: boolean): number[] {
  const ordered = Uint32Array.from(rows);
  // Iterated for what it does.
  Array.from(sortRowsByKey(ordered, Float64Array.from(keys), isDescending));
  return [...ordered];
}

describe('sorting rows by a figure', () => {
  it('orders like a comparison, rows of equal keys as they were and unknown ones last', () => {
    const key = fc.oneof(
      fc.double(),
      fc.integer({ min: -3, max: 3 }),
      // Alike but for their last bits.
      fc.integer({ min: 0, max: 9 }).map((steps) => -1 - steps * Number.EPSILON),
      fc.integer({ min: 0, max: 9 }).map((steps) => 1 + steps * Number.EPSILON),
      fc.constantFrom(NaN, 0, -0, Infinity, -Infinity, Number.MIN_VALUE, -Number.MAX_VALUE),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 300 }), fc.boolean(), (keys, isDescending) => {
        const rows = keys.map((_, place) => place * 3);
        const expected = keys
          .map((value, place) => ({ value, place }))
          .sort((a, b) => {
            const unknown = Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
            if (unknown !== 0 || Number.isNaN(a.value)) return unknown || a.place - b.place;
            if (a.value === b.value) return a.place - b.place;
            return (a.value < b.value ? -1 : 1) * (isDescending ? -1 : 1);
          })
          .map(({ place }) => place * 3);
        expect(sorted(rows, keys, isDescending)).toEqual(expected);
      }),
    );
  });

  it('orders more rows than one step handles, and leaves the page its turns', () => {
    const keys = Array.from({ length: 200_000 }, (_, place) => (place * 7919) % 100_003);
    const rows = Uint32Array.from(keys, (_, place) => place);
    const steps = Array.from(sortRowsByKey(rows, Float64Array.from(keys), false)).length;
    expect(steps).toBeGreaterThan(10);
    expect(rows.every((row, place) => place === 0 || (keys[rows[place - 1] ?? 0] ?? 0) <= (keys[row] ?? 0))).toBe(true);
  });
});
