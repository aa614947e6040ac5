// The heap's curves with Chart.js, in a canvas that is exactly the plot: axes, grid and labels are drawn outside, so
// that a time has the same x in every strip. Only points reduced to the pixels reach the library.

import { Chart, Filler, LinearScale, LineController, LineElement, PointElement } from 'chart.js';
import type { Disposable } from '../../../engine/protocol/port.ts';
import { SeriesReduction, type Point } from '../stream/level-of-detail.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { HEAP_SERIES, type HeapSeriesKey } from './heap-series.ts';
import { translucent, type Palette } from './palette.ts';
import type { TimeScale } from './time-scale.ts';

Chart.register(Filler, LinearScale, LineController, LineElement, PointElement);

/** Samples come every 20 ms; across a longer silence than this nothing is known, so no line is drawn. */
export const LONGEST_SAMPLE_GAP_MS = 1000;

export interface HeapChart extends Disposable {
  setStream(stream: RunStream | undefined): void;
  /** Highest known value of the visible series in the window; NaN if there is none. */
  highest(scale: TimeScale, hidden: ReadonlySet<HeapSeriesKey>): number;
  draw(scale: TimeScale, size: { width: number; height: number }, topBytes: number, look: HeapChartLook): void;
}

export interface HeapChartLook {
  readonly palette: Palette;
  readonly hidden: ReadonlySet<HeapSeriesKey>;
}

export function createHeapChart(canvas: HTMLCanvasElement): HeapChart {
  let reductions: Map<HeapSeriesKey, SeriesReduction> | undefined;
  let drawnPalette: Palette | undefined;
  const chart = new Chart<'line', Point[]>(canvas, {
    type: 'line',
    data: {
      datasets: HEAP_SERIES.map(({ key, dash, fill }) => ({
        label: key,
        data: [],
        borderWidth: key === 'used' || key === 'external' ? 1.5 : 1,
        borderDash: [...dash],
        fill: fill > 0 ? 'origin' : false,
        pointRadius: 0,
        // Drawn first is drawn below: used stays on top of what is larger than it.
        order: key === 'used' ? 0 : key === 'external' ? 1 : 2,
      })),
    },
    options: {
      animation: false,
      parsing: false,
      normalized: true,
      responsive: false,
      maintainAspectRatio: false,
      events: [],
      clip: false,
      spanGaps: false,
      layout: { padding: 0, autoPadding: false },
      elements: { line: { borderJoinStyle: 'round' } },
      scales: { x: { type: 'linear', display: false }, y: { type: 'linear', display: false, min: 0 } },
    },
  });

  function applyPalette(palette: Palette): void {
    if (palette === drawnPalette) return;
    drawnPalette = palette;
    HEAP_SERIES.forEach(({ hue, fill }, index) => {
      const dataset = chart.data.datasets[index];
      if (dataset === undefined) return;
      dataset.borderColor = palette[hue];
      dataset.backgroundColor = translucent(palette[hue], fill);
    });
  }

  return {
    setStream(stream) {
      reductions =
        stream === undefined
          ? undefined
          : new Map(
              HEAP_SERIES.map(({ key, column }) => [
                key,
                new SeriesReduction(stream.samples.atMs, stream.samples[column]),
              ]),
            );
    },
    highest(scale, hidden) {
      let highest = NaN;
      for (const [key, reduction] of reductions ?? []) {
        if (hidden.has(key)) continue;
        const value = reduction.highest(scale.fromMs, scale.toMs);
        if (Number.isNaN(highest) || value > highest) highest = value;
      }
      return highest;
    },
    draw(scale, { width, height }, topBytes, { palette, hidden }) {
      applyPalette(palette);
      const ratio = window.devicePixelRatio || 1;
      if (chart.width !== width || chart.height !== height || chart.currentDevicePixelRatio !== ratio) {
        chart.options.devicePixelRatio = ratio;
        chart.resize(width, height);
      }
      const range = { fromMs: scale.fromMs, toMs: scale.toMs, pixelColumns: Math.max(1, Math.round(width)) };
      HEAP_SERIES.forEach(({ key }, index) => {
        const dataset = chart.data.datasets[index];
        if (dataset === undefined) return;
        const points = hidden.has(key) ? [] : (reductions?.get(key)?.points(range, LONGEST_SAMPLE_GAP_MS) ?? []);
        dataset.data = widened(points, ((scale.toMs - scale.fromMs) / range.pixelColumns) * 3);
      });
      const { scales } = chart.options;
      if (scales?.['x']) Object.assign(scales['x'], { min: scale.fromMs, max: scale.toMs });
      if (scales?.['y']) Object.assign(scales['y'], { max: topBytes });
      chart.update('none');
    },
    [Symbol.dispose]() {
      chart.destroy();
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
