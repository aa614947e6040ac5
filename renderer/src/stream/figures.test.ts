import { expect, it } from 'vitest';
import { formatRates } from './figures.ts';

it('says the unit of two rates once where it is the same', () => {
  expect(formatRates(34_900, 12_100)).toBe('↑34.9 ↓12.1 k/s');
  expect(formatRates(120, 9.5)).toBe('↑120 ↓9.5/s');
  expect(formatRates(34_900, 120)).toBe('↑34.9 k/s ↓120/s');
  expect(formatRates(2_000_000, 2_000)).toBe('↑2.0 M/s ↓2.0 k/s');
  expect(formatRates(NaN, 3)).toBe('↑– ↓3.0/s');
});
