// What the heap graph tells the session of one snapshot. Plain data, so that it can come from another thread.

import type { AliveReason } from '../protocol/explanation.ts';

/** What the snapshot shows of each registration whose weak cell it holds. The order is the code in `state` columns. */
export const CELL_STATES = [
  /** A path from a root reaches the target. */
  'reachable',
  /** The cell still names its target, and nothing but weak edges reaches it. */
  'unreachable',
  /** The target is gone, and the callback has not been called. */
  'cleared',
] as const;
export type CellState = (typeof CELL_STATES)[number];

/** `id` ascending. `reasonId` is 0 for a registration that no reason is given for; ids of reasons count from 1. */
export interface SnapshotExplanation {
  readonly id: Uint32Array;
  /** True if `id` has every registration whose cell the snapshot holds. */
  readonly isComplete: boolean;
  /** Codes of CELL_STATES. */
  readonly state: Uint8Array;
  readonly reasonId: Uint32Array;
  /** NaN where it is not known. */
  readonly retainedBytes: Float64Array;
  /** Which path of its reason is that of each object; see ExplanationsBatch. */
  readonly form: Uint32Array;
  /** What each object's own path has in place of `[…]`; see ExplanationsBatch. */
  readonly entryEnd: Uint32Array;
  readonly entryBytes: Uint8Array;
  readonly reasons: readonly AliveReason[];
  /** What could not be told, for a person. */
  readonly warnings: readonly string[];
}

export interface ExplainProgress {
  readonly step: 'reading-snapshot' | 'finding-paths';
  /** 0 to 1. */
  readonly progress: number;
}

/** Ids above `firstId - 1` belong to the run that asks; they are told less `firstId - 1`. */
export interface ExplainRequest {
  readonly snapshotPath: string;
  readonly firstId: number;
}
