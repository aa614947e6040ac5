import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float64Column, uint32Column, uint8Column } from './growable-column.ts';

describe('GrowableColumn', () => {
  it.each([
    ['float64', float64Column],
    ['uint32', uint32Column],
    ['uint8', uint8Column],
  ] as const)(
    'keeps every row of a %s column as it grows from a few to millions',
    (_name, create) => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 900_000 }), { minLength: 1, maxLength: 6 }), (lengths) => {
          const column = create();
          let rows = 0;
          for (const length of lengths) {
            column.append(Uint8Array.from({ length: 3 }, (_, row) => (rows + row) % 251));
            column.fillTo(rows + 3 + length, (rows + 3) % 251);
            rows += 3 + length;
            column.push(rows % 251);
            rows += 1;
          }
          expect(column.length).toBe(rows);
          let at = 0;
          for (const length of lengths) {
            expect([column.at(at), column.at(at + 1), column.at(at + 2)]).toEqual([
              at % 251,
              (at + 1) % 251,
              (at + 2) % 251,
            ]);
            at += 3;
            const filled = column.values.subarray(at, at + length);
            expect(filled.every((value) => value === at % 251)).toBe(true);
            at += length;
            expect(column.at(at)).toBe(at % 251);
            at += 1;
          }
          expect(() => column.at(rows)).toThrow(RangeError);
        }),
        { numRuns: 15 },
      );
    },
    60_000,
  );

  it('takes hardly more than its rows need once it is large', () => {
    const column = float64Column();
    for (let rows = 0; rows < 3_000_000; rows += 5_000) {
      column.append(new Float64Array(5_000));
      const spareBytes = column.values.byteLength - column.length * 8;
      if (column.length > 1_000_000) expect(spareBytes / (column.length * 8)).toBeLessThan(0.05);
    }
  });

  it('moves rows behind one that is inserted', () => {
    const column = uint32Column();
    column.append([1, 2, 4]);
    column.insert(2, 3);
    column.insert(0, 0);
    expect([...column.values.subarray(0, column.length)]).toEqual([0, 1, 2, 3, 4]);
  });
});
