// V8's own `gc`, and how the companion gets at it. Runs in the program's thread.

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export type GarbageCollect = (options?: { type: 'minor' }) => void;

/** V8's `gc`, without leaving it in any realm of the program's that has none by the program's own wish. */
export function revealGarbageCollector(): GarbageCollect {
  const isWanted = 'gc' in globalThis;
  setFlagsFromString('--expose-gc');
  const garbageCollect = runInNewContext('gc') as GarbageCollect;
  if (!isWanted) setFlagsFromString('--no-expose-gc');
  return garbageCollect;
}

/**
 * Shows the companion, by a symbol of `process`, what it fetches through the inspector while it starts.
 * @returns what ends the show
 */
export function showToCompanion(
  garbageCollect: GarbageCollect,
  writeSnapshot: (path: string, isLast: boolean) => string,
): () => void {
  const key = Symbol.for('heapline.companion');
  Object.defineProperty(process, key, {
    value: { garbageCollect, externalBytes: () => getHeapStatistics().external_memory, writeSnapshot },
    configurable: true,
  });
  return () => void Reflect.deleteProperty(process, key);
}
