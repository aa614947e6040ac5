// The probe: loaded before the program, in the program's thread (`node --require`). Starts the companion, observes every
// FinalizationRegistry, keeps the process through the settle time, and lets nothing recorded be lost at exit.
// Loaded again in the program's own workers, where it does nothing: those run unobserved.

import { channel } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { isMainThread, MessageChannel, Worker } from 'node:worker_threads';
import { OBSERVER_ENVIRONMENT_VARIABLE } from '../protocol/observer-environment.ts';
import { describeError } from './describe-error.ts';
import type { CompanionData, ProbeMessage } from './probe-message.ts';
import { superviseExit } from './exit-supervisor.ts';
import { revealGarbageCollector, showToCompanion } from './garbage-collector.ts';
import { createHeapSnapshots } from './heap-snapshot.ts';
import { startHeartbeat } from './heartbeat.ts';
import { observeRegistries, type ObserverWarning } from './observed-registry.ts';
import { observeCollectionsWhenIdle, observeMarks } from './performance-entries.ts';
import { forgetLoading, withoutTicks } from './own-traces.ts';
import { createRowWriter } from './row-writer.ts';
import { Cell, Clock, createSharedColumns, State } from './shared-columns.ts';
import { createSiteRecorder } from './site-recorder.ts';

/** The program starts without its observer rather than wait longer than this for it. */
const COMPANION_START_LIMIT_MS = 8_000;
/** The second minor collection of an empty heap takes 0.05 to 0.5 ms. */
const ALIGNING_COLLECTION_LIMIT_MS = 0.6;
const MAXIMUM_ALIGNING_COLLECTIONS = 12;

function observe(optionsJson: string): void {
  const options = JSON.parse(optionsJson) as { settleMs: number; traceCollections: boolean; snapshotPath?: string };
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
  // Bound now: the program may replace the method.
  const postMessage = port.postMessage.bind(port);
  const tell = (message: ProbeMessage) => postMessage(message);
  const companionData: CompanionData = { columns: columns.buffer, optionsJson, port: companionPort };
  let companion: Worker;
  try {
    companion = withoutTicks(
      () =>
        new Worker(join(__dirname, 'companion.cjs'), {
          // What the program's options warn of has been said once. And its own streams, once written to, hold the process.
          execArgv: ['--no-warnings'],
          workerData: companionData,
          transferList: [companionPort],
          name: 'heapline-companion',
          trackUnmanagedFds: false,
          // Or Node would connect them to the program's own streams, which are made when the program first uses them.
          stdout: true,
          stderr: true,
        }),
    );
  } catch {
    // Node's permission model forbids workers, unless it is told otherwise: the program runs as it would alone.
    if (options.traceCollections) setFlagsFromString('--no-trace-gc');
    return;
  }
  companion.unref();
  port.unref();
  // Without a listener an error inside the companion would be thrown in the program. The session notices by the
  // connection that closes; the program goes on.
  companion.on('error', () => Atomics.store(control, Cell.state, State.unavailable));

  const rows = createRowWriter(columns, now);
  const sites = createSiteRecorder((site) => tell({ type: 'site', site }));
  const warn = (warning: ObserverWarning) => tell({ type: 'warning', atMs: now(), ...warning });

  const snapshots = createHeapSnapshots(columns, now);
  const hide = showToCompanion(garbageCollect, snapshots.writeWanted);
  const isReady = waitForCompanion(control, now);
  hide();
  if (!isReady) return;

  observeRegistries(globalThis, rows, sites, warn);
  warnOfWorkers(warn);
  const marks = observeMarks(tell);
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
      marks.tellPending();
      tell({ type: 'exiting' });
    },
    tellExitCall: (exitCode, call) => tell({ type: 'exit-called', atMs: now(), exitCode, ...call }),
    writeLastSnapshot: () => tell({ type: 'last-snapshot', problem: snapshots.writeLast(options.snapshotPath ?? '') }),
  });

  clock[Clock.heartbeat] = now();
  clock[Clock.programStart] = now();
  Atomics.store(control, Cell.state, State.started);
  Atomics.notify(control, Cell.state);
}

/** The program's own workers have realms of their own, into which the observer does not follow. */
function warnOfWorkers(warn: (warning: ObserverWarning) => void): void {
  const workers = channel('worker_threads');
  const tellOnce = () => {
    workers.unsubscribe(tellOnce);
    const message =
      'The program starts workers of its own. Registries in its main thread are observed; those in its workers are not.';
    warn({ code: 'workers-are-not-observed', message });
  };
  workers.subscribe(tellOnce);
}

/**
 * Waits until the companion is connected to the session and to this thread's inspector, and has fetched what it is shown.
 */
function waitForCompanion(control: Int32Array, now: () => number): boolean {
  const startedAt = now();
  const isWithinLimit = () => now() - startedAt < COMPANION_START_LIMIT_MS;
  while (Atomics.load(control, Cell.state) === State.starting && isWithinLimit()) {
    Atomics.wait(control, Cell.state, State.starting, 10);
  }
  // A loop, for a few milliseconds: V8 serves the inspector's requests at its back edges, but not inside a wait.
  while (Atomics.load(control, Cell.state) === State.connected && isWithinLimit());
  if (Atomics.load(control, Cell.state) === State.ready) return true;
  // Too late: the companion lets go of what it has by now.
  Atomics.store(control, Cell.state, State.unavailable);
  Atomics.notify(control, Cell.state);
  return false;
}

forgetLoading(__filename);
const optionsJson = process.env[OBSERVER_ENVIRONMENT_VARIABLE];
if (optionsJson !== undefined) {
  // The program, and its children, must not find it.
  delete process.env[OBSERVER_ENVIRONMENT_VARIABLE];
  if (isMainThread) observe(optionsJson);
}
