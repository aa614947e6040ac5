import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freePlace } from './free-place.ts';

describe('freePlace', () => {
  it('finds the place that a search pixel by pixel finds first', () => {
    const stretch = fc
      .tuple(fc.integer({ min: -20, max: 120 }), fc.integer({ min: 1, max: 40 }))
      .map(([left, length]) => ({ left, right: left + length }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        stretch,
        fc.array(stretch, { maxLength: 8 }),
        (width, room, taken) => {
          let naive: number | undefined;
          for (let left = room.left; left + width <= room.right && naive === undefined; left++) {
            if (taken.every((other) => left + width <= other.left || left >= other.right)) naive = left;
          }
          expect(freePlace(width, room, taken)).toBe(naive);
        },
      ),
    );
  });
});
