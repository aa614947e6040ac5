// The companion: a worker thread with its own event loop beside the program's thread, in the observed process. It samples
// the program's heap through the inspector, drains the shared columns, carries out the GC policy, and talks to the
// session. Because it has its own loop, a program that blocks its thread does not stop the curve.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { createFrameDecoder, encodeFrame, OBSERVER_COMMAND_LIMITS } from '../protocol/frame-codec.ts';
import {
  ObserverCommand,
  ObserverOptions,
  type ObservedBatch,
  type ObserverMessage,
} from '../protocol/observer-message.ts';
import { parseOrThrow } from '../protocol/parse.ts';
import type { RunBatchOf } from '../protocol/run-batch.ts';
import type { GcPolicy } from '../protocol/run-description.ts';
import { assertNever, type CollectionKind } from '../protocol/vocabulary.ts';
import { createBlockedDetector } from './blocked-detector.ts';
import { boundedBatches } from './bounded-messages.ts';
import { capabilitiesOf, type Capabilities } from './capabilities.ts';
import { createColumnDrain } from './column-drain.ts';
import { watchHostProcess } from './host-process.ts';
import { createHeapSampler } from './heap-sampler.ts';
import type { CompanionData, CompanionMessage, ProbeMessage } from './probe-message.ts';
import { connectProgramInspector, hasInspector, type ProgramInspector } from './program-inspector.ts';
import { createSnapshotRequests } from './snapshot-request.ts';
import { Cell, Clock, createSharedColumns, State } from './shared-columns.ts';

const SAMPLE_INTERVAL_MS = 20;
/** How often the ring is looked at: while so many rows come that it could fill before the next look, and otherwise. */
const BUSY_LOOK_INTERVAL_MS = 2;
const LOOK_INTERVAL_MS = 5;
const BUSY_ROWS = 4_096;
/** Fewer rows than that wait for this, so that an hour's run is not cut into millions of batches. */
const DRAIN_INTERVAL_MS = 20;
/** A thread of a watched program that answers at all does it in a few milliseconds. */
const ANSWER_LIMIT_MS = 2_000;
/** The program's thread gets this time to tell what is still pending when it is left. */
const LEAVE_LIMIT_MS = 300;
const MAXIMUM_ERROR_LENGTH = 8_192;
/** While so much waits to be sent, nothing more is drained: the ring, and then the program, waits. */
const MAXIMUM_UNSENT_BYTES = 64 * 1024 * 1024;
/** Marks do not wait: while so much is unsent, further ones are counted only. */
const MAXIMUM_UNSENT_BYTES_FOR_MARKS = 256 * 1024 * 1024;
/** Marks that are collected before they are sent. */
const MAXIMUM_COLLECTED_MARKS = 4_096;

const data = workerData as CompanionData;
const columns = createSharedColumns(data.columns);
const { control, clock } = columns;
const options = parseOrThrow(ObserverOptions, JSON.parse(data.optionsJson));

/** Now, on the program thread's `performance.now`. */
const programNow = () => Number(process.hrtime.bigint()) / 1e6 - clock[Clock.hrtimeOffset]!;
/** Now, in ms since the program's start: the time of everything that is recorded. */
const now = () => programNow() - clock[Clock.programStart]!;

const isUtility = 'electron' in process.versions;
const host = watchHostProcess(options.hostPid, isUtility);

function enterState(state: number): void {
  Atomics.store(control, Cell.state, state);
  Atomics.notify(control, Cell.state);
}

async function main(port: MessagePort): Promise<void> {
  const socket = await connectSocket(options.endpoint);
  let inspector = options.owned ? undefined : await beginInProgram();
  const state = Atomics.load(control, Cell.state);
  // A program that calls `process.exit` at once is exiting before this thread has seen it start.
  if (!options.owned && state !== State.started && state !== State.exiting) {
    inspector?.disconnect();
    socket.destroy();
    enterState(State.flushed);
    return;
  }
  if (options.owned) await untilBegun();
  const promised = capabilitiesWith(
    options.owned && hasInspector(data.shownIn) ? 'expected' : inspector === undefined ? 'missing' : 'connected',
  );

  const signOfLife = () => void Atomics.add(control, Cell.tick, 1);
  const send = (message: ObserverMessage) => {
    if (socket.writable) socket.write(encodeFrame(message), signOfLife);
  };
  const sendBatch = (batch: ObservedBatch) => {
    for (const bounded of boundedBatches(batch)) send({ type: 'observer-batch', batch: bounded });
  };

  send({
    type: 'observer-hello',
    token: options.token,
    programStartHrtimeMs: clock[Clock.programStart]! + clock[Clock.hrtimeOffset]!,
    firstRecordId: Math.max(1, clock[Clock.firstRecord]!),
    gcTrace: options.traceCollections
      ? {
          pid: process.pid,
          ownLines: clock[Clock.ownTraceLines]!,
          ownEndedAtMs: clock[Clock.ownTraceEndedAt]! - clock[Clock.programStart]!,
        }
      : null,
    runtime: describeRuntime(promised),
  });
  // The session has this thread's word. What ends already is not disturbed.
  if (options.owned && move(State.starting, State.started)) inspector = connectProgramInspector(data.shownIn);
  const correct = (isRevealed?: boolean) => {
    const found = capabilitiesWith(inspector === undefined ? 'missing' : 'connected', isRevealed);
    // The promise was made before connecting, and stands in the recording.
    if (JSON.stringify(found) !== JSON.stringify(promised)) sendBatch(describeRuntime(found));
  };
  if (inspector === undefined) correct();
  else void inspector.isRevealed.then(correct);

  const sampler = createHeapSampler({ inspector, now, sendBatch });
  const blocked = createBlockedDetector(sendBatch);
  const drain = createColumnDrain(columns, sendBatch);
  const snapshots = createSnapshotRequests({ columns, inspector, now });
  const policy = createGcPolicyClock();
  let settlingReported = false;
  let newSites: RunBatchOf<'sites'>['items'] = [];
  let newMarks: RunBatchOf<'marks'>['items'] = [];
  let droppedMarks = 0;
  let newWarnings: RunBatchOf<'warning'>[] = [];
  /** Sites before the rows that refer to them. */
  function sendSitesAndMarks(): void {
    if (newSites.length > 0) sendBatch({ type: 'sites', items: newSites });
    if (newMarks.length > 0) sendBatch({ type: 'marks', items: newMarks });
    for (const warning of newWarnings) sendBatch(warning);
    newSites = [];
    newMarks = [];
    newWarnings = [];
  }

  let isExiting = false;
  /** Everything that the probe has told or written so far, in an order in which nothing refers to what comes later. */
  function drainEverything(): void {
    drain.drain(() => {
      for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
        handleProbeMessage(received.message as ProbeMessage);
      }
      sendSitesAndMarks();
    }, isEnding);
    if (!settlingReported && Atomics.load(control, Cell.settling) === 1) {
      settlingReported = true;
      const atMs = clock[Clock.settlingSince]! - clock[Clock.programStart]!;
      sendBatch({ type: 'marks', items: [{ kind: 'settle-started', name: 'program ended', atMs }] });
      send({ type: 'observer-settling', atMs });
    }
    if (isExiting) end();
  }

  function handleProbeMessage(message: ProbeMessage): void {
    const start = clock[Clock.programStart]!;
    switch (message.type) {
      case 'site':
        newSites.push(message.site);
        break;
      case 'warning':
        newWarnings.push({ ...message, atMs: Math.max(0, message.atMs - start) });
        break;
      case 'mark':
        if (socket.writableLength > MAXIMUM_UNSENT_BYTES_FOR_MARKS) {
          droppedMarks++;
          break;
        }
        newMarks.push(describeMark(message, start));
        if (newMarks.length < MAXIMUM_COLLECTED_MARKS) break;
        sendBatch({ type: 'marks', items: newMarks });
        newMarks = [];
        signOfLife();
        break;
      case 'collection':
        sendBatch(collectionBatch(message, start));
        break;
      case 'sample':
        sendBatch(sampleBatch(message, start));
        break;
      case 'picture':
        sendBatch({
          type: 'picture',
          ...message.picture,
          atMs: message.atMs - start,
        });
        break;
      case 'uncaught':
        send({ type: 'observer-uncaught', atMs: message.atMs - start, origin: message.origin, error: message.error });
        break;
      case 'exit-called': {
        const { place } = message;
        newMarks.push({
          kind: 'exit-called',
          name: String(message.exitCode),
          atMs: message.atMs - start,
          ...(place && { place }),
        });
        break;
      }
      case 'exiting':
        isExiting = true;
        break;
      case 'last-snapshot':
        finish(message.problem);
        break;
      default:
        assertNever(message);
    }
  }

  let isCollecting = false;
  function collect(kind: CollectionKind): void {
    // Requests would add up while the thread stands still for a snapshot.
    if (inspector === undefined || snapshots.isWriting) return;
    sendBatch({ type: 'marks', items: [{ kind: 'gc-requested', name: kind, atMs: now() }] });
    isCollecting = true;
    inspector.collectGarbage(kind, () => {
      isCollecting = false;
    });
  }

  /** Applies a policy from now on; replaces the one before. */
  function createGcPolicyClock() {
    let timer: NodeJS.Timeout | undefined;
    const apply = (gcPolicy: GcPolicy, isFirst = false) => {
      clearInterval(timer);
      timer = undefined;
      Atomics.store(control, Cell.pressureMegabytes, 0);
      switch (gcPolicy.kind) {
        case 'none':
          break;
        case 'minor':
        case 'major': {
          const kind = gcPolicy.kind;
          // On a thread that takes longer for one than the interval, there would be nothing else.
          const act = () => {
            if (!isCollecting) collect(kind);
          };
          // The first time counts from the program's start, not from that of this thread.
          const untilFirstMs = isFirst ? Math.max(0, gcPolicy.intervalMs - now()) : gcPolicy.intervalMs;
          timer = setTimeout(() => {
            act();
            timer = setInterval(act, gcPolicy.intervalMs);
          }, untilFirstMs);
          break;
        }
        case 'pressure':
          // The interval is about how often V8 should find a reason to mark and compact: shorter means more garbage.
          Atomics.store(
            control,
            Cell.pressureMegabytes,
            Math.max(1, Math.min(32, Math.round(2_000 / gcPolicy.intervalMs))),
          );
          break;
        default:
          assertNever(gcPolicy.kind);
      }
    };
    apply(options.gcPolicy, true);
    return { apply };
  }

  let isEnding = false;
  /** Sends all that is recorded, whether the program's thread is blocked or not. Nothing is recorded after it. */
  function sendAll(): void {
    isEnding = true;
    clearInterval(sampleTimer);
    clearTimeout(drainTimer);
    policy.apply({ kind: 'none', intervalMs: 500 });
    // Twice: rows whose time was still open at the first look are taken as they are at the second.
    drainEverything();
    drainEverything();
    blocked.finish(now());
    sampler.flush();
    reportWaits();
    if (droppedMarks > 0) {
      const message = `${droppedMarks.toLocaleString('en-US')} marks and measures came faster than they could be sent; they are not recorded.`;
      sendBatch({ type: 'warning', code: 'marks-are-dropped', message, atMs: now() });
    }
  }

  /**
   * The program's exit handlers have run. Sends what is left, lets go of the inspector, and releases the program: at once,
   * or when its thread has written the snapshot that is wanted of its end.
   */
  function end(): void {
    if (isEnding) return;
    sendAll();
    // Or Node would wait for the debugger to disconnect, and say so on standard error.
    inspector?.disconnect();
    const endedAt = clock[Clock.endedAt]!;
    send({
      type: 'observer-ending',
      // The program may have waited since for this thread to start.
      atMs: endedAt === 0 ? now() : endedAt - clock[Clock.programStart]!,
      exitCode: Atomics.load(control, Cell.exitCode),
      settled: Atomics.load(control, Cell.settled) === 1,
      lastTurnAtMs: clock[Clock.heartbeat]! - clock[Clock.programStart]!,
      isAllCalled: drain.isAllCalled,
    });
    if (options.snapshotPath === undefined || drain.isAllCalled) close();
    else enterState(State.awaitsSnapshot);
  }

  /** @param problem why the snapshot of the program's end could not be written; empty if it is */
  function finish(problem: string): void {
    const { startMs, endMs } = snapshots.lastStretch;
    const path = options.snapshotPath ?? '';
    send({ type: 'observer-snapshot', path, startMs, endMs, ...(problem !== '' && { problem }) });
    close();
  }

  let isDone = false;
  /** Releases the program when everything has left. */
  function close(): void {
    isDone = true;
    const release = () => {
      enterState(State.flushed);
    };
    socket.once('error', release);
    socket.end(release);
  }

  function reportWaits(): void {
    if (control[Cell.waits]! === 0) return;
    sendBatch({
      type: 'marks',
      items: [
        {
          kind: 'observer-waited',
          name: `${control[Cell.waits]} times`,
          atMs: now(),
          durationMs: clock[Clock.waitedMs]!,
        },
      ],
    });
  }

  function handleCommand(command: ObserverCommand): void {
    switch (command.type) {
      case 'observer-collect':
        collect(command.kind);
        break;
      case 'observer-set-gc-policy':
        policy.apply(command.gcPolicy);
        sendBatch({ type: 'marks', items: [{ kind: 'gc-policy-changed', name: command.gcPolicy.kind, atMs: now() }] });
        break;
      case 'observer-write-snapshot':
        snapshots.write(command.path, false, (written) => send({ type: 'observer-snapshot', ...written }));
        break;
      case 'observer-mark':
        newMarks.push(
          describeMark(
            { type: 'mark', kind: 'mark', name: command.name, atMs: programNow(), durationMs: 0 },
            clock[Clock.programStart]!,
          ),
        );
        break;
      case 'observer-leave':
        port.postMessage({ type: 'leave' } satisfies CompanionMessage);
        // A blocked thread hears of it later, and finds its observer gone.
        setTimeout(end, LEAVE_LIMIT_MS).unref();
        break;
      case 'observer-end-settling':
        Atomics.store(control, Cell.endSettling, 1);
        Atomics.notify(control, Cell.endSettling);
        break;
      case 'observer-send-all':
        // The program is about to end by itself, and everything is on its way.
        if (isEnding) break;
        sendAll();
        if (command.snapshotPath === undefined) close();
        else {
          snapshots.write(command.snapshotPath, true, (written) => {
            send({ type: 'observer-snapshot', ...written });
            close();
          });
        }
        break;
      default:
        assertNever(command);
    }
  }

  /** Something in here failed: the program runs on without its observer, and the session is to know since when. */
  process.on('uncaughtException', (error) => {
    if (isDone) return;
    isEnding = isDone = true;
    clearInterval(sampleTimer);
    clearTimeout(drainTimer);
    policy.apply({ kind: 'none', intervalMs: 500 });
    inspector?.disconnect();
    send({
      type: 'observer-failed',
      atMs: now(),
      message: String(error.stack ?? error).slice(0, MAXIMUM_ERROR_LENGTH),
    });
    enterState(State.unavailable);
    socket.end();
  });

  const decoder = createFrameDecoder(OBSERVER_COMMAND_LIMITS);
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const raw of decoder.push(chunk)) handleCommand(parseOrThrow(ObserverCommand, raw));
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on('error', () => {});
  const handleClose = () => {
    clearInterval(sampleTimer);
    clearTimeout(drainTimer);
    policy.apply({ kind: 'none', intervalMs: 500 });
    if (!isEnding) inspector?.disconnect();
    if (Atomics.load(control, Cell.state) !== State.unavailable) enterState(State.flushed);
    // A process that exists for this run alone must not outlive the session. The host's sockets close before it is gone.
    if (!options.owned || isDone) return;
    if (isUtility) host.endGroup();
    else setInterval(endWithHost, SAMPLE_INTERVAL_MS);
  };
  const endWithHost = () => {
    if (options.owned && !isDone && host.isGone()) host.endGroup();
  };
  socket.on('close', handleClose);

  // Wakes this loop at exit; everything else is fetched with each drain.
  port.on('message', (message: ProbeMessage) => {
    handleProbeMessage(message);
    if (isExiting) end();
  });
  sampler.sample();
  let drainedAtMs = now();
  const look = () => {
    const isBusy = drain.waitingRows() >= BUSY_ROWS;
    const isDue = isBusy || drain.isLongCallbackRunning() || now() - drainedAtMs >= DRAIN_INTERVAL_MS;
    if (isDue && socket.writableLength < MAXIMUM_UNSENT_BYTES) {
      drainedAtMs = now();
      drainEverything();
    }
    if (!isEnding) drainTimer = setTimeout(look, isBusy ? BUSY_LOOK_INTERVAL_MS : LOOK_INTERVAL_MS);
  };
  let drainTimer = setTimeout(look, LOOK_INTERVAL_MS);
  const sampleTimer = setInterval(() => {
    endWithHost();
    sampler.sample();
    if (clock[Clock.connectWaitEnd] !== 0) {
      const start = clock[Clock.programStart]!;
      blocked.skip(clock[Clock.connectWaitStart]! - start, clock[Clock.connectWaitEnd]! - start);
    }
    const heartbeatMs = clock[Clock.heartbeat]! - clock[Clock.programStart]!;
    if (snapshots.isWriting) return blocked.look(heartbeatMs, clock[Clock.snapshotStart]! - clock[Clock.programStart]!);
    const { startMs, endMs } = snapshots.lastStretch;
    if (!Number.isNaN(endMs)) blocked.skip(startMs, endMs);
    blocked.look(heartbeatMs, now());
  }, SAMPLE_INTERVAL_MS);
  // It may have been closed while the program's thread was waited for.
  if (socket.destroyed) handleClose();
}

function connectSocket(endpoint: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(endpoint);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** Changes the state, unless it is another meanwhile: the program may have given up waiting, or ended. */
function move(from: number, to: number): boolean {
  const isMoved = Atomics.compareExchange(control, Cell.state, from, to) === from;
  Atomics.notify(control, Cell.state);
  return isMoved;
}

/** Resolves once a program that was launched for this observer has begun; from then on V8 traces its collections. */
async function untilBegun(): Promise<void> {
  const beginning = Atomics.waitAsync(control, Cell.hasBegun, 0);
  if (beginning.async) await beginning.value;
  if (!options.traceCollections) return;
  // Of the whole process. Only now, since V8 compiles Node's modules anew under another flag.
  setFlagsFromString('--trace-gc');
  clock[Clock.tracedSince] = programNow();
}

/** In a program that only is watched: its thread observes when everything is there, and is never waited for. */
async function beginInProgram(): Promise<ProgramInspector | undefined> {
  move(State.starting, State.connected);
  let inspector = connectProgramInspector(data.shownIn);
  const isRevealed = await Promise.race([inspector?.isRevealed, delay(ANSWER_LIMIT_MS, false, { ref: false })]);
  if (isRevealed !== true) {
    inspector?.disconnect();
    inspector = undefined;
  }
  move(State.connected, State.ready);
  await untilStarted();
  return inspector;
}

/** Resolves once the probe has written down when the program starts. */
async function untilStarted(): Promise<void> {
  while (Atomics.load(control, Cell.state) === State.ready) {
    const waiting = Atomics.waitAsync(control, Cell.state, State.ready, 1_000);
    if (waiting.async) await waiting.value;
  }
}

function capabilitiesWith(inspector: 'expected' | 'connected' | 'missing', isRevealed?: boolean): Capabilities {
  return capabilitiesOf({
    inspector,
    ...(isRevealed !== undefined && { isRevealed }),
    v8: process.versions.v8,
    tracesCollections: options.traceCollections,
  });
}

function describeRuntime(capabilities: Capabilities): RunBatchOf<'runtime'> {
  const { node, v8, electron } = process.versions as NodeJS.ProcessVersions & { electron?: string };
  return {
    type: 'runtime',
    node,
    v8,
    ...(electron === undefined ? {} : { electron }),
    host: electron === undefined ? 'node' : 'utility-process',
    pid: process.pid,
    startedAtEpochMs: Date.now() - now(),
    capabilities,
  };
}

function describeMark(message: ProbeMessage & { type: 'mark' }, start: number): RunBatchOf<'marks'>['items'][number] {
  // A program may give a mark any time, and a measure any duration, such as Infinity.
  const { name, durationMs } = message;
  const atMs = Number.isFinite(message.atMs) ? message.atMs - start : now();
  if (message.kind === 'measure') {
    return { kind: 'user-measure', name, atMs, ...(Number.isFinite(durationMs) && { durationMs }) };
  }
  const released = /^release:(.*)$/s.exec(name);
  return released === null ? { kind: 'user-mark', name, atMs } : { kind: 'release', name: released[1] ?? '', atMs };
}

function sampleBatch(message: ProbeMessage & { type: 'sample' }, start: number): RunBatchOf<'samples'> {
  return {
    type: 'samples',
    atMs: Float64Array.of(message.atMs - start),
    usedBytes: Float64Array.of(message.usedBytes),
    totalBytes: Float64Array.of(message.totalBytes),
    externalBytes: Float64Array.of(message.externalBytes),
    rssBytes: Float64Array.of(message.rssBytes),
  };
}

/** Kinds and flags as `perf_hooks.constants` has them: kind 1 is a scavenge, flag 4 says forced. */
function collectionBatch(message: ProbeMessage & { type: 'collection' }, start: number): RunBatchOf<'collections'> {
  return {
    type: 'collections',
    startMs: Float64Array.of(message.startMs - start),
    pauseMs: Float64Array.of(message.pauseMs),
    kind: Uint8Array.of(message.kind === 1 ? 0 : 1),
    forced: Uint8Array.of((message.flags & 4) === 0 ? 0 : 1),
    beforeBytes: Float64Array.of(Number.NaN),
    afterBytes: Float64Array.of(Number.NaN),
    reason: Uint8Array.of(0),
    reasons: [''],
  };
}

main(data.port).catch((error: unknown) => {
  // The socket is there and nobody listens: the session was killed while this process began.
  const isRefused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
  if (options.owned && (isRefused || host.isGone())) host.endGroup();
  // Nobody listens, or this runtime has no inspector: the program runs as if it had not been observed.
  enterState(State.unavailable);
  parentPort?.close();
});
