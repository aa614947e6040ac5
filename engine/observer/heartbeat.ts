// The sign that the program's thread turns, and garbage where the policy asks for pressure. Runs in that thread.

import type { RowWriter } from './row-writer.ts';
import { Cell, Clock, type SharedColumns } from './shared-columns.ts';

const HEARTBEAT_MS = 20;

/** As they were before the program could replace them. */
export interface Timers {
  readonly setInterval: typeof setInterval;
  readonly clearInterval: typeof clearInterval;
}

export interface Heartbeat {
  /** One beat, where timers do not run. */
  beat(): void;
  stop(): void;
}

/** Never keeps the process alive. */
export function startHeartbeat(
  { control, clock }: SharedColumns,
  rows: RowWriter,
  now: () => number,
  timers: Timers = { setInterval, clearInterval },
  onBeat: () => void = () => {},
): Heartbeat {
  const survivors: unknown[][] = [];
  const beat = () => {
    clock[Clock.heartbeat] = now();
    rows.settleTimes();
    onBeat();
    const megabytes = control[Cell.pressureMegabytes]!;
    if (megabytes === 0) {
      survivors.length = 0;
      return;
    }
    // Arrays of a kibibyte that live for a few beats: long enough to be promoted, so that V8 has to mark and compact.
    const generation: unknown[] = [];
    for (let count = megabytes * 1_024; count > 0; count--) generation.push(new Array(128).fill(count));
    survivors.push(generation);
    if (survivors.length > 6) survivors.shift();
  };
  const timer = timers.setInterval(beat, HEARTBEAT_MS).unref();
  return { beat, stop: () => timers.clearInterval(timer) };
}
