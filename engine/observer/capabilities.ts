// Which figures the observer can obtain in this process. Runs in the companion, before and after it connects.

import type { RunBatchOf } from '../protocol/run-batch.ts';

export type Capabilities = RunBatchOf<'runtime'>['capabilities'];

/** V8's answer about the heap has the external memory since this version; before, the program's thread is asked. */
const FIRST_V8_WITH_EXTERNAL = 13;

/**
 * @param inspector `expected` until the companion has tried to connect
 * @param isRevealed whether the program's thread shows what forced collections need; undefined: not known yet
 * @param v8 `process.versions.v8`
 */
export function capabilitiesOf(found: {
  readonly inspector: 'expected' | 'connected' | 'missing';
  readonly isRevealed?: boolean;
  readonly v8: string;
  readonly tracesCollections: boolean;
}): Capabilities {
  const isInspected = found.inspector !== 'missing';
  const isShown = isInspected && found.isRevealed !== false;
  const tellsExternal = Number.parseInt(found.v8, 10) >= FIRST_V8_WITH_EXTERNAL;
  const live = (isLive: boolean) => (isLive ? 'live' : 'missing');
  return {
    heap: live(isInspected),
    external: live(tellsExternal ? isInspected : isShown),
    collections: found.tracesCollections ? 'live' : 'when-idle',
    forcedGc: live(isShown),
  };
}
