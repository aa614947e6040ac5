// The backlog: how many were registered and have not ended yet, and how many of them were collected and wait for their
// callback. One below the other in one chart, each on a scale of its own: the second is often a thousandth of the first.

import { Backlog, type WaitingColumns } from '../../stream/backlog.ts';
import type { ColumnExtents } from '../../stream/level-of-detail.ts';
import { Reading } from '../../stream/reading.ts';
import type { DensityColumns, RunStream } from '../../stream/run-stream.ts';
import { drawVerticalGrid } from '../draw-grid.ts';
import type { Curve, CurveShape } from '../draw-curve.ts';
import { createLineChart } from '../line-chart.ts';
import { createSurface } from '../surface.ts';
import type { Strip } from './strip.ts';

/** Share of the height that lies between the two curves. */
const GAP_SHARE = 0.08;
/** Of each half, how much its peak fills. */
const FILLED_SHARE = 0.9;
const HALF = (1 - GAP_SHARE) / 2;

export interface BacklogStrip extends Strip {
  setStream(stream: RunStream | undefined): void;
  /** Highest counts in the window; NaN without a run, or where not known (yet). */
  readonly peaks: { readonly notEnded: number; readonly waiting: number };
  /** Grows as more has been read between the frames. */
  readonly readings: number;
  waitingAt(timeMs: number): { readonly certain: number; readonly possible: number } | undefined;
}

export function createBacklogStrip(
  canvases: { readonly grid: HTMLCanvasElement; readonly curves: HTMLCanvasElement },
  onResize: () => void,
): BacklogStrip {
  const surface = createSurface(canvases.grid, onResize);
  const chart = createLineChart(canvases.curves);
  let backlog: Backlog | undefined;
  let reading: Reading | undefined;
  let density: DensityColumns | undefined;
  let waits: WaitingColumns | undefined;
  let peaks = { notEnded: NaN, waiting: NaN };
  let isRead = true;

  function columnsFor(count: number): { density: DensityColumns; waits: WaitingColumns } {
    const column = () => new Uint32Array(count);
    if (density?.registered.length !== count || waits === undefined) {
      density = { registered: column(), finalized: column(), highestAlive: column(), lowestAlive: column() };
      waits = { highest: column(), lowest: column(), highestPossible: column() };
    }
    return { density, waits };
  }

  const shapes = new Map<string, ColumnExtents>();
  /** The first `used` columns; there is no curve in the others. */
  function shapeOf(name: string, lowest: Uint32Array, highest: Uint32Array, used: number): CurveShape {
    let extents = shapes.get(name);
    if (extents?.low.length !== lowest.length) {
      extents = { low: new Float64Array(lowest.length), high: new Float64Array(lowest.length) };
      shapes.set(name, extents);
    }
    extents.low.fill(NaN).set(lowest.subarray(0, used));
    extents.high.fill(NaN).set(highest.subarray(0, used));
    return { kind: 'extents', ...extents };
  }

  return {
    get revision() {
      return surface.revision;
    },
    get peaks() {
      return peaks;
    },
    get readings() {
      return reading?.revision ?? 0;
    },
    setStream(stream) {
      reading?.[Symbol.dispose]();
      backlog = stream === undefined ? undefined : new Backlog(stream);
      reading = backlog && new Reading(backlog);
      isRead = stream === undefined;
    },
    waitingAt: (timeMs) => (isRead ? backlog?.at(timeMs) : undefined),
    draw({ stream, scale, palette, timeFormat }) {
      const context = surface.begin();
      drawVerticalGrid(context, scale, surface.height, palette, timeFormat);
      context.fillStyle = palette.line;
      for (const base of [HALF, 1]) context.fillRect(0, Math.round(surface.height * base) - 1, surface.width, 1);
      if (stream === undefined || backlog === undefined || reading === undefined) {
        peaks = { notEnded: NaN, waiting: NaN };
        chart.draw([], surface);
        return;
      }
      isRead = reading.readOn();
      const columns = columnsFor(Math.max(1, Math.round(scale.width)));
      stream.density(scale.fromMs, scale.toMs, columns.density);
      backlog.read(scale, columns.density, columns.waits);
      const used = Math.min(columns.waits.highest.length, Math.max(0, Math.ceil(scale.x(stream.endMs))));
      const { highestAlive, lowestAlive } = columns.density;
      const { highest, lowest, highestPossible } = columns.waits;
      peaks = { notEnded: highestOf(highestAlive, used), waiting: isRead ? highestOf(highestPossible, used) : NaN };
      const { height } = surface;
      const line = { scale, widthPx: 1.25, dash: [], order: 0 };
      const waiting = {
        ...line,
        zeroY: height,
        pixelsPerUnit: (height * HALF * FILLED_SHARE) / Math.max(1, peaks.waiting || 0),
        color: palette.violet,
      };
      const curves: Curve[] = [
        {
          ...line,
          shape: shapeOf('notEnded', lowestAlive, highestAlive, used),
          zeroY: height * HALF,
          pixelsPerUnit: (height * HALF * FILLED_SHARE) / Math.max(1, peaks.notEnded),
          color: palette.inkSoft,
          fill: 0.18,
        },
      ];
      if (isRead) {
        curves.push({ ...waiting, shape: shapeOf('waiting', lowest, highest, used), fill: 0.3 });
        if (hasDoubt(highest, highestPossible)) {
          // From each step to the next.
          const joined = highestPossible.map((count, column) => Math.min(count, highestPossible[column - 1] ?? count));
          const shape = shapeOf('possible', joined, highestPossible, used);
          curves.push({ ...waiting, shape, widthPx: 1, dash: [2, 2], fill: 0.08, order: 1 });
        }
      }
      chart.draw(curves, surface);
    },
    [Symbol.dispose]() {
      reading?.[Symbol.dispose]();
      chart[Symbol.dispose]();
      surface[Symbol.dispose]();
    },
  };
}

function highestOf(columns: Uint32Array, count: number): number {
  let highest = 0;
  for (let column = 0; column < count; column++) if ((columns[column] ?? 0) > highest) highest = columns[column] ?? 0;
  return highest;
}

/** Whether it is not known of some how early they were collected. */
const hasDoubt = (certain: Uint32Array, possible: Uint32Array) =>
  possible.some((count, column) => count !== certain[column]);
