// The probe: loaded before the program, in the program's thread (`node --require`). Starts the companion, observes every
// FinalizationRegistry, keeps the process through the settle time, and lets nothing recorded be lost at exit.
// Loaded again in the program's own workers, where it does nothing: those run unobserved.

import { channel } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { isMainThread, MessageChannel, Worker } from 'node:worker_threads';
import type { ObserverOptions } from '../protocol/observer-message.ts';
import { OBSERVER_ENVIRONMENT_VARIABLE } from '../protocol/observer-environment.ts';
import { describeError } from './describe-error.ts';
import type { CompanionData, ProbeMessage } from './probe-message.ts';
import { superviseExit } from './exit-supervisor.ts';
import { showInOwnRealm } from './garbage-collector.ts';
import { createHeapSnapshots } from './heap-snapshot.ts';
import { startHeartbeat } from './heartbeat.ts';
import { observeRegistries, type ObserverWarning } from './observed-registry.ts';
import { observeCollectionsUntil, observeCollectionsWhenIdle, observeMarks } from './performance-entries.ts';
import { forgetLoading, withoutTicks } from './own-traces.ts';
import { createRowWriter } from './row-writer.ts';
import { Cell, Clock, createSharedColumns, State } from './shared-columns.ts';
import { createSiteRecorder } from './site-recorder.ts';
import { threadHasInspector } from './thread-inspector.ts';
import { watchUnobservedParts } from './unobserved-parts.ts';

/** The program goes on without its observer rather than wait longer than this for it, where it has to. */
const COMPANION_START_LIMIT_MS = 8_000;
/** The second minor collection of an empty heap takes 0.05 to 0.5 ms. */
const ALIGNING_COLLECTION_LIMIT_MS = 0.6;
const MAXIMUM_ALIGNING_COLLECTIONS = 12;

function observe(optionsJson: string): void {
  const options = JSON.parse(optionsJson) as Pick<
    ObserverOptions,
    'settleMs' | 'settlesInLoop' | 'traceCollections' | 'snapshotPath'
  >;
  const now = performance.now.bind(performance);
  const columns = createSharedColumns();
  const { control, clock } = columns;
  clock[Clock.hrtimeOffset] = Number(process.hrtime.bigint()) / 1e6 - now();

  const snapshots = createHeapSnapshots(columns, now);
  const garbageCollect = showInOwnRealm(() => snapshots.writeWanted);
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
    // V8 takes its code cache for code of other flags, and compiles Node's own modules anew, in the companion as well. So the
    // companion turns it on for good, when it has loaded.
    setFlagsFromString('--no-trace-gc');
  }

  const { port1: port, port2: companionPort } = new MessageChannel();
  // Bound now: the program may replace the method.
  const postMessage = port.postMessage.bind(port);
  const tell = (message: ProbeMessage) => postMessage(message);
  const companionData: CompanionData = {
    columns: columns.buffer,
    optionsJson,
    port: companionPort,
    shownIn: threadHasInspector() ? 'own-realm' : 'nowhere',
  };
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
    return;
  }
  companion.unref();
  port.unref();
  // Without a listener an error inside the companion would be thrown in the program. The session notices by the
  // connection that closes; the program goes on.
  companion.on('error', () => Atomics.store(control, Cell.state, State.unavailable));

  const rows = createRowWriter(columns, now, { connectLimitMs: COMPANION_START_LIMIT_MS });
  const sites = createSiteRecorder((site) => tell({ type: 'site', site }));
  const warn = (warning: ObserverWarning) => tell({ type: 'warning', atMs: now(), ...warning });

  const registries = observeRegistries(globalThis, rows, sites, warn);
  const unobserved = watchUnobservedParts(warn, registries.hasRegistrations);
  const marks = observeMarks(tell);
  if (options.traceCollections) observeCollectionsUntil(() => clock[Clock.tracedSince]!, tell);
  else observeCollectionsWhenIdle(tell);
  channel('heapline:picture').subscribe((picture) => {
    try {
      tell({ type: 'picture', picture: picture as (ProbeMessage & { type: 'picture' })['picture'], atMs: now() });
    } catch {
      // It cannot be cloned, so it is no picture. An error here would be the program's.
    }
  });
  process.on('uncaughtExceptionMonitor', (error: unknown, origin) => {
    tell({ type: 'uncaught', atMs: now(), origin, error: describeError(error) });
    // Where a handler throws as well, the process ends without a word.
    rows.waitForConnection();
  });
  const { beat } = startHeartbeat(columns, rows, now, undefined, unobserved.look);
  const tellHeap = heapTeller(tell, now);
  superviseExit({
    columns,
    now,
    startLimitMs: COMPANION_START_LIMIT_MS,
    waitForConnection: rows.waitForConnection,
    settleMs: options.settleMs,
    settlesInLoop: options.settlesInLoop === true,
    beat,
    tellLast() {
      rows.settleTimes();
      marks.tellPending();
      unobserved.tellPending();
      registries.tellPending();
      tellHeap();
      clock[Clock.endedAt] = now();
      tell({ type: 'exiting' });
    },
    tellExitCall: (exitCode, call) => tell({ type: 'exit-called', atMs: now(), exitCode, ...call }),
    tellLateError(error) {
      const { name, message } = describeError(error);
      warn({
        code: 'late-callback-failed',
        message:
          `A cleanup callback that ran during the settle time failed with ${name}: ${message}. ` +
          'A process of its own would have ended before, so the error changes neither output nor exit code here.',
      });
    },
    writeLastSnapshot: () => tell({ type: 'last-snapshot', problem: snapshots.writeLast(options.snapshotPath ?? '') }),
  });

  clock[Clock.heartbeat] = now();
  clock[Clock.programStart] = now();
  Atomics.store(control, Cell.hasBegun, 1);
  Atomics.notify(control, Cell.hasBegun);
  // The curve begins where the program does; the companion is still starting.
  tellHeap();
}

/** Makes what tells how the heap is now. */
function heapTeller(tell: (message: ProbeMessage) => void, now: () => number): () => void {
  const readHeap = getHeapStatistics;
  const readResident = process.memoryUsage.rss;
  return () => {
    const { used_heap_size, total_heap_size, external_memory } = readHeap();
    tell({
      type: 'sample',
      atMs: now(),
      usedBytes: used_heap_size,
      totalBytes: total_heap_size,
      externalBytes: external_memory,
      rssBytes: readResident(),
    });
  };
}

forgetLoading(__filename);
const optionsJson = process.env[OBSERVER_ENVIRONMENT_VARIABLE];
if (optionsJson !== undefined) {
  // The program, and its children, must not find it.
  delete process.env[OBSERVER_ENVIRONMENT_VARIABLE];
  if (isMainThread) observe(optionsJson);
}
