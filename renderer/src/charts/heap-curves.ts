// The heap's curves: the samples of one run reduced to the pixels, for line-chart.ts.

import { PixelRows, SeriesReduction, type ColumnExtents, type Point } from '../stream/level-of-detail.ts';
import type { RunStream } from '../stream/run-stream.ts';
import type { CurveShape } from './draw-curve.ts';
import { HEAP_SERIES, type HeapSeriesKey } from './heap-series.ts';
import type { TimeScale } from './time-scale.ts';

/** Samples come every 20 ms, a busy machine may miss some; across a longer silence nothing is known: no line is drawn. */
export const LONGEST_SAMPLE_GAP_MS = 250;
/** With more samples than this for each pixel column a line is drawn by columns. */
const MOST_POINTS_PER_COLUMN = 0.5;

export interface HeapShape {
  readonly shape: CurveShape;
  /** NaN if nothing is drawn. */
  readonly highestBytes: number;
  /** Where the curve ends within the window; undefined if nothing of it is drawn. */
  readonly end: Point | undefined;
}

/** Of the curves that are not hidden. */
export type HeapShapes = ReadonlyMap<HeapSeriesKey, HeapShape>;

/** The curves of one run, ready to be reduced to the pixels again and again as it grows. */
export interface HeapCurves {
  /** The same memory in every call. */
  shapes(scale: TimeScale, hidden: ReadonlySet<HeapSeriesKey>): HeapShapes;
}

/** NaN if nothing is drawn. */
export function highestOf(shapes: HeapShapes): number {
  let highest = NaN;
  for (const { highestBytes } of shapes.values()) {
    if (highestBytes > highest || Number.isNaN(highest)) highest = highestBytes;
  }
  return highest;
}

export function createHeapCurves({ samples }: RunStream): HeapCurves {
  const rows = new PixelRows(samples.atMs);
  const reductions = new Map(
    HEAP_SERIES.map(({ key, column }) => [key, new SeriesReduction(samples.atMs, samples[column])]),
  );
  const memory = new Map<HeapSeriesKey, ColumnExtents>();
  const shapes = new Map<HeapSeriesKey, HeapShape>();

  function extentsFor(key: HeapSeriesKey, columns: number): ColumnExtents {
    const kept = memory.get(key);
    if (kept?.low.length === columns) return kept;
    const extents = { low: new Float64Array(columns), high: new Float64Array(columns) };
    memory.set(key, extents);
    return extents;
  }

  return {
    shapes(scale, hidden) {
      const pixelColumns = Math.max(1, Math.round(scale.width));
      rows.find({ fromMs: scale.fromMs, toMs: scale.toMs, pixelColumns });
      shapes.clear();
      for (const [key, reduction] of reductions) {
        if (hidden.has(key)) continue;
        if (rows.count <= pixelColumns * MOST_POINTS_PER_COLUMN) {
          const points = widened(reduction.points(rows, LONGEST_SAMPLE_GAP_MS), scale.millisecondsPerPixel * 3);
          shapes.set(key, {
            shape: { kind: 'points', points },
            highestBytes: points.reduce((most, { y }) => (y > most || Number.isNaN(most) ? y : most), NaN),
            end: points.findLast(({ x, y }) => x <= scale.toMs && !Number.isNaN(y)),
          });
          continue;
        }
        const extents = extentsFor(key, pixelColumns);
        reduction.extents(rows, extents, LONGEST_SAMPLE_GAP_MS);
        shapes.set(key, { shape: { kind: 'extents', ...extents }, ...factsOf(extents, scale) });
      }
      return shapes;
    },
  };
}

function factsOf({ low, high }: ColumnExtents, scale: TimeScale): { highestBytes: number; end: Point | undefined } {
  let highest = -Infinity;
  let last = -1;
  for (let column = 0; column < high.length; column++) {
    const value = high[column] ?? NaN;
    if (value > highest) highest = value;
    if (!Number.isNaN(value)) last = column;
  }
  if (last === -1) return { highestBytes: NaN, end: undefined };
  const y = ((low[last] ?? NaN) + (high[last] ?? NaN)) / 2;
  return { highestBytes: highest, end: { x: scale.timeAt(((last + 0.5) * scale.width) / high.length), y } };
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
