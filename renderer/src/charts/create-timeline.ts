// Puts the strips of the timeline together: one scale, one cursor, one set of parts in the frame loop. Made by
// RunTimeline.vue, which owns the elements and shows what is text. Nothing in here is reactive.

import { disposable, type Disposable } from '../../../engine/protocol/port.ts';
import { formatCount, formatDuration } from '../stream/figures.ts';
import type { FrameLoop } from '../stream/frame-loop.ts';
import { valueAt } from '../stream/growable-column.ts';
import type { Grouping } from '../stream/lane-counts.ts';
import type { ObjectView, RunStream, TimeRange } from '../stream/run-stream.ts';
import { drawTimeAxis } from './draw-grid.ts';
import { drawCrosshair, drawMarkLines, drawSelectedRange, type OverlayExtent } from './draw-overlay.ts';
import { withMargin, type GestureTarget, type TimelineItem } from './gestures.ts';
import type { HeapSeriesKey } from './heap-series.ts';
import type { Palette } from './palette.ts';
import { nearestSample, readingsAt, type Reading } from './readings.ts';
import { createBacklogStrip } from './strips/backlog-strip.ts';
import { createBlockedStrip } from './strips/blocked-strip.ts';
import { createCollectionsStrip } from './strips/collections-strip.ts';
import { createHeapStrip } from './strips/heap-strip.ts';
import { createLanesStrip, describeReading, type LaneTitle } from './strips/lanes-strip.ts';
import { createOverviewStrip } from './strips/overview-strip.ts';
import { createPhasesStrip } from './strips/phases-strip.ts';
import type { Strip, TimelineView } from './strips/strip.ts';
import { summarize, tabulate, type StripSummaries, type TimelineTable } from './summaries.ts';
import { createSurface } from './surface.ts';
import { createMarkReader } from './timeline-marks.ts';
import { createTimeScale, momentText, RELATIVE_TIME, type Tick, type TimeFormat } from './time-scale.ts';
import { createViewport, type ViewportMode } from './viewport.ts';

/** The canvases of each strip, from above to below; the overlay lies over all of them. */
export interface TimelineElements {
  /** Positioned; all coordinates are relative to it. */
  readonly stage: HTMLElement;
  readonly overview: HTMLCanvasElement;
  readonly phases: HTMLCanvasElement;
  readonly heapGrid: HTMLCanvasElement;
  readonly heap: HTMLCanvasElement;
  readonly collections: HTMLCanvasElement;
  readonly blocked: HTMLCanvasElement;
  readonly backlogGrid: HTMLCanvasElement;
  readonly backlog: HTMLCanvasElement;
  readonly lanes: HTMLCanvasElement;
  readonly axis: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
}

/** What is shown as text beside the plots; told only when it has changed. */
export interface TimelineFacts {
  /** Offsets from the top of the heap's plot. */
  readonly byteTicks: readonly (Tick & { readonly topPx: number })[];
  readonly longestPause: string;
  /** Highest counts in the window. */
  readonly backlog: { readonly notEnded: string; readonly waiting: string };
  readonly lanes: readonly LaneTitle[];
  /** Titles have no more room than the lanes. */
  readonly lanesHeightPx: number;
  /** Counts are drawn instead of lifelines. */
  readonly isDensity: boolean;
  readonly registrations: number;
  readonly hasSamples: boolean;
  readonly mode: ViewportMode;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  /** Undefined: no run. */
  readonly status: RunStream['status'] | undefined;
}

export type TimelineTip = {
  /** Where it belongs, relative to the stage. */
  readonly x: number;
  readonly y: number;
  readonly timeText: string;
} & (
  | { readonly kind: 'readings'; readonly readings: readonly Reading[] }
  | { readonly kind: 'object'; readonly object: ObjectView }
);

export interface TimelineListener {
  onFacts(facts: TimelineFacts): void;
  /** At most once a second. */
  onSummaries(summaries: StripSummaries, table: TimelineTable): void;
  onTip(tip: TimelineTip | undefined): void;
}

export interface Timeline extends GestureTarget, Disposable {
  setStream(stream: RunStream | undefined): void;
  setPalette(palette: Palette): void;
  setHidden(hidden: ReadonlySet<HeapSeriesKey>): void;
  setGrouping(grouping: Grouping): void;
  setTimeFormat(format: TimeFormat): void;
  setSelectedObject(id: number | undefined): void;
  setSelection(range: TimeRange | undefined): void;
  /** Brings an object's life into sight: the window moves only if it is not, and zooms only if asked to. */
  revealObject(id: number, zooms: boolean): void;
}

/** Room beside the plot for the axis labels at its ends; the axis' canvas reaches this far beyond it. */
export const AXIS_BLEED_PX = 16;
const SUMMARY_INTERVAL_MS = 1000;
const POINTER_REACH_PX = 5;

export function createTimeline(
  elements: TimelineElements,
  listener: TimelineListener,
  options: { readonly frameLoop: FrameLoop; readonly palette: Palette; readonly glides: () => boolean },
): Timeline {
  const { frameLoop } = options;
  const wake = () => frameLoop.wake();
  const viewport = createViewport({ glides: options.glides });
  const overview = createOverviewStrip(elements.overview, wake);
  const phases = createPhasesStrip(elements.phases, wake);
  const heap = createHeapStrip({ grid: elements.heapGrid, curves: elements.heap }, wake);
  const collections = createCollectionsStrip(elements.collections, wake);
  const blocked = createBlockedStrip(elements.blocked, wake);
  const backlog = createBacklogStrip({ grid: elements.backlogGrid, curves: elements.backlog }, wake);
  const lanes = createLanesStrip(elements.lanes, wake);
  /** Measured by the box that holds its canvases: Chart.js sizes its own canvas only when it draws. */
  const plotOf = (canvas: HTMLCanvasElement) => canvas.closest<HTMLElement>('.plot') ?? canvas;
  const strips: readonly { readonly strip: Strip; readonly element: HTMLElement }[] = [
    { strip: overview, element: plotOf(elements.overview) },
    { strip: phases, element: plotOf(elements.phases) },
    { strip: heap, element: plotOf(elements.heapGrid) },
    { strip: collections, element: plotOf(elements.collections) },
    { strip: blocked, element: plotOf(elements.blocked) },
    { strip: backlog, element: plotOf(elements.backlogGrid) },
    { strip: lanes, element: plotOf(elements.lanes) },
  ];
  const axis = createSurface(elements.axis, wake);
  const overlay = createSurface(elements.overlay, wake);
  const readMarks = createMarkReader();

  let view: TimelineView = {
    stream: undefined,
    scale: createTimeScale(0, 1, 1),
    extentMs: 1,
    isWhole: true,
    palette: options.palette,
    hidden: new Set(),
    marks: readMarks(undefined),
    selectedRow: undefined,
    selection: undefined,
    timeFormat: RELATIVE_TIME,
  };
  let pointer: { readonly x: number; readonly y: number } | undefined;
  /** Grows with everything that is set from outside and changes the drawing. */
  let settingRevision = 0;
  let pointerRevision = 0;
  let factsText = '';
  let summaryAtMs = -Infinity;
  let summarizedVersion = NaN;

  const dataVersion = () => (view.stream?.revision ?? 0) + settingRevision;
  const viewVersion = () => dataVersion() + viewport.revision;

  /** Where the strips lie, read only when a size has changed: reading that in a frame would force a layout. */
  let tops: number[] = strips.map(() => 0);
  let bottoms: number[] = tops;
  let extent: OverlayExtent = { overviewTop: 0, overviewBottom: 0, top: 0, bottom: 0 };
  let plotLeft = 0;
  let measuredVersion = -1;
  function measure(): void {
    const version = strips.reduce((sum, { strip }) => sum + strip.revision, axis.revision + overlay.revision);
    if (version === measuredVersion) return;
    measuredVersion = version;
    const { top: stageTop, left: stageLeft } = elements.stage.getBoundingClientRect();
    const boxes = strips.map(({ element }) => element.getBoundingClientRect());
    tops = boxes.map(({ top }) => top - stageTop);
    bottoms = boxes.map(({ bottom }) => bottom - stageTop);
    plotLeft = elements.overlay.getBoundingClientRect().left - stageLeft;
    extent = {
      overviewTop: tops[0] ?? 0,
      overviewBottom: bottoms[0] ?? 0,
      top: tops[1] ?? 0,
      bottom: bottoms.at(-1) ?? 0,
    };
  }
  const topOf = (strip: Strip) => tops[strips.findIndex((each) => each.strip === strip)] ?? 0;

  /** The strip under a point, with the point relative to its plot. */
  function stripAt(
    x: number,
    y: number,
  ): { readonly strip: Strip; readonly x: number; readonly y: number } | undefined {
    const index = tops.findIndex((top, strip) => y >= top && y < (bottoms[strip] ?? 0));
    const found = strips[index];
    return found && { strip: found.strip, x: x - plotLeft, y: y - (tops[index] ?? 0) };
  }

  function publishFacts(): void {
    const { stream } = view;
    const facts: TimelineFacts = {
      byteTicks: heap.ticks,
      longestPause: formatDuration(
        stream !== undefined && stream.counters.longestPauseMs > 0 ? stream.counters.longestPauseMs : NaN,
      ),
      backlog: { notEnded: formatCount(backlog.peaks.notEnded), waiting: formatCount(backlog.peaks.waiting) },
      lanes: lanes.titles,
      lanesHeightPx: lanes.height,
      isDensity: lanes.isDensity,
      registrations: stream?.counters.registered ?? 0,
      hasSamples: stream !== undefined && stream.counters.samples > 0,
      mode: viewport.mode,
      canGoBack: viewport.canGoBack,
      canGoForward: viewport.canGoForward,
      status: stream?.status,
    };
    const text = JSON.stringify(facts);
    if (text === factsText) return;
    factsText = text;
    listener.onFacts(facts);
  }

  // The scale comes first: every part below draws with it.
  const scalePart = {
    version: () => {
      // While it glides, every frame is another step.
      if (viewport.isMoving) viewport.advance(performance.now());
      return viewVersion() + overlay.revision + axis.revision;
    },
    draw() {
      const { stream } = view;
      viewport.extendTo(stream?.endMs ?? 0, stream !== undefined && stream.status !== 'ended');
      measure();
      view = {
        ...view,
        scale: createTimeScale(viewport.fromMs, viewport.toMs, Math.max(1, overlay.width)),
        extentMs: viewport.extentMs,
        isWhole: viewport.mode === 'all',
        marks: readMarks(stream),
      };
    },
  };

  const stripPart = (strip: Strip, ownVersion: () => number = () => 0) => ({
    version: () => viewVersion() + strip.revision + ownVersion(),
    draw: () => strip.draw(view),
  });

  const axisPart = {
    version: () => viewport.revision + settingRevision + axis.revision,
    draw() {
      drawTimeAxis(axis.begin(), view.scale, AXIS_BLEED_PX, view.palette, view.timeFormat);
    },
  };

  const overlayPart = {
    version: () => viewVersion() + pointerRevision + overlay.revision + lanes.readings + backlog.readings,
    draw() {
      const context = overlay.begin();
      drawMarkLines(context, view, extent);
      drawSelectedRange(context, view, extent);
      publishFacts();
      drawCursor(context);
    },
  };

  function drawCursor(context: CanvasRenderingContext2D): void {
    const { stream, scale, palette, hidden, marks, extentMs } = view;
    const x = pointer === undefined ? NaN : pointer.x - plotLeft;
    if (stream === undefined || pointer === undefined || !(x >= 0 && x <= scale.width)) {
      listener.onTip(undefined);
      return;
    }
    const inOverview = isInOverview(pointer.y);
    const timeMs = timeAt(pointer.x, inOverview ? 'overview' : 'strips');
    const sample = timeMs > stream.endMs ? undefined : nearestSample(stream, timeMs);
    const sampleX = sample === undefined ? NaN : scale.x(valueAt(stream.samples.atMs, sample));
    // In the middle of the crosshair where sample and cursor are one pixel column.
    const pointX = Math.abs(sampleX - x) < 1.5 ? Math.round(x) + 0.5 : sampleX;
    const heapTop = topOf(heap);
    const points =
      sample === undefined
        ? []
        : heap.pointsAt(view, sample).map(({ y, color }) => ({ x: pointX, y: heapTop + y, color }));
    const overviewX = (timeMs / extentMs) * scale.width;
    drawCrosshair(context, inOverview ? scale.x(timeMs) : x, overviewX, points, extent, palette);

    const timeText = momentText(timeMs, view.timeFormat, scale.millisecondsPerPixel);
    const at = { x: pointer.x, y: pointer.y, timeText };
    const laneY = pointer.y - topOf(lanes);
    const life = lanes.lifeAt(view, x, laneY);
    if (life !== undefined) {
      listener.onTip({ ...at, kind: 'object', object: stream.objectAt(life.row) });
      return;
    }
    const reachMs = POINTER_REACH_PX * scale.millisecondsPerPixel;
    const readings = readingsAt(stream, timeMs, {
      reachMs,
      hidden,
      marks: marks.all,
      format: view.timeFormat,
      waiting: backlog.waitingAt(timeMs),
    });
    const density = laneY >= 0 ? lanes.readingAt(view, x, laneY) : undefined;
    if (density !== undefined) {
      readings.push({
        name: `${density.title}, ${formatDuration(density.lengthMs)}`,
        figure: describeReading(density),
      });
    }
    listener.onTip({ ...at, kind: 'readings', readings });
  }

  const summaryPart = {
    version: () => {
      const version = viewVersion();
      const isDue = version !== summarizedVersion && performance.now() - summaryAtMs >= SUMMARY_INTERVAL_MS;
      return isDue ? version : summarizedVersion;
    },
    draw() {
      summarizedVersion = viewVersion();
      summaryAtMs = performance.now();
      const { stream, scale } = view;
      const waitingAt = (timeMs: number) => backlog.waitingAt(timeMs);
      listener.onSummaries(
        summarize(stream, scale, { ...overview.peaks(), waiting: backlog.peaks.waiting }),
        tabulate(stream, scale, view.timeFormat, waitingAt),
      );
    },
  };

  function itemAt(x: number, y: number): TimelineItem | undefined {
    const found = stripAt(x, y);
    return found?.strip.itemAt?.(view, found.x, found.y);
  }

  /** From registration to what ended it, or as far as the run has come. */
  function lifeRange(row: number): TimeRange | undefined {
    const { stream } = view;
    if (stream === undefined || row < 0 || row >= stream.registrations.atMs.length) return undefined;
    const fromMs = stream.registrations.atMs.values[row] ?? NaN;
    if (Number.isNaN(fromMs)) return undefined;
    return { fromMs, toMs: Math.max(fromMs, Math.min(stream.endedAtMs(row), stream.endMs)) };
  }

  const isInOverview = (y: number) => y >= extent.overviewTop - 4 && y <= extent.overviewBottom + 2;

  function timeAt(x: number, kind: 'overview' | 'strips'): number {
    const plotX = x - plotLeft;
    return kind === 'strips' ? view.scale.timeAt(plotX) : (plotX / view.scale.width) * viewport.extentMs;
  }

  const registrations = [
    scalePart,
    stripPart(overview),
    stripPart(phases),
    stripPart(heap),
    stripPart(collections),
    stripPart(blocked),
    stripPart(backlog, () => backlog.readings),
    stripPart(lanes, () => lanes.readings),
    axisPart,
    overlayPart,
    summaryPart,
  ].map((part) => frameLoop.register(part));

  function change(changes: Partial<TimelineView>): void {
    view = { ...view, ...changes };
    settingRevision++;
    frameLoop.wake();
  }

  const disposal = disposable(() => {
    for (const registration of registrations) registration[Symbol.dispose]();
    for (const { strip } of strips) strip[Symbol.dispose]();
    axis[Symbol.dispose]();
    overlay[Symbol.dispose]();
  });

  return {
    viewport,
    setStream(next) {
      if (next === view.stream) return;
      // Revisions of two streams can be equal: what was drawn of the old one must not pass for the new one.
      settingRevision += (view.stream?.revision ?? 0) + 1;
      overview.setStream(next);
      heap.setStream(next);
      backlog.setStream(next);
      lanes.setStream(next);
      viewport.reset();
      summaryAtMs = -Infinity;
      change({ stream: next });
    },
    setPalette: (palette) => change({ palette }),
    setHidden: (hidden) => change({ hidden }),
    setGrouping(grouping) {
      lanes.setGrouping(grouping);
      change({});
    },
    setTimeFormat: (timeFormat) => change({ timeFormat }),
    setSelectedObject: (id) => change({ selectedRow: id === undefined ? undefined : id - 1 }),
    setSelection: (selection) => change({ selection }),
    get selection() {
      return view.selection;
    },
    revealObject(id, zooms) {
      const range = lifeRange(id - 1);
      if (range === undefined) return;
      const isInSight = range.toMs >= viewport.fromMs && range.fromMs <= viewport.toMs;
      if (zooms) {
        const { fromMs, toMs } = withMargin(range);
        viewport.glideTo(fromMs, toMs);
      } else if (!isInSight) {
        const length = viewport.toMs - viewport.fromMs;
        viewport.glideTo(range.fromMs - length * 0.25, range.fromMs + length * 0.75);
      }
      frameLoop.wake();
    },
    setPointer(next) {
      pointer = next;
      pointerRevision++;
      frameLoop.wake();
    },
    itemAt,
    timeAt,
    xOf: (timeMs) => plotLeft + view.scale.x(timeMs),
    isInOverview,
    isOnAxis: (y) => y > extent.bottom,
    get readingY() {
      return topOf(heap) + heap.height / 2;
    },
    overviewWindow() {
      const xOf = (atMs: number) => plotLeft + (atMs / viewport.extentMs) * view.scale.width;
      return { left: xOf(viewport.fromMs), right: xOf(viewport.toMs) };
    },
    get plotWidth() {
      return view.scale.width;
    },
    wake,
    [Symbol.dispose]() {
      disposal[Symbol.dispose]();
    },
  };
}
