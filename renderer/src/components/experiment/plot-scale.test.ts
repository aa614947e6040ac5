import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linearScale } from './plot-scale.ts';

it('holds every figure on an axis from zero with few, evenly spaced ticks', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (greatest) => {
      const { maximum, ticks, positionOf } = linearScale(greatest);
      expect(maximum).toBeGreaterThanOrEqual(greatest * (1 - 1e-9));
      expect(maximum).toBeLessThanOrEqual(greatest * 2);
      expect(ticks.length).toBeGreaterThanOrEqual(4);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)).toBeCloseTo(maximum, 6);
      expect(positionOf(0)).toBe(0);
      expect(positionOf(maximum)).toBe(1);
      expect(positionOf(greatest / 2)).toBeCloseTo(greatest / 2 / maximum, 9);
    }),
  );
});

it('has an axis where there is no figure', () => {
  expect(linearScale(0).maximum).toBeGreaterThan(0);
  expect(linearScale(NaN).ticks.length).toBeGreaterThanOrEqual(4);
});
