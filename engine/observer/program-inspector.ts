// The inspector of the program's thread, as seen from the companion. Its requests are served also while that thread
// runs a loop, at the loop's back edges. No domain is enabled: enabling `Runtime` would make the console keep objects.

import type { Runtime, Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { assertNever, type CollectionKind } from '../protocol/vocabulary.ts';

/** What V8 says of the heap. `backingStorageSize` is there since V8 13. */
export interface HeapUsage {
  readonly usedSize: number;
  readonly totalSize: number;
  readonly backingStorageSize?: number;
}

export interface ProgramInspector {
  /** Resolves when the thread has answered whether it shows what is called here. Rejects never. */
  readonly isRevealed: Promise<boolean>;
  /** The answer comes when the thread can give one: at once where it idles or loops, late where it is in native code. */
  readHeapUsage(answer: (usage: HeapUsage) => void): void;
  /**
   * Lets go of what the program printed. As long as a session is connected, V8 keeps the arguments of up to 1,000 console
   * calls for a debugger that might want to see them, and an object that was printed would never be collected.
   */
  forgetConsole(): void;
  /** `external_memory` of V8's heap statistics, for runtimes whose heap usage lacks `backingStorageSize`. */
  readExternalBytes(answer: (bytes: number) => void): void;
  /** Forces a scavenge or a mark-compact in the program's thread; `done` is called after it, or when it cannot be. */
  collectGarbage(kind: CollectionKind, done: () => void): void;
  /** Writes a heap snapshot in the program's thread, which stands still meanwhile. `answer`: what went wrong, or empty. */
  writeSnapshot(path: string, isLast: boolean, answer: (problem: string) => void): void;
  disconnect(): void;
}

/** What the program's thread shows to the companion. */
export interface ShownToCompanion {
  garbageCollect(options?: { type: 'minor' }): void;
  externalBytes(): number;
  writeSnapshot(path: string, isLast: boolean): string;
}

/** The name under which it is shown. */
export const SHOWN_NAME = 'heapline.companion';

/** @throws where Node was built without an inspector. `import` would load Node's module loader for it. */
const inspectorModule = () => createRequire(__filename)('node:inspector') as typeof import('node:inspector');

/** False where Node was built without an inspector, or the program's thread has none. */
export function hasInspector(shownIn: ShownIn): boolean {
  if (shownIn === 'nowhere') return false;
  try {
    return typeof inspectorModule().Session === 'function';
  } catch {
    return false;
  }
}

/**
 * Where it is shown: on `process`, or in a realm of the observer's own, one of the first that the thread has made.
 * `nowhere`: the thread has no inspector, and must not be connected to.
 */
export type ShownIn = 'process' | 'own-realm' | 'nowhere';

/** Realms are numbered from 1, which is the program's. */
const FIRST_REALMS = 8;

/**
 * Connects, and fetches what the probe shows as soon as the thread can give it. A worker has the thread's ear at once.
 * @returns undefined if this runtime has no inspector: heap figures and forced collections are missing then, and everything
 *   else is there.
 */
export function connectProgramInspector(shownIn: ShownIn): ProgramInspector | undefined {
  if (shownIn === 'nowhere') return undefined;
  let session: Session;
  try {
    const { Session: InspectorSession } = inspectorModule();
    session = new InspectorSession();
    session.connectToMainThread();
  } catch {
    return undefined;
  }
  let isConnected = true;

  const reveal = (request: Runtime.EvaluateParameterType) =>
    new Promise<string>((resolve, reject) => {
      session.post('Runtime.evaluate', { ...request, silent: true }, (error, answer?: Runtime.EvaluateReturnType) => {
        const objectId = error === null ? answer?.result.objectId : undefined;
        // An error, as an answer, is an object too.
        if (objectId === undefined || answer?.exceptionDetails !== undefined)
          reject(error ?? new Error('It is not there.'));
        else resolve(objectId);
      });
    });
  const name = JSON.stringify(SHOWN_NAME);
  const requests: Runtime.EvaluateParameterType[] =
    shownIn === 'process'
      ? [{ expression: `process[Symbol.for(${name})]` }]
      : Array.from({ length: FIRST_REALMS }, (_, index) => ({ expression: `this[${name}]`, contextId: index + 1 }));
  const revealed = Promise.any(requests.map(reveal)).catch(() => undefined);

  const call = (functionDeclaration: string, values: unknown[], answer: (value: unknown, problem?: string) => void) => {
    void revealed.then((objectId) => {
      if (objectId === undefined || !isConnected) return answer(undefined, 'The observer is not in the program.');
      const request: Runtime.CallFunctionOnParameterType = {
        objectId,
        functionDeclaration,
        arguments: values.map((value) => ({ value })),
        silent: true,
        returnByValue: true,
      };
      session.post('Runtime.callFunctionOn', request, (error, result?: Runtime.CallFunctionOnReturnType) =>
        answer(result?.result.value, error?.message),
      );
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
    isRevealed: revealed.then((objectId) => objectId !== undefined),
    readExternalBytes(answer) {
      call('function(){return this.externalBytes()}', [], (value) => {
        if (typeof value === 'number') answer(value);
      });
    },
    collectGarbage(kind, done) {
      forgetConsole();
      switch (kind) {
        case 'minor':
          call("function(){(0,this.garbageCollect)({type:'minor'})}", [], done);
          break;
        case 'major':
          // Without an argument: V8 11 takes any object for a wish for a scavenge.
          call('function(){(0,this.garbageCollect)()}', [], done);
          break;
        default:
          assertNever(kind);
      }
    },
    writeSnapshot(path, isLast, answer) {
      if (!isConnected) return answer('The observer has let go of the program already.');
      forgetConsole();
      call('function(path,isLast){return this.writeSnapshot(path,isLast)}', [path, isLast], (value, problem) =>
        answer(typeof value === 'string' ? value : (problem ?? 'The thread gave no answer.')),
      );
    },
    disconnect() {
      if (!isConnected) return;
      isConnected = false;
      session.disconnect();
    },
  };
}
