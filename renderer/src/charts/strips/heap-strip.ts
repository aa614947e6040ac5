// The heap's curves with their grid: Chart.js draws the lines, the canvas behind it the grid and what is not known.

import { formatDuration } from '../../stream/figures.ts';
import type { RunStream } from '../../stream/run-stream.ts';
import { drawVerticalGrid } from '../draw-grid.ts';
import type { Curve } from '../draw-curve.ts';
import { createHeapCurves, highestOf, type HeapCurves, type HeapShapes } from '../heap-curves.ts';
import { HEAP_SERIES } from '../heap-series.ts';
import { createLineChart } from '../line-chart.ts';
import { createSurface } from '../surface.ts';
import { byteTicks, type Tick } from '../time-scale.ts';
import { hatch } from './fill-steps.ts';
import { createSampleGaps } from './sample-gaps.ts';
import type { Strip, TimelineView } from './strip.ts';

/** Share of the axis that stays free above the highest curve, so that its line is not cut in half. */
const HEADROOM = 0.03;
/** A gap that is drawn wider than this says what it is. */
const NAMED_GAP_PX = 96;
const NOTHING: HeapShapes = new Map();

export interface HeapStrip extends Strip {
  setStream(stream: RunStream | undefined): void;
  /** Offsets from the top of the plot; none without figures. */
  readonly ticks: readonly (Tick & { readonly topPx: number })[];
  readonly height: number;
  /** Where the curves are at a sample, relative to the plot. */
  pointsAt(view: TimelineView, sample: number): { readonly y: number; readonly color: string }[];
}

export function createHeapStrip(
  canvases: { readonly grid: HTMLCanvasElement; readonly curves: HTMLCanvasElement },
  onResize: () => void,
): HeapStrip {
  const surface = createSurface(canvases.grid, onResize);
  const chart = createLineChart(canvases.curves);
  const gaps = createSampleGaps();
  let curves: HeapCurves | undefined;
  let topBytes = 1;
  let ticks: HeapStrip['ticks'] = [];

  return {
    get revision() {
      return surface.revision;
    },
    get ticks() {
      return ticks;
    },
    get height() {
      return surface.height;
    },
    setStream(stream) {
      curves = stream === undefined ? undefined : createHeapCurves(stream);
      gaps.setStream(stream);
    },
    draw({ stream, scale, hidden, palette, timeFormat }) {
      const { width, height } = surface;
      const shapes = curves?.shapes(scale, hidden) ?? NOTHING;
      const highest = highestOf(shapes);
      const tickSteps = byteTicks(highest * (1 + HEADROOM), height < 120 ? 2 : 3);
      topBytes = tickSteps.at(-1)?.value ?? 1;
      const context = surface.begin();
      const hasSamples = stream !== undefined && stream.samples.atMs.length > 0;
      // Where all curves are hidden, or none was sampled in the window, a scale would be made up.
      const hasFigures = hasSamples && !Number.isNaN(highest);
      const yOf = (bytes: number) => height - (bytes / topBytes) * height;
      // Without figures there is a sentence instead: lines would run through it.
      if (hasSamples) drawVerticalGrid(context, scale, height, palette, timeFormat);
      context.fillStyle = palette.line;
      for (const { value } of hasFigures ? tickSteps : tickSteps.slice(0, 1)) {
        context.fillRect(0, Math.min(height - 1, Math.round(yOf(value))), width, 1);
      }
      if (hasSamples) {
        context.font = palette.figuresFont;
        context.textBaseline = 'middle';
        context.textAlign = 'center';
        for (const { fromMs, toMs } of gaps.within(scale)) {
          const left = Math.max(0, scale.x(fromMs));
          const right = Math.min(width, scale.x(toMs));
          hatch(context, { left, right: Math.max(right, left + 1), top: 0, bottom: height }, palette);
          if (right - left < NAMED_GAP_PX) continue;
          context.fillStyle = palette.inkFaint;
          context.fillText(`no sample for ${formatDuration(toMs - fromMs)}`, (left + right) / 2, height / 2);
        }
      }
      const axis = { scale, zeroY: height, pixelsPerUnit: height / topBytes };
      chart.draw(
        HEAP_SERIES.flatMap(({ key, hue, dash, fill, widthPx }, order): Curve[] => {
          const shape = shapes.get(key)?.shape;
          // Used is the first and stays on top of what is larger than it.
          return shape === undefined ? [] : [{ ...axis, shape, color: palette[hue], widthPx, dash, fill, order }];
        }),
        surface,
      );
      ticks = hasFigures ? tickSteps.map((tick) => ({ ...tick, topPx: Math.round(yOf(tick.value)) })) : [];
    },
    pointsAt({ stream, hidden, palette }, sample) {
      return HEAP_SERIES.flatMap(({ key, column, hue }) => {
        const bytes = stream?.samples[column].values[sample] ?? NaN;
        if (hidden.has(key) || Number.isNaN(bytes) || bytes > topBytes) return [];
        return [{ y: surface.height - (bytes / topBytes) * surface.height, color: palette[hue] }];
      });
    },
    [Symbol.dispose]() {
      chart[Symbol.dispose]();
      surface[Symbol.dispose]();
    },
  };
}
