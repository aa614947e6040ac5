// Node's own queue of timers and its own way to call into the program. Neither is public; both are variables in the closures
// of public functions, and V8's debugger shows closures. Runs in the program's thread, once its event loop has run dry.

import { executionAsyncId } from 'node:async_hooks';
import type { Debugger, Runtime, Session } from 'node:inspector';
import { MessagePort } from 'node:worker_threads';
import { apply } from './intrinsics.ts';

/** What `setTimeout` closes over (lib/timers.js). */
export interface TimerInternals {
  /** A priority queue; Node looks at its first list, by `peek`, whenever timers may be due. */
  readonly timerListQueue: { peek: () => unknown };
  readonly binding: {
    toggleImmediateRef: (isReferenced: boolean) => void;
    /** When Node looks at its timers next, in ms from now. */
    scheduleTimer: (delayMs: number) => void;
  };
  /** Counts that Node's native side reads: of all immediates, and of those that keep the process. */
  readonly immediateInfo: Uint32Array;
  readonly kCount: number;
  readonly kRefCount: number;
}

/** What `executionAsyncId` closes over (lib/internal/async_hooks.js). */
export interface CallInternals {
  /** Makes Node call a function instead of each callback of a handle or request, with that callback as an argument. */
  readonly setCallbackTrampoline: (trampoline?: (...args: unknown[]) => unknown) => void;
  /** Node's own one, set while there are async hooks. */
  readonly callbackTrampoline: (...args: unknown[]) => unknown;
  readonly async_hook_fields: Uint32Array;
  readonly kCheck: number;
  readonly kUsesExecutionAsyncResource: number;
  /** Grows by one with each timer, handle, request and tick. */
  readonly async_id_fields: Float64Array;
  readonly kAsyncIdCounter: number;
  /** The program's async hooks. */
  readonly active_hooks: { array: unknown[] };
}

/** What `MessagePort.prototype.close` closes over (lib/internal/worker/io.js). */
interface PortInternals {
  /** Inherits what all handles have in common. */
  readonly MessagePortPrototype: object;
}

/** The methods that every handle of Node's inherits. */
export interface HandleMethods {
  close: (...args: unknown[]) => unknown;
}

export interface NodeInternals {
  readonly timers: TimerInternals;
  readonly calls: CallInternals;
  /** undefined if this Node keeps them elsewhere. */
  readonly handles: HandleMethods | undefined;
}

// As they were before the program could replace them.
const sources = { timers: setTimeout, calls: executionAsyncId, ports: MessagePort.prototype.close };
const { getBuiltinModule } = process as Partial<NodeJS.Process>;
const { defineProperty, deleteProperty, getPrototypeOf } = Reflect;
const SHOWN = 'heapline.internals';
const shownKey = Symbol.for(SHOWN);
const [IntrinsicUint32Array, IntrinsicFloat64Array] = [Uint32Array, Float64Array];
const { isArray } = Array;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function areTimers(value: unknown): value is TimerInternals {
  if (!isObject(value)) return false;
  const { timerListQueue, binding, immediateInfo, kCount, kRefCount } = value;
  return (
    isObject(timerListQueue) &&
    typeof timerListQueue['peek'] === 'function' &&
    isObject(binding) &&
    typeof binding['toggleImmediateRef'] === 'function' &&
    typeof binding['scheduleTimer'] === 'function' &&
    immediateInfo instanceof IntrinsicUint32Array &&
    typeof kCount === 'number' &&
    typeof kRefCount === 'number'
  );
}

function areCalls(value: unknown): value is CallInternals {
  if (!isObject(value)) return false;
  const { active_hooks: hooks } = value;
  return (
    typeof value['setCallbackTrampoline'] === 'function' &&
    typeof value['callbackTrampoline'] === 'function' &&
    value['async_hook_fields'] instanceof IntrinsicUint32Array &&
    value['async_id_fields'] instanceof IntrinsicFloat64Array &&
    typeof value['kAsyncIdCounter'] === 'number' &&
    typeof value['kCheck'] === 'number' &&
    typeof value['kUsesExecutionAsyncResource'] === 'number' &&
    isObject(hooks) &&
    isArray(hooks['array'])
  );
}

function handleMethodsOf(value: unknown): HandleMethods | undefined {
  const { MessagePortPrototype: prototype } = (value ?? {}) as Partial<PortInternals>;
  const methods = isObject(prototype) ? getPrototypeOf(prototype) : undefined;
  return isObject(methods) && typeof methods['close'] === 'function' ? (methods as object as HandleMethods) : undefined;
}

/**
 * Reads them out: 30 ms of work for a small program, more for one with many scripts, since V8 describes each script first.
 * @returns undefined if this Node has no inspector, or keeps them elsewhere
 */
export function findNodeInternals(): NodeInternals | undefined {
  const found: Record<string, unknown> = {};
  const shown = { ...sources, take: (name: string, scope: { object?: unknown }) => void (found[name] = scope.object) };
  let session: Session | undefined;
  try {
    const load = getBuiltinModule ?? require;
    session = new (apply(load, process, ['node:inspector']) as typeof import('node:inspector')).Session();
    session.connect();
    defineProperty(process, shownKey, { value: shown, configurable: true });
    takeClosures(session);
  } catch {
    // What is missing is found missing below.
  }
  deleteProperty(process, shownKey);
  try {
    session?.disconnect();
  } catch {
    // The program replaced it. The session ends with the process.
  }
  const { timers, calls, ports } = found;
  return areTimers(timers) && areCalls(calls) ? { timers, calls, handles: handleMethodsOf(ports) } : undefined;
}

function takeClosures(session: Session): void {
  /** A session in the same thread answers at once. */
  const ask = <Answer>(method: string, parameters: object): Answer => {
    let answered: Answer | undefined;
    session.post(method, parameters, (error: Error | null, answer?: object) => {
      if (error === null) answered = answer as Answer;
    });
    if (answered === undefined) throw new Error(`The inspector does not answer ${method}.`);
    return answered;
  };
  const evaluate = (name: string): string => {
    const expression = `process[Symbol.for('${SHOWN}')].${name}`;
    const { result } = ask<Runtime.EvaluateReturnType>('Runtime.evaluate', { expression, silent: true });
    return result.objectId ?? '';
  };
  const propertiesOf = (objectId: string) =>
    ask<Runtime.GetPropertiesReturnType>('Runtime.getProperties', { objectId, ownProperties: true });

  // Without the debugger, V8 does not tell what a function closes over.
  ask<Debugger.EnableReturnType>('Debugger.enable', {});
  const take = evaluate('take');
  for (const name of ['timers', 'calls', 'ports']) {
    const scopes = propertiesOf(evaluate(name)).internalProperties?.find((one) => one.name === '[[Scopes]]')?.value;
    const closure = propertiesOf(scopes?.objectId ?? '').result.find((one) => one.name === '0')?.value;
    const request: Runtime.CallFunctionOnParameterType = {
      objectId: take,
      functionDeclaration: 'function(name, scope) { this(name, scope); }',
      arguments: [{ value: name }, { objectId: closure?.objectId ?? '' }],
      silent: true,
    };
    ask('Runtime.callFunctionOn', request);
  }
  ask('Debugger.disable', {});
}
