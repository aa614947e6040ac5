// A thread beside the one that runs a scenario's file: when the time for something is over, it stops that thread with the
// inspector and says in which function, file and line it was. Runs in the process that loads a scenario of the user's own.

import { Session, type Debugger } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';
import type { JudgedPart, LoaderReport } from './loader-message.ts';
import { writeReport } from './write-report.ts';

/** What the worker is started with. `stage` holds the number of what is going on; it grows when that is done. */
export interface WatchdogData {
  readonly kind: 'heapline-watchdog';
  readonly stage: Int32Array;
}
/** Say where the thread is if stage `stage` is not over after `deadlineMs`. */
export interface WatchdogOrder {
  readonly stage: number;
  readonly deadlineMs: number;
  readonly part?: JudgedPart;
  /** The thread may well have nothing to do: say only if it runs something. */
  readonly isWaiting?: boolean;
}

/** A thread that runs JavaScript stops at its next call or loop; one that does not is idle, or within native code. */
const PAUSE_LIMIT_MS = 500;
const MAXIMUM_FRAMES = 50;

export function isWatchdogData(data: unknown): data is WatchdogData {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'heapline-watchdog';
}

/** Called once, in the worker. */
export function runWatchdog(): void {
  const { stage } = workerData as WatchdogData;
  parentPort?.on('message', (order: WatchdogOrder) => {
    setTimeout(() => {
      if (Atomics.load(stage, 0) === order.stage) locate(order);
    }, order.deadlineMs);
  });
  parentPort?.postMessage('ready');
}

/** Whoever started the process ends it after the report: the thread stays stopped. */
function locate({ part, isWaiting = false }: WatchdogOrder): void {
  const about = part === undefined ? {} : { part };
  let isTold = false;
  const tell = (report: LoaderReport): void => {
    if (!isTold) writeReport(report);
    isTold = true;
  };
  // `url` of a call frame is empty; scripts are known by their numbers.
  const urls = new Map<string, string>();
  const session = new Session();
  session.connectToMainThread();
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params }) => {
    const frames = params.callFrames.slice(0, MAXIMUM_FRAMES).map(({ functionName, location }: Debugger.CallFrame) => ({
      functionName,
      url: urls.get(location.scriptId) ?? '',
      line: location.lineNumber + 1,
      column: (location.columnNumber ?? 0) + 1,
    }));
    tell({ type: 'stuck', frames, ...about });
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
  setTimeout(() => {
    // Otherwise the thread would stop at whatever it does next.
    if (isWaiting && !isTold) session.disconnect();
    else tell({ type: 'idle', ...about });
  }, PAUSE_LIMIT_MS);
}
