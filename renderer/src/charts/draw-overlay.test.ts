import { describe, expect, it } from 'vitest';
import { drawMarkLines } from './draw-overlay.ts';
import type { TimelineView } from './strips/strip.ts';
import { createTimeScale } from './time-scale.ts';

/** How many lines are drawn through the strips for so many marks in a plot of 720 px. */
function linesFor(count: number): number {
  let lines = 0;
  const context = { fillStyle: '', fillRect: () => lines++ } as unknown as CanvasRenderingContext2D;
  const all = Array.from({ length: count }, (_, index) => ({ kind: 'user-mark', title: '', atMs: index * 10 }));
  const view = {
    marks: { all },
    scale: createTimeScale(0, 10_000, 720),
    palette: { inkFaint: '#667788' },
    extentMs: 10_000,
  };
  drawMarkLines(context, view as unknown as TimelineView, { overviewTop: 0, overviewBottom: 1, top: 0, bottom: 1 });
  return lines;
}

describe('drawMarkLines', () => {
  it('draws each of a few marks through all strips, and none of so many that they would hatch them', () => {
    expect(linesFor(12)).toBe(12);
    expect(linesFor(42)).toBe(0);
  });
});
