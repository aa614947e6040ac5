// The lanes at the bottom: single lifelines where there is room for them, and otherwise, for each group, how many were
// registered (above its line) and called back (below it) in every pixel column, peaks kept.

import { formatCount, formatRates } from '../../stream/figures.ts';
import { CALLBACK, REGISTRATION } from '../../stream/event-index.ts';
import { LaneCounts, LaneGroups, type Grouping, type LaneColumns } from '../../stream/lane-counts.ts';
import { Reading } from '../../stream/reading.ts';
import type { RunStream } from '../../stream/run-stream.ts';
import { drawVerticalGrid } from '../draw-grid.ts';
import { drawLanes, drawLoneLife } from '../draw-lifelines.ts';
import { createLifelinePlanner, type LifelinePlan, type PlacedLife } from '../lifelines.ts';
import { loneRow } from '../lone-event.ts';
import { translucent } from '../palette.ts';
import { createSurface } from '../surface.ts';
import { fillSteps, hatch } from './fill-steps.ts';
import type { Strip, TimelineView } from './strip.ts';

/** Room above the lanes of a density for a line of text. */
const CAPTION_PX = 18;
const TALLEST_LANE_PX = 132;
const LANE_GAP_PX = 6;
/** Bursts are drawn two pixels wide: one of a millisecond is still seen. */
const COLUMN_PX = 2;
/** How near the pointer must be to what is drawn of one object, and how far from that of the next. */
const REACH_PX = 4;

/** A title in the gutter, and what stands below it. */
export interface LaneTitle {
  readonly title: string;
  readonly figure: string;
  readonly topPx: number;
  readonly heightPx: number;
}

/** What a density has under the pointer. */
export interface LaneReading {
  readonly title: string;
  readonly registered: number;
  readonly called: number;
  readonly lengthMs: number;
}

export interface LanesStrip extends Strip {
  setStream(stream: RunStream | undefined): void;
  setGrouping(grouping: Grouping): void;
  readonly titles: readonly LaneTitle[];
  readonly height: number;
  readonly isDensity: boolean;
  /** Grows as more has been read between the frames. */
  readonly readings: number;
  /** The life whose line is there; in a density, that of the only object within reach. */
  lifeAt(view: TimelineView, x: number, y: number): ShownLife | undefined;
  readingAt(view: TimelineView, x: number, y: number): LaneReading | undefined;
}

export type ShownLife = Pick<PlacedLife, 'row' | 'startMs' | 'endMs'>;

interface Lane {
  readonly top: number;
  /** Of the line between registrations and callbacks. */
  readonly base: number;
  readonly height: number;
}

export function createLanesStrip(canvas: HTMLCanvasElement, onResize: () => void): LanesStrip {
  const surface = createSurface(canvas, onResize);
  const planner = createLifelinePlanner();
  let stream: RunStream | undefined;
  let grouping: Grouping = 'site';
  let groups: LaneGroups | undefined;
  /** Only made once there are too many for lifelines. */
  let counts: Reading<LaneCounts> | undefined;
  let columns: LaneColumns = { registered: [], called: [] };
  let plan: LifelinePlan = { kind: 'empty' };
  let lanes: Lane[] = [];
  let titles: LaneTitle[] = [];
  /** The stream had ended when its groups were made, so that the largest have the lanes. */
  let areRanked = false;

  function begin(): void {
    groups = stream === undefined ? undefined : new LaneGroups(stream, grouping);
    areRanked = stream?.status === 'ended';
    counts?.[Symbol.dispose]();
    counts = undefined;
  }

  function columnsFor(groupCount: number, count: number): LaneColumns {
    if (columns.registered.length !== groupCount || columns.registered[0]?.length !== count) {
      const arrays = () => Array.from({ length: groupCount }, () => new Uint32Array(count));
      columns = { registered: arrays(), called: arrays() };
    }
    return columns;
  }

  function lanesFor(groupCount: number): Lane[] {
    const room = surface.height - CAPTION_PX;
    const pitch = Math.min(TALLEST_LANE_PX, room / Math.max(1, groupCount));
    const height = Math.max(6, pitch - LANE_GAP_PX);
    return Array.from({ length: groupCount }, (_, index) => {
      const top = CAPTION_PX + index * pitch;
      return { top, height, base: Math.round(top + height / 2) };
    });
  }

  function drawDensity(context: CanvasRenderingContext2D, view: TimelineView, laneCounts: LaneCounts): void {
    const { scale, palette } = view;
    const groupCount = Math.max(1, laneCounts.groups.titles.length);
    const pixelColumns = Math.max(1, Math.round(scale.width));
    const shown = columnsFor(groupCount, Math.ceil(pixelColumns / COLUMN_PX));
    laneCounts.read(scale, pixelColumns, COLUMN_PX, shown);
    lanes = lanesFor(groupCount);
    const highest = (arrays: readonly Uint32Array[]) =>
      arrays.map((array) => array.reduce((a, b) => Math.max(a, b), 0));
    const registeredPeaks = highest(shown.registered);
    const calledPeaks = highest(shown.called);
    // Callbacks come in bursts, registrations do not: each have a scale of their own, the same in all lanes.
    const registeredPeak = Math.max(1, ...registeredPeaks);
    const calledPeak = Math.max(1, ...calledPeaks);
    const columnSeconds = (COLUMN_PX * scale.millisecondsPerPixel) / 1000;
    lanes.forEach((lane, group) => {
      const half = lane.height / 2 - 1;
      const heightOf = (values: Uint32Array | undefined, peak: number) => (column: number) => {
        const value = values?.[column] ?? 0;
        return value === 0 ? 0 : Math.max(1, (value / peak) * half);
      };
      const count = shown.registered[group]?.length ?? 0;
      const above = heightOf(shown.registered[group], registeredPeak);
      const below = heightOf(shown.called[group], calledPeak);
      fillSteps(context, count, COLUMN_PX, translucent(palette.inkFaint, 0.75), lane.base, above);
      fillSteps(context, count, COLUMN_PX, palette.green, lane.base + 1, (column) => -below(column));
      context.fillStyle = palette.lineStrong;
      context.fillRect(0, lane.base, scale.width, 1);
    });
    if (laneCounts.readToMs < scale.toMs) {
      const left = Math.max(0, scale.x(laneCounts.readToMs));
      hatch(context, { left, right: scale.width, top: CAPTION_PX, bottom: surface.height }, palette);
    }
    drawThrown(context, view, laneCounts.groups);
    titles = lanes.map((lane, group) => ({
      title: laneCounts.groups.titles[group] ?? '',
      figure: formatRates((registeredPeaks[group] ?? 0) / columnSeconds, (calledPeaks[group] ?? 0) / columnSeconds),
      topPx: lane.top,
      heightPx: lane.height,
    }));
  }

  /** Callbacks that threw are few and matter: each keeps its red cross, also where all else is counted. */
  function drawThrown(context: CanvasRenderingContext2D, view: TimelineView, laneGroups: LaneGroups): void {
    if (view.stream === undefined) return;
    const { throwingRows, registrations } = view.stream;
    context.strokeStyle = view.palette.red;
    context.lineWidth = 1.75;
    const drawnTo = new Float64Array(lanes.length).fill(-Infinity);
    context.beginPath();
    for (let index = 0; index < throwingRows.length; index++) {
      const row = throwingRows.values[index] ?? 0;
      const x = view.scale.x(registrations.callbackStartMs.values[row] ?? NaN);
      if (!(x >= 0 && x <= view.scale.width)) continue;
      const group = laneGroups.groupOf(row);
      const lane = lanes[group];
      if (lane === undefined || Math.abs(x - (drawnTo[group] ?? 0)) < 3) continue;
      drawnTo[group] = x;
      const top = lane.base + 3;
      context.moveTo(x - 3, top);
      context.lineTo(x + 3, top + 6);
      context.moveTo(x + 3, top);
      context.lineTo(x - 3, top + 6);
    }
    context.stroke();
  }

  const laneAt = (y: number) => lanes.findIndex(({ top, height }) => y >= top && y < top + height + LANE_GAP_PX);

  function loneLifeAt({ scale, stream: shown }: TimelineView, x: number, y: number): ShownLife | undefined {
    const group = laneAt(y);
    const lane = lanes[group];
    if (lane === undefined || shown === undefined || groups === undefined) return undefined;
    const range = { fromMs: scale.timeAt(x - REACH_PX), toMs: scale.timeAt(x + REACH_PX) };
    const kind = y <= lane.base ? REGISTRATION : CALLBACK;
    const row = loneRow(shown, range, kind, (each) => groups?.groupOf(each) === group);
    if (row === undefined) return undefined;
    return { row, startMs: shown.registrations.atMs.values[row] ?? NaN, endMs: shown.endedAtMs(row) };
  }

  function lifeAt(view: TimelineView, x: number, y: number): ShownLife | undefined {
    if (plan.kind === 'density') return loneLifeAt(view, x, y);
    const { scale, stream: shown } = view;
    if (plan.kind !== 'lanes' || shown === undefined) return undefined;
    const reach = Math.max(plan.pitchPx / 2, REACH_PX);
    let best: PlacedLife | undefined;
    let bestDistance = Infinity;
    for (const life of plan.lives) {
      const distance = Math.abs(life.y - y);
      if (distance > reach || distance > bestDistance) continue;
      const endX = scale.x(Math.min(life.endMs, shown.endMs));
      if (x < scale.x(life.startMs) - 4 || x > endX + 10) continue;
      best = life;
      bestDistance = distance;
    }
    return best;
  }

  return {
    get revision() {
      return surface.revision;
    },
    get titles() {
      return titles;
    },
    get height() {
      return surface.height;
    },
    get isDensity() {
      return plan.kind === 'density';
    },
    get readings() {
      return (counts?.revision ?? 0) + planner.revision;
    },
    setStream(next) {
      stream = next;
      begin();
    },
    setGrouping(next) {
      if (next === grouping) return;
      grouping = next;
      begin();
    },
    draw(view) {
      const context = surface.begin();
      const { scale, palette, timeFormat, selectedRow } = view;
      if (stream?.status === 'ended' && !areRanked && groups?.isShared === true) begin();
      plan = planner.plan(stream, groups, scale, { extentMs: view.extentMs, heightPx: surface.height });
      if (plan.kind === 'empty' || stream === undefined || groups === undefined) {
        titles = [];
        return;
      }
      if (plan.kind === 'lanes') {
        drawLanes(context, surface, plan, stream, scale, palette, timeFormat, selectedRow);
        titles = plan.groups.map(({ title, topPx }) => ({ title, figure: '', topPx, heightPx: NaN }));
        return;
      }
      counts ??= new Reading(new LaneCounts(stream, groups));
      counts.readOn();
      drawVerticalGrid(context, scale, surface.height, palette, timeFormat);
      drawDensity(context, view, counts.reader);
      if (selectedRow !== undefined) drawLoneLife(context, surface, selectedRow, stream, scale, palette);
    },
    lifeAt,
    itemAt(view, x, y) {
      const life = lifeAt(view, x, y);
      if (life === undefined || stream === undefined) return undefined;
      const toMs = Math.max(life.startMs, Math.min(life.endMs, stream.endMs));
      return { objectId: life.row + 1, range: { fromMs: life.startMs, toMs } };
    },
    readingAt({ scale }, x, y) {
      if (plan.kind !== 'density') return undefined;
      const group = laneAt(y);
      if (group === -1) return undefined;
      const column = Math.floor(x / COLUMN_PX);
      return {
        title: titles[group]?.title ?? '',
        registered: columns.registered[group]?.[column] ?? 0,
        called: columns.called[group]?.[column] ?? 0,
        lengthMs: COLUMN_PX * scale.millisecondsPerPixel,
      };
    },
    [Symbol.dispose]() {
      counts?.[Symbol.dispose]();
      planner[Symbol.dispose]();
      surface[Symbol.dispose]();
    },
  };
}

export const describeReading = ({ registered, called }: LaneReading) =>
  `${formatCount(registered)} registered, ${formatCount(called)} called back`;
