import { describe, expect, it } from 'vitest';
import { binLatencies, roundBinMs } from './latency-bins.ts';

describe('latency bins', () => {
  it('chooses round widths that need at most sixteen bins', () => {
    expect(roundBinMs(700)).toBe(50);
    expect(roundBinMs(16)).toBe(1);
    expect(roundBinMs(17)).toBe(2);
    expect(roundBinMs(0)).toBe(1);
    for (let maximumMs = 0.01; maximumMs < 1e6; maximumMs *= 1.37) {
      expect(maximumMs / roundBinMs(maximumMs)).toBeLessThanOrEqual(16 + 1e-9);
    }
  });

  it('counts every callback once and leaves out what was never called back', () => {
    const registered = Float64Array.of(0, 0, 10, 10, 0, 99);
    const called = Float64Array.of(16, 3, NaN, 12.5, 0, 1);
    const { counts, binMs, total } = binLatencies(registered, called, 5);
    expect(binMs).toBe(1);
    expect(total).toBe(4);
    expect([...counts]).toEqual([1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it('has no bin where there is no callback', () => {
    expect(binLatencies(Float64Array.of(1), Float64Array.of(NaN), 1).counts).toHaveLength(0);
  });
});
