// The end of the program, in its own thread: the settle time, and the wait until everything recorded is sent.

import { createHook } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { constants } from 'node:os';
import { watchForClosing } from './closing-handles.ts';
import { apply, atomics, uncurryThis } from './intrinsics.ts';
import { findExitCall, type ExitCall } from './exit-call.ts';
import { holdLoop, repeatInTasks, type HeldLoop } from './held-loop.ts';
import { findNodeInternals, type NodeInternals } from './node-internals.ts';
import { Cell, Clock, State, type SharedColumns } from './shared-columns.ts';

/** How long the program's thread waits at a time during the settle time, before it looks for cleanup callbacks. */
const SETTLE_STEP_MS = 5;
/** At exit, how long the program's thread waits while nothing of what is recorded leaves, and how long at most. */
const FLUSH_IDLE_LIMIT_MS = 3_000;
const FLUSH_LIMIT_MS = 30_000;

/**
 * The loop was dry when the resources of `idle` were listed, so they keep nothing alive (standard output's pipe is one).
 * Whatever there is beyond them was scheduled since.
 */
function hasMore(resources: readonly string[], idle: Counts): boolean {
  const counts = countByType(resources);
  for (const type in counts) if (counts[type]! > (idle[type] ?? 0)) return true;
  return false;
}

const includes = uncurryThis(String.prototype.includes);

/**
 * Watches for requests: Node 26 does not list all of those that read files.
 * @returns what ends the watch, and tells whether any were begun meanwhile
 */
function watchForRequests(): () => boolean {
  let haveBegun = false;
  const hook = createHook({
    init(_asyncId, type) {
      haveBegun ||= includes(type, 'REQ') === true;
    },
  }).enable();
  return () => {
    hook.disable();
    return haveBegun;
  };
}

/** Without a prototype, counted without iterators: nothing that the program may have replaced. */
type Counts = Record<string, number>;

function countByType(resources: readonly string[]): Counts {
  const counts: Counts = { __proto__: null } as never;
  for (let index = 0; index < resources.length; index++)
    counts[resources[index]!] = (counts[resources[index]!] ?? 0) + 1;
  return counts;
}

const { getOwnPropertyDescriptor } = Reflect;
const standardStreams = (['stdout', 'stderr'] as const).map((name) => ({
  name,
  get: getOwnPropertyDescriptor(process, name)?.get,
}));

/** Node makes these streams when they are first used, and lists them from then on: better before than while counting. */
function showStandardStreams(): void {
  for (let index = 0; index < standardStreams.length; index++) {
    const { name, get } = standardStreams[index]!;
    // Not a getter of the program's.
    if (get !== undefined && getOwnPropertyDescriptor(process, name)?.get === get) apply(get, process, []);
  }
}

/** Signals that do not end a process that has no handler for them. */
const HARMLESS_SIGNALS = new Set([
  'SIGCHLD',
  'SIGCONT',
  'SIGINFO',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGWINCH',
  'SIGUSR1',
]);
/** By number; made before the program can replace what it is made with. */
const FATAL_SIGNALS: Readonly<Record<number, string>> = Object.assign(
  { __proto__: null },
  Object.fromEntries(
    Object.entries(constants.signals).flatMap(([name, number]) => (HARMLESS_SIGNALS.has(name) ? [] : [[number, name]])),
  ),
);

function isFatal(signal: number): boolean {
  const name = FATAL_SIGNALS[signal];
  return name !== undefined && process.listenerCount(name) === 0;
}

/**
 * Holds the process for the settle time once the program has nothing left to do, and at exit waits (a bounded time)
 * until everything is sent and the inspector session is closed. During the settle time nothing of the program runs but
 * cleanup callbacks, with their ticks and microtasks.
 *
 * `process.emit` and `process.reallyExit` are wrapped instead of listening to `exit`: so the program's own handlers run
 * first, as often as they would without Heapline, and `removeAllListeners` cannot lose data.
 */
export function superviseExit(context: {
  columns: SharedColumns;
  now: () => number;
  settleMs: number;
  /** The loop turns during the settle time; otherwise the thread stands still, but for cleanup callbacks. */
  settlesInLoop: boolean;
  /** How long a companion that is not connected yet is waited for at the end. */
  startLimitMs: number;
  /** Waits for it where the process is about to end without anything being sent at its end. */
  waitForConnection: () => void;
  /** One beat of the heartbeat, whose own timer stands still during the settle time. */
  beat: () => void;
  /** Tells the companion what is pending, and that the program ends. */
  tellLast: () => void;
  /** Writes the last heap snapshot, if the companion waits for one, and tells it what came of it. */
  writeLastSnapshot: () => void;
  /** Tells that the program called `process.exit`, and where. */
  tellExitCall: (exitCode: number, call: { readonly place?: ExitCall }) => void;
  /** Tells of an error that a cleanup callback threw, or left unhandled, during the settle time. */
  tellLateError: (error: unknown) => void;
}): void {
  const { columns, now, settleMs, startLimitMs, beat, tellLast, tellExitCall, tellLateError, writeLastSnapshot } =
    context;
  const { control, clock } = columns;
  const setInterval_ = setInterval;
  const clearInterval_ = clearInterval;
  const emit = process.emit;
  // Undocumented, and wrapped by widely used packages in the same way: the last step of `process.exit`.
  const { exit, reallyExit } = process as NodeJS.Process & { reallyExit: (code?: number) => never };
  const activeResources = process.getActiveResourcesInfo.bind(process);
  const setImmediate_ = setImmediate;
  let settled: 'not-yet' | 'settling' | 'done' = 'not-yet';
  const isUtilityProcess = 'parentPort' in process;
  const settlesInLoop = context.settlesInLoop || isUtilityProcess;
  let isFlushed = false;
  /** The loop has been dry, and nothing has been thrown since. */
  let hasRunDry = false;
  /** The observer ends a program whose late callbacks left work behind. */
  let isEndedByObserver = false;

  const waitWhile = (state: number, idleLimitMs = FLUSH_IDLE_LIMIT_MS) => {
    const startedAt = now();
    let movedAt = startedAt;
    let tick = atomics.load(control, Cell.tick);
    while (atomics.load(control, Cell.state) === state) {
      atomics.wait(control, Cell.state, state, 50);
      const atMs = now();
      if (atomics.load(control, Cell.tick) !== tick) {
        tick = atomics.load(control, Cell.tick);
        movedAt = atMs;
      }
      if (atMs - movedAt >= idleLimitMs || atMs - startedAt >= FLUSH_LIMIT_MS) return;
    }
  };

  const flush = (exitCode: number) => {
    // If the companion has gone, everything that can be sent has been.
    if (isFlushed) return;
    // A short program ends before its companion is connected.
    const isStarting = atomics.compareExchange(control, Cell.state, State.starting, State.exiting) === State.starting;
    if (!isStarting && atomics.load(control, Cell.state) !== State.started) return;
    isFlushed = true;
    const exitCall = isEndedByObserver ? undefined : findExitCall();
    if (exitCall !== undefined) tellExitCall(exitCode, exitCall);
    atomics.store(control, Cell.exitCode, exitCode);
    atomics.store(control, Cell.state, State.exiting);
    tellLast();
    waitWhile(State.exiting, isStarting ? startLimitMs + FLUSH_IDLE_LIMIT_MS : FLUSH_IDLE_LIMIT_MS);
    // Everything that verdicts rest on has been sent: what the snapshot collects changes none of them.
    if (atomics.load(control, Cell.state) !== State.awaitsSnapshot) return;
    writeLastSnapshot();
    waitWhile(State.awaitsSnapshot);
  };

  const beginSettling = (): { isOver: () => boolean } => {
    settled = 'settling';
    const startedAt = now();
    clock[Clock.settlingSince] = startedAt;
    atomics.store(control, Cell.settling, 1);
    return {
      isOver: () => now() - startedAt >= settleMs || atomics.load(control, Cell.endSettling) !== 0,
    };
  };
  const endSettling = () => {
    settled = 'done';
    atomics.store(control, Cell.settled, 1);
  };

  const settleInLoop = (onOver: () => void) => {
    const { isOver } = beginSettling();
    // This timer is what keeps the process; everything else of the observer is unreferenced.
    const waiting = setInterval_(() => {
      if (!isOver()) return;
      clearInterval_(waiting);
      endSettling();
      onOver();
    }, 10);
  };

  let internals: NodeInternals | 'missing' | undefined;
  const handles = () => (internals === 'missing' ? undefined : internals?.handles);

  /** Nothing turns the loop meanwhile: the program has seen its last turn. `idle`: its resources at the end. */
  const settle = (idle: Counts, letGo: () => void) => {
    const { isOver } = beginSettling();
    // The status is the program's as it ended, whatever late callbacks make of it.
    const { exitCode } = process;
    const haveClosedHandles = watchForClosing(handles());
    repeatInTasks(() => {
      beat();
      if (!isOver()) {
        atomics.wait(control, Cell.endSettling, 0, SETTLE_STEP_MS);
        return true;
      }
      endSettling();
      letGo();
      process.exitCode = exitCode;
      const areHandlesClosing = haveClosedHandles();
      if (!areHandlesClosing && !hasMore(activeResources(), idle)) return false;
      // A late callback left a timer or a handle that closes, which no process that ends by itself would have waited for:
      // the loop would turn, and run what is due by now.
      isEndedByObserver = true;
      return apply(exit, process, []) as never;
    });
  };

  let held: HeldLoop | undefined;
  /** Grows with everything that the program begins; undefined if that is not known. */
  const beginnings = () => {
    if (internals === undefined || internals === 'missing') return undefined;
    const { async_id_fields: fields, kAsyncIdCounter: counter } = internals.calls;
    return fields[counter];
  };
  let beginningsWhenUnclear: number | undefined;

  /**
   * Called when the loop is dry, before the program's handlers of `beforeExit`.
   * @returns what is to be done after them; undefined if they are not to run
   */
  const prepareBeforeExit = (): (() => void) | undefined => {
    // The settle time ended and the loop ran dry again: the program was told already that it may end.
    if (settled !== 'not-yet') return undefined;
    showStandardStreams();
    const idle = countByType(activeResources());
    // A program may emit it too, while its loop goes on.
    if ('Timeout' in idle || 'Immediate' in idle) return () => {};
    hasRunDry = true;
    if (settleMs === 0) return () => {};
    const wasOver = held?.isUnclear() === true && beginnings() === beginningsWhenUnclear;
    held?.release();
    if (settlesInLoop) {
      return () => {
        setImmediate_(() => void (hasMore(activeResources(), idle) || settleInLoop(() => {})));
      };
    }
    internals ??= findNodeInternals() ?? 'missing';
    if (wasOver)
      return void settleUnlessMore(
        idle,
        () => false,
        () => false,
      );
    const haveClosedHandles = watchForClosing(handles());
    const haveBegunRequests = watchForRequests();
    return () => settleUnlessMore(idle, haveBegunRequests, haveClosedHandles);
  };

  /**
   * A handler that scheduled more work gets its next `beforeExit` from Node, as it would without Heapline. Whether there is
   * more shows only once the ticks and microtasks of the handlers have run: some schedule after an `await`, others clear a
   * timer there.
   */
  const settleUnlessMore = (idle: Counts, haveBegunRequests: () => boolean, haveClosedHandles: () => boolean) => {
    if (internals === undefined || internals === 'missing') {
      setImmediate_(() => void (haveBegunRequests() || hasMore(activeResources(), idle) || settle(idle, () => {})));
      return;
    }
    const holding = holdLoop(internals, () => {
      const mayHaveRequests = haveBegunRequests();
      const areHandlesClosing = haveClosedHandles();
      if (areHandlesClosing || hasMore(activeResources(), idle)) return 'more';
      if (mayHaveRequests) {
        beginningsWhenUnclear = beginnings();
        return 'unclear';
      }
      settle(idle, holding.release);
      return 'nothing';
    });
    held = holding;
  };

  const observedEmit = function (this: NodeJS.Process, event: string | symbol, ...args: unknown[]): boolean {
    // Spreading would ask the program's `Array.prototype` for an iterator, which may be gone.
    // eslint-disable-next-line prefer-rest-params
    const all = arguments as unknown as unknown[];
    if (this !== process) return apply(emit, this, all) as boolean;
    switch (event) {
      case 'beforeExit': {
        const after = prepareBeforeExit();
        if (after === undefined) return true;
        // Called from here, so that an error in a handler has one frame more, not several.
        const handled = apply(emit, this, all) as boolean;
        after();
        return handled;
      }
      case 'exit':
        if (settleMs === 0 && settled === 'not-yet' && hasRunDry && findExitCall() === undefined) {
          beginSettling();
          endSettling();
        }
        try {
          return apply(emit, this, all) as boolean;
        } finally {
          // A handler may have changed it.
          flush(Number(process.exitCode ?? args[0] ?? 0));
        }
      case 'uncaughtExceptionMonitor':
      case 'uncaughtException':
      case 'unhandledRejection':
        hasRunDry = false;
        if (settled !== 'settling' || settlesInLoop) return apply(emit, this, all) as boolean;
        // Alone, the program would have ended before, with its own status and without a word of this.
        if (event !== 'uncaughtExceptionMonitor') tellLateError(args[0]);
        return true;
      default:
        return apply(emit, this, all) as boolean;
    }
  };
  Object.defineProperty(process, 'emit', {
    value: observedEmit,
    writable: true,
    configurable: true,
    enumerable: false,
  });

  const observedReallyExit = function (this: NodeJS.Process, code?: number): never {
    // A second `process.exit`, from within an exit handler, comes here without a second `exit` event.
    flush(Number(code ?? 0));
    return apply(reallyExit, this, [code]) as never;
  };
  Object.defineProperty(process, 'reallyExit', {
    value: observedReallyExit,
    writable: true,
    configurable: true,
    enumerable: true,
  });

  // `process.kill`: Node lets go of everything before a signal that will end this very process, and would wait for the
  // companion's inspector session, saying so on standard error.
  const { _kill: kill } = process as NodeJS.Process & { _kill: (pid: number, signal: number) => number };
  const observedKill = function (this: NodeJS.Process, pid: number, signal: number): number {
    const isOwn = pid === 0 || pid === -1 || pid === process.pid || pid === -process.pid;
    if (isOwn && isFatal(signal)) flush(128 + signal);
    return apply(kill, this, [pid, signal]) as number;
  };
  Object.defineProperty(process, '_kill', {
    value: observedKill,
    writable: true,
    configurable: true,
    enumerable: true,
  });

  // Node prints the stack in which it aborts: looking for the trap is the sign, and there is none to stand in that stack.
  const observedAbort = new Proxy(process.abort, {
    get apply() {
      context.waitForConnection();
      return undefined as never;
    },
  });
  Object.defineProperty(process, 'abort', {
    value: observedAbort,
    writable: true,
    configurable: true,
    enumerable: true,
  });

  // A utility process never emits `beforeExit`: there the scenario runner says when the program is done, and the loop
  // turns on.
  if (isUtilityProcess) {
    channel('heapline:program-ended').subscribe(() => {
      if (settled === 'not-yet') settleInLoop(() => void process.exit());
    });
  }
}
