// Where the program called `process.exit`. Runs in the program's thread, at its exit.

import { startsWith } from './intrinsics.ts';

export interface ExitCall {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const MAXIMUM_FRAMES = 50;
// Captured before the program can replace them.
const IntrinsicError = Error;
const { captureStackTrace } = Error;
const { defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;

/**
 * Looks for `process.exit` among the callers.
 * @returns undefined if the program ends in another way; no place if it called it where there is none (from a string)
 */
export function findExitCall(): { readonly place?: ExitCall } | undefined {
  const limit = IntrinsicError.stackTraceLimit;
  const prepare = getOwnPropertyDescriptor(IntrinsicError, 'prepareStackTrace');
  const holder: { stack?: NodeJS.CallSite[] } = {};
  try {
    IntrinsicError.stackTraceLimit = MAXIMUM_FRAMES;
    IntrinsicError.prepareStackTrace = (_error, callSites) => callSites;
    captureStackTrace(holder);
    const callSites = holder.stack ?? [];
    let exit = callSites.length - 1;
    const isExit = (site: NodeJS.CallSite) =>
      site.getFunctionName() === 'exit' && startsWith(site.getFileName() ?? '', 'node:internal/process/') === true;
    while (exit >= 0 && !isExit(callSites[exit]!)) exit--;
    if (exit === -1) return undefined;
    let at = exit + 1;
    while (at < callSites.length && startsWith(callSites[at]!.getFileName() ?? 'node:', 'node:') === true) at++;
    const caller = callSites[at];
    const file = caller?.getFileName();
    if (caller === undefined || file === null || file === undefined) return {};
    return { place: { file, line: caller.getLineNumber() ?? 0, column: caller.getColumnNumber() ?? 0 } };
  } catch {
    // The program froze `Error`, or made its properties throw: the place cannot be told, everything else can.
    return undefined;
  } finally {
    try {
      if (prepare === undefined) deleteProperty(IntrinsicError, 'prepareStackTrace');
      else defineProperty(IntrinsicError, 'prepareStackTrace', prepare);
      IntrinsicError.stackTraceLimit = limit;
    } catch {
      // As above; nothing was changed then.
    }
  }
}
