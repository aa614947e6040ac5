// The heap's curves: the samples of one run reduced to the pixels, as lines for line-chart.ts.

import { SeriesReduction, type Point } from '../stream/level-of-detail.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { HEAP_SERIES, type HeapSeriesKey } from './heap-series.ts';
import type { ChartLine } from './line-chart.ts';
import type { Palette } from './palette.ts';
import type { TimeScale } from './time-scale.ts';

/** Samples come every 20 ms, a busy machine may miss some; across a longer silence nothing is known: no line is drawn. */
export const LONGEST_SAMPLE_GAP_MS = 250;

/** The curves of one run, ready to be reduced to the pixels again and again as it grows. */
export interface HeapCurves {
  /** Highest known value of the visible series in the window; NaN if there is none. */
  highest(scale: TimeScale, hidden: ReadonlySet<HeapSeriesKey>): number;
  /** One line for each of HEAP_SERIES, in their order; hidden ones have no points. */
  lines(scale: TimeScale, look: HeapCurvesLook): ChartLine[];
}

export interface HeapCurvesLook {
  readonly palette: Palette;
  readonly hidden: ReadonlySet<HeapSeriesKey>;
}

export function createHeapCurves(stream: RunStream): HeapCurves {
  const reductions = new Map<HeapSeriesKey, SeriesReduction>(
    HEAP_SERIES.map(({ key, column }) => [key, new SeriesReduction(stream.samples.atMs, stream.samples[column])]),
  );
  return {
    highest(scale, hidden) {
      let highest = NaN;
      for (const [key, reduction] of reductions) {
        if (hidden.has(key)) continue;
        const value = reduction.highest(scale.fromMs, scale.toMs);
        if (Number.isNaN(highest) || value > highest) highest = value;
      }
      return highest;
    },
    lines(scale, { palette, hidden }) {
      const pixelColumns = Math.max(1, Math.round(scale.width));
      const range = { fromMs: scale.fromMs, toMs: scale.toMs, pixelColumns };
      return HEAP_SERIES.map(({ key, hue, dash, fill }) => ({
        points: hidden.has(key)
          ? []
          : widened(
              reductions.get(key)?.points(range, LONGEST_SAMPLE_GAP_MS) ?? [],
              ((scale.toMs - scale.fromMs) / pixelColumns) * 3,
            ),
        color: palette[hue],
        widthPx: key === 'used' || key === 'external' ? 1.5 : 1,
        dash,
        fill,
        // Used stays on top of what is larger than it.
        order: key === 'used' ? 0 : key === 'external' ? 1 : 2,
      }));
    },
  };
}

/**
 * A program that lasts some milliseconds is sampled once: there is no line to draw, but there is a figure. It becomes a
 * dash of `reachMs` to either side.
 */
function widened(points: Point[], reachMs: number): Point[] {
  const first = points.find(({ y }) => !Number.isNaN(y));
  if (first === undefined || points.some(({ x, y }) => x !== first.x && !Number.isNaN(y))) return points;
  return [
    { x: first.x - reachMs, y: first.y },
    { x: first.x + reachMs, y: first.y },
  ];
}
