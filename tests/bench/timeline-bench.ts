// Measures the timeline with the recording of a long run, in a real browser with software rendering: `npm run
// bench:timeline`. How fast ten million events open, zoom and stream, what they weigh, and what a redraw costs beside uPlot.
// `-- --only open,zoom,memory,redraw,socket,live` takes a part of it; `--steady` the recording in many small batches.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import type { DrawnFrame } from '../../renderer/dev/timeline-bench-page.ts';
import { serveTimelinePage } from '../../renderer/dev/timeline-server.ts';
import { launchBrowser } from '../e2e/browser.ts';
import { createLiveBatches, hourRecording } from './hour-recording.ts';
import { serveRecordings, type RecordingServer } from './recording-server.ts';

const EVENTS = 10_000_000;
const HOUR_MS = 3_600_000;
const OPEN_BAR_MS = 3_000;
const FRAME_BAR_MS = 16.7;
const LATENCY_BAR_MS = 150;
const BYTES_BAR = 48;
const REDRAW_BAR = 2.5;
const LIVE_BASE_EVENTS = 1_000_000;
const LIVE_EVENTS_PER_SECOND = 100_000;
const LIVE_SECONDS = 10;
const DRAIN_INTERVAL_MS = 20;
const REDRAW_PAIRS = 31;
const SOCKET_LIMIT_MS = 45_000;
/** Nothing that goes wrong may leave the bench waiting. */
const LONGEST_MS = 300_000;

const PARTS = ['open', 'zoom', 'memory', 'redraw', 'socket', 'live'] as const;
type Part = (typeof PARTS)[number];

const { values: words } = parseArgs({
  options: {
    only: { type: 'string', default: PARTS.join(',') },
    /** Registrations in every tick of the hour instead of bursts. */
    steady: { type: 'boolean', default: false },
    /** Millions of events, to try the bench out. */
    millions: { type: 'string', default: String(EVENTS / 1e6) },
  },
});
const wanted = new Set(words.only.split(','));
const unknown = [...wanted].find((part) => !PARTS.some((known) => known === part));
if (unknown !== undefined) throw new Error(`There is no part ${unknown}: ${PARTS.join(', ')}.`);
const takes = (part: Part) => wanted.has(part);
const registrations = Math.round((Number(words.millions) * 1e6) / 2);

interface Row {
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  readonly isMet: boolean;
}
const rows: Row[] = [];
function row(what: string, bar: string, measured: string, isMet: boolean): void {
  rows.push({ what, bar, measured, isMet });
  console.info(`  ${what}: ${measured}`);
}
const note = (what: string, measured: string) => row(what, '', measured, true);
const milliseconds = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
const share = (values: readonly number[], part: number) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
};

async function openBenchPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 900 }, locale: 'en-US' });
  page.on('pageerror', (error) => {
    console.error(error);
    process.exitCode = 1;
  });
  await page.goto(url);
  await page.waitForFunction(() => window.timelineBench !== undefined);
  return page;
}

async function measureOpening(page: Page, url: string, isStamped: boolean): Promise<void> {
  await page.evaluate((address) => window.timelineBench.fetchFrames(address), url);
  const pid = await pagePid(page);
  const threadBeforeMs = threadMilliseconds(pid);
  const opened = await page.evaluate((stamped) => window.timelineBench.openFrames(stamped), isStamped);
  const threadMs = threadMilliseconds(pid) - threadBeforeMs;
  const ofIt = `on a core for ${milliseconds(threadMs)}`;
  if (isStamped) {
    note(
      '  of it, in another page with a clock read at each step',
      `decode ${milliseconds(opened.decodeMs)}, parse ${milliseconds(opened.parseMs)}, apply ${milliseconds(opened.applyMs)}, ` +
        `first frame ${milliseconds(opened.firstFrameMs)}; in all ${milliseconds(opened.totalMs)}, ${ofIt}`,
    );
    return;
  }
  const megabytes = (opened.bytes / 1e6).toFixed(0);
  row(
    `open ${millions(opened.events)} events in ${opened.frames} frames of ${megabytes} MB`,
    `≤ ${OPEN_BAR_MS} ms`,
    `${milliseconds(opened.totalMs)} (${ofIt})`,
    opened.totalMs <= OPEN_BAR_MS,
  );
}

const millions = (events: number) => `${(events / 1e6).toFixed(2)} million`;

/** Of the only page that is open: its renderer is the one with the most memory, others are spare. */
async function pagePid(page: Page): Promise<number> {
  const system = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await system.send('SystemInfo.getProcessInfo');
  await system.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  return renderers.sort((a, b) => residentBytesOf(b) - residentBytesOf(a))[0] ?? NaN;
}

/** How long the page's own thread has been on a core: what the page takes, whatever else the machine does. */
function threadMilliseconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
    const TICK_MS = 10;
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    // There is no /proc.
    return NaN;
  }
}

const framesOf = (page: Page): Promise<readonly DrawnFrame[]> => page.evaluate(() => window.timelineBench.frames());
const forget = (page: Page) => page.evaluate(() => window.timelineBench.forgetFrames());

/** Wheel events as fast as frames come, dispatched in the page: `deltaX` pans and `deltaY` zooms. */
function wheelInPage(page: Page, at: { x: number; y: number }, steps: readonly { deltaX: number; deltaY: number }[]) {
  return page.evaluate(
    async ([{ x, y }, all]) => {
      const target = document.elementFromPoint(x, y);
      for (const { deltaX, deltaY } of all) {
        target?.dispatchEvent(
          new WheelEvent('wheel', { clientX: x, clientY: y, deltaX, deltaY, bubbles: true, cancelable: true }),
        );
        await new Promise((frame) => requestAnimationFrame(frame));
      }
    },
    [at, steps] as const,
  );
}

const repeated = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

async function measureZooming(page: Page): Promise<void> {
  await forget(page);
  const box = await page.locator('.timeline .lifelines-plot').boundingBox();
  if (box === null) throw new Error('The timeline has no lifelines.');
  const all: DrawnFrame[] = [];
  // A place in the part in which few objects live at once, one in the leaky part, and one near the end.
  for (const portion of [0.101, 0.43, 0.93]) {
    const at = { x: Math.round(box.x + box.width * portion), y: Math.round(box.y + box.height / 2) };
    await page.mouse.move(at.x, at.y);
    // In by a real wheel, with a real drag to either side at every few steps.
    for (let step = 0; step < 60; step++) {
      await page.mouse.wheel(0, -240);
      if (step % 6 !== 0) continue;
      await page.mouse.down();
      await page.mouse.move(at.x - 40, at.y, { steps: 4 });
      await page.mouse.move(at.x, at.y, { steps: 4 });
      await page.mouse.up();
      const { fromMs, toMs } = await page.evaluate(() => window.timelineBench.window);
      if (toMs - fromMs < 0.05) break;
    }
    // Out again with a step for every frame, and to both sides at each level.
    for (let level = 0; level < 30; level++) {
      await wheelInPage(page, at, [
        ...repeated(5, { deltaX: 30, deltaY: 0 }),
        ...repeated(5, { deltaX: -30, deltaY: 0 }),
        ...repeated(4, { deltaX: 0, deltaY: 100 }),
      ]);
      const { fromMs, toMs } = await page.evaluate(() => window.timelineBench.window);
      if (toMs - fromMs > HOUR_MS * 0.99) break;
    }
    all.push(...(await framesOf(page)));
    await forget(page);
    await page.keyboard.press('0');
    await page.waitForTimeout(400);
  }
  const worksMs = all.map(({ workMs }) => workMs);
  const decades = Map.groupBy(all, ({ windowMs }) => Math.floor(Math.log10(windowMs)));
  for (const [decade, frames] of [...decades].sort(([a], [b]) => b - a)) {
    const works = frames.map(({ workMs }) => workMs);
    row(
      `zoom and pan, window from ${lengthText(10 ** decade)}: work of ${frames.length} frames, p95`,
      `≤ ${FRAME_BAR_MS} ms`,
      `${milliseconds(share(works, 0.95))} (p50 ${milliseconds(share(works, 0.5))}, longest ${milliseconds(share(works, 1))}; ` +
        `with layout and paint p95 ${milliseconds(
          share(
            frames.map(({ wholeMs }) => wholeMs),
            0.95,
          ),
        )})`,
      share(works, 0.95) <= FRAME_BAR_MS,
    );
  }
  const p95Ms = share(worksMs, 0.95);
  row(
    `the same at all zooms, ${all.length} frames`,
    `≤ ${FRAME_BAR_MS} ms`,
    milliseconds(p95Ms),
    p95Ms <= FRAME_BAR_MS,
  );
}

function lengthText(windowMs: number): string {
  if (windowMs >= 60_000) return `${(windowMs / 60_000).toFixed(0)} min`;
  if (windowMs >= 1_000) return `${windowMs / 1_000} s`;
  return windowMs >= 1 ? `${windowMs} ms` : `${(windowMs * 1_000).toFixed(0)} µs`;
}

interface Memory {
  readonly heapBytes: number;
  readonly bufferBytes: number;
  readonly residentBytes: number;
}

/** Of the page's own process, after all garbage was collected. */
async function memoryOf(page: Page): Promise<Memory> {
  const session = await page.context().newCDPSession(page);
  for (let round = 0; round < 3; round++) {
    await session.send('HeapProfiler.collectGarbage');
    await page.waitForTimeout(150);
  }
  const usage: { usedSize: number; backingStorageSize?: number } = await session.send('Runtime.getHeapUsage');
  const residentBytes = residentBytesOf(await pagePid(page));
  await session.detach();
  return { heapBytes: usage.usedSize, bufferBytes: usage.backingStorageSize ?? NaN, residentBytes };
}

function residentBytesOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) * 1_024;
  } catch {
    // There is no /proc, or the process has just ended.
    return 0;
  }
}

async function measureMemory(page: Page, before: Memory): Promise<void> {
  const events = await page.evaluate(() => window.timelineBench.events);
  const after = await memoryOf(page);
  const perEvent = (bytes: number) => `${(bytes / events).toFixed(1)} bytes`;
  const held = after.heapBytes + after.bufferBytes - before.heapBytes - before.bufferBytes;
  const resident = after.residentBytes - before.residentBytes;
  row(
    'memory an event: heap and array buffers after a collection',
    `≤ ${BYTES_BAR} bytes`,
    `${perEvent(held)} (buffers ${perEvent(after.bufferBytes - before.bufferBytes)})`,
    held / events <= BYTES_BAR,
  );
  row(
    'memory an event: growth of the resident process',
    `≤ ${BYTES_BAR} bytes`,
    perEvent(resident),
    resident / events <= BYTES_BAR,
  );
}

async function measureRedraw(page: Page): Promise<void> {
  for (const withRaster of [false, true]) {
    const pairs = await page.evaluate(([count, raster]) => window.timelineBench.redraw(count, { withRaster: raster }), [
      REDRAW_PAIRS,
      withRaster,
    ] as const);
    for (const { windowMs, points, rawRows, reduceMs, heaplineMs, uplotMs, uplotRawMs } of pairs) {
      const ratio = heaplineMs / uplotMs;
      const what = `redraw of the heap, ${lengthText(windowMs)}, ${points} points${withRaster ? ', with its raster' : ''}`;
      row(
        what,
        `≤ ${REDRAW_BAR} × uPlot`,
        `${ratio.toFixed(2)} × (${heaplineMs.toFixed(2)} ms, of it reduction ${reduceMs.toFixed(2)}; uPlot ${uplotMs.toFixed(2)} ms; ` +
          `uPlot with all ${rawRows} rows ${uplotRawMs.toFixed(2)} ms)`,
        ratio <= REDRAW_BAR,
      );
    }
  }
}

async function measureSocket(page: Page, server: RecordingServer): Promise<void> {
  const url = `ws://${server.origin}/socket`;
  const opening = page.evaluate((address) => window.timelineBench.openSocket(address, 'hour'), url);
  const late = AbortSignal.timeout(SOCKET_LIMIT_MS);
  const opened = await Promise.race([
    opening,
    new Promise<undefined>((resolve) => late.addEventListener('abort', () => resolve(undefined))),
  ]);
  const events = await page.evaluate(() => window.timelineBench.events);
  // The page is closed while it still opens.
  opening.catch(() => {});
  row(
    'the same from a host, by HTTP and a WebSocket',
    `≤ ${OPEN_BAR_MS} ms`,
    opened === undefined
      ? `${millions(events)} events within ${SOCKET_LIMIT_MS / 1_000} s`
      : `${millions(events)} events in ${milliseconds(opened.totalMs)}`,
    opened !== undefined && opened.totalMs <= OPEN_BAR_MS,
  );
}

async function measureLive(page: Page, server: RecordingServer): Promise<void> {
  const durationMs = 60_000;
  const base = LIVE_BASE_EVENTS / 2;
  const before = [...hourRecording({ registrations: base, durationMs, busyShare: 1 })].filter(
    ({ type }) => type !== 'ended' && type !== 'verdicts',
  );
  const run = server.serve('live', before);
  await page.evaluate(([url, batches]) => window.timelineBench.followSocket(url, 'live', batches), [
    `ws://${server.origin}/socket`,
    before.length,
  ] as const);
  const box = await page.locator('.timeline .heap-plot').boundingBox();
  if (box === null) throw new Error('The timeline has no heap.');
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2);
  await page.waitForTimeout(300);
  await forget(page);
  const eventsBefore = await page.evaluate(() => window.timelineBench.events);
  const next = createLiveBatches(base + 1, LIVE_EVENTS_PER_SECOND);
  const startedAt = performance.now();
  const originEpochMs = performance.timeOrigin + startedAt - durationMs;
  let sentToMs = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = Math.min(performance.now() - startedAt, LIVE_SECONDS * 1_000);
      while (sentToMs + DRAIN_INTERVAL_MS <= elapsedMs) {
        for (const batch of next(durationMs + sentToMs, durationMs + sentToMs + DRAIN_INTERVAL_MS)) run.append(batch);
        sentToMs += DRAIN_INTERVAL_MS;
      }
      if (elapsedMs < LIVE_SECONDS * 1_000) return;
      clearInterval(timer);
      resolve();
    }, 4);
  });
  await page.waitForTimeout(500);
  const frames = await framesOf(page);
  const events = (await page.evaluate(() => window.timelineBench.events)) - eventsBefore;
  const latencies = await page.evaluate((origin) => window.timelineBench.liveLatencies(origin), originEpochMs);
  const worksMs = frames.map(({ workMs }) => workMs);
  const expected = LIVE_EVENTS_PER_SECOND * LIVE_SECONDS;
  row(
    `live: events a second for ${LIVE_SECONDS} s`,
    `≥ ${LIVE_EVENTS_PER_SECOND * 0.97}`,
    (events / LIVE_SECONDS).toFixed(0),
    events >= expected * 0.97,
  );
  const p95Ms = share(worksMs, 0.95);
  row(
    `live: frame loop’s work, ${frames.length} frames, p95`,
    `≤ ${FRAME_BAR_MS} ms`,
    `${milliseconds(p95Ms)} (p50 ${milliseconds(share(worksMs, 0.5))}, longest ${milliseconds(share(worksMs, 1))}; ` +
      `with layout and paint p95 ${milliseconds(
        share(
          frames.map(({ wholeMs }) => wholeMs),
          0.95,
        ),
      )})`,
    p95Ms <= FRAME_BAR_MS,
  );
  const tell = (what: string, values: readonly number[]) => {
    const p95 = share(values, 0.95);
    row(
      `live: ${what}, ${values.length} batches, p95`,
      `≤ ${LATENCY_BAR_MS} ms`,
      `${milliseconds(p95)} (p50 ${milliseconds(share(values, 0.5))}, longest ${milliseconds(share(values, 1))})`,
      p95 <= LATENCY_BAR_MS,
    );
  };
  tell('from a batch’s message event to the pixel', latencies.fromMessageMs);
  tell('from the batch’s last callback to the pixel', latencies.fromLastCallbackMs);
  tell('from the batch’s first callback to the pixel', latencies.fromFirstCallbackMs);
}

/** How quick this machine is just now: the other figures mean little without it. */
function measureMachine(): void {
  const count = () => {
    const startedAt = performance.now();
    const values = new Float64Array(1 << 16);
    for (let round = 0; round < 1_000; round++)
      for (let at = 1; at < values.length; at++) values[at] = values[at - 1]! + at;
    return performance.now() - startedAt;
  };
  count();
  const loopMs = Math.min(count(), count(), count());
  const startedAt = performance.now();
  const fresh = new Uint8Array(1 << 28);
  for (let at = 0; at < fresh.length; at += 4_096) fresh[at] = 1;
  const touchMs = performance.now() - startedAt;
  note(
    'this machine just now: 65 million additions; a first write to 256 MiB of fresh memory',
    `${milliseconds(loopMs)}; ${milliseconds(touchMs)}`,
  );
}

function printTable(): void {
  console.info('');
  for (const { what, bar, measured, isMet } of rows) {
    const verdict = bar === '' ? '' : isMet ? 'met' : 'not met';
    console.info(`${what.padEnd(74)}${bar.padEnd(16)}${verdict.padEnd(9)}${measured}`);
  }
}

const limit = setTimeout(() => {
  printTable();
  console.error(`The bench took longer than ${LONGEST_MS / 1_000} s.`);
  process.exit(1);
}, LONGEST_MS);
limit.unref();

{
  await using server = await serveRecordings();
  const pages = await serveTimelinePage({ page: 'timeline-bench' });
  const browser = await launchBrowser();
  try {
    measureMachine();
    const startedAt = performance.now();
    const needsHour = ['open', 'zoom', 'memory', 'redraw', 'socket'].some((part) => wanted.has(part));
    if (needsHour) {
      server.serve('hour', hourRecording({ registrations, durationMs: HOUR_MS, busyShare: words.steady ? 1 : 0.1 }));
      console.info(`The recording took ${milliseconds(performance.now() - startedAt)} to make.`);
    }
    const url = `http://${server.origin}/hour`;
    if (['open', 'zoom', 'memory', 'redraw'].some((part) => wanted.has(part))) {
      const page = await openBenchPage(browser, pages.url);
      const before = await memoryOf(page);
      await measureOpening(page, url, false);
      if (takes('zoom')) await measureZooming(page);
      if (takes('memory')) await measureMemory(page, before);
      if (takes('redraw')) await measureRedraw(page);
      await page.close();
    }
    if (takes('open')) {
      const page = await openBenchPage(browser, pages.url);
      await measureOpening(page, url, true);
      await page.close();
    }
    if (takes('socket')) {
      const page = await openBenchPage(browser, pages.url);
      await measureSocket(page, server);
      await page.close();
    }
    server.forget('hour');
    if (takes('live')) {
      const page = await openBenchPage(browser, pages.url);
      await measureLive(page, server);
      await page.close();
    }
    measureMachine();
  } finally {
    await browser.close();
    await pages.close();
  }
}
clearTimeout(limit);
printTable();
if (!rows.every(({ isMet }) => isMet)) process.exitCode = 1;
