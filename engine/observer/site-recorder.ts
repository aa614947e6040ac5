// Where in the program something was called: file, line, column, function. Each place gets a small number, and is told to
// the companion once. Runs in the program's thread.

export interface Site {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly functionName: string;
}

export interface SiteRecorder {
  /**
   * Number of the place that called `below`, counted from 1; 0 if it cannot be told; NODE_SITE if it is in Node's own
   * code. Costs a few microseconds.
   */
  capture(below: Function): number;
}

/** A place in Node's own JavaScript. */
export const NODE_SITE = -1;

/** `announce` is called once for each place, before its number is used. */
export function createSiteRecorder(announce: (site: Site) => void): SiteRecorder {
  const known = new Map<string, number>();
  const IntrinsicError = Error;
  const captureStackTrace = Error.captureStackTrace;
  const { getOwnPropertyDescriptor, defineProperty, deleteProperty } = Reflect;
  const giveCallSites = (_error: Error, callSites: NodeJS.CallSite[]) => callSites;
  return {
    capture(below) {
      const holder: { stack?: NodeJS.CallSite[] } = {};
      const limit = IntrinsicError.stackTraceLimit;
      const prepare = getOwnPropertyDescriptor(IntrinsicError, 'prepareStackTrace');
      let callSite: NodeJS.CallSite | undefined;
      try {
        IntrinsicError.stackTraceLimit = 1;
        IntrinsicError.prepareStackTrace = giveCallSites;
        captureStackTrace(holder, below);
        callSite = holder.stack?.[0];
      } catch {
        // The program froze `Error`, or made its properties throw: places cannot be told, everything else can.
        return 0;
      } finally {
        try {
          if (prepare === undefined) deleteProperty(IntrinsicError, 'prepareStackTrace');
          else defineProperty(IntrinsicError, 'prepareStackTrace', prepare);
          IntrinsicError.stackTraceLimit = limit;
        } catch {
          // As above; nothing was changed then.
        }
      }
      if (callSite === undefined || typeof callSite.getFileName !== 'function') return 0;
      const file = callSite.getFileName() ?? callSite.getEvalOrigin() ?? '';
      if (file.startsWith('node:')) return NODE_SITE;
      const line = callSite.getLineNumber() ?? 0;
      const column = callSite.getColumnNumber() ?? 0;
      const key = `${file}:${line}:${column}`;
      const id = known.get(key);
      if (id !== undefined) return id;
      const newId = known.size + 1;
      known.set(key, newId);
      announce({ id: newId, file, line, column, functionName: callSite.getFunctionName() ?? '' });
      return newId;
    },
  };
}
