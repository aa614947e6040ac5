import { describe, expect, it } from 'vitest';
import { bytesFigure, formatCount } from '../stream/figures.ts';
import { clockFormat } from '../charts/time-scale.ts';
import { rangeFigure, signed } from './range-words.ts';

describe('rangeFigure', () => {
  it('tells the edges as the clock had them where the axis does', () => {
    const noon = clockFormat(new Date(2026, 0, 1, 12, 3, 11).getTime());
    expect(rangeFigure({ fromMs: 480, toMs: 1_520 }, noon)).toEqual({ value: '12:03:11.48–12.52', unit: '' });
    expect(rangeFigure({ fromMs: 480, toMs: 50_000 }, noon).value).toBe('12:03:11.48–12:04:01.00');
  });

  it('has as many digits as are needed to tell the edges apart', () => {
    const written = (fromMs: number, toMs: number) => rangeFigure({ fromMs, toMs }).value;
    expect(written(2480, 3520)).toBe('2.48–3.52');
    expect(written(0, 64_000)).toBe('0.00–64.00');
    expect(written(2480, 2500)).toBe('2.480–2.500');
    expect(written(2480.02, 2480.05)).toBe('2.480020–2.480050');
    expect(written(2480, 2480)).toBe('2.480–2.480');
    expect(written(NaN, 3)).toBe('–');
  });
});

describe('signed', () => {
  it('puts a sign before what has changed, and none before nothing and before what is not known', () => {
    const change = (bytes: number) => signed(bytesFigure(bytes)).value;
    expect([change(1_200_000), change(-400_000), change(0), change(-0.2), change(NaN)]).toEqual([
      '+1.2',
      '−400',
      '0',
      '0',
      '–',
    ]);
    expect(signed({ value: formatCount(12_000), unit: '' }).value).toBe('+12,000');
  });
});
