// The end of a watched program, in its own thread: what is recorded is sent before the process ends, and the inspector is
// let go of (Node would say on standard error that it waits for a debugger). Nothing else about the end changes, and
// after the watch nothing of this is left.

import { apply } from './intrinsics.ts';
import { describeError } from './describe-error.ts';
import { Cell, State } from './shared-columns.ts';

/** How long the program's end may wait for what is recorded to be sent: a Heapline that does not read must not hold it. */
const FLUSH_LIMIT_MS = 1_000;
/** How long it may wait for a companion that is only just starting, or is being left, to let go of the inspector. */
const RELEASE_LIMIT_MS = 300;

export interface WatchedExit {
  /** Tells what is pending; the companion sends it and lets go. For a program that goes on. */
  leave(): void;
  restore(): void;
}

/**
 * `process.emit` and `process.reallyExit` are wrapped instead of listening: a program that lists its listeners sees none
 * of ours, and its own exit handlers have run before anything is flushed.
 */
export function superviseWatchedExit(context: {
  readonly control: Int32Array;
  readonly now: () => number;
  /** Node announces each worker to the program; ours is not the program's. */
  readonly isOwnWorker: (worker: unknown) => boolean;
  readonly tellUncaught: (
    error: ReturnType<typeof describeError>,
    origin: 'uncaughtException' | 'unhandledRejection',
  ) => void;
  /** Tells the companion what is pending, and that it may end. */
  readonly tellLast: () => void;
}): WatchedExit {
  const { control, now } = context;
  const state = () => Atomics.load(control, Cell.state);

  const leave = (exitCode: number) => {
    if (Atomics.compareExchange(control, Cell.state, State.started, State.exiting) !== State.started) return;
    Atomics.store(control, Cell.exitCode, exitCode);
    context.tellLast();
  };

  const flush = (exitCode: number) => {
    leave(exitCode);
    // Not connected to anything yet, so there is nothing to wait for.
    Atomics.compareExchange(control, Cell.state, State.starting, State.unavailable);
    const startedAtMs = now();
    if (state() === State.exiting) {
      while (state() === State.exiting && now() - startedAtMs < FLUSH_LIMIT_MS) {
        Atomics.wait(control, Cell.state, State.exiting, 50);
      }
      return;
    }
    const release = (starting: number) => {
      if (Atomics.compareExchange(control, Cell.state, starting, State.unavailable) !== starting) return;
      Atomics.notify(control, Cell.state);
      // A loop: V8 serves the inspector at its back edges, but not inside a wait.
      while (state() === State.unavailable && now() - startedAtMs < RELEASE_LIMIT_MS);
    };
    release(State.connected);
    release(State.ready);
  };

  const restoreEmit = wrap('emit', false, (emit) => {
    return function (this: NodeJS.Process, event: unknown, ...args: unknown[]): unknown {
      // Spreading would ask the program's `Array.prototype` for an iterator, which may be gone.
      // eslint-disable-next-line prefer-rest-params
      const all = arguments as unknown as unknown[];
      const pass = () => apply(emit, this, all) as unknown;
      if (this !== process) return pass();
      switch (event) {
        case 'worker':
          return context.isOwnWorker(args[0]) ? false : pass();
        case 'uncaughtExceptionMonitor':
          context.tellUncaught(
            describeError(args[0]),
            args[1] === 'unhandledRejection' ? 'unhandledRejection' : 'uncaughtException',
          );
          return pass();
        case 'exit':
          try {
            return pass();
          } finally {
            flush(Number(process.exitCode ?? args[0] ?? 0));
          }
        default:
          return pass();
      }
    };
  });
  // Undocumented, and wrapped by widely used packages in the same way: the last step of `process.exit`. A second
  // `process.exit`, from within an exit handler, comes here without a second `exit` event.
  const restoreReallyExit = wrap('reallyExit', true, (reallyExit) => {
    return function (this: NodeJS.Process, code?: unknown): unknown {
      flush(Number(code ?? 0));
      return apply(reallyExit, this, [code]) as unknown;
    };
  });

  return {
    leave: () => leave(0),
    restore() {
      restoreEmit();
      restoreReallyExit();
    },
  };
}

type Method = (this: NodeJS.Process, ...args: unknown[]) => unknown;

/**
 * Replaces a method of `process`. @returns what puts back the one before; where somebody else has wrapped ours meanwhile,
 * ours stays in between and passes everything on.
 */
function wrap(name: 'emit' | 'reallyExit', enumerable: boolean, make: (original: Method) => Method): () => void {
  const own = Reflect.getOwnPropertyDescriptor(process, name);
  const original = Reflect.get(process, name) as Method;
  const observed = make(original);
  let isActive = true;
  const wrapper: Method = function (...args) {
    return apply(isActive ? observed : original, this, args) as unknown;
  };
  Reflect.defineProperty(process, name, { value: wrapper, writable: true, configurable: true, enumerable });
  return () => {
    isActive = false;
    if (Reflect.get(process, name) !== wrapper) return;
    if (own === undefined) Reflect.deleteProperty(process, name);
    else Reflect.defineProperty(process, name, own);
  };
}
