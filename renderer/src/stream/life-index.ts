// Finds the registrations that lived at some time in a window, among millions, without looking at those that did not: a
// pyramid of the latest end in every block of rows. Derived from the stream's events as they come. No Vue in here.

import { CALLBACK, entryKind, entryRow, REGISTRATION, UNREGISTRATION } from './event-index.ts';
import { float64Column, uint32Column, type GrowableColumn } from './growable-column.ts';
import type { EventCursor, RunStream, TimeRange } from './run-stream.ts';

const BLOCK_SHIFT = 5;

export class LifeIndex {
  readonly #stream: RunStream;
  readonly #cursor: EventCursor;
  /** Latest end of each block of rows, then of each block of those blocks, and so on. */
  readonly #levels: GrowableColumn<Float64Array>[] = [];
  readonly #changedBlocks = uint32Column();

  constructor(stream: RunStream) {
    this.#stream = stream;
    this.#cursor = stream.events.createCursor();
  }

  /** Reads on, at most `most` events. @returns whether all that have come are read, so that `find` finds all */
  advance(most: number): boolean {
    const { events } = this.#stream;
    const { length } = events;
    const end = Math.min(length, this.#cursor.position + most);
    let lastBlock = -1;
    this.#changedBlocks.length = 0;
    for (let position = this.#cursor.position; position < end; position++) {
      const entry = events.entryAt(position);
      const kind = entryKind(entry);
      if (kind !== REGISTRATION && kind !== CALLBACK && kind !== UNREGISTRATION) continue;
      const block = entryRow(entry) >> BLOCK_SHIFT;
      // Neighbors in time are neighbors in rows: most of the repetitions are caught here.
      if (block === lastBlock) continue;
      lastBlock = block;
      this.#changedBlocks.push(block);
    }
    this.#cursor.position = end;
    if (this.#changedBlocks.length > 0) this.#update();
    return end === length;
  }

  /** A row's end as the pyramid has it: −Infinity for a gap, which lived at no time. */
  #endOf(row: number): number {
    const { atMs } = this.#stream.registrations;
    if (row >= atMs.length || Number.isNaN(atMs.values[row] ?? NaN)) return -Infinity;
    return this.#stream.endedAtMs(row);
  }

  #update(): void {
    let changed = this.#changedBlocks.values.slice(0, this.#changedBlocks.length).sort();
    let below: GrowableColumn<Float64Array> | undefined;
    for (let depth = 0; changed.length > 0; depth++) {
      const level = (this.#levels[depth] ??= float64Column());
      const from = below;
      const parents: number[] = [];
      for (const block of changed) {
        if (parents.at(-1) !== block >> BLOCK_SHIFT) parents.push(block >> BLOCK_SHIFT);
        let latest = -Infinity;
        const end = (block + 1) << BLOCK_SHIFT;
        for (let row = block << BLOCK_SHIFT; row < end; row++) {
          const each =
            from === undefined ? this.#endOf(row) : row < from.length ? (from.values[row] ?? -Infinity) : -Infinity;
          if (each > latest) latest = each;
        }
        level.fillTo(block + 1, -Infinity);
        level.values[block] = latest;
      }
      // A level of one block is the top, unless it was higher before.
      if (level.length <= 1 && this.#levels.length === depth + 1) break;
      below = level;
      changed = Uint32Array.from(parents);
    }
  }

  /**
   * Rows that lived at some time in the window (both ends included), in order; undefined if there are more than `most`.
   * Takes time proportional to `most`, not to the number of registrations.
   */
  find({ fromMs, toMs }: TimeRange, most: number): number[] | undefined {
    const { atMs } = this.#stream.registrations;
    const rows: number[] = [];
    /** @returns false when there are too many, or rows have come to the end of the window */
    const visit = (depth: number, index: number): boolean => {
      if (depth < 0) {
        const start = atMs.values[index] ?? NaN;
        if (start > toMs) return false;
        if (this.#endOf(index) >= fromMs && start <= toMs) rows.push(index);
        return rows.length <= most;
      }
      const level = this.#levels[depth];
      if (level === undefined || index >= level.length || !((level.values[index] ?? NaN) >= fromMs)) return true;
      const childCount = depth === 0 ? atMs.length : (this.#levels[depth - 1]?.length ?? 0);
      const end = Math.min(childCount, (index + 1) << BLOCK_SHIFT);
      for (let child = index << BLOCK_SHIFT; child < end; child++) if (!visit(depth - 1, child)) return false;
      return true;
    };
    const top = this.#levels.length - 1;
    for (let index = 0; index < (this.#levels[top]?.length ?? 0); index++) if (!visit(top, index)) break;
    return rows.length > most ? undefined : rows;
  }
}
