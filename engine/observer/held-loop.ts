// Keeps Node from running anything of a program whose event loop has run dry: timers, immediates, and the callbacks of
// handles that do not keep the process. Runs in the program's thread. See docs/adr/0021.

import { apply } from './intrinsics.ts';
import type { NodeInternals } from './node-internals.ts';

const { defineProperty, deleteProperty } = Reflect;

/**
 * Whether a program whose loop ran dry has more to do. `unclear`: something was begun that Node does not list, such as the
 * requests of `fs.promises` since Node 26, or it is done already.
 */
export type Rest = 'nothing' | 'more' | 'unclear';

export interface HeldLoop {
  /** Whether it is still unclear; if the loop is dry again then, nothing was left. */
  isUnclear(): boolean;
  /** Puts everything back. */
  release(): void;
}

/**
 * Makes the loop turn once more, and asks what is left to do before anything of the program can run in that turn; the
 * program's ticks and microtasks have run by then. If nothing is left, nothing of the program is run until `release`.
 * Otherwise the program goes on as if nothing had been done; where it was unclear, timers and immediates wait until the
 * loop turns by itself.
 */
export function holdLoop({ timers, calls }: NodeInternals, whatIsLeft: () => Rest): HeldLoop {
  const { timerListQueue, binding, immediateInfo, kCount, kRefCount } = timers;
  const { setCallbackTrampoline, callbackTrampoline, async_hook_fields: fields, active_hooks: hooks } = calls;
  const { kUsesExecutionAsyncResource: uses, kCheck } = calls;
  const { peek } = timerListQueue;
  const usedBefore = fields[uses]!;
  const programHooks = hooks.array;
  let state: 'asking' | 'unclear' | 'held' | 'released' = 'asking';
  let turns = 0;

  const dropReference = () => {
    immediateInfo[kRefCount]! -= 1;
    if (immediateInfo[kRefCount] === 0) binding.toggleImmediateRef(false);
  };
  const release = () => {
    if (state === 'released') return;
    if (state === 'asking') dropReference();
    immediateInfo[kCount]! -= 1;
    const wasUnclear = state === 'unclear';
    state = 'released';
    deleteProperty(timerListQueue, 'peek');
    // 1 more than without hooks: Node's own sign that it uses its trampoline.
    setCallbackTrampoline(fields[kCheck]! > 1 ? callbackTrampoline : undefined);
    fields[uses] = usedBefore;
    hooks.array = programHooks;
    // Those that have been kept waiting.
    if (wasUnclear) binding.scheduleTimer(0);
  };
  const ask = (): void => {
    dropReference();
    // Also while the question is answered.
    state = 'held';
    const rest = whatIsLeft();
    if (rest === 'more') release();
    else {
      if (rest === 'unclear') state = 'unclear';
      else hooks.array = [];
      // Node removes it with the last async hook.
      setCallbackTrampoline(trampoline);
    }
  };

  defineProperty(timerListQueue, 'peek', {
    value: () => {
      if (state === 'asking') ask();
      return state === 'released' ? apply(peek, timerListQueue, []) : undefined;
    },
    configurable: true,
  });
  function trampoline(this: unknown, asyncId: unknown, _resource: unknown, callback: unknown): unknown {
    if (state === 'asking') ask();
    if (state === 'unclear') {
      // Native code calls for immediates once in each turn while there are any, and there is one more than there seems.
      const isTurn = asyncId === 0 && (callback as Function).name === 'processImmediate';
      if (isTurn && turns++ === 0) return undefined;
      // The loop turns by itself, or what was begun is done.
      release();
    }
    // `arguments`, since rest and spread go through iterators that the program may have replaced.
    // eslint-disable-next-line prefer-rest-params
    return state === 'held' ? undefined : apply(callbackTrampoline, this, arguments);
  }
  setCallbackTrampoline(trampoline);
  // Or Node would call back without a trampoline, where no hook wants to know of it.
  fields[uses] = 1;
  // A turn begins with the timers. Where a handler's timer takes the place of this one, the immediates of the same turn
  // come before it is too late.
  binding.scheduleTimer(0);
  // An immediate that is none: it keeps the loop for one turn, and async hooks do not hear of it.
  immediateInfo[kCount]! += 1;
  immediateInfo[kRefCount]! += 1;
  binding.toggleImmediateRef(true);
  return { isUnclear: () => state === 'unclear', release };
}

// As they were before the program could replace them.
const { waitAsync, notify } = Atomics;
const then = Promise.prototype.then;
const cell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Calls `step` in one task after the other of V8's own queue until it returns false. Node empties that queue between a dry
 * loop and the program's end, and does not turn the loop before it is empty; V8 runs cleanup callbacks from the same queue.
 */
export function repeatInTasks(step: () => boolean): void {
  const next = () => {
    const waiting = waitAsync(cell, 0, 0);
    if (waiting.async) void apply(then, waiting.value, [() => void (step() && next())]);
    // Wakes nobody else: V8 posts the task that resolves the promise.
    notify(cell, 0);
  };
  next();
}
