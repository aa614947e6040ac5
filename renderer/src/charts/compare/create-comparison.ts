// Puts the strips of a comparison together: two runs on one scale with one cursor, one set of parts in the frame loop.
// Made by CompareTimeline.vue, which owns the elements and shows what is text. Nothing in here is reactive.

import { disposable, type Disposable } from '../../../../engine/protocol/port.ts';
import { formatCount } from '../../stream/figures.ts';
import type { FrameLoop } from '../../stream/frame-loop.ts';
import { valueAt } from '../../stream/growable-column.ts';
import { SeriesReduction } from '../../stream/level-of-detail.ts';
import type { GestureTarget } from '../gestures.ts';
import type { Curve, CurveShape } from '../draw-curve.ts';
import { createHeapCurves, type HeapCurves } from '../heap-curves.ts';
import { HEAP_SERIES, type HeapSeriesKey } from '../heap-series.ts';
import { createLineChart, type LineChart } from '../line-chart.ts';
import type { Palette } from '../palette.ts';
import { clearGaps, createSampleGaps, type SampleGaps } from '../strips/sample-gaps.ts';
import { createSurface, type Surface } from '../surface.ts';
import { byteTicks, createTimeScale, type Tick, type TimeScale } from '../time-scale.ts';
import { createMarkReader } from '../timeline-marks.ts';
import { createViewport, type ViewportMode } from '../viewport.ts';
import { alignedTimeText, drawAlignedAxis, drawAlignedGrid } from './aligned-axis.ts';
import { ownScale, type ComparedPair, type ComparedRun, type Side } from './compared-run.ts';
import {
  DASH_OF_A,
  drawBlockedRow,
  drawCollectionsRow,
  drawObservationRow,
  drawPairOverview,
  longestPauseOf,
} from './draw-pair.ts';
import {
  createPairMarkReader,
  drawLetter,
  drawPairCursor,
  drawPairMarks,
  placeLetters,
  type CurveLetter,
  type PairExtent,
} from './draw-pair-overlay.ts';
import { createLifeCurves, type LifeCurves } from './life-curves.ts';
import {
  heapAt,
  pairReadingsAt,
  summarizePair,
  tabulatePair,
  type PairReading,
  type PairSummaries,
  type PairTableRow,
} from './pair-readings.ts';

export interface ComparisonElements {
  /** Positioned; all coordinates are relative to it. */
  readonly stage: HTMLElement;
  readonly overview: HTMLCanvasElement;
  readonly heapGrid: HTMLCanvasElement;
  readonly heap: HTMLCanvasElement;
  readonly collections: HTMLCanvasElement;
  readonly blocked: HTMLCanvasElement;
  readonly aliveGrid: HTMLCanvasElement;
  readonly alive: HTMLCanvasElement;
  readonly finalizedGrid: HTMLCanvasElement;
  readonly finalized: HTMLCanvasElement;
  readonly axis: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
}

type PlacedTick = Tick & { readonly topPx: number };

/** What is shown as text beside the plots; told only when it has changed. */
export interface ComparisonFacts {
  /** Offsets from the top of each strip's plot. */
  readonly heapTicks: readonly PlacedTick[];
  readonly aliveTicks: readonly PlacedTick[];
  readonly finalizedTicks: readonly PlacedTick[];
  readonly mode: ViewportMode;
  readonly isLive: boolean;
  readonly hasSamples: boolean;
}

export interface ComparisonTip {
  /** Where it belongs, relative to the stage. */
  readonly x: number;
  readonly y: number;
  readonly timeText: string;
  readonly readings: readonly PairReading[];
}

export interface ComparisonListener {
  onFacts(facts: ComparisonFacts): void;
  onWords(words: { readonly summaries: PairSummaries; readonly table: readonly PairTableRow[] }): void;
  onTip(tip: ComparisonTip | undefined): void;
}

export interface Comparison extends GestureTarget, Disposable {
  /** Another pair begins with all of it in sight; so does another alignment of the same. */
  setPair(pair: ComparedPair): void;
  setSeries(series: HeapSeriesKey): void;
  setPalette(palette: Palette): void;
}

/** Room beside the plot for the axis labels at its ends; the axis' canvas reaches this far beyond it. */
export const AXIS_BLEED_PX = 16;
const WORDS_INTERVAL_MS = 1000;
const POINTER_REACH_PX = 5;
/** Share of an axis that stays free above the highest curve, so that its line is not cut in half. */
const HEADROOM = 0.03;
const LIFE_HEADROOM = 0.14;
const FILL_OF_B = 0.12;

/** Everything of one side that is kept between frames. */
interface SideState {
  readonly run: ComparedRun;
  readonly heapCurves: HeapCurves;
  readonly series: ReadonlyMap<HeapSeriesKey, SeriesReduction>;
  readonly gaps: SampleGaps;
}

function sideOf(run: ComparedRun): SideState {
  const { samples } = run.stream;
  const gaps = createSampleGaps();
  gaps.setStream(run.stream);
  return {
    run,
    gaps,
    heapCurves: createHeapCurves(run.stream),
    series: new Map(HEAP_SERIES.map(({ key, column }) => [key, new SeriesReduction(samples.atMs, samples[column])])),
  };
}

export function createComparison(
  elements: ComparisonElements,
  listener: ComparisonListener,
  options: {
    readonly frameLoop: FrameLoop;
    readonly palette: Palette;
    readonly pair: ComparedPair;
    readonly series: HeapSeriesKey;
    readonly glides: () => boolean;
  },
): Comparison {
  const { frameLoop } = options;
  const wake = () => frameLoop.wake();
  const viewport = createViewport({ glides: options.glides });
  const surfaces = {
    overview: createSurface(elements.overview, wake),
    heapGrid: createSurface(elements.heapGrid, wake),
    collections: createSurface(elements.collections, wake),
    blocked: createSurface(elements.blocked, wake),
    aliveGrid: createSurface(elements.aliveGrid, wake),
    finalizedGrid: createSurface(elements.finalizedGrid, wake),
    axis: createSurface(elements.axis, wake),
    overlay: createSurface(elements.overlay, wake),
  };
  const charts = {
    heap: createLineChart(elements.heap),
    alive: createLineChart(elements.alive),
    finalized: createLineChart(elements.finalized),
  };
  const readLives = { a: createLifeCurves(), b: createLifeCurves() };
  const readMarks = createPairMarkReader();
  const readOwnMarks = { a: createMarkReader(), b: createMarkReader() };

  let { pair, palette, series } = options;
  let sides: Readonly<Record<Side, SideState>> = { a: sideOf(pair.a), b: sideOf(pair.b) };
  let pointer: { readonly x: number; readonly y: number } | undefined;
  /** Grows with everything that is set from outside and changes the drawing. */
  let settingRevision = 0;
  let pointerRevision = 0;

  let scale: TimeScale = createTimeScale(0, 1, 1);
  let heapTopBytes = 1;
  let lives: Readonly<Record<Side, LifeCurves>> | undefined;
  let peaks = { a: new Float64Array(0), b: new Float64Array(0) };
  let peaksKey = '';
  /** Ends of the curves of each strip, in the strip's own coordinates. */
  const letters: Record<'heap' | 'alive' | 'finalized', CurveLetter[]> = { heap: [], alive: [], finalized: [] };
  let facts: ComparisonFacts = {
    heapTicks: [],
    aliveTicks: [],
    finalizedTicks: [],
    mode: 'all',
    isLive: false,
    hasSamples: false,
  };
  let factsText = '';
  let wordsAtMs = -Infinity;
  let wordsVersion = NaN;

  const dataVersion = () => pair.a.stream.revision + pair.b.stream.revision + settingRevision;
  const viewVersion = () => dataVersion() + viewport.revision;
  const endOf = ({ stream, offsetMs }: ComparedRun) => stream.endMs + offsetMs;
  const endMs = () => Math.max(endOf(pair.a), endOf(pair.b));
  const isLive = ({ stream }: ComparedRun) => stream.status !== 'ended';
  const hueOfSeries = () => palette[HEAP_SERIES.find(({ key }) => key === series)?.hue ?? 'blue'];
  // Of a grey curve the faint ink would be too little to carry the whole comparison.
  const colorOfSeries = () => (hueOfSeries() === palette.inkFaint ? palette.inkSoft : hueOfSeries());

  /** Tops of the strips, read only when a size has changed: reading them in a frame would force a layout. */
  let extent: PairExtent & Record<'heapTop' | 'aliveTop' | 'finalizedTop', number> = {
    overviewTop: 0,
    overviewBottom: 0,
    top: 0,
    bottom: 0,
    heapTop: 0,
    aliveTop: 0,
    finalizedTop: 0,
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
      top: box(elements.heap).top,
      bottom: box(elements.finalized).bottom,
      heapTop: box(elements.heap).top,
      aliveTop: box(elements.alive).top,
      finalizedTop: box(elements.finalized).top,
    };
  }
  const plotLeft = () => elements.overlay.offsetLeft;

  function gatherFacts(changes: Partial<ComparisonFacts>): void {
    facts = { ...facts, ...changes };
  }

  /** Once a frame, after all parts have had their say. */
  function publishFacts(): void {
    const text = JSON.stringify(facts);
    if (text === factsText) return;
    factsText = text;
    listener.onFacts(facts);
  }

  /** The letter at the last point of a curve that is in sight. */
  function letterFor(side: Side, y: number, color: string): CurveLetter[] {
    const run = pair[side];
    const atMs = Math.min(endOf(run), scale.toMs);
    if (Number.isNaN(y) || atMs < scale.fromMs) return [];
    return [{ letter: side === 'a' ? 'A' : 'B', x: scale.x(atMs), y, color }];
  }

  /** A's curve is dashed and lies over B's, which is filled: where the two are one, both are seen. */
  const curveOf = (side: Side, shape: CurveShape, zeroY: number, pixelsPerUnit: number, color: string): Curve => ({
    shape,
    scale: ownScale(scale, pair[side]),
    zeroY,
    pixelsPerUnit,
    color,
    widthPx: 1.5,
    dash: side === 'a' ? DASH_OF_A : [],
    fill: side === 'a' ? 0 : FILL_OF_B,
    order: side === 'a' ? 0 : 1,
  });

  // The scale comes first: every part below draws with it.
  const scalePart = {
    version: () => {
      // While it glides, every frame is another step.
      if (viewport.isMoving) viewport.advance(performance.now());
      return viewVersion() + surfaces.overlay.revision;
    },
    draw() {
      viewport.extendTo(endMs(), isLive(pair.a) || isLive(pair.b));
      scale = createTimeScale(viewport.fromMs, viewport.toMs, Math.max(1, surfaces.overlay.width));
      lives = { a: readLives.a(pair.a, scale), b: readLives.b(pair.b, scale) };
      measureExtent();
      gatherFacts({
        mode: viewport.mode,
        isLive: isLive(pair.a) || isLive(pair.b),
        hasSamples: pair.a.stream.counters.samples + pair.b.stream.counters.samples > 0,
      });
    },
  };

  const overviewPart = {
    version: () => viewVersion() + surfaces.overview.revision,
    draw() {
      const { overview } = surfaces;
      const context = overview.begin();
      const count = Math.max(1, Math.round(overview.width));
      const key = `${dataVersion()} ${viewport.extentMs} ${count}`;
      if (key !== peaksKey) {
        peaksKey = key;
        if (peaks.a.length !== count) peaks = { a: new Float64Array(count), b: new Float64Array(count) };
        for (const side of ['a', 'b'] as const) fillOverviewPeaks(sides[side], peaks[side]);
      }
      const xOf = (atMs: number) => (atMs / viewport.extentMs) * overview.width;
      const window = { left: xOf(viewport.fromMs), right: xOf(viewport.toMs), isWhole: viewport.mode === 'all' };
      drawPairOverview(context, overview, peaks, window, colorOfSeries(), palette);
    },
  };

  function fillOverviewPeaks({ run, gaps, series: reductions }: SideState, values: Float64Array): void {
    const reduction = reductions.get(series);
    const stepMs = viewport.extentMs / values.length;
    const { atMs } = run.stream.samples;
    for (let column = 0; column < values.length; column++) {
      const fromMs = column * stepMs - run.offsetMs;
      const isSampled = fromMs + stepMs >= valueAt(atMs, 0) && fromMs <= valueAt(atMs, atMs.length - 1);
      values[column] = isSampled ? (reduction?.highest(fromMs, fromMs + stepMs) ?? NaN) : NaN;
    }
    const ownGaps = gaps.within({ fromMs: 0, toMs: run.stream.endMs });
    const onAxis = ownGaps.map(({ fromMs, toMs }) => ({ fromMs: fromMs + run.offsetMs, toMs: toMs + run.offsetMs }));
    clearGaps(values, onAxis, viewport.extentMs);
  }

  const heapPart = {
    version: () => viewVersion() + surfaces.heapGrid.revision,
    draw() {
      const { heapGrid } = surfaces;
      const { width, height } = heapGrid;
      const hidden = new Set(HEAP_SERIES.map(({ key }) => key).filter((key) => key !== series));
      const shapes = (['a', 'b'] as const).flatMap((side) => {
        const { heapCurves, run } = sides[side];
        const shape = heapCurves.shapes(ownScale(scale, run), hidden).get(series);
        return shape === undefined ? [] : [{ side, run, ...shape }];
      });
      const highest = Math.max(...shapes.map(({ highestBytes }) => highestBytes).filter((bytes) => bytes >= 0));
      const ticks = byteTicks(highest * (1 + HEADROOM), height < 120 ? 2 : 3);
      heapTopBytes = ticks.at(-1)?.value ?? 1;
      const yOf = (bytes: number) => height - (bytes / heapTopBytes) * height;
      const context = heapGrid.begin();
      drawAlignedGrid(context, scale, pair.originMs, height, palette);
      context.fillStyle = palette.line;
      for (const { value } of ticks) context.fillRect(0, Math.min(height - 1, Math.round(yOf(value))), width, 1);
      const color = colorOfSeries();
      charts.heap.draw(
        shapes.map(({ side, shape }) => curveOf(side, shape, height, height / heapTopBytes, color)),
        heapGrid,
      );
      // Sampling may end before the run does, so the letter stands where the line ends.
      letters.heap = shapes.flatMap(({ side, run, end }): CurveLetter[] => {
        if (end === undefined || end.x + run.offsetMs < scale.fromMs) return [];
        return [{ letter: side === 'a' ? 'A' : 'B', x: scale.x(end.x + run.offsetMs), y: yOf(end.y), color }];
      });
      gatherFacts({
        heapTicks: facts.hasSamples ? ticks.map((tick) => ({ ...tick, topPx: Math.round(yOf(tick.value)) })) : [],
      });
    },
  };

  function drawLife(strip: 'alive' | 'finalized', surface: Surface, chart: LineChart, color: string): PlacedTick[] {
    const { width, height } = surface;
    const highest = lives === undefined ? 0 : Math.max(lives.a[strip].highest, lives.b[strip].highest);
    const top = Math.max(1, highest) * (1 + LIFE_HEADROOM);
    // The line at zero lies on the base, not half below it.
    const yOf = (count: number) => height - 1 - (count / top) * (height - 1);
    const context = surface.begin();
    drawAlignedGrid(context, scale, pair.originMs, height, palette);
    context.fillStyle = palette.line;
    context.fillRect(0, height - 1, width, 1);
    const drawn = lives === undefined ? [] : (['a', 'b'] as const).map((side) => ({ side, ...lives![side][strip] }));
    chart.draw(
      drawn.map(({ side, low, high }) =>
        curveOf(side, { kind: 'extents', low, high }, height - 1, (height - 1) / top, color),
      ),
      surface,
    );
    letters[strip] = drawn.flatMap(({ side, last }) => letterFor(side, yOf(last), color));
    const values = highest > 0 ? [0, highest] : [0];
    return values.map((value) => ({ value, label: formatCount(value), topPx: Math.round(yOf(value)) }));
  }

  const alivePart = {
    version: () => viewVersion() + surfaces.aliveGrid.revision,
    draw: () => gatherFacts({ aliveTicks: drawLife('alive', surfaces.aliveGrid, charts.alive, palette.amber) }),
  };
  const finalizedPart = {
    version: () => viewVersion() + surfaces.finalizedGrid.revision,
    draw: () =>
      gatherFacts({ finalizedTicks: drawLife('finalized', surfaces.finalizedGrid, charts.finalized, palette.green) }),
  };

  /** A's row above B's, in halves of the strip. */
  function drawRows(
    surface: Surface,
    drawRow: (
      context: CanvasRenderingContext2D,
      box: { top: number; width: number; height: number },
      side: Side,
    ) => void,
  ): void {
    const { width, height } = surface;
    const context = surface.begin();
    drawAlignedGrid(context, scale, pair.originMs, height, palette);
    drawRow(context, { top: 0, width, height: height / 2 }, 'a');
    drawRow(context, { top: height / 2, width, height: height / 2 }, 'b');
  }
  const collectionsPart = {
    version: () => viewVersion() + surfaces.collections.revision,
    draw() {
      const longestMs = longestPauseOf(pair.a, pair.b);
      drawRows(surfaces.collections, (context, box, side) =>
        drawCollectionsRow(context, box, pair[side], longestMs, scale, palette),
      );
    },
  };
  const blockedPart = {
    version: () => viewVersion() + surfaces.blocked.revision,
    draw() {
      drawRows(surfaces.blocked, (context, box, side) => {
        const run = pair[side];
        drawBlockedRow(context, box, run, scale, palette);
        drawObservationRow(context, box, run, readOwnMarks[side](run.stream).all, scale, palette);
      });
    },
  };

  const axisPart = {
    version: () => viewport.revision + settingRevision + surfaces.axis.revision,
    draw: () => drawAlignedAxis(surfaces.axis.begin(), scale, pair.originMs, AXIS_BLEED_PX, palette),
  };

  const overlayPart = {
    version: () => viewVersion() + pointerRevision + surfaces.overlay.revision,
    draw() {
      const context = surfaces.overlay.begin();
      const overviewXOf = (atMs: number) => (atMs / viewport.extentMs) * scale.width;
      drawPairMarks(context, readMarks(pair, scale.millisecondsPerPixel), extent, scale, overviewXOf, palette);
      const strips = [
        [letters.heap, extent.heapTop, surfaces.heapGrid],
        [letters.alive, extent.aliveTop, surfaces.aliveGrid],
        [letters.finalized, extent.finalizedTop, surfaces.finalizedGrid],
      ] as const;
      for (const [ends, top, { width, height }] of strips) {
        const onStage = ends.map((letter) => ({ ...letter, y: letter.y + top }));
        for (const letter of placeLetters(onStage, { top, width, height })) drawLetter(context, letter, palette);
      }
      publishFacts();
      drawCursor(context, overviewXOf);
    },
  };

  function drawCursor(context: CanvasRenderingContext2D, overviewXOf: (atMs: number) => number): void {
    const x = pointer === undefined ? NaN : pointer.x - plotLeft();
    if (pointer === undefined || !(x >= 0 && x <= scale.width)) {
      listener.onTip(undefined);
      return;
    }
    const isOverOverview = isInOverview(pointer.y);
    const timeMs = timeAt(pointer.x, isOverOverview ? 'overview' : 'strips');
    const { height } = surfaces.heapGrid;
    const heights = [pair.a, pair.b].flatMap((run) => {
      const bytes = heapAt(run, timeMs, series);
      return bytes <= heapTopBytes ? [extent.heapTop + height - (bytes / heapTopBytes) * height] : [];
    });
    const cursorX = isOverOverview ? scale.x(timeMs) : x;
    drawPairCursor(context, cursorX, overviewXOf(timeMs), heights, extent, colorOfSeries(), palette);
    const reachMs = POINTER_REACH_PX * scale.millisecondsPerPixel;
    listener.onTip({
      x: pointer.x,
      y: pointer.y,
      timeText: alignedTimeText(timeMs, pair.originMs, scale.millisecondsPerPixel),
      readings: pairReadingsAt(pair, timeMs, reachMs, series),
    });
  }

  const wordsPart = {
    version: () => {
      const version = viewVersion();
      const isDue = version !== wordsVersion && performance.now() - wordsAtMs >= WORDS_INTERVAL_MS;
      return isDue ? version : wordsVersion;
    },
    draw() {
      wordsVersion = viewVersion();
      wordsAtMs = performance.now();
      const peakOf = ({ run, series: reductions }: SideState) =>
        reductions.get(series)?.highest(0, run.stream.endMs) ?? NaN;
      const peaksOfBoth = { a: peakOf(sides.a), b: peakOf(sides.b) };
      listener.onWords({
        summaries: summarizePair(pair, viewport, series, peaksOfBoth),
        table: tabulatePair(pair, series),
      });
    },
  };

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
    alivePart,
    finalizedPart,
    axisPart,
    overlayPart,
    wordsPart,
  ].map((part) => frameLoop.register(part));

  const changed = () => {
    settingRevision++;
    wordsAtMs = -Infinity;
    frameLoop.wake();
  };

  const disposal = disposable(() => {
    for (const registration of registrations) registration[Symbol.dispose]();
    for (const surface of Object.values(surfaces)) surface[Symbol.dispose]();
    for (const chart of Object.values(charts)) chart[Symbol.dispose]();
  });

  return {
    viewport,
    setPair(next) {
      // Revisions of other streams can add up to the same: what was drawn of the old pair must not pass for the new one.
      settingRevision += pair.a.stream.revision + pair.b.stream.revision + 1;
      const isSame = (one: ComparedRun, other: ComparedRun, state: SideState): SideState =>
        one.stream === other.stream ? { ...state, run: other } : sideOf(other);
      sides = { a: isSame(pair.a, next.a, sides.a), b: isSame(pair.b, next.b, sides.b) };
      pair = next;
      viewport.reset();
      changed();
    },
    setSeries(next) {
      series = next;
      changed();
    },
    setPalette(next) {
      palette = next;
      changed();
    },
    /** No range is selected here: the table beside it is of whole runs. */
    selection: undefined,
    setPointer(next) {
      pointer = next;
      pointerRevision++;
      frameLoop.wake();
    },
    itemAt: () => undefined,
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
