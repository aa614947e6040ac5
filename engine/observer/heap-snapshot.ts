// Writes heap snapshots, in the program's thread: when the companion asks for one, and at the program's end.
// V8 writes the file itself, without a copy in memory; the thread stands still meanwhile.

import { atomics } from './intrinsics.ts';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { Cell, Clock, SnapshotState, type SharedColumns } from './shared-columns.ts';

/** Registrations are told apart by the numbers in the observer's own records, which V8 leaves out unless it is asked. */
const SNAPSHOT_OPTIONS = { exposeNumericValues: true } as const;
// The program may replace the module's functions.
const writeSnapshot = writeHeapSnapshot;
const setV8Flag = setFlagsFromString;

export interface HeapSnapshots {
  /**
   * Writes one for the companion, unless it has given up waiting.
   * @param isLast the program is ended when it is written
   * @returns what went wrong; empty if it is written
   */
  writeWanted(path: string, isLast: boolean): string;
  /** Writes one when the program has ended: nothing of it runs any more. @returns what went wrong; empty if it is written */
  writeLast(path: string): string;
}

export function createHeapSnapshots({ control, clock }: SharedColumns, now: () => number): HeapSnapshots {
  const write = (path: string): string => {
    // Without a name Node would choose one, in the program's folder.
    if (!path) return 'No file was named for it.';
    clock[Clock.snapshotStart] = now();
    try {
      writeSnapshot(path, SNAPSHOT_OPTIONS);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      clock[Clock.snapshotEnd] = now();
    }
  };
  const writeLast = (path: string): string => {
    // The collections that a snapshot begins with are none of the program's.
    setV8Flag('--no-trace-gc');
    return write(path);
  };
  return {
    writeWanted(path, isLast) {
      const state = atomics.compareExchange(control, Cell.snapshot, SnapshotState.wanted, SnapshotState.writing);
      if (state !== SnapshotState.wanted) return 'It is not wanted any more.';
      const problem = isLast ? writeLast(path) : write(path);
      atomics.store(control, Cell.snapshot, SnapshotState.none);
      return problem;
    },
    writeLast,
  };
}
