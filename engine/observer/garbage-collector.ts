// V8's own `gc`, and how the companion gets at it. Runs in the program's thread.

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { createContext, runInContext, runInNewContext } from 'node:vm';
import { SHOWN_NAME, type ShownToCompanion } from './program-inspector.ts';

export type GarbageCollect = (options?: { type: 'minor' }) => void;

/** V8's `gc`, without leaving it in any realm of the program's that has none by the program's own wish. */
export function revealGarbageCollector(): GarbageCollect {
  const isWanted = 'gc' in globalThis;
  setFlagsFromString('--expose-gc');
  const garbageCollect = runInNewContext('gc') as GarbageCollect;
  if (!isWanted) setFlagsFromString('--no-expose-gc');
  return garbageCollect;
}

/** Nothing else may hold what the companion has not fetched yet. */
const ownRealms: object[] = [];

type WriteSnapshot = ShownToCompanion['writeSnapshot'];

const shown = (garbageCollect: GarbageCollect, writeSnapshot: WriteSnapshot): ShownToCompanion => ({
  garbageCollect,
  externalBytes: () => getHeapStatistics().external_memory,
  writeSnapshot,
});

/**
 * Reveals V8's `gc`, and shows the companion what it fetches through the inspector, in a realm of the observer's own: the
 * program cannot come upon it, so it may run meanwhile.
 */
export function showInOwnRealm(makeWriteSnapshot: () => WriteSnapshot): GarbageCollect {
  const isWanted = 'gc' in globalThis;
  setFlagsFromString('--expose-gc');
  const global: Record<string, unknown> = {};
  const realm = createContext(global);
  ownRealms.push(realm);
  const garbageCollect = runInContext('gc', realm) as GarbageCollect;
  if (!isWanted) setFlagsFromString('--no-expose-gc');
  global[SHOWN_NAME] = shown(garbageCollect, makeWriteSnapshot());
  return garbageCollect;
}

/**
 * Shows the same by a symbol of `process`, while the companion of a watched program starts.
 * @returns what ends the show
 */
export function showToCompanion(garbageCollect: GarbageCollect, writeSnapshot: WriteSnapshot): () => void {
  const key = Symbol.for(SHOWN_NAME);
  Object.defineProperty(process, key, { value: shown(garbageCollect, writeSnapshot), configurable: true });
  return () => void Reflect.deleteProperty(process, key);
}
