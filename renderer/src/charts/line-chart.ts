// Curves over time with Chart.js, in a canvas that is exactly the plot: axes, grid and labels are drawn outside, so that
// a time has the same x in every strip. Only points reduced to the pixels reach the library.

import { Chart, Filler, LinearScale, LineController, LineElement, PointElement } from 'chart.js';
import type { Disposable } from '../../../engine/protocol/port.ts';
import type { Point } from '../stream/level-of-detail.ts';
import { translucent } from './palette.ts';
import type { TimeScale } from './time-scale.ts';

Chart.register(Filler, LinearScale, LineController, LineElement, PointElement);

export interface ChartLine {
  /** In order of time; a `y` of NaN interrupts the line. */
  readonly points: Point[];
  /** `#rrggbb`. */
  readonly color: string;
  readonly widthPx: number;
  readonly dash: readonly number[];
  /** Opacity of the area between the line and `base`; 0: none. */
  readonly fill: number;
  /** Where the area ends; zero unless given. */
  readonly base?: number;
  /** Lines of a lower order are drawn over those of a higher one. */
  readonly order: number;
}

export interface LineChart extends Disposable {
  /** Draws from zero to `top`. The number of lines should stay the same from call to call: that is what is cheap. */
  draw(
    lines: readonly ChartLine[],
    scale: TimeScale,
    size: { readonly width: number; readonly height: number },
    top: number,
  ): void;
}

export function createLineChart(canvas: HTMLCanvasElement): LineChart {
  const chart = new Chart<'line', Point[]>(canvas, {
    type: 'line',
    data: { datasets: [] },
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
      // At these widths no join can be seen, and round ones are painted twice as slowly.
      elements: { line: { borderJoinStyle: 'bevel' }, point: { radius: 0 } },
      scales: { x: { type: 'linear', display: false }, y: { type: 'linear', display: false, min: 0 } },
    },
  });

  return {
    draw(lines, scale, { width, height }, top) {
      const ratio = window.devicePixelRatio || 1;
      if (chart.width !== width || chart.height !== height || chart.currentDevicePixelRatio !== ratio) {
        chart.options.devicePixelRatio = ratio;
        chart.resize(width, height);
      }
      const { datasets } = chart.data;
      datasets.length = Math.min(datasets.length, lines.length);
      lines.forEach(({ points, color, widthPx, dash, fill, base = 0, order }, index) => {
        const dataset = (datasets[index] ??= { data: points });
        dataset.data = points;
        dataset.borderColor = color;
        dataset.borderWidth = widthPx;
        // Where every pixel column has its minimum and maximum, dashes are noise, and take as long to paint as all else.
        dataset.borderDash = points.length > width ? [] : [...dash];
        dataset.backgroundColor = translucent(color, fill);
        dataset.fill = fill > 0 ? { value: base } : false;
        dataset.order = order;
      });
      const { scales } = chart.options;
      if (scales?.['x']) Object.assign(scales['x'], { min: scale.fromMs, max: scale.toMs });
      if (scales?.['y']) Object.assign(scales['y'], { max: top });
      chart.update('none');
    },
    [Symbol.dispose]() {
      chart.destroy();
    },
  };
}
