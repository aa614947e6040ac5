// Lays two runs on one axis so that their starts, or a mark that both have, coincide. Called by the comparison's store
// and chart; no Vue in here.

import type { RunBatchOf } from '../../../engine/protocol/run-batch.ts';
import type { RunStream } from './run-stream.ts';

type Mark = RunBatchOf<'marks'>['items'][number];

/** A moment that both runs have. Times are of each run's own clock. */
export interface SharedMoment {
  /** The same for the same moment of other runs, so that a choice outlives the pair that it was made for. */
  readonly key: string;
  readonly title: string;
  readonly aMs: number;
  readonly bMs: number;
}

/** How far each run's own time is moved to come onto the axis, whose own zero lies at `originMs`. Never negative. */
export interface RunOffsets {
  readonly aMs: number;
  readonly bMs: number;
  readonly originMs: number;
}

export const START_KEY = 'start';

/** Marks by which runs can be aligned: what the program says of itself, and where it ended. */
function keyOfMark({ kind, name }: Mark): string | undefined {
  if (kind === 'settle-started') return 'settle-started';
  return (kind === 'user-mark' || kind === 'user-measure') && name !== '' ? `mark:${name}` : undefined;
}

/** The first of each mark: a name that comes again and again stands for its first time. */
function firstMarks(stream: RunStream): Map<string, Mark> {
  const first = new Map<string, Mark>();
  for (const mark of stream.marks) {
    const key = keyOfMark(mark);
    if (key === undefined) continue;
    const known = first.get(key);
    if (known === undefined || mark.atMs < known.atMs) first.set(key, mark);
  }
  return first;
}

/** What the runs can be aligned by: their start, then the marks that both have, in B's order of time. */
export function sharedMoments(a: RunStream, b: RunStream): SharedMoment[] {
  const ofA = firstMarks(a);
  const shared = [...firstMarks(b)].flatMap(([key, mark]) => {
    const other = ofA.get(key);
    if (other === undefined) return [];
    return [
      {
        key,
        title: mark.kind === 'settle-started' ? 'program ended' : mark.name,
        aMs: other.atMs,
        bMs: mark.atMs,
      },
    ];
  });
  shared.sort((one, other) => one.bMs - other.bMs);
  return [{ key: START_KEY, title: 'start', aMs: 0, bMs: 0 }, ...shared];
}

/** Moves the run whose moment comes earlier, so that neither begins before the axis does. */
export function offsetsFor({ aMs, bMs }: SharedMoment): RunOffsets {
  const originMs = Math.max(aMs, bMs);
  return { aMs: originMs - aMs, bMs: originMs - bMs, originMs };
}
