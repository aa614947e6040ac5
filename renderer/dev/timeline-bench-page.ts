// The timeline alone, for `npm run bench:timeline`: opens recordings, takes the time of every frame and of every step on
// the way from the bytes to the pixels, and draws the heap with uPlot beside it. Not part of the application.

import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import uPlot from 'uplot';
import { createApp, h, nextTick, shallowRef } from 'vue';
import { EngineEvent } from '../../engine/protocol/event.ts';
import { decodeFrame } from '../../engine/protocol/frame-codec.ts';
import { parse } from '../../engine/protocol/parse.ts';
import { quickened } from '../../engine/protocol/port.ts';
import type { BatchGroup } from '../../engine/protocol/run-batch.ts';
import RunTimeline from '../src/charts/RunTimeline.vue';
import type { Curve, CurveShape } from '../src/charts/draw-curve.ts';
import { createHeapCurves, highestOf } from '../src/charts/heap-curves.ts';
import { HEAP_SERIES, HIDDEN_AT_FIRST } from '../src/charts/heap-series.ts';
import { createLineChart } from '../src/charts/line-chart.ts';
import { readPalette, translucent } from '../src/charts/palette.ts';
import { createTimeScale, type TimeScale } from '../src/charts/time-scale.ts';
import { createRunStream } from '../src/stream/create-run-stream.ts';
import { browserFrameHost, createFrameLoop } from '../src/stream/frame-loop.ts';
import { lowerBound } from '../src/stream/growable-column.ts';
import type { Point } from '../src/stream/level-of-detail.ts';
import type { RunStream } from '../src/stream/run-stream.ts';
import { createEngineClient } from '../src/transport/engine-client.ts';
import { createReadRecorded } from '../src/transport/read-recorded.ts';
import { openWebSocketPort } from '../src/transport/web-socket-port.ts';
import '../src/styles/tokens.css';

/** A frame in which the frame loop drew. */
export interface DrawnFrame {
  /** The frame loop's own work. */
  readonly workMs: number;
  /** From the start of the frame until the page was free again: with Vue's updates, style, layout and paint. */
  readonly wholeMs: number;
  /** Length of the stretch that was on screen. */
  readonly windowMs: number;
}

export interface Opened {
  readonly frames: number;
  readonly bytes: number;
  readonly events: number;
  readonly decodeMs: number;
  readonly parseMs: number;
  readonly applyMs: number;
  /** From the last batch until the loop had drawn everything. */
  readonly firstFrameMs: number;
  /** From the first frame until what was drawn had been handed over to be presented. */
  readonly totalMs: number;
}

/** Milliseconds, one for each batch with callbacks. */
export interface Latencies {
  /** From the message event of a batch to the frame after the one in which it was drawn. */
  readonly fromMessageMs: readonly number[];
  /** The same, from the time of its first callback. */
  readonly fromFirstCallbackMs: readonly number[];
  readonly fromLastCallbackMs: readonly number[];
}

export interface RedrawPair {
  readonly windowMs: number;
  readonly points: number;
  readonly rawRows: number;
  readonly reduceMs: number;
  readonly heaplineMs: number;
  readonly uplotMs: number;
  readonly uplotRawMs: number;
}

export interface TimelineBench {
  /** Fetches all frames of a run, each into a buffer of its own. */
  fetchFrames(url: string): Promise<void>;
  /** Opens what was fetched, in one go, and lets go of it. With a reading of the clock at each step if `isStamped`. */
  openFrames(isStamped: boolean): Promise<Opened>;
  /** Follows a run as the application does, until its end. */
  openSocket(url: string, runId: string): Promise<{ totalMs: number; events: number }>;
  /** Follows a run until it has `batches`, and goes on; `liveLatencies` tells of those that came after. */
  followSocket(url: string, runId: string, batches: number): Promise<void>;
  /** `originEpochMs`: the run's time zero. */
  liveLatencies(originEpochMs: number): Latencies;
  /** Shows no run. */
  clear(): Promise<void>;
  frames(): readonly DrawnFrame[];
  forgetFrames(): void;
  /** The stretch that was drawn last. */
  readonly window: { readonly fromMs: number; readonly toMs: number };
  readonly events: number;
  redraw(pairs: number, options: { withRaster: boolean }): Promise<RedrawPair[]>;
}
declare global {
  interface Window {
    timelineBench: TimelineBench;
  }
}

const theme = 'dark';
document.documentElement.dataset['theme'] = theme;
document.body.style.cssText = 'margin: 0; background: var(--ground)';

const drawn: DrawnFrame[] = [];
let drawnWindow = { fromMs: 0, toMs: 0 };
let readFrom = Infinity;
let readTo = -Infinity;
/** To be called when everything that is applied by now has been presented. */
const untilPresented: (() => void)[] = [];

const host = browserFrameHost();
/** The loop reads its clock once at the start of a frame, and once more if it drew. */
const readings: number[] = [];
const frameLoop = createFrameLoop({
  ...host,
  now() {
    const now = performance.now();
    readings.push(now);
    return now;
  },
  requestFrame: (callback) =>
    requestAnimationFrame(() => {
      readings.length = 0;
      callback();
      const [startedAt, endedAt] = readings;
      if (startedAt === undefined || endedAt === undefined) return;
      if (readTo > readFrom) drawnWindow = { fromMs: readFrom, toMs: readTo };
      readFrom = Infinity;
      readTo = -Infinity;
      const windowMs = drawnWindow.toMs - drawnWindow.fromMs;
      const { port1, port2 } = new MessageChannel();
      // A task of its own comes after style, layout and paint of this frame.
      port1.onmessage = () => {
        port1.close();
        drawn.push({ workMs: endedAt - startedAt, wholeMs: performance.now() - startedAt, windowMs });
      };
      port2.postMessage(undefined);
      const waiting = untilPresented.splice(0);
      // The next frame begins once this one was handed to the compositor.
      if (waiting.length > 0) requestAnimationFrame(() => waiting.forEach((resolve) => resolve()));
    }),
});

const stream = shallowRef<RunStream>();
/** Without the eavesdropping. */
let shown: RunStream | undefined;

/** The stream itself, but for a note of what is asked of it: the timeline tells nobody which stretch it shows. */
function overheard(original: RunStream): RunStream {
  const note = (fromMs: number, toMs: number) => {
    if (fromMs < readFrom) readFrom = fromMs;
    if (toMs > readTo) readTo = toMs;
  };
  const noting: Partial<RunStream> = {
    density(fromMs, toMs, columns) {
      note(fromMs, toMs);
      original.density(fromMs, toMs, columns);
    },
    countsAt(timeMs) {
      note(timeMs, timeMs);
      return original.countsAt(timeMs);
    },
  };
  return Object.assign(Object.create(original) as RunStream, noting);
}

async function show(next: RunStream | undefined): Promise<void> {
  shown = next;
  stream.value = next === undefined ? undefined : overheard(next);
  await nextTick();
}

/** Resolves when what is applied by now has been drawn and handed over. */
function presented(): Promise<void> {
  return new Promise((resolve) => {
    untilPresented.push(resolve);
    frameLoop.wake();
  });
}

createApp({
  render: () =>
    h('div', { style: 'height: 620px' }, [
      h(RunTimeline, { stream: stream.value, theme, frameLoop, selectedObjectId: undefined }),
    ]),
}).mount('#app');

async function fetchFrames(url: string): Promise<Uint8Array[]> {
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  const view = new DataView(bytes.buffer);
  const frames: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const end = offset + 4 + view.getUint32(offset, true);
    // In a buffer of its own, as a WebSocket delivers it.
    frames.push(bytes.slice(offset, end));
    offset = end;
  }
  return frames;
}

/** As validatedPort parses. */
const schema = quickened(EngineEvent);
function groupOf(message: unknown): BatchGroup {
  const parsed = parse(schema, message);
  if (!parsed.success || parsed.output.type !== 'run-events') throw new Error('Not a group of batches.');
  return parsed.output;
}

/** When the message event came that is being worked through. */
let messageAtMs = NaN;
class StampedWebSocket extends WebSocket {
  constructor(url: string | URL) {
    super(url);
    this.addEventListener('message', ({ timeStamp }) => (messageAtMs = timeStamp));
  }
}
window.WebSocket = StampedWebSocket;

interface Presentation {
  readonly messageMs: number;
  readonly presentedMs: number;
  readonly firstCallbackMs: number;
  readonly lastCallbackMs: number;
}
let presentations: Presentation[] = [];

function follow(url: string, runId: string, isDone: (target: RunStream, isEnded: boolean) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = createRunStream();
    let isResolved = false;
    const origin = url.replace(/^ws/, 'http').replace(/\/socket$/, '');
    const client = createEngineClient({
      connect: () => openWebSocketPort(url),
      readRecorded: createReadRecorded((path, query) => `${origin}${path}?${new URLSearchParams(query).toString()}`),
    });
    client.start({
      onConnection: (state) => state.kind === 'lost' && reject(new Error(state.problem)),
      onWelcome: () => {},
      onRunListed: () => {},
      onRunForgotten: () => {},
      onExperimentListed: () => {},
      onExperimentChanged: () => {},
      onExperimentForgotten: () => {},
      onTargetsListed: () => {},
      onOwnScenariosListed: () => {},
      onFollowFailed: (_, message) => reject(new Error(message)),
    });
    client.follow(runId, {
      get nextSequence() {
        return target.nextSequence;
      },
      apply(group) {
        target.applyGroup(group);
        for (const batch of group.batches) {
          if (batch.type !== 'callbacks' || !isResolved) continue;
          const messageMs = messageAtMs;
          const [firstCallbackMs = NaN] = batch.startMs;
          const lastCallbackMs = batch.startMs.at(-1) ?? NaN;
          untilPresented.push(() =>
            presentations.push({ messageMs, presentedMs: performance.now(), firstCallbackMs, lastCallbackMs }),
          );
        }
        if (isResolved || !isDone(target, group.batches.at(-1)?.type === 'ended')) return;
        isResolved = true;
        void presented().then(resolve);
      },
    });
    void show(target);
  });
}

const HIDDEN = new Set(HIDDEN_AT_FIRST);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/** The heap chart as the timeline draws it, and uPlot with the same lines in the same size, in turn. */
async function redraw(pairs: number, { withRaster }: { withRaster: boolean }): Promise<RedrawPair[]> {
  if (shown === undefined) throw new Error('Nothing is shown.');
  const source = shown;
  const size = { width: 1_000, height: 240 };
  const stage = document.createElement('div');
  stage.style.cssText = 'position: fixed; left: 0; top: 620px; width: 1000px';
  document.body.append(stage);
  const canvas = document.createElement('canvas');
  stage.append(canvas);
  const palette = readPalette(document.querySelector('.timeline') ?? document.body);
  const curves = createHeapCurves(source);
  const chart = createLineChart(canvas);
  const series = HEAP_SERIES.filter(({ key }) => !HIDDEN.has(key));
  const createPlot = () =>
    new uPlot(
      {
        ...size,
        legend: { show: false },
        cursor: { show: false },
        padding: [0, 0, 0, 0],
        scales: { x: { time: false, auto: false }, y: { auto: false } },
        axes: [{ show: false }, { show: false }],
        series: [
          {},
          ...series.map(({ hue, widthPx, dash, fill }) => ({
            stroke: palette[hue],
            width: widthPx,
            dash: [...dash],
            points: { show: false },
            ...(fill > 0 ? { fill: translucent(palette[hue], fill) } : {}),
          })),
        ],
      },
      [[], ...series.map(() => [])],
      stage,
    );
  const plot = createPlot();
  const rawPlot = createPlot();
  const read = (context: CanvasRenderingContext2D | null) => {
    if (withRaster) context?.getImageData(0, 0, 1, 1);
  };
  const results: RedrawPair[] = [];
  const { endMs } = source;
  for (const windowMs of [endMs, endMs / 10, endMs / 100, endMs / 1_000, 1_000]) {
    const reduceMs: number[] = [];
    const heaplineMs: number[] = [];
    const uplotMs: number[] = [];
    const uplotRawMs: number[] = [];
    let points = 0;
    let rawRows = 0;
    for (let pair = 0; pair < pairs; pair++) {
      // Another stretch each time, as in panning.
      const fromMs = windowMs === endMs ? 0 : (endMs - windowMs) * (0.2 + (0.5 * pair) / pairs);
      const scale = createTimeScale(fromMs, fromMs + windowMs, size.width);
      const top = highestOf(curves.shapes(scale, HIDDEN)) * 1.03;
      const visible = [...curves.shapes(scale, HIDDEN).values()].map(({ shape }) => pointsOf(shape, scale));
      points = visible.reduce((sum, line) => sum + line.length, 0);
      const reduced = aligned(visible);
      const rows = visibleRows(source, series, scale.fromMs, scale.toMs);
      rawRows = rows[0]?.length ?? 0;

      const drawHeapline = () => {
        const startedAt = performance.now();
        const shapes = curves.shapes(scale, HIDDEN);
        const axis = { scale, zeroY: size.height, pixelsPerUnit: size.height / (highestOf(shapes) * 1.03) };
        const reducedAt = performance.now();
        chart.draw(
          series.flatMap(({ key, hue, widthPx, dash, fill }, order): Curve[] => {
            const shape = shapes.get(key)?.shape;
            return shape === undefined ? [] : [{ ...axis, shape, color: palette[hue], widthPx, dash, fill, order }];
          }),
          size,
        );
        read(canvas.getContext('2d'));
        heaplineMs.push(performance.now() - startedAt);
        reduceMs.push(reducedAt - startedAt);
      };
      const drawPlot = (target: uPlot, data: uPlot.AlignedData, times: number[]) => {
        const startedAt = performance.now();
        target.batch(() => {
          target.setData(data, false);
          target.setScale('x', { min: scale.fromMs, max: scale.toMs });
          target.setScale('y', { min: 0, max: top });
        });
        read(target.ctx);
        times.push(performance.now() - startedAt);
      };
      const turns = [drawHeapline, () => drawPlot(plot, reduced, uplotMs), () => drawPlot(rawPlot, rows, uplotRawMs)];
      // Whoever is first in one pair is last in another.
      for (let turn = 0; turn < turns.length; turn++) {
        turns[(turn + pair) % turns.length]?.();
        await new Promise((frame) => requestAnimationFrame(frame));
      }
    }
    results.push({
      windowMs,
      points,
      rawRows,
      reduceMs: median(reduceMs),
      heaplineMs: median(heaplineMs),
      uplotMs: median(uplotMs),
      uplotRawMs: median(uplotRawMs),
    });
  }
  plot.destroy();
  rawPlot.destroy();
  chart[Symbol.dispose]();
  stage.remove();
  return results;
}

/** The points that uPlot needs to draw the same: of a pixel column its lowest and its highest. */
function pointsOf(shape: CurveShape, scale: TimeScale): readonly Point[] {
  if (shape.kind === 'points') return shape.points;
  const columns = shape.low.length;
  return Array.from({ length: columns * 2 }, (_, index) => {
    const column = index >> 1;
    const values = index % 2 === 0 ? shape.low : shape.high;
    return { x: scale.timeAt(((column + 0.5) * scale.width) / columns), y: values[column] ?? NaN };
  });
}

/** One list of times for all lines, as uPlot wants it: nearly always they have the same ones. */
function aligned(lines: readonly (readonly { readonly x: number; readonly y: number }[])[]): uPlot.AlignedData {
  const tables = lines.map((points): uPlot.AlignedData => [
    points.map(({ x }) => x),
    points.map(({ y }) => (Number.isNaN(y) ? null : y)),
  ]);
  const [first] = tables;
  const isSame = tables.every(
    ([times]) => times.length === first?.[0].length && times.every((time, index) => time === first[0][index]),
  );
  if (first === undefined || !isSame) return uPlot.join(tables);
  return [first[0], ...tables.map(([, values]) => values ?? [])];
}

function visibleRows(
  { samples }: RunStream,
  series: readonly { readonly column: keyof RunStream['samples'] }[],
  fromMs: number,
  toMs: number,
): uPlot.AlignedData {
  const from = Math.max(0, lowerBound(samples.atMs, fromMs) - 1);
  const to = Math.min(samples.atMs.length, lowerBound(samples.atMs, toMs) + 1);
  return [
    samples.atMs.values.subarray(from, to),
    ...series.map(({ column }) =>
      Array.from(samples[column].values.subarray(from, to), (value) => (Number.isNaN(value) ? null : value)),
    ),
  ];
}

let fetched: Uint8Array[] = [];

window.timelineBench = {
  async fetchFrames(url) {
    fetched = await fetchFrames(url);
  },
  async openFrames(isStamped) {
    const frames = fetched;
    fetched = [];
    const target = createRunStream();
    let decodeMs = 0;
    let parseMs = 0;
    let applyMs = 0;
    let bytes = 0;
    const startedAt = performance.now();
    if (isStamped) {
      let at = startedAt;
      for (const frame of frames) {
        bytes += frame.length;
        const message = decodeFrame(frame);
        const decodedAt = performance.now();
        const group = groupOf(message);
        const parsedAt = performance.now();
        target.applyGroup(group);
        decodeMs += decodedAt - at;
        parseMs += parsedAt - decodedAt;
        at = performance.now();
        applyMs += at - parsedAt;
      }
    } else {
      for (const frame of frames) {
        bytes += frame.length;
        target.applyGroup(groupOf(decodeFrame(frame)));
      }
    }
    const appliedAt = performance.now();
    await show(target);
    await presented();
    const presentedAt = performance.now();
    return {
      frames: frames.length,
      bytes,
      events: target.eventCount,
      decodeMs,
      parseMs,
      applyMs,
      firstFrameMs: presentedAt - appliedAt,
      totalMs: presentedAt - startedAt,
    };
  },
  async openSocket(url, runId) {
    const startedAt = performance.now();
    await follow(url, runId, (_, isEnded) => isEnded);
    await presented();
    return { totalMs: performance.now() - startedAt, events: shown?.eventCount ?? 0 };
  },
  async followSocket(url, runId, batches) {
    await follow(url, runId, ({ nextSequence }) => nextSequence >= batches);
    presentations = [];
  },
  liveLatencies(originEpochMs) {
    const toPage = originEpochMs - performance.timeOrigin;
    return {
      fromMessageMs: presentations.map(({ messageMs, presentedMs }) => presentedMs - messageMs),
      fromFirstCallbackMs: presentations.map(
        ({ firstCallbackMs, presentedMs }) => presentedMs - (firstCallbackMs + toPage),
      ),
      fromLastCallbackMs: presentations.map(
        ({ lastCallbackMs, presentedMs }) => presentedMs - (lastCallbackMs + toPage),
      ),
    };
  },
  async clear() {
    await show(undefined);
    await presented();
  },
  frames: () => [...drawn],
  forgetFrames() {
    drawn.length = 0;
  },
  get window() {
    return drawnWindow;
  },
  get events() {
    return shown?.eventCount ?? 0;
  },
  redraw,
};
