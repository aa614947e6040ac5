// Curves over time with Chart.js, in a canvas that is exactly the plot: axes, grid and labels are drawn outside, so that
// a time has the same x in every strip. Of Chart.js this takes the canvas and the order of what is drawn; how a curve
// is drawn is a controller of its own, since points that are objects, parsed and laid out anew for each frame, cost more
// than all the rest of it.

import { Chart, DatasetController, PointElement } from 'chart.js';
import type { Disposable } from '../../../engine/protocol/port.ts';
import { drawCurve, type Curve } from './draw-curve.ts';

interface CurveDataset {
  curve: Curve;
  order: number;
}

declare module 'chart.js' {
  interface ChartTypeRegistry {
    curve: {
      chartOptions: object;
      datasetOptions: CurveDataset;
      defaultDataPoint: never;
      metaExtensions: object;
      parsedDataType: object;
      scales: never;
    };
  }
}

class CurveController extends DatasetController<'curve'> {
  static readonly id = 'curve';
  /** Chart.js asks for a kind of element, though none is ever made. */
  static readonly defaults = { datasetElementType: false, dataElementType: 'point' };

  // There are neither axes nor elements: the curve is drawn from its columns.
  override linkScales(): void {}
  override buildOrUpdateElements(): void {}
  override update(): void {}

  override draw(): void {
    const { curve } = this.getDataset() as unknown as CurveDataset;
    drawCurve(this.chart.ctx, curve, this.chart.currentDevicePixelRatio);
  }
}

Chart.register(CurveController, PointElement);

export interface LineChart extends Disposable {
  /** The number of curves and their orders should stay the same from call to call: that is what is cheap. */
  draw(curves: readonly Curve[], size: { readonly width: number; readonly height: number }): void;
}

export function createLineChart(canvas: HTMLCanvasElement): LineChart {
  const chart = new Chart<'curve', never[]>(canvas, {
    type: 'curve',
    data: { datasets: [] },
    options: {
      animation: false,
      responsive: false,
      maintainAspectRatio: false,
      events: [],
      clip: false,
      layout: { padding: 0, autoPadding: false },
    },
  });

  return {
    draw(curves, { width, height }) {
      const ratio = window.devicePixelRatio || 1;
      if (chart.width !== width || chart.height !== height || chart.currentDevicePixelRatio !== ratio) {
        chart.options.devicePixelRatio = ratio;
        chart.resize(width, height);
      }
      const { datasets } = chart.data;
      const isSame =
        datasets.length === curves.length && datasets.every(({ order }, index) => order === curves[index]?.order);
      datasets.length = Math.min(datasets.length, curves.length);
      curves.forEach((curve, index) => {
        datasets[index] = Object.assign(datasets[index] ?? { data: [] }, { curve, order: curve.order });
      });
      if (isSame) chart.draw();
      else chart.update('none');
    },
    [Symbol.dispose]() {
      chart.destroy();
    },
  };
}
