import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteTicks,
  createTimeScale,
  momentText,
  niceStep,
  RELATIVE_TIME,
  timeTicks,
  wallClockText,
} from './time-scale.ts';

const labels = (fromMs: number, toMs: number, width = 700) =>
  timeTicks(createTimeScale(fromMs, toMs, width)).map(({ label }) => label);

describe('time ticks', () => {
  it('are labelled in the unit that fits the run, once', () => {
    expect(labels(0, 6410)).toEqual(['0.0', '1.0', '2.0', '3.0', '4.0', '5.0', '6.0 s']);
    expect(labels(0, 520)).toEqual(['0', '100', '200', '300', '400', '500 ms']);
    expect(labels(0, 3_600_000)).toEqual(['0:00', '10:00', '20:00', '30:00', '40:00', '50:00', '60:00 min']);
    expect(labels(4206.1, 4219.5)).toEqual(['4.208', '4.210', '4.212', '4.214', '4.216', '4.218 s']);
  });

  it('lie in the window, in order, no two with the same label, and far enough apart for it', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        fc.double({ min: 0.02, max: 1e7, noNaN: true }),
        fc.integer({ min: 200, max: 3000 }),
        (fromMs, lengthMs, width) => {
          const scale = createTimeScale(fromMs, fromMs + lengthMs, width);
          const ticks = timeTicks(scale);
          expect(new Set(ticks.map(({ label }) => label.split(' ')[0])).size).toBe(ticks.length);
          ticks.forEach(({ value }, index) => {
            expect(scale.x(value)).toBeGreaterThan(-1);
            expect(scale.x(value)).toBeLessThan(width + 1);
            const previous = ticks[index - 1];
            if (previous !== undefined) expect(scale.x(value) - scale.x(previous.value)).toBeGreaterThan(83);
          });
        },
      ),
    );
  });

  it('and positions are inverse to each other', () => {
    const scale = createTimeScale(500, 2500, 640);
    expect(scale.x(scale.timeAt(123.5))).toBeCloseTo(123.5);
    expect(scale.x(500)).toBe(0);
    expect(scale.x(2500)).toBe(640);
  });
});

describe('byte ticks', () => {
  it('reach from zero to above the highest value, with the unit on top alone', () => {
    expect(byteTicks(95e6, 3).map(({ label }) => label)).toEqual(['0', '40', '80', '120 MB']);
    expect(byteTicks(2.3e9, 3).map(({ label }) => label)).toEqual(['0', '1', '2', '3 GB']);
    expect(byteTicks(NaN, 3).at(-1)?.value).toBeGreaterThan(0);
  });

  it('leave no curve above the top, and not more than half the chart empty', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e12, noNaN: true }), fc.integer({ min: 2, max: 4 }), (highest, steps) => {
        const top = byteTicks(highest, steps).at(-1)?.value ?? 0;
        expect(top).toBeGreaterThanOrEqual(highest * 0.999);
        expect(top).toBeLessThanOrEqual(highest * 2.01);
      }),
    );
  });
});

describe('niceStep', () => {
  it('is 1, 2 or 5 times a power of ten, and at least what is asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 1e9, noNaN: true }), (least) => {
        const step = niceStep(least);
        expect(step).toBeGreaterThanOrEqual(least * 0.999);
        const leading = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
        expect([1, 2, 5].some((factor) => Math.abs(leading - factor) < 1e-6)).toBe(true);
      }),
    );
  });
});

describe('times of the clock', () => {
  const noon = { kind: 'clock', zeroMs: 12 * 3_600_000 + 3 * 60_000 + 11_250 } as const;

  it('have their ticks at round times of the clock, not of the run', () => {
    const scale = createTimeScale(0, 10_000, 700);
    const ticks = timeTicks(scale, noon);
    expect(ticks.map(({ label }) => label)).toEqual(['12:03:12', '12:03:14', '12:03:16', '12:03:18', '12:03:20']);
    expect(ticks[0]?.value).toBe(750);
    const close = timeTicks(createTimeScale(100, 101, 700), noon).map(({ label }) => label);
    expect(close).toEqual([
      '12:03:11.3500',
      '12:03:11.3502',
      '12:03:11.3504',
      '12:03:11.3506',
      '12:03:11.3508',
      '12:03:11.3510',
    ]);
  });

  it('go on past midnight, and never show a sixtieth second', () => {
    expect(wallClockText(24 * 3_600_000 + 5, 3)).toBe('00:00:00.005');
    expect(wallClockText(59_999.96, 1)).toBe('00:01:00.0');
    expect(wallClockText(24 * 3_600_000 - 0.01, 0)).toBe('00:00:00');
  });

  it('are told with the digits that a pixel tells apart', () => {
    expect(momentText(3020, RELATIVE_TIME, 1)).toBe('3.020 s');
    expect(momentText(3020, RELATIVE_TIME, 0.001)).toBe('3.020000 s');
    expect(momentText(770, noon, 1)).toBe('12:03:12.020');
  });
});
