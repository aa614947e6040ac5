// The end of the program, in its own thread: the settle time, and the wait until everything recorded is sent.

import { channel } from 'node:diagnostics_channel';
import { constants } from 'node:os';
import { apply, atomics } from './intrinsics.ts';
import { findExitCall, type ExitCall } from './exit-call.ts';
import { Cell, Clock, State, type SharedColumns } from './shared-columns.ts';

/** At exit, how long the program's thread waits for what is recorded to be sent. */
const FLUSH_LIMIT_MS = 3_000;

/**
 * The loop was dry when the resources of `idle` were listed, so they keep nothing alive (standard output's pipe is one).
 * Whatever there is beyond them was scheduled since.
 */
function hasMore(resources: readonly string[], idle: Counts): boolean {
  const counts = countByType(resources);
  for (const type in counts) if (counts[type]! > (idle[type] ?? 0)) return true;
  return false;
}

/** Without a prototype, counted without iterators: nothing that the program may have replaced. */
type Counts = Record<string, number>;

function countByType(resources: readonly string[]): Counts {
  const counts: Counts = { __proto__: null } as never;
  for (let index = 0; index < resources.length; index++)
    counts[resources[index]!] = (counts[resources[index]!] ?? 0) + 1;
  return counts;
}

/** Signals that do not end a process that has no handler for them. */
const HARMLESS_SIGNALS: readonly string[] = [
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
];

function isFatal(signal: number): boolean {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return name !== undefined && !HARMLESS_SIGNALS.includes(name) && process.listenerCount(name) === 0;
}

/**
 * Holds the process for the settle time once the program has nothing left to do, and at exit waits (a bounded time)
 * until everything is sent and the inspector session is closed.
 *
 * `process.emit` and `process.reallyExit` are wrapped instead of listening to `exit`: so the program's own handlers run
 * first, as often as they would without Heapline, and `removeAllListeners` cannot lose data.
 */
export function superviseExit(context: {
  columns: SharedColumns;
  now: () => number;
  settleMs: number;
  /** How long a companion that is not connected yet is waited for at the end. */
  startLimitMs: number;
  /** Waits for it where the process is about to end without anything being sent at its end. */
  waitForConnection: () => void;
  /** Tells the companion what is pending, and that the program ends. */
  tellLast: () => void;
  /** Writes the last heap snapshot, if the companion waits for one, and tells it what came of it. */
  writeLastSnapshot: () => void;
  /** Tells that the program called `process.exit`, and where. */
  tellExitCall: (exitCode: number, call: { readonly place?: ExitCall }) => void;
}): void {
  const { columns, now, settleMs, startLimitMs, tellLast, tellExitCall, writeLastSnapshot } = context;
  const { control, clock } = columns;
  const setInterval_ = setInterval;
  const clearInterval_ = clearInterval;
  const emit = process.emit;
  // Undocumented, and wrapped by widely used packages in the same way: the last step of `process.exit`.
  const { reallyExit } = process as NodeJS.Process & { reallyExit: (code?: number) => never };
  const activeResources = process.getActiveResourcesInfo.bind(process);
  const setImmediate_ = setImmediate;
  let settled: 'not-yet' | 'settling' | 'done' = 'not-yet';
  let isFlushed = false;

  const waitWhile = (state: number, limitMs = FLUSH_LIMIT_MS) => {
    const startedAt = now();
    while (atomics.load(control, Cell.state) === state && now() - startedAt < limitMs) {
      atomics.wait(control, Cell.state, state, 50);
    }
  };

  const flush = (exitCode: number) => {
    // If the companion has gone, everything that can be sent has been.
    if (isFlushed) return;
    // A short program ends before its companion is connected.
    const isStarting = atomics.compareExchange(control, Cell.state, State.starting, State.exiting) === State.starting;
    if (!isStarting && atomics.load(control, Cell.state) !== State.started) return;
    isFlushed = true;
    const exitCall = findExitCall();
    if (exitCall !== undefined) tellExitCall(exitCode, exitCall);
    atomics.store(control, Cell.exitCode, exitCode);
    atomics.store(control, Cell.state, State.exiting);
    tellLast();
    waitWhile(State.exiting, isStarting ? startLimitMs + FLUSH_LIMIT_MS : FLUSH_LIMIT_MS);
    // Everything that verdicts rest on has been sent: what the snapshot collects changes none of them.
    if (atomics.load(control, Cell.state) !== State.awaitsSnapshot) return;
    writeLastSnapshot();
    waitWhile(State.awaitsSnapshot);
  };

  const beginSettling = () => {
    settled = 'settling';
    clock[Clock.settlingSince] = now();
    atomics.store(control, Cell.settling, 1);
    const startedAt = now();
    // This timer is what keeps the process; everything else of the observer is unreferenced.
    const timer = setInterval_(() => {
      if (now() - startedAt < settleMs && atomics.load(control, Cell.endSettling) === 0) return;
      clearInterval_(timer);
      settled = 'done';
      atomics.store(control, Cell.settled, 1);
    }, 10);
  };

  const observedEmit = function (this: NodeJS.Process, event: string | symbol, ...args: unknown[]): boolean {
    if (this !== process || (event !== 'beforeExit' && event !== 'exit')) {
      return apply(emit, this, [event, ...args]) as boolean;
    }
    if (event === 'exit') {
      try {
        return apply(emit, this, [event, ...args]) as boolean;
      } finally {
        // A handler may have changed it.
        flush(Number(process.exitCode ?? args[0] ?? 0));
      }
    }
    // The settle time ended and the loop ran dry again: the program was told already that it may end.
    if (settled !== 'not-yet') return true;
    const idle = countByType(activeResources());
    const handled = apply(emit, this, [event, ...args]) as boolean;
    // A handler that scheduled more work gets its next `beforeExit` from Node, as it would without Heapline. What a
    // handler schedules after an `await` shows only once the microtasks have run.
    if (hasMore(activeResources(), idle)) return handled;
    setImmediate_(() => {
      if (!hasMore(activeResources(), idle)) beginSettling();
    });
    return handled;
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
    if ([0, -1, process.pid, -process.pid].includes(pid) && isFatal(signal)) flush(128 + signal);
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

  // A utility process never emits `beforeExit`: there the scenario runner says when the program is done.
  if ('parentPort' in process) {
    channel('heapline:program-ended').subscribe(() => {
      if (settled !== 'not-yet') return;
      beginSettling();
      const waiting = setInterval_(() => {
        if (settled !== 'done') return;
        clearInterval_(waiting);
        process.exit();
      }, 10);
    });
  }
}
