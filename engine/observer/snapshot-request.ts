// Has the program's thread write a heap snapshot while the program runs, also while it blocks its thread.
// Companion's thread.

import type { ProgramInspector } from './program-inspector.ts';
import { Cell, Clock, SnapshotState, type SharedColumns } from './shared-columns.ts';

/** A thread that runs JavaScript or waits for events begins at once; one in native code may take for ever. */
const BEGIN_LIMIT_MS = 4_000;

/** Times are ms since the program's start; without a problem, the file is written. */
export interface WrittenSnapshot {
  readonly path: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly problem?: string;
}

export interface SnapshotRequests {
  /** One at a time. `isLast`: the program is ended when it is written. `answer` is called once, unless the process ends before. */
  write(path: string, isLast: boolean, answer: (written: WrittenSnapshot) => void): void;
  /** True while the program's thread stands still for one. */
  readonly isWriting: boolean;
  /** When the thread last stood still for one; NaN if it never did, or still does. */
  readonly lastStretch: { readonly startMs: number; readonly endMs: number };
}

export function createSnapshotRequests(context: {
  columns: SharedColumns;
  inspector: ProgramInspector | undefined;
  now: () => number;
}): SnapshotRequests {
  const { inspector, now } = context;
  const { control, clock } = context.columns;
  let isAsked = false;
  const isWriting = () => Atomics.load(control, Cell.snapshot) === SnapshotState.writing;
  const time = (cell: number) => clock[cell]! - clock[Clock.programStart]!;
  return {
    write(path, isLast, answer) {
      const askedAtMs = now();
      const fail = (problem: string) => answer({ path, startMs: askedAtMs, endMs: now(), problem });
      if (inspector === undefined) return fail('This runtime has no inspector, through which it could be asked for.');
      if (isAsked) {
        return fail(
          isWriting() ? 'Another one is being written.' : "The program's thread has not answered the last request yet.",
        );
      }
      // Until the thread answers, even if it is given up on: it must not take the next request for this one.
      isAsked = true;
      Atomics.store(control, Cell.snapshot, SnapshotState.wanted);
      let isGivenUp = false;
      const beginTimer = setTimeout(() => {
        // Whoever changes the cell first has decided.
        const state = Atomics.compareExchange(control, Cell.snapshot, SnapshotState.wanted, SnapshotState.none);
        if (state !== SnapshotState.wanted) return;
        isGivenUp = true;
        fail("The program's thread does not answer: it is in native code.");
      }, BEGIN_LIMIT_MS);
      inspector.writeSnapshot(path, isLast, (problem) => {
        isAsked = false;
        if (isGivenUp) return;
        clearTimeout(beginTimer);
        Atomics.store(control, Cell.snapshot, SnapshotState.none);
        if (problem !== '') fail(problem);
        else answer({ path, startMs: time(Clock.snapshotStart), endMs: time(Clock.snapshotEnd) });
      });
    },
    get isWriting() {
      return isWriting();
    },
    get lastStretch() {
      if (clock[Clock.snapshotEnd] === 0 || isWriting()) return { startMs: Number.NaN, endMs: Number.NaN };
      return { startMs: time(Clock.snapshotStart), endMs: time(Clock.snapshotEnd) };
    },
  };
}
