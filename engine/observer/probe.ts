// The probe: loaded before the program, in the program's thread (`node --require`). Starts the companion, observes every
// FinalizationRegistry, keeps the process through the settle time, and lets nothing recorded be lost at exit.
// Loaded again in the program's own workers, where it does nothing: those run unobserved.

import { channel } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { performance, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, MessageChannel, Worker } from 'node:worker_threads';
import { OBSERVER_ENVIRONMENT_VARIABLE } from '../protocol/observer-environment.ts';
import type { CompanionData, ProbeMessage } from './probe-message.ts';
import { superviseExit } from './exit-supervisor.ts';
import { observeRegistries } from './observed-registry.ts';
import { createRowWriter, type RowWriter } from './row-writer.ts';
import { Cell, Clock, createSharedColumns, State, type SharedColumns } from './shared-columns.ts';
import { createSiteRecorder } from './site-recorder.ts';

/** The program starts without its observer rather than wait longer than this for it. */
const COMPANION_START_LIMIT_MS = 8_000;
const HEARTBEAT_MS = 20;
/** The second minor collection of an empty heap takes 0.05 to 0.5 ms. */
const ALIGNING_COLLECTION_LIMIT_MS = 0.6;
const MAXIMUM_ALIGNING_COLLECTIONS = 12;
/** UTF-16 units of a mark's name, and of each part of an error, that are told. */
const MAXIMUM_NAME_LENGTH = 1_000;
const MAXIMUM_TEXT_LENGTH = 65_536;

type GarbageCollect = (options?: { type: 'minor' }) => void;

/** Removes `--require <this file>` from what the program sees, and what `fork` would hand to its children. */
function forgetOwnFlag(): void {
  const flag = process.execArgv.indexOf(__filename);
  if (flag > 0) process.execArgv.splice(flag - 1, 2);
}

function observe(optionsJson: string): void {
  const options = JSON.parse(optionsJson) as { settleMs: number; traceCollections: boolean };
  const now = performance.now.bind(performance);
  const columns = createSharedColumns();
  const { control, clock } = columns;
  clock[Clock.hrtimeOffset] = Number(process.hrtime.bigint()) / 1e6 - now();

  const garbageCollect = revealGarbageCollector();
  if (options.traceCollections) {
    setFlagsFromString('--trace-gc');
    // The first traced line is this isolate's, before there is any other, and tells its address. The last aligns the
    // clocks, so it must not have been interrupted: a quick one is sought.
    let lines = 0;
    let startedAt: number;
    let endedAt: number;
    do {
      startedAt = now();
      garbageCollect({ type: 'minor' });
      endedAt = now();
      lines++;
    } while (endedAt - startedAt > ALIGNING_COLLECTION_LIMIT_MS && lines < MAXIMUM_ALIGNING_COLLECTIONS);
    clock[Clock.ownTraceLines] = lines;
    clock[Clock.ownTraceEndedAt] = endedAt;
  }

  const { port1: port, port2: companionPort } = new MessageChannel();
  const tell = (message: ProbeMessage) => port.postMessage(message);
  const companionData: CompanionData = { columns: columns.buffer, optionsJson, port: companionPort };
  const companion = new Worker(join(__dirname, 'companion.cjs'), {
    execArgv: [],
    workerData: companionData,
    transferList: [companionPort],
    name: 'heapline-companion',
    trackUnmanagedFds: false,
  });
  companion.unref();
  port.unref();
  // Without a listener an error inside the companion would be thrown in the program. The session notices by the
  // connection that closes; the program goes on.
  companion.on('error', () => Atomics.store(control, Cell.state, State.unavailable));

  const rows = createRowWriter(columns, now);
  const sites = createSiteRecorder((site) => tell({ type: 'site', site }));

  const isReady = waitForCompanion(control, garbageCollect, now);
  if (!isReady) return;

  observeRegistries(globalThis, rows, sites);
  const tellPendingMarks = observeMarks(tell);
  if (!options.traceCollections) observeCollectionsWhenIdle(tell);
  channel('heapline:picture').subscribe((picture) =>
    tell({ type: 'picture', picture: picture as (ProbeMessage & { type: 'picture' })['picture'], atMs: now() }),
  );
  process.on('uncaughtExceptionMonitor', (error: unknown, origin) => {
    tell({ type: 'uncaught', atMs: now(), origin, error: describeError(error) });
  });
  startHeartbeat(columns, rows, now);
  superviseExit({
    columns,
    now,
    settleMs: options.settleMs,
    tellLast() {
      rows.settleTimes();
      tellPendingMarks();
      tell({ type: 'exiting' });
    },
  });

  clock[Clock.heartbeat] = now();
  clock[Clock.programStart] = now();
  Atomics.store(control, Cell.state, State.started);
  Atomics.notify(control, Cell.state);
}

/** V8's `gc`, without leaving it in any realm of the program's. */
function revealGarbageCollector(): GarbageCollect {
  setFlagsFromString('--expose-gc');
  const garbageCollect = runInNewContext('gc') as GarbageCollect;
  setFlagsFromString('--no-expose-gc');
  return garbageCollect;
}

/**
 * Waits until the companion is connected to the session and to this thread's inspector. Meanwhile it can fetch
 * `garbageCollect` from a symbol of `process`, to call it later even while this thread is blocked.
 */
function waitForCompanion(control: Int32Array, garbageCollect: GarbageCollect, now: () => number): boolean {
  const key = Symbol.for('heapline.companion');
  Object.defineProperty(process, key, {
    value: { garbageCollect, externalBytes: () => getHeapStatistics().external_memory },
    configurable: true,
  });
  const startedAt = now();
  const isWithinLimit = () => now() - startedAt < COMPANION_START_LIMIT_MS;
  while (Atomics.load(control, Cell.state) === State.starting && isWithinLimit()) {
    Atomics.wait(control, Cell.state, State.starting, 10);
  }
  // A loop, for a few milliseconds: V8 serves the inspector's requests at its back edges, but not inside a wait.
  while (Atomics.load(control, Cell.state) === State.connected && isWithinLimit());
  delete (process as unknown as Record<symbol, unknown>)[key];
  if (Atomics.load(control, Cell.state) === State.ready) return true;
  // Too late: the companion lets go of what it has by now.
  Atomics.store(control, Cell.state, State.unavailable);
  Atomics.notify(control, Cell.state);
  return false;
}

/** Writes down that the thread turns, and allocates where the policy asks for pressure. Never keeps the process alive. */
function startHeartbeat({ control, clock }: SharedColumns, rows: RowWriter, now: () => number): void {
  const survivors: unknown[][] = [];
  const beat = () => {
    clock[Clock.heartbeat] = now();
    rows.settleTimes();
    const megabytes = control[Cell.pressureMegabytes]!;
    if (megabytes === 0) {
      survivors.length = 0;
      return;
    }
    // Arrays of a kibibyte that live for a few beats: long enough to be promoted, so that V8 has to mark and compact.
    const generation: unknown[] = [];
    for (let count = megabytes * 1_024; count > 0; count--) generation.push(new Array(128).fill(count));
    survivors.push(generation);
    if (survivors.length > 6) survivors.shift();
  };
  setInterval(beat, HEARTBEAT_MS).unref();
}

/**
 * The program's own marks and measures, told when the thread turns, with their exact times.
 * Returns a function that tells those which were not told yet.
 */
function observeMarks(tell: (message: ProbeMessage) => void): () => void {
  const report = (entries: PerformanceEntry[]) => {
    for (const entry of entries) {
      tell({
        type: 'mark',
        kind: entry.entryType === 'measure' ? 'measure' : 'mark',
        name: String(entry.name).slice(0, MAXIMUM_NAME_LENGTH),
        atMs: entry.startTime,
        durationMs: entry.duration,
      });
    }
  };
  const observer = new PerformanceObserver((list) => report(list.getEntries()));
  observer.observe({ entryTypes: ['mark', 'measure'] });
  return () => report(observer.takeRecords());
}

/** Collections by way of `perf_hooks`: exact, but only once the thread turns, and without heap sizes. */
function observeCollectionsWhenIdle(tell: (message: ProbeMessage) => void): void {
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind, flags } = (entry as PerformanceEntry & { detail: { kind: number; flags: number } }).detail;
      tell({ type: 'collection', startMs: entry.startTime, pauseMs: entry.duration, kind, flags });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
}

/** What is thrown may be any size; a message of it must not be. */
const clip = (text: unknown) => String(text).slice(0, MAXIMUM_TEXT_LENGTH);

function describeError(error: unknown): { name: string; message: string; stack: string } {
  // The thrown value is the program's: anything may be odd about it.
  try {
    if (error instanceof Error) {
      return { name: clip(error.name), message: clip(error.message), stack: clip(error.stack ?? '') };
    }
    return { name: typeof error, message: clip(error), stack: '' };
  } catch {
    return { name: typeof error, message: 'The thrown value cannot be described.', stack: '' };
  }
}

const optionsJson = process.env[OBSERVER_ENVIRONMENT_VARIABLE];
if (optionsJson !== undefined) {
  // The program, and its children, must not find it.
  delete process.env[OBSERVER_ENVIRONMENT_VARIABLE];
  forgetOwnFlag();
  if (isMainThread) observe(optionsJson);
}
