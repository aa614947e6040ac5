// Puts the strips of the timeline together: one scale, one cursor, one set of parts in the frame loop. Made by
// RunTimeline.vue, which owns the elements and shows what is text. Nothing in here is reactive.

import { disposable, type Disposable } from '../../../engine/protocol/port.ts';
import { SeriesReduction } from '../stream/level-of-detail.ts';
import type { FrameLoop } from '../stream/frame-loop.ts';
import { formatCount, formatRate } from '../stream/figures.ts';
import { valueAt } from '../stream/growable-column.ts';
import type { DensityColumns, ObjectView, RunStream, TimeRange } from '../stream/run-stream.ts';
import { drawTimeAxis, drawVerticalGrid } from './draw-grid.ts';
import { densityBands, drawDensity, drawLanes, drawLoneLife } from './draw-lifelines.ts';
import { drawCrosshair, drawMarks, type OverlayExtent } from './draw-overlay.ts';
import { drawBlocked, drawCollections, drawOverview, fillPeaks } from './draw-strips.ts';
import { createHeapCurves, type HeapCurves } from './heap-curves.ts';
import { HEAP_SERIES, type HeapSeriesKey } from './heap-series.ts';
import { createLineChart } from './line-chart.ts';
import { createLifelinePlanner, type LaneGroup, type LifelinePlan, type PlacedLife } from './lifelines.ts';
import type { Palette } from './palette.ts';
import { nearestSample, readingsAt, summarize, type Reading, type StripSummaries } from './readings.ts';
import { createSurface } from './surface.ts';
import { createMarkReader } from './timeline-marks.ts';
import { byteTicks, createTimeScale, type Tick, type TimeScale } from './time-scale.ts';
import { withMargin, type GestureTarget, type TimelineItem } from './gestures.ts';
import { createViewport, type ViewportMode } from './viewport.ts';

export interface TimelineElements {
  /** Positioned; all coordinates are relative to it. */
  readonly stage: HTMLElement;
  readonly overview: HTMLCanvasElement;
  readonly heapGrid: HTMLCanvasElement;
  readonly heap: HTMLCanvasElement;
  readonly collections: HTMLCanvasElement;
  readonly blocked: HTMLCanvasElement;
  readonly lifelines: HTMLCanvasElement;
  readonly axis: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
}

/** What is shown as text beside the plots; told only when it has changed. */
export interface TimelineFacts {
  /** Offsets from the top of the heap's plot. */
  readonly byteTicks: readonly (Tick & { readonly topPx: number })[];
  readonly laneGroups: readonly LaneGroup[];
  readonly density: readonly { readonly title: string; readonly figure: string; readonly topPx: number }[] | undefined;
  readonly registrations: number;
  readonly hasSamples: boolean;
  readonly mode: ViewportMode;
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
  onSummaries(summaries: StripSummaries): void;
  onTip(tip: TimelineTip | undefined): void;
}

export interface Timeline extends GestureTarget, Disposable {
  setStream(stream: RunStream | undefined): void;
  setPalette(palette: Palette): void;
  setHidden(hidden: ReadonlySet<HeapSeriesKey>): void;
  setSelectedObject(id: number | undefined): void;
  setSelection(range: TimeRange | undefined): void;
  /** Brings an object's life into sight: the window moves only if it is not, and zooms only if asked to. */
  revealObject(id: number, zooms: boolean): void;
}

/** Room beside the plot for the axis labels at its ends; the axis' canvas reaches this far beyond it. */
export const AXIS_BLEED_PX = 16;
const SUMMARY_INTERVAL_MS = 1000;
const POINTER_REACH_PX = 5;
/** Share of the heap's axis that stays free above the highest curve, so that its line is not cut in half. */
const HEAP_HEADROOM = 0.03;

export function createTimeline(
  elements: TimelineElements,
  listener: TimelineListener,
  options: { readonly frameLoop: FrameLoop; readonly palette: Palette; readonly glides: () => boolean },
): Timeline {
  const { frameLoop } = options;
  const wake = () => frameLoop.wake();
  const viewport = createViewport({ glides: options.glides });
  const surfaces = {
    overview: createSurface(elements.overview, wake),
    heapGrid: createSurface(elements.heapGrid, wake),
    collections: createSurface(elements.collections, wake),
    blocked: createSurface(elements.blocked, wake),
    lifelines: createSurface(elements.lifelines, wake),
    axis: createSurface(elements.axis, wake),
    overlay: createSurface(elements.overlay, wake),
  };
  const heapChart = createLineChart(elements.heap);
  const planner = createLifelinePlanner();
  const readMarks = createMarkReader();

  let stream: RunStream | undefined;
  let palette = options.palette;
  let hidden: ReadonlySet<HeapSeriesKey> = new Set();
  let selectedId: number | undefined;
  let selection: TimeRange | undefined;
  let pointer: { readonly x: number; readonly y: number } | undefined;
  /** Grows with everything that is set from outside and changes the drawing. */
  let settingRevision = 0;
  let heapCurves: HeapCurves | undefined;
  let pointerRevision = 0;

  let scale: TimeScale = createTimeScale(0, 1, 1);
  let heapTopBytes = 1;
  let plan: LifelinePlan = { kind: 'empty' };
  let densityColumns: DensityColumns | undefined;
  let overviewSeries: { used: SeriesReduction; external: SeriesReduction } | undefined;
  let peaks = { used: new Float64Array(0), external: new Float64Array(0) };
  let peaksKey = '';
  let facts: TimelineFacts = {
    byteTicks: [],
    laneGroups: [],
    density: undefined,
    registrations: 0,
    hasSamples: false,
    mode: 'all',
    status: undefined,
  };
  let factsText = '';
  let summaryAtMs = -Infinity;
  let summarizedVersion = NaN;

  const dataVersion = () => (stream?.revision ?? 0) + settingRevision;
  const viewVersion = () => dataVersion() + viewport.revision;

  /** Tops of the strips, read only when a size has changed: reading them in a frame would force a layout. */
  let extent: OverlayExtent & { lifelinesTop: number; heapTop: number } = {
    overviewTop: 0,
    overviewBottom: 0,
    top: 0,
    bottom: 0,
    lifelinesTop: 0,
    heapTop: 0,
  };
  let extentVersion = -1;
  function measureExtent(): void {
    const version = Object.values(surfaces).reduce((sum, surface) => sum + surface.revision, 0);
    if (version === extentVersion) return;
    extentVersion = version;
    const stageTop = elements.stage.getBoundingClientRect().top;
    const box = (element: Element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return { top: top - stageTop, bottom: bottom - stageTop };
    };
    const overview = box(elements.overview);
    extent = {
      overviewTop: overview.top,
      overviewBottom: overview.bottom,
      heapTop: box(elements.heap).top,
      top: box(elements.heap).top,
      bottom: box(elements.lifelines).bottom,
      lifelinesTop: box(elements.lifelines).top,
    };
  }
  const plotLeft = () => elements.overlay.offsetLeft;
  const cursorX = () => (pointer === undefined ? NaN : pointer.x - plotLeft());

  function gatherFacts(changes: Partial<TimelineFacts>): void {
    facts = { ...facts, ...changes };
  }

  /** Once a frame, after all parts have had their say. */
  function publishFacts(): void {
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
      return viewVersion() + surfaces.overlay.revision;
    },
    draw() {
      viewport.extendTo(stream?.endMs ?? 0, stream !== undefined && stream.status !== 'ended');
      scale = createTimeScale(viewport.fromMs, viewport.toMs, Math.max(1, surfaces.overlay.width));
      measureExtent();
      gatherFacts({
        mode: viewport.mode,
        status: stream?.status,
        registrations: stream?.counters.registered ?? 0,
        hasSamples: stream !== undefined && stream.counters.samples > 0,
      });
    },
  };

  const overviewPart = {
    version: () => viewVersion() + surfaces.overview.revision,
    draw() {
      const { overview } = surfaces;
      const context = overview.begin();
      const columnCount = Math.max(1, Math.round(overview.width));
      const key = `${stream?.revision} ${viewport.extentMs} ${columnCount}`;
      if (overviewSeries === undefined || stream === undefined) {
        peaks = { used: new Float64Array(0), external: new Float64Array(0) };
        peaksKey = '';
      } else if (key !== peaksKey) {
        peaksKey = key;
        if (peaks.used.length !== columnCount) {
          peaks = { used: new Float64Array(columnCount), external: new Float64Array(columnCount) };
        }
        const range = { fromMs: 0, toMs: viewport.extentMs };
        const { used, external } = overviewSeries;
        fillPeaks(stream.samples.atMs, (from, to) => used.highest(from, to), range, peaks.used);
        fillPeaks(stream.samples.atMs, (from, to) => external.highest(from, to), range, peaks.external);
      }
      const xOf = (atMs: number) => (atMs / viewport.extentMs) * overview.width;
      drawOverview(
        context,
        overview,
        peaks,
        { left: xOf(viewport.fromMs), right: xOf(viewport.toMs), isWhole: viewport.mode === 'all' },
        palette,
      );
    },
  };

  const heapPart = {
    version: () => viewVersion() + surfaces.heapGrid.revision,
    draw() {
      const { heapGrid } = surfaces;
      const { width, height } = heapGrid;
      const ticks = byteTicks((heapCurves?.highest(scale, hidden) ?? NaN) * (1 + HEAP_HEADROOM), height < 120 ? 2 : 3);
      heapTopBytes = ticks.at(-1)?.value ?? 1;
      const context = heapGrid.begin();
      const hasFigures = stream !== undefined && stream.samples.atMs.length > 0;
      const yOf = (bytes: number) => height - (bytes / heapTopBytes) * height;
      // Without figures there is a sentence instead: lines would run through it.
      if (hasFigures) drawVerticalGrid(context, scale, height, palette);
      context.fillStyle = palette.line;
      for (const { value } of hasFigures ? ticks : ticks.slice(0, 1)) {
        context.fillRect(0, Math.min(height - 1, Math.round(yOf(value))), width, 1);
      }
      heapChart.draw(heapCurves?.lines(scale, { palette, hidden }) ?? [], scale, heapGrid, heapTopBytes);
      gatherFacts({
        byteTicks: hasFigures ? ticks.map((tick) => ({ ...tick, topPx: Math.round(yOf(tick.value)) })) : [],
      });
    },
  };

  const collectionsPart = {
    version: () => viewVersion() + surfaces.collections.revision,
    draw() {
      const { collections } = surfaces;
      drawCollections(collections.begin(), collections, stream, readMarks(stream).requestedMs, scale, palette);
    },
  };

  const blockedPart = {
    version: () => viewVersion() + surfaces.blocked.revision,
    draw() {
      drawBlocked(surfaces.blocked.begin(), surfaces.blocked, stream, scale, palette);
    },
  };

  const lifelinesPart = {
    version: () => viewVersion() + surfaces.lifelines.revision,
    draw() {
      const { lifelines } = surfaces;
      const context = lifelines.begin();
      plan = planner.plan(stream, scale, viewport.extentMs, lifelines.height);
      if (plan.kind === 'empty' || stream === undefined) {
        gatherFacts({ laneGroups: [], density: undefined });
      } else if (plan.kind === 'lanes') {
        const selectedRow = selectedId === undefined ? undefined : selectedId - 1;
        drawLanes(context, lifelines, plan, stream, scale, palette, selectedRow);
        gatherFacts({ laneGroups: plan.groups, density: undefined });
      } else {
        const columns = columnsFor(Math.max(1, Math.round(scale.width)));
        stream.density(scale.fromMs, scale.toMs, columns);
        const peak = drawDensity(context, lifelines, columns, stream, scale, palette);
        if (selectedId !== undefined) drawLoneLife(context, lifelines, selectedId - 1, stream, scale, palette);
        const bands = densityBands(lifelines.height);
        const pairSeconds = (2 * scale.millisecondsPerPixel) / 1000;
        const perSecond = (count: number) => `peak ${formatRate(count / pairSeconds)}`;
        gatherFacts({
          laneGroups: [],
          density: [
            { title: 'registered', figure: perSecond(peak.registered), topPx: bands[0]?.top ?? 0 },
            { title: 'alive', figure: `peak ${formatCount(peak.alive)}`, topPx: bands[1]?.top ?? 0 },
            { title: 'finalized', figure: perSecond(peak.finalized), topPx: bands[2]?.top ?? 0 },
          ],
        });
      }
    },
  };

  function columnsFor(count: number): DensityColumns {
    if (densityColumns?.registered.length !== count) {
      const column = () => new Uint32Array(count);
      densityColumns = { registered: column(), finalized: column(), highestAlive: column(), lowestAlive: column() };
    }
    return densityColumns;
  }

  const axisPart = {
    version: () => viewport.revision + settingRevision + surfaces.axis.revision,
    draw() {
      drawTimeAxis(surfaces.axis.begin(), scale, AXIS_BLEED_PX, palette);
    },
  };

  const overlayPart = {
    version: () => viewVersion() + pointerRevision + surfaces.overlay.revision,
    draw() {
      const context = surfaces.overlay.begin();
      const marks = readMarks(stream).all;
      const overviewXOf = (atMs: number) => (atMs / viewport.extentMs) * scale.width;
      drawMarks(context, marks, extent, scale, overviewXOf, palette);
      publishFacts();
      const x = cursorX();
      if (stream === undefined || pointer === undefined || !(x >= 0 && x <= scale.width)) {
        listener.onTip(undefined);
        return;
      }
      const inOverview = isInOverview(pointer.y);
      const timeMs = timeAt(pointer.x, inOverview ? 'overview' : 'strips');
      const sample = timeMs > stream.endMs ? undefined : nearestSample(stream, timeMs);
      const { height } = surfaces.heapGrid;
      const sampleX = sample === undefined ? NaN : scale.x(valueAt(stream.samples.atMs, sample));
      // In the middle of the crosshair where sample and cursor are one pixel column.
      const pointX = Math.abs(sampleX - x) < 1.5 ? Math.round(x) + 0.5 : sampleX;
      const points = HEAP_SERIES.flatMap(({ key, column, hue }) => {
        const bytes = sample === undefined ? NaN : (stream?.samples[column].values[sample] ?? NaN);
        if (hidden.has(key) || Number.isNaN(bytes) || bytes > heapTopBytes) return [];
        return [{ x: pointX, y: extent.heapTop + height - (bytes / heapTopBytes) * height, color: palette[hue] }];
      });
      drawCrosshair(context, inOverview ? scale.x(timeMs) : x, overviewXOf(timeMs), points, extent, palette);
      // As many digits as a pixel tells apart.
      const decimals = Math.max(3, Math.ceil(3 - Math.log10(scale.millisecondsPerPixel)));
      const timeText = `${(timeMs / 1000).toFixed(Math.min(9, decimals))} s`;
      const life = lifeAt(pointer.x, pointer.y);
      if (life !== undefined) {
        const object = stream.objectAt(life.row);
        listener.onTip({ kind: 'object', x: pointer.x, y: pointer.y, timeText, object });
        return;
      }
      const reachMs = POINTER_REACH_PX * scale.millisecondsPerPixel;
      const readings = readingsAt(stream, timeMs, reachMs, hidden, marks);
      listener.onTip({ kind: 'readings', x: pointer.x, y: pointer.y, timeText, readings });
    },
  };

  const summaryPart = {
    version: () => {
      const version = viewVersion();
      const isDue = version !== summarizedVersion && performance.now() - summaryAtMs >= SUMMARY_INTERVAL_MS;
      return isDue ? version : summarizedVersion;
    },
    draw() {
      summarizedVersion = viewVersion();
      summaryAtMs = performance.now();
      const end = stream?.endMs ?? 0;
      const known = {
        usedBytes: overviewSeries?.used.highest(0, end) ?? NaN,
        externalBytes: overviewSeries?.external.highest(0, end) ?? NaN,
      };
      listener.onSummaries(summarize(stream, scale, known));
    },
  };

  function lifeAt(x: number, y: number): PlacedLife | undefined {
    if (plan.kind !== 'lanes' || stream === undefined) return undefined;
    const plotX = x - plotLeft();
    const laneY = y - extent.lifelinesTop;
    const reach = Math.max(plan.pitchPx / 2, 4);
    let best: PlacedLife | undefined;
    let bestDistance = Infinity;
    for (const life of plan.lives) {
      const distance = Math.abs(life.y - laneY);
      if (distance > reach || distance > bestDistance) continue;
      const endX = scale.x(Math.min(life.endMs, stream.endMs));
      if (plotX < scale.x(life.startMs) - 4 || plotX > endX + 10) continue;
      best = life;
      bestDistance = distance;
    }
    return best;
  }

  /** From registration to what ended it, or as far as the run has come. */
  function lifeRange(row: number): TimeRange | undefined {
    if (stream === undefined || row < 0 || row >= stream.registrations.atMs.length) return undefined;
    const fromMs = stream.registrations.atMs.values[row] ?? NaN;
    if (Number.isNaN(fromMs)) return undefined;
    return { fromMs, toMs: Math.max(fromMs, Math.min(stream.endedAtMs(row), stream.endMs)) };
  }

  function itemAt(x: number, y: number): TimelineItem | undefined {
    const life = lifeAt(x, y);
    const range = life === undefined ? undefined : lifeRange(life.row);
    return life === undefined || range === undefined ? undefined : { objectId: life.row + 1, range };
  }

  const isInOverview = (y: number) => y >= extent.overviewTop - 4 && y <= extent.overviewBottom + 2;

  function timeAt(x: number, kind: 'overview' | 'strips'): number {
    const plotX = x - plotLeft();
    return kind === 'strips' ? scale.timeAt(plotX) : (plotX / scale.width) * viewport.extentMs;
  }

  const registrations = [
    scalePart,
    overviewPart,
    heapPart,
    collectionsPart,
    blockedPart,
    lifelinesPart,
    axisPart,
    overlayPart,
    summaryPart,
  ].map((part) => frameLoop.register(part));

  const changed = () => {
    settingRevision++;
    frameLoop.wake();
  };

  const disposal = disposable(() => {
    for (const registration of registrations) registration[Symbol.dispose]();
    for (const surface of Object.values(surfaces)) surface[Symbol.dispose]();
    heapChart[Symbol.dispose]();
  });

  return {
    viewport,
    setStream(next) {
      if (next === stream) return;
      // Revisions of two streams can be equal: what was drawn of the old one must not pass for the new one.
      settingRevision += (stream?.revision ?? 0) + 1;
      stream = next;
      heapCurves = next === undefined ? undefined : createHeapCurves(next);
      overviewSeries =
        next === undefined
          ? undefined
          : {
              used: new SeriesReduction(next.samples.atMs, next.samples.usedBytes),
              external: new SeriesReduction(next.samples.atMs, next.samples.externalBytes),
            };
      peaksKey = '';
      viewport.reset();
      summaryAtMs = -Infinity;
      changed();
    },
    setPalette(next) {
      palette = next;
      changed();
    },
    setHidden(next) {
      hidden = next;
      changed();
    },
    setSelectedObject(id) {
      selectedId = id;
      changed();
    },
    setSelection(next) {
      selection = next;
      changed();
    },
    get selection() {
      return selection;
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
    xOf: (timeMs) => plotLeft() + scale.x(timeMs),
    isInOverview,
    isOnAxis: (y) => y > extent.bottom,
    get readingY() {
      return extent.heapTop + surfaces.heapGrid.height / 2;
    },
    overviewWindow() {
      const xOf = (atMs: number) => plotLeft() + (atMs / viewport.extentMs) * scale.width;
      return { left: xOf(viewport.fromMs), right: xOf(viewport.toMs) };
    },
    get plotWidth() {
      return scale.width;
    },
    wake,
    [Symbol.dispose]() {
      disposal[Symbol.dispose]();
    },
  };
}
