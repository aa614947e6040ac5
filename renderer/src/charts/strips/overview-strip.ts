// The whole run in small: used and external memory, one on the other, at the highest of each pixel column, with the
// window that the strips below show.

import { SeriesReduction } from '../../stream/level-of-detail.ts';
import type { RunStream } from '../../stream/run-stream.ts';
import { crisp } from '../draw-grid.ts';
import { translucent } from '../palette.ts';
import { createSurface } from '../surface.ts';
import { fillSteps, hatch } from './fill-steps.ts';
import { clearGaps, createSampleGaps } from './sample-gaps.ts';
import type { Strip, TimelineView } from './strip.ts';

export interface OverviewStrip extends Strip {
  setStream(stream: RunStream | undefined): void;
  /** Highest known values of the run so far; NaN where nothing is known. */
  peaks(): { readonly usedBytes: number; readonly externalBytes: number };
}

interface Window {
  readonly left: number;
  readonly right: number;
}

export function createOverviewStrip(canvas: HTMLCanvasElement, onResize: () => void): OverviewStrip {
  const surface = createSurface(canvas, onResize);
  let stream: RunStream | undefined;
  let series: { used: SeriesReduction; external: SeriesReduction } | undefined;
  let columns = { used: new Float64Array(0), external: new Float64Array(0) };
  let columnsKey = '';
  const gaps = createSampleGaps();

  function fillColumns(extentMs: number): void {
    const count = Math.max(1, Math.round(surface.width));
    const key = `${stream?.revision} ${extentMs} ${count}`;
    if (key === columnsKey) return;
    columnsKey = key;
    if (columns.used.length !== count) columns = { used: new Float64Array(count), external: new Float64Array(count) };
    if (series === undefined || stream === undefined) {
      columns.used.fill(NaN);
      columns.external.fill(NaN);
      return;
    }
    fillPeaks(stream.samples.atMs, series.used, extentMs, columns.used);
    fillPeaks(stream.samples.atMs, series.external, extentMs, columns.external);
    const unknown = gaps.within({ fromMs: 0, toMs: extentMs });
    for (const values of [columns.used, columns.external]) clearGaps(values, unknown, extentMs);
  }

  function drawGaps(context: CanvasRenderingContext2D, { palette, extentMs }: TimelineView): void {
    const { width, height } = surface;
    for (const { fromMs, toMs } of stream === undefined ? [] : gaps.within({ fromMs: 0, toMs: extentMs })) {
      const left = (fromMs / extentMs) * width;
      const right = Math.min(width - 1, (toMs / extentMs) * width);
      hatch(context, { left: Math.max(1, left), right, top: 1, bottom: height - 1 }, palette);
    }
  }

  function drawCurves(context: CanvasRenderingContext2D, { palette }: TimelineView): void {
    const { height } = surface;
    let highest = 0;
    for (let column = 0; column < columns.used.length; column++) {
      highest = Math.max(highest, (columns.used[column] || 0) + (columns.external[column] || 0));
    }
    const perByte = highest > 0 ? (height - 6) / (highest * 1.05) : 0;
    const usedHeight = (column: number) => {
      const used = columns.used[column] ?? NaN;
      return Number.isNaN(used) ? 0 : Math.max(1, used * perByte);
    };
    const base = height - 2;
    fillSteps(context, columns.used.length, 1, translucent(palette.cyan, 0.3), base, (column) => {
      const bottom = usedHeight(column);
      return bottom === 0 ? 0 : bottom + (columns.external[column] || 0) * perByte;
    });
    fillSteps(context, columns.used.length, 1, translucent(palette.blue, 0.6), base, usedHeight);
  }

  function drawWindow(context: CanvasRenderingContext2D, window: Window, { palette }: TimelineView): void {
    const { width, height } = surface;
    const left = crisp(window.left);
    const right = Math.max(left + 2, crisp(window.right) - 1);
    context.fillStyle = translucent(palette.ground, 0.6);
    context.fillRect(1, 1, Math.max(0, left - 1), height - 2);
    context.fillRect(right, 1, Math.max(0, width - 1 - right), height - 2);
    context.fillStyle = translucent(palette.blue, 0.14);
    context.fillRect(left, 1, right - left, height - 2);
    context.strokeStyle = palette.blue;
    context.strokeRect(left, 0.5, right - left, height - 1);
    context.fillStyle = palette.blue;
    for (const edge of [left, right]) {
      context.beginPath();
      context.roundRect(edge - 2.5, height / 2 - 5, 5, 10, 2);
      context.fill();
    }
  }

  return {
    get revision() {
      return surface.revision;
    },
    setStream(next) {
      stream = next;
      columnsKey = '';
      gaps.setStream(next);
      series =
        next === undefined
          ? undefined
          : {
              used: new SeriesReduction(next.samples.atMs, next.samples.usedBytes),
              external: new SeriesReduction(next.samples.atMs, next.samples.externalBytes),
            };
    },
    peaks() {
      const endMs = stream?.endMs ?? 0;
      return {
        usedBytes: series?.used.highest(0, endMs) ?? NaN,
        externalBytes: series?.external.highest(0, endMs) ?? NaN,
      };
    },
    draw(view) {
      const context = surface.begin();
      const { width, height } = surface;
      const { palette, extentMs, scale } = view;
      context.fillStyle = palette.panel;
      context.fillRect(0, 0, width, height);
      fillColumns(extentMs);
      drawCurves(context, view);
      drawGaps(context, view);
      context.strokeStyle = palette.line;
      context.lineWidth = 1;
      context.strokeRect(0.5, 0.5, width - 1, height - 1);
      const xOf = (atMs: number) => (atMs / extentMs) * width;
      if (view.selection !== undefined) {
        const left = xOf(view.selection.fromMs);
        context.fillStyle = translucent(palette.blue, 0.3);
        context.fillRect(left, height - 4, Math.max(2, xOf(view.selection.toMs) - left), 3);
      }
      if (!view.isWhole) drawWindow(context, { left: xOf(scale.fromMs), right: xOf(scale.toMs) }, view);
    },
    [Symbol.dispose]() {
      surface[Symbol.dispose]();
    },
  };
}

/** Highest known value in each of `columns.length` pixel columns from 0 to `extentMs`; NaN where none is. */
function fillPeaks(
  atMs: { readonly values: Float64Array; readonly length: number },
  series: SeriesReduction,
  extentMs: number,
  columns: Float64Array,
): void {
  const step = extentMs / columns.length;
  const lastMs = atMs.length === 0 ? -Infinity : (atMs.values[atMs.length - 1] ?? -Infinity);
  const firstMs = atMs.length === 0 ? Infinity : (atMs.values[0] ?? Infinity);
  for (let column = 0; column < columns.length; column++) {
    const from = step * column;
    columns[column] = from > lastMs || from + step < firstMs ? NaN : series.highest(from, from + step);
  }
}
