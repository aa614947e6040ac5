// The backlog: how many were registered and have not ended yet, and how many of them were collected and wait for their
// callback. Two curves by Chart.js, each on a scale of its own: the second is often a thousandth of the first.

import { Backlog, type WaitingColumns } from '../../stream/backlog.ts';
import type { Point } from '../../stream/level-of-detail.ts';
import { readWithin } from '../../stream/read-within.ts';
import type { DensityColumns, RunStream } from '../../stream/run-stream.ts';
import { drawVerticalGrid } from '../draw-grid.ts';
import { createLineChart } from '../line-chart.ts';
import { createSurface } from '../surface.ts';
import type { TimeScale } from '../time-scale.ts';
import type { Strip } from './strip.ts';

const HEADROOM = 1.12;

export interface BacklogStrip extends Strip {
  setStream(stream: RunStream | undefined): void;
  /** Highest counts in the window; NaN without a run, or where not known (yet). */
  readonly peaks: { readonly notEnded: number; readonly waiting: number };
  /** Grows while there is more to be read than a frame can bear. */
  readonly readings: number;
  waitingAt(timeMs: number): { readonly certain: number; readonly possible: number } | undefined;
}

export function createBacklogStrip(
  canvases: {
    readonly notEndedGrid: HTMLCanvasElement;
    readonly notEnded: HTMLCanvasElement;
    readonly waitingGrid: HTMLCanvasElement;
    readonly waiting: HTMLCanvasElement;
  },
  onResize: () => void,
): BacklogStrip {
  const notEnded = {
    surface: createSurface(canvases.notEndedGrid, onResize),
    chart: createLineChart(canvases.notEnded),
  };
  const waiting = { surface: createSurface(canvases.waitingGrid, onResize), chart: createLineChart(canvases.waiting) };
  let backlog: Backlog | undefined;
  let density: DensityColumns | undefined;
  let waits: WaitingColumns | undefined;
  let peaks = { notEnded: NaN, waiting: NaN };
  let readings = 0;
  let isRead = true;

  function columnsFor(count: number): { density: DensityColumns; waits: WaitingColumns } {
    const column = () => new Uint32Array(count);
    if (density?.registered.length !== count || waits === undefined) {
      density = { registered: column(), finalized: column(), highestAlive: column(), lowestAlive: column() };
      waits = { highest: column(), lowest: column(), highestPossible: column() };
    }
    return { density, waits };
  }

  return {
    get revision() {
      return notEnded.surface.revision + waiting.surface.revision;
    },
    get peaks() {
      return peaks;
    },
    get readings() {
      // Asked for in every frame: as long as not all is read, the next frame reads on.
      if (!isRead) readings++;
      return readings;
    },
    setStream(stream) {
      backlog = stream === undefined ? undefined : new Backlog(stream);
      isRead = stream === undefined;
    },
    waitingAt: (timeMs) => (isRead ? backlog?.at(timeMs) : undefined),
    draw({ stream, scale, palette, timeFormat }) {
      for (const { surface } of [notEnded, waiting]) {
        const context = surface.begin();
        drawVerticalGrid(context, scale, surface.height, palette, timeFormat);
        context.fillStyle = palette.line;
        context.fillRect(0, surface.height - 1, surface.width, 1);
      }
      if (stream === undefined || backlog === undefined) {
        peaks = { notEnded: NaN, waiting: NaN };
        notEnded.chart.draw([], scale, notEnded.surface, 1);
        waiting.chart.draw([], scale, waiting.surface, 1);
        return;
      }
      isRead = readWithin(backlog);
      const columns = columnsFor(Math.max(1, Math.round(scale.width)));
      stream.density(scale.fromMs, scale.toMs, columns.density);
      backlog.read(scale, columns.density, columns.waits);
      const used = Math.min(columns.waits.highest.length, Math.max(0, Math.ceil(scale.x(stream.endMs))));
      const { highestAlive, lowestAlive } = columns.density;
      const { highest, lowest, highestPossible } = columns.waits;
      peaks = { notEnded: highestOf(highestAlive, used), waiting: isRead ? highestOf(highestPossible, used) : NaN };
      notEnded.chart.draw(
        [
          {
            points: pointsOf(scale, used, lowestAlive, highestAlive),
            color: palette.inkSoft,
            widthPx: 1.25,
            dash: [],
            fill: 0.18,
            order: 0,
          },
        ],
        scale,
        notEnded.surface,
        Math.max(1, peaks.notEnded) * HEADROOM,
      );
      waiting.chart.draw(
        [
          {
            points: isRead ? pointsOf(scale, used, lowest, highest) : [],
            color: palette.violet,
            widthPx: 1.25,
            dash: [],
            fill: 0.3,
            order: 0,
          },
          {
            points: isRead ? pointsOf(scale, used, highestPossible, highestPossible) : [],
            color: palette.violet,
            widthPx: 1,
            dash: [2, 2],
            fill: 0.08,
            order: 1,
          },
        ],
        scale,
        waiting.surface,
        Math.max(1, peaks.waiting || 0) * HEADROOM,
      );
    },
    [Symbol.dispose]() {
      for (const { surface, chart } of [notEnded, waiting]) {
        chart[Symbol.dispose]();
        surface[Symbol.dispose]();
      }
    },
  };
}

function highestOf(columns: Uint32Array, count: number): number {
  let highest = 0;
  for (let column = 0; column < count; column++) if ((columns[column] ?? 0) > highest) highest = columns[column] ?? 0;
  return highest;
}

/** From the lowest to the highest of each pixel column; a stretch without a change is one line. */
function pointsOf(scale: TimeScale, count: number, lowest: Uint32Array, highest: Uint32Array): Point[] {
  const points: Point[] = [];
  const step = (scale.toMs - scale.fromMs) / lowest.length;
  let isPassedOver = false;
  for (let column = 0; column < count; column++) {
    const low = lowest[column] ?? 0;
    const high = highest[column] ?? 0;
    const last = points.at(-1);
    if (last?.y === low && low === high) {
      isPassedOver = true;
      continue;
    }
    const x = scale.fromMs + step * (column + 0.5);
    // A step, not a slope: the stretch before it goes on to here.
    if (isPassedOver && last !== undefined) points.push({ x: x - step, y: last.y });
    isPassedOver = false;
    points.push({ x, y: low });
    if (high !== low) points.push({ x, y: high });
  }
  const last = points.at(-1);
  if (last !== undefined) points.push({ x: scale.fromMs + step * count, y: last.y });
  return points;
}
