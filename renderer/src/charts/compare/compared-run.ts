// One of two compared runs as the comparison's chart sees it: its stream, and how far its own time is moved on the axis.

import type { RunStream } from '../../stream/run-stream.ts';
import { createTimeScale, type TimeScale } from '../time-scale.ts';

export type Side = 'a' | 'b';

export interface ComparedRun {
  readonly stream: RunStream;
  readonly offsetMs: number;
}

export interface ComparedPair {
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  /** What counts as zero on the axis. */
  readonly originMs: number;
}

/** Where the run's own times lie in the window: everything that draws in a run's own time draws with this. */
export const ownScale = (scale: TimeScale, { offsetMs }: ComparedRun): TimeScale =>
  createTimeScale(scale.fromMs - offsetMs, scale.toMs - offsetMs, scale.width);

/** The run's own time at a time of the axis; NaN where the run had not begun, or was over, or has not come so far. */
export function ownTime({ stream, offsetMs }: ComparedRun, axisMs: number): number {
  const ownMs = axisMs - offsetMs;
  return ownMs >= 0 && ownMs <= stream.endMs ? ownMs : NaN;
}
