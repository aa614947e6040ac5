// One run: launches the program, listens to its observer, supervises it, and at the end decides what became of each
// registration. Runs in the session; the engine starts one at a time and forwards its recording to clients.

import { setTimeout as delay } from 'node:timers/promises';
import type { RunListing } from '../protocol/event.ts';
import { OBSERVER_ENVIRONMENT_VARIABLE } from '../protocol/observer-environment.ts';
import type { ObserverOptions } from '../protocol/observer-message.ts';
import type { RunBatch } from '../protocol/run-batch.ts';
import type { Outcome } from '../protocol/run-report.ts';
import type { GcPolicy, Limits, RunDescription } from '../protocol/run-description.ts';
import { CELL_STATES } from '../heap-graph/explanation.ts';
import { assertNever, type CollectionKind } from '../protocol/vocabulary.ts';
import type { PredictionJudge } from './judge-prediction.ts';
import type { Clock } from './clock.ts';
import { concludeRun, type Conclusion } from './conclude-run.ts';
import { createConsoleCollector } from './console-collector.ts';
import { withDisplayedPlaces } from './displayed-batch.ts';
import { createDisplayedPlaces } from './displayed-places.ts';
import { createRunExplainer, type ExplainingStep } from './explain-run.ts';
import { explainAlive, explanationBatches } from './explanations.ts';
import { createToken, type Endpoint, type ObserverConnection, type ObserverReport } from './endpoint.ts';
import { uncaughtMark, withErrorPlace } from './error-place.ts';
import type { Launcher, LaunchRequest, ObservedProcess, ProcessExit } from './launcher.ts';
import { ABORT_EXIT_CODE, classifyOutcome, type OutcomeFacts } from './outcome.ts';
import { createOverflow } from './overflow.ts';
import { createRecording, type Recording } from './recording.ts';
import { createRunTally } from './run-tally.ts';
import { buildReport } from './session-report.ts';
import type { SnapshotExplainer } from './snapshot-explainer.ts';
import { tallyOf } from './tally-recording.ts';
import { createTurns } from './in-turns.ts';
import { VerdictColumns } from './verdicts.ts';
import { classifyWatch, type WatchedProcess } from './watched-run.ts';

const HANDSHAKE_DEADLINE_MS = 10_000;
/** Before a process is ended, its observer may take this long to send what it has recorded. */
const SEND_ALL_MS = 500;
/** How much longer than the settle time a program may take to end after it. */
const SETTLE_GRACE_MS = 10_000;
/** After the process ended, its observer's last bytes are already here; silence for longer means that none are. */
const OBSERVER_IDLE_MS = 5_000;
/** A connection that was made just before the process ended is accepted within this. */
const LATE_CONNECTION_MS = 60;
const LATE_HELLO_MS = 1_000;
/** A process that ends by itself closes its observer's connection at most this much before its end is noticed. */
const LATE_EXIT_MS = 500;
/** A program may throw an error with any text; more of it than this helps nobody. */
const MAXIMUM_ERROR_CHARACTERS = 64 * 1024;

/** A process to be launched (the run adds its observer's options and its limits), or one that runs already. */
export type ProcessSource =
  | { readonly kind: 'launched'; readonly launcher: Launcher; readonly program: LaunchRequest }
  | { readonly kind: 'watched'; readonly watch: (options: ObserverOptions) => WatchedProcess };

export interface ObservedRunOptions {
  readonly description: RunDescription;
  readonly process: ProcessSource;
  /** Holds a scenario's prediction against what happened; absent for a script. */
  readonly judge?: PredictionJudge;
  /** The file that a person should be shown for a file of the program. */
  readonly displayFile: (file: string) => string;
  /** The folder that the program's own files are named from; absent: that of its package. */
  readonly mainFolder?: string;
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly explainer: SnapshotExplainer;
  /** Where heap snapshots are written, each into a private folder. */
  readonly snapshotFolder: string;
  readonly recordingBudgetBytes?: number;
  readonly consoleBudgetBytes?: number;
  readonly reportedObjects?: number;
  readonly handshakeDeadlineMs?: number;
  /** The status changed. */
  readonly onListing: (listing: KnownListing) => void;
  /** The recording has grown. */
  readonly onAppend: () => void;
  /** Called before `ended` resolves. The run itself keeps nothing of it. */
  readonly onResult?: (result: RunResult) => void;
}

/** A listing as the session keeps it, with the whole program. */
export type KnownListing = RunListing & { readonly description: RunDescription };

/** A run as far as there is nothing to be done to it any more. */
export interface RecordedRun {
  readonly listing: KnownListing;
  readonly recording: Recording;
}

export interface ObservedRun extends RecordedRun {
  /**
   * Ends the process. What was recorded stays, and the run ends as `stopped`; if it is to be explained, after a snapshot.
   * While it is being explained: ends that, at once. After the end it does nothing.
   */
  stop(): void;
  /** The same, without a snapshot. */
  stopAtOnce(): void;
  /**
   * Has a heap snapshot taken while the program runs. What it tells comes later, as `explanations` in the recording.
   * @returns why that is not possible; undefined if the snapshot is written
   */
  askWhy(): Promise<string | undefined>;
  /** @returns false if no observer is connected that could do it. */
  collectGarbage(kind: CollectionKind): boolean;
  /** @returns false if no observer is connected that could do it. */
  mark(name: string): boolean;
  /** @returns false if no observer is connected that could do it. */
  setGcPolicy(gcPolicy: GcPolicy): boolean;
  /** Lets a process go that is only kept for late callbacks. @returns false if no observer is connected that could do it. */
  endSettling(): boolean;
  /** Resolves after the last batch; never rejects. */
  readonly ended: Promise<void>;
}

/** `latenciesMs`: registered → callback started of the finalized, ascending. */
export type RunResult = Pick<Conclusion, 'report' | 'latenciesMs'>;

/** Launches at once; everything that goes wrong from here on becomes the run's outcome or a warning in its recording. */
export function startObservedRun(options: ObservedRunOptions): ObservedRun {
  const { description, clock, endpoint } = options;
  const { limits } = description;
  const recording = createRecording(options.recordingBudgetBytes);
  const displayed = createDisplayedPlaces({
    displayFile: options.displayFile,
    mainFile: description.scriptPath,
    mainFolder: options.mainFolder,
  });
  const launchedAtMs = clock.monotonicMs();
  let timeZeroMs = launchedAtMs;
  let firstRecordId = 1;
  let listing: KnownListing = { description, status: 'launching' };
  let connection: ObserverConnection | undefined;
  let isConnected = false;
  let lastMessageAtMs = 0;
  const observerClosed = Promise.withResolvers<void>();
  let uncaught: Extract<ObserverReport, { type: 'observer-uncaught' }> | undefined;
  let ending: Extract<ObserverReport, { type: 'observer-ending' }> | undefined;
  /** Since when the observer is gone, in ms since the program's start, and why, if it said so. */
  let observerGone: { readonly atMs: number; readonly why?: string } | undefined;
  let settled = false;
  let killedBecause: 'stopped' | 'timed-out' | undefined;
  let killedAtMs: number | undefined;
  /** True if the observer has said what came of the last snapshot. */
  let hasSnapshotReport = false;
  let hasExited = false;
  /** True if the observer had sent everything before the process was ended from here. */
  let wasSentWhole = false;
  const judging = new AbortController();

  const nowMs = (): number => Math.max(0, clock.monotonicMs() - timeZeroMs);

  const keep = (batch: RunBatch): void => {
    recording.append(batch);
    options.onAppend();
  };
  const overflow = createOverflow(recording, keep, clock);
  const { append } = overflow;
  const warn = (code: string, message: string): void => append({ type: 'warning', code, message, atMs: nowMs() });
  const list = (change: Partial<KnownListing>): void => {
    listing = { ...listing, ...change };
    options.onListing(listing);
  };
  const setStatus = (status: Exclude<RunListing['status'], 'ended'>, atMs = nowMs()): void => {
    append({ type: 'status', status, atMs });
    list({ status });
  };

  let usedBytes = 0;
  const explain = createRunExplainer({
    explainer: options.explainer,
    snapshotFolder: options.snapshotFolder,
    clock,
    append,
    warn,
    tellStep: (step?: ExplainingStep, progress?: number) => {
      if (listing.status === 'ended') return;
      append({
        type: 'status',
        status: listing.status,
        atMs: nowMs(),
        ...(step !== undefined && { step }),
        ...(progress !== undefined && { progress }),
      });
    },
    heapBytes: () => usedBytes,
    get firstId() {
      return firstRecordId;
    },
  });

  append({ type: 'started', description });
  setStatus('launching', 0);

  const token = createToken();
  const expectation = endpoint.expect(token, {
    onConnect(connected) {
      connection = connected;
      isConnected = true;
      lastMessageAtMs = clock.monotonicMs();
      clearTimeout(handshakeTimer);
      const { hello } = connected;
      timeZeroMs = hello.programStartHrtimeMs;
      firstRecordId = hello.firstRecordId ?? 1;
      append(hello.runtime);
      collector.align(timeZeroMs, hello.gcTrace);
      if (listing.status === 'launching') setStatus('running');
      // Left before it had answered.
      if (watched !== undefined && killedBecause !== undefined) connected.send({ type: 'observer-leave' });
    },
    onMessage(message) {
      lastMessageAtMs = clock.monotonicMs();
      takeReport(message);
    },
    onClose(problem) {
      connection = undefined;
      watched?.observerClosed();
      if (!hasExited) observerGone ??= { atMs: nowMs() };
      if (problem !== undefined && ending === undefined && !hasExited) warn('observer-lost', problem);
      observerClosed.resolve();
    },
  });
  const isExplained = description.explain === true && options.process.kind === 'launched';
  const lastSnapshotPath = isExplained ? explain.prepareLast() : undefined;
  const observerOptions: ObserverOptions = {
    endpoint: endpoint.path,
    token,
    gcPolicy: description.gcPolicy,
    settleMs: limits.settleMs,
    ...(description.program.kind === 'scenario' && { settlesInLoop: true }),
    owned: options.process.kind === 'launched',
    ...(options.process.kind === 'launched' && { hostPid: process.pid }),
    traceCollections: options.process.kind === 'launched',
    ...(lastSnapshotPath !== undefined && { snapshotPath: lastSnapshotPath }),
  };
  const hostKind = options.process.kind === 'launched' ? options.process.launcher.kind : 'node';
  const { observed, watched } = begin(options.process, observerOptions, limits);
  const collector = createConsoleCollector({
    stdout: observed.stdout,
    stderr: observed.stderr,
    clock,
    launchedAtMs,
    pid: () => observed.pid,
    emit: append,
    ...(options.consoleBudgetBytes === undefined ? {} : { budgetBytes: options.consoleBudgetBytes }),
  });

  const handshakeTimer = setTimeout(() => {
    // It is listed, so it will answer when its thread turns; until then it is as good as not begun.
    if (watched !== undefined)
      return warn('target-does-not-answer', 'The process has not answered yet: its thread is busy.');
    warnThatNobodyObserves();
    collector.alignWithout();
    if (listing.status === 'launching') setStatus('running');
  }, options.handshakeDeadlineMs ?? HANDSHAKE_DEADLINE_MS);
  const timeOut = (): void => kill('timed-out');
  let timeoutTimer = watched === undefined ? setTimeout(timeOut, limits.timeoutMs) : undefined;

  let hasWarnedThatNobodyObserves = false;
  function warnThatNobodyObserves(): void {
    if (hasWarnedThatNobodyObserves) return;
    hasWarnedThatNobodyObserves = true;
    warn(
      'observer-did-not-connect',
      'The observer did not connect: only the console and the end of this run are known, no heap, collection or callback.',
    );
  }

  /** The program has ended, or nothing of it is recorded any more. Resolves when its process is not needed any more. */
  async function writeLastSnapshot(): Promise<void> {
    list({ status: 'explaining' });
    const written = await explain.beginLast();
    wasSentWhole ||= written.type === 'written' || written.type === 'failed';
    // One that is ending by itself is not disturbed.
    if (ending === undefined || written.type === 'stopped' || written.type === 'stalled') observed.kill();
  }

  function kill(because: 'stopped' | 'timed-out', isAtOnce = false): void {
    if (because === 'stopped') judging.abort();
    if (because === 'stopped' && explain.isLastGoing) {
      setStatus('stopping');
      return explain.stop();
    }
    if (hasExited || killedBecause !== undefined || explain.isLastGoing) return;
    killedBecause = because;
    killedAtMs = nowMs();
    if (because === 'stopped')
      append({ type: 'marks', items: [{ kind: 'stop-requested', name: '', atMs: killedAtMs }] });
    if (lastSnapshotPath !== undefined && connection !== undefined && !isAtOnce) {
      connection.send({ type: 'observer-send-all', snapshotPath: lastSnapshotPath });
      void writeLastSnapshot();
      return;
    }
    setStatus('stopping');
    if (connection === undefined) return observed.kill();
    connection.send({ type: watched === undefined ? 'observer-send-all' : 'observer-leave' });
    void Promise.race([observerClosed.promise.then(() => true), delay(SEND_ALL_MS, false)]).then((isClosed) => {
      wasSentWhole = isClosed;
      observed.kill();
    });
  }

  function takeReport(message: ObserverReport): void {
    switch (message.type) {
      case 'observer-batch': {
        const { batch } = message;
        if (batch.type === 'samples')
          usedBytes = batch.usedBytes.findLast((bytes) => !Number.isNaN(bytes)) ?? usedBytes;
        return append(withDisplayedPlaces(batch, displayed));
      }
      case 'observer-settling':
        settled = true;
        if (listing.status === 'running') setStatus('settling', message.atMs);
        // The program is done in time. What it starts now may take what is left of its time, or a grace.
        clearTimeout(timeoutTimer);
        timeoutTimer = setTimeout(
          timeOut,
          Math.max(launchedAtMs + limits.timeoutMs - clock.monotonicMs(), limits.settleMs + SETTLE_GRACE_MS),
        );
        return;
      case 'observer-snapshot':
        hasSnapshotReport ||= message.path === lastSnapshotPath;
        return explain.take(message);
      case 'observer-failed':
        observerGone = { atMs: message.atMs, why: message.message.slice(0, MAXIMUM_ERROR_CHARACTERS) };
        return;
      case 'observer-uncaught':
        uncaught = { ...message, error: clipTexts(message.error) };
        return append({ type: 'marks', items: [uncaughtMark(uncaught, options.displayFile)] });
      case 'observer-ending':
        ending = message;
        settled ||= message.settled;
        if (message.settled) append({ type: 'marks', items: [{ kind: 'settle-ended', name: '', atMs: message.atMs }] });
        if (message.isAllCalled === true) explain.skipLast();
        if (lastSnapshotPath === undefined || explain.isLastGoing || message.isAllCalled === true) return;
        // The program is done. However long its snapshot takes is none of its time.
        clearTimeout(timeoutTimer);
        void writeLastSnapshot();
        return;
      default:
        assertNever(message);
    }
  }

  /** Everything that the observer sent before the process ended. */
  async function untilObserverIsDone(): Promise<void> {
    for (let waitedMs = 0; !isConnected && waitedMs < LATE_HELLO_MS; waitedMs += 20) {
      if (waitedMs > LATE_CONNECTION_MS && !endpoint.hasStrangers) return;
      await delay(20);
    }
    if (!isConnected) return;
    const isClosed = observerClosed.promise.then(() => true);
    const silence = async (): Promise<boolean> => {
      while (clock.monotonicMs() - lastMessageAtMs < OBSERVER_IDLE_MS)
        await delay(OBSERVER_IDLE_MS / 10, undefined, { ref: false });
      return false;
    };
    lastMessageAtMs = clock.monotonicMs();
    if (!(await Promise.race([isClosed, silence()]))) connection?.close();
  }

  async function finish(exit: ProcessExit): Promise<void> {
    hasExited = true;
    const exitedAtMs = clock.monotonicMs();
    clearTimeout(handshakeTimer);
    clearTimeout(timeoutTimer);
    if (exit.launchProblem === undefined) await untilObserverIsDone();
    expectation[Symbol.dispose]();
    if (!isConnected && exit.launchProblem === undefined && watched === undefined) warnThatNobodyObserves();
    const diedInSnapshot = explain.isLastGoing && !hasSnapshotReport;
    explain.processEnded();
    collector.end();
    overflow.flush();
    // What came after that is the observer's doing.
    const endedAtMs = ending?.atMs ?? (explain.isLastGoing ? killedAtMs : undefined);
    const durationMs = endedAtMs ?? Math.max(0, exitedAtMs - timeZeroMs);
    const isLeft = watched !== undefined && killedBecause === 'stopped';
    const observedUntilMs = ending === undefined ? endOfObservation(exit) : undefined;
    if (observedUntilMs !== undefined) warnOfObservationEnd(observedUntilMs);
    else if (isConnected && ending === undefined && !wasSentWhole && !isLeft) {
      const message = 'The process ended at once: up to the last 25 ms before its end may be missing.';
      append({ type: 'dropped', what: 'unknown-tail', count: 0, message });
    }
    const watchFacts = { isLeft, wasObserved: isConnected, ending, uncaught };
    const classify = (facts: OutcomeFacts): Outcome =>
      watched === undefined ? classifyOutcome(facts) : classifyWatch({ watchEnd: watched.watchEnd, ...watchFacts });
    const classified = classify({
      // A process that dies in its snapshot has ended well, or badly, before.
      exit: ending !== undefined && diedInSnapshot ? { exitCode: ending.exitCode, signal: null } : exit,
      killedBecause,
      timeoutMs: limits.timeoutMs,
      observedUntilMs,
      uncaught,
      ending,
      settled,
      saidOutOfMemory: collector.saidOutOfMemory,
      stderrTail: collector.stderrTail,
    });
    const outcome = await withErrorPlace(classified, {
      displayFile: options.displayFile,
      ...scriptPathOf(description),
    });
    const last = isConnected ? await explain.readLast() : undefined;
    const tally = await tallyOf(recording);
    const { report, latenciesMs, batches } = await concludeRun({
      description,
      tally,
      outcome,
      ending,
      durationMs,
      lastEventMs: endedAtMs ?? tally.lastEventMs,
      isSettled: settled,
      processEnded: !isLeft,
      observationEnded: observedUntilMs !== undefined,
      isLeft,
      last,
      hasNothingToExplain: isExplained && ending?.isAllCalled === true,
      host: hostKind,
      judge: options.judge,
      judging: judging.signal,
      standardOutput: collector.standardOutputTail,
      displayed,
      reportedObjects: options.reportedObjects,
      isComparedWithOthers: options.onResult !== undefined,
    });
    const takeTurns = createTurns();
    for (const batch of batches) {
      append(batch);
      await takeTurns();
    }
    explain[Symbol.dispose]();
    append({ type: 'ended', atMs: durationMs, report });
    list({
      status: 'ended',
      outcome: outcome.status,
      ...(report.prediction === undefined ? {} : { predictionHeld: report.prediction.held }),
    });
    options.onResult?.({ report, latenciesMs });
  }

  /** @returns when the observer was gone, in ms since the program's start, if the process was still running then */
  function endOfObservation(exit: ProcessExit): number | undefined {
    const { exitCode, atMonotonicMs = NaN } = exit;
    const mayBeSudden = exit.possibleSignal !== undefined || exit.fatalError !== undefined;
    if (observerGone === undefined || !isConnected) return undefined;
    const { atMs, why } = observerGone;
    const endedAtMs = killedAtMs ?? atMonotonicMs - timeZeroMs;
    const isKnown = why !== undefined || watched?.watchEnd?.type === 'not-watched';
    // An observer sees every end that is no sudden death, unless it could not send all of it in time.
    const isOrderly = killedBecause === undefined && exitCode !== null && exitCode !== ABORT_EXIT_CODE && !mayBeSudden;
    return isKnown || isOrderly || endedAtMs - atMs > LATE_EXIT_MS ? atMs : undefined;
  }

  function warnOfObservationEnd(atMs: number): void {
    const why = observerGone?.why?.split('\n', 1)[0] ?? '';
    warn(
      'observation-ended',
      `Observation ended at ${(atMs / 1000).toFixed(2)} s, before the program did${why === '' ? '' : ` (${why})`}. ` +
        'What became of the objects after that is not known.',
    );
  }

  /** Clients wait for an end, and the engine for its next run, also where the figures could not be put together. */
  async function endWithoutFigures(error: unknown): Promise<void> {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const message = `What was recorded could not be summed up: ${problem}`;
    const outcome: Outcome = { status: 'crashed', message };
    const nothing = new VerdictColumns();
    const { program } = description;
    const facts = { tally: createRunTally(), verdicts: nothing, outcome, program, durationMs: nowMs() };
    const { report, latenciesMs } = await buildReport({ ...facts, host: hostKind });
    explain[Symbol.dispose]();
    append({ type: 'ended', atMs: facts.durationMs, report });
    list({ status: 'ended', outcome: outcome.status });
    options.onResult?.({ report, latenciesMs });
  }

  return {
    get listing() {
      return listing;
    },
    recording,
    stop: () => kill('stopped'),
    stopAtOnce() {
      kill('stopped', true);
      explain.stop();
    },
    async askWhy() {
      const asked = connection;
      if (asked === undefined || hasExited) return 'No observer is connected to this run, so nobody can do that.';
      return explain.askWhy(
        (path) => asked.send({ type: 'observer-write-snapshot', path }),
        ({ snapshot, atMs, explanation }) => {
          const clearedCode = CELL_STATES.indexOf('cleared');
          const { id, state } = explanation;
          const cleared = new Set(id.filter((_id, row) => state[row] === clearedCode));
          const alive = explainAlive(explanation, (one) => !cleared.has(one), displayed);
          for (const batch of explanationBatches(snapshot, atMs, alive)) append(batch);
        },
      );
    },
    collectGarbage(kind) {
      connection?.send({ type: 'observer-collect', kind });
      return connection !== undefined;
    },
    mark(name) {
      connection?.send({ type: 'observer-mark', name });
      return connection !== undefined;
    },
    setGcPolicy(gcPolicy) {
      connection?.send({ type: 'observer-set-gc-policy', gcPolicy });
      return connection !== undefined;
    },
    endSettling() {
      connection?.send({ type: 'observer-end-settling' });
      return connection !== undefined;
    },
    ended: observed.exited.then((exit) => finish(exit).catch(endWithoutFigures)),
  };
}

function begin(
  source: ProcessSource,
  observerOptions: ObserverOptions,
  { maxHeapMegabytes }: Limits,
): { observed: ObservedProcess; watched: WatchedProcess | undefined } {
  if (source.kind === 'watched') {
    const watched = source.watch(observerOptions);
    return { observed: watched, watched };
  }
  const { launcher, program } = source;
  const observed = launcher.launch({
    ...program,
    nodeOptions: [
      ...program.nodeOptions,
      ...(maxHeapMegabytes === undefined ? [] : [`--max-old-space-size=${maxHeapMegabytes}`]),
    ],
    environment: { ...program.environment, [OBSERVER_ENVIRONMENT_VARIABLE]: JSON.stringify(observerOptions) },
  });
  return { observed, watched: undefined };
}

function scriptPathOf({ scriptPath }: RunDescription): { scriptPath?: string } {
  return scriptPath === undefined ? {} : { scriptPath };
}

function clipTexts<Texts extends Record<string, string>>(texts: Texts): { [Name in keyof Texts]: string } {
  const clipped = Object.entries(texts).map(([name, text]) => [name, text.slice(0, MAXIMUM_ERROR_CHARACTERS)]);
  return Object.fromEntries(clipped) as { [Name in keyof Texts]: string };
}
