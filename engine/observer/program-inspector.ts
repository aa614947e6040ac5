// The inspector of the program's thread, as seen from the companion. Its requests are served also while that thread
// runs a loop, at the loop's back edges. No domain is enabled: enabling `Runtime` would make the console keep objects.

import type { Runtime } from 'node:inspector';
import { assertNever, type CollectionKind } from '../protocol/vocabulary.ts';

/** What V8 says of the heap. `backingStorageSize` is there since V8 13. */
export interface HeapUsage {
  readonly usedSize: number;
  readonly totalSize: number;
  readonly backingStorageSize?: number;
}

export interface ProgramInspector {
  /** The answer comes when the thread can give one: at once where it idles or loops, late where it is in native code. */
  readHeapUsage(answer: (usage: HeapUsage) => void): void;
  /**
   * Lets go of what the program printed. As long as a session is connected, V8 keeps the arguments of up to 1,000 console
   * calls for a debugger that might want to see them, and an object that was printed would never be collected.
   */
  forgetConsole(): void;
  /** `external_memory` of V8's heap statistics, for runtimes whose heap usage lacks `backingStorageSize`. */
  readExternalBytes(answer: (bytes: number) => void): void;
  /** Forces a scavenge or a mark-compact in the program's thread. */
  collectGarbage(kind: CollectionKind): void;
  /** Writes a heap snapshot in the program's thread, which stands still meanwhile. `answer`: what went wrong, or empty. */
  writeSnapshot(path: string, isLast: boolean, answer: (problem: string) => void): void;
  disconnect(): void;
}

/** The probe waits for as long; a runtime that answers at all does it in a few milliseconds. */
const ANSWER_LIMIT_MS = 2_000;

/**
 * Connects, and fetches the functions that the probe shows during its start.
 * @returns undefined if this runtime has no inspector, or its main thread does not answer: heap figures and forced
 *   collections are missing then, and everything else is there.
 */
export async function connectProgramInspector(): Promise<ProgramInspector | undefined> {
  // A Node that was built without an inspector has no such module.
  const inspectorModule = await import('node:inspector').catch(() => undefined);
  if (inspectorModule === undefined) return undefined;
  const session = new inspectorModule.Session();
  const reveal = (name: string) =>
    new Promise<string>((resolve, reject) => {
      const expression = `process[Symbol.for('heapline.companion')].${name}`;
      const request: Runtime.EvaluateParameterType = { expression, silent: true };
      setTimeout(() => reject(new Error('The thread does not answer.')), ANSWER_LIMIT_MS).unref();
      session.post('Runtime.evaluate', request, (error, answer?: Runtime.EvaluateReturnType) => {
        const objectId = error === null ? answer?.result.objectId : undefined;
        if (objectId === undefined) reject(error ?? new Error(`The probe does not show ${name}.`));
        else resolve(objectId);
      });
    });
  let functions: [string, string, string];
  try {
    session.connectToMainThread();
    functions = await Promise.all([reveal('garbageCollect'), reveal('externalBytes'), reveal('writeSnapshot')]);
  } catch {
    session.disconnect();
    return undefined;
  }
  const [garbageCollect, externalBytes, writeSnapshot] = functions;
  let isConnected = true;

  const call = (objectId: string, functionDeclaration: string, answer?: (value: unknown) => void) => {
    if (!isConnected) return;
    const request: Runtime.CallFunctionOnParameterType = {
      objectId,
      functionDeclaration,
      silent: true,
      returnByValue: true,
    };
    session.post('Runtime.callFunctionOn', request, (error, result?: Runtime.CallFunctionOnReturnType) => {
      if (error === null) answer?.(result?.result.value);
    });
  };

  const forgetConsole = () => {
    if (isConnected) session.post('Runtime.discardConsoleEntries');
  };

  return {
    readHeapUsage(answer) {
      if (!isConnected) return;
      session.post('Runtime.getHeapUsage', (error, usage?: HeapUsage) => {
        if (error === null && usage !== undefined) answer(usage);
      });
    },
    forgetConsole,
    readExternalBytes(answer) {
      call(externalBytes, 'function(){return this()}', (value) => {
        if (typeof value === 'number') answer(value);
      });
    },
    collectGarbage(kind) {
      forgetConsole();
      switch (kind) {
        case 'minor':
          call(garbageCollect, "function(){this({type:'minor'})}");
          break;
        case 'major':
          // Without an argument: V8 11 takes any object for a wish for a scavenge.
          call(garbageCollect, 'function(){this()}');
          break;
        default:
          assertNever(kind);
      }
    },
    writeSnapshot(path, isLast, answer) {
      if (!isConnected) return answer('The observer has let go of the program already.');
      forgetConsole();
      const request: Runtime.CallFunctionOnParameterType = {
        objectId: writeSnapshot,
        functionDeclaration: 'function(path,isLast){return this(path,isLast)}',
        arguments: [{ value: path }, { value: isLast }],
        silent: true,
        returnByValue: true,
      };
      session.post('Runtime.callFunctionOn', request, (error, result?: Runtime.CallFunctionOnReturnType) => {
        const problem: unknown = result?.result.value;
        answer(typeof problem === 'string' ? problem : (error?.message ?? 'The thread gave no answer.'));
      });
    },
    disconnect() {
      if (!isConnected) return;
      isConnected = false;
      session.disconnect();
    },
  };
}
