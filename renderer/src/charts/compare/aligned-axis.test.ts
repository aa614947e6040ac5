import { describe, expect, it } from 'vitest';
import { createTimeScale, timeTicks, type Tick } from '../time-scale.ts';
import type { Palette } from '../palette.ts';
import { alignedTicks, alignedTimeText, drawAlignedAxis } from './aligned-axis.ts';

const labels = (fromMs: number, toMs: number, originMs: number, width = 800) =>
  alignedTicks(createTimeScale(fromMs, toMs, width), originMs).map(({ label }) => label);

describe('ticks of an aligned axis', () => {
  it('are those of the timeline where runs are aligned by their start', () => {
    for (const [fromMs, toMs] of [
      [0, 6_410],
      [300, 900],
      [0, 14],
      [0, 90_000],
      [0, 1_000_000],
    ] as const) {
      const scale = createTimeScale(fromMs, toMs, 800);
      const labelsOf = (ticks: readonly Tick[]) => ticks.map(({ value, label }) => [Math.round(value), label]);
      expect(labelsOf(alignedTicks(scale, 0))).toEqual(
        labelsOf(timeTicks(scale)).map(([value, label]) => [Number(value) + 0, label]),
      );
    }
  });

  it('count from the mark, which is zero, and are negative before it', () => {
    expect(labels(0, 4_000, 1_530)).toEqual(['−1.5', '−1.0', '−0.5', '0.0', '0.5', '1.0', '1.5', '2.0 s']);
    const [first] = alignedTicks(createTimeScale(0, 4_000, 800), 1_530);
    expect(first?.value).toBe(30);
  });

  it('are in one unit on both sides, also where everything in sight lies before the mark', () => {
    expect(labels(0, 2_000, 6_000, 400)).toEqual(['−6.0', '−5.5', '−5.0', '−4.5', '−4.0 s']);
    expect(labels(5_600, 6_400, 6_000, 400)).toEqual(['−400', '−200', '0', '200', '400 ms']);
  });

  it('are minutes and seconds on a long axis', () => {
    expect(labels(0, 600_000, 240_000, 600)).toEqual(['−4:00', '−2:00', '0:00', '2:00', '4:00', '6:00 min']);
  });

  it('are written within the plot on its right, where the pane ends', () => {
    const rights: number[] = [];
    const context = {
      measureText: (text: string) => ({ width: 6 * text.length }),
      fillText: (text: string, x: number) => rights.push(x + 6 * text.length),
    };
    drawAlignedAxis(
      context as unknown as CanvasRenderingContext2D,
      createTimeScale(0, 5_020, 800),
      0,
      16,
      {} as Palette,
    );
    expect(rights.at(-1)).toBeLessThanOrEqual(816);
    expect(rights).toHaveLength(6);
  });

  it('have decimals enough for their step, however close one looks', () => {
    expect(labels(1_529.9, 1_530.1, 1_530, 400)).toEqual(['−0.10', '−0.05', '0.00', '0.05', '0.10 ms']);
  });
});

describe('time at the cursor', () => {
  it('has a sign only where it counts from a mark, and none at the mark', () => {
    expect(alignedTimeText(1_250, 0, 4)).toBe('1.250 s');
    expect(alignedTimeText(1_250, 1_000, 4)).toBe('+0.250 s');
    expect(alignedTimeText(750, 1_000, 4)).toBe('−0.250 s');
    expect(alignedTimeText(1_000.0001, 1_000, 4)).toBe('0.000 s');
    expect(alignedTimeText(999.9999, 1_000, 4)).toBe('0.000 s');
  });
});
