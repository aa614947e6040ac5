// The rows of a run's registrations, as views of its recording: the columns that the observer sent are never copied as a whole.
// Beside them there are four bytes for each registration that was called back, and a bit for each that was unregistered, both
// only where there are such. Used by the tally.

import type { RunBatchOf } from '../protocol/run-batch.ts';
import { createFloat64Column, createUint8Column } from './growing-column.ts';

/** Rows that are put together at a time: a few milliseconds of work. */
export const WINDOW_ROWS = 65_536;

/** Some consecutive rows: row i is registration `first + i + 1`. NaN where nothing is known. */
export interface RegistrationRows {
  readonly first: number;
  readonly length: number;
  readonly registeredAtMs: Float64Array;
  readonly registryId: Uint32Array;
  readonly siteId: Uint32Array;
  readonly callbackStartMs: Float64Array;
  /** NaN beside a known start: the callback was entered and has not returned. */
  readonly callbackMs: Float64Array;
  /** 1 where the callback threw. */
  readonly callbackThrew: Uint8Array;
  /** 1 where the registration was removed before its callback started. */
  readonly unregistered: Uint8Array;
}

/** All rows of a run; row i is registration i + 1. */
export interface RegistrationTable {
  readonly length: number;
  /** Rows of callbacks: no fewer than registrations that were called back. */
  readonly callbackRows: number;
  /**
   * All rows, WINDOW_ROWS at a time, from the first on. A window is good until the next is asked for.
   * @param columns absent: all; what is not asked for is as if nothing were known of it
   */
  windows(columns?: 'registrations' | 'callbacks-and-times'): Iterable<RegistrationRows>;
  /** The window of one row. */
  at(row: number): RegistrationRows;
  /**
   * Rows whose callback has not returned, or threw; some of them may have returned since, and may come twice. Undefined is
   * given now and then, to take turns.
   */
  unusualCallbacks(): Iterable<number | undefined>;
}

/** A callback that was told in two rows, when it was entered and when it ended. */
const IS_JOINED = 0x8000_0000;

export class RegistrationStore implements RegistrationTable {
  /** Ascending, none overlapping another. */
  readonly #batches: RunBatchOf<'registrations'>[] = [];
  readonly #callbacks: RunBatchOf<'callbacks'>[] = [];
  /** Rows before each of them, and of all of them at the end. */
  readonly #callbacksBefore: number[] = [0];
  /** By window and row: the row of the callback, or the number of a joined one with IS_JOINED; counted from 1. */
  readonly #callbackOf: (Uint32Array | undefined)[] = [];
  readonly #joinedStartMs = createFloat64Column();
  readonly #joinedMs = createFloat64Column();
  readonly #joinedThrew = createUint8Column();
  /** By window, a bit for each row. */
  readonly #unregistered: (Uint8Array | undefined)[] = [];
  #length = 0;
  #lastBatch = 0;
  #lastCallbacks = 0;

  get length(): number {
    return this.#length;
  }

  get callbackRows(): number {
    return this.#callbacksBefore.at(-1) ?? 0;
  }

  /** @returns false if its rows do not come after those that are known */
  addRegistrations(batch: RunBatchOf<'registrations'>): boolean {
    if (batch.firstId <= this.#length) return false;
    this.#batches.push(batch);
    this.#length = batch.firstId + batch.atMs.length - 1;
    return true;
  }

  /** @returns the number of its first row, to be given to `setCallback` */
  addCallbacks(batch: RunBatchOf<'callbacks'>): number {
    const first = this.callbackRows;
    this.#callbacks.push(batch);
    this.#callbacksBefore.push(first + batch.id.length);
    return first;
  }

  /** The batch that has a row; undefined if none was recorded. */
  batchOf(row: number): RunBatchOf<'registrations'> | undefined {
    const known = this.#batches[this.#lastBatch];
    if (known !== undefined && row + 1 >= known.firstId && row + 1 < known.firstId + known.atMs.length) return known;
    this.#lastBatch = Math.max(0, this.#batchesUpTo(row) - 1);
    const found = this.#batches[this.#lastBatch];
    return found !== undefined && row + 1 >= found.firstId && row + 1 < found.firstId + found.atMs.length
      ? found
      : undefined;
  }

  /** How many batches begin at or before a row. */
  #batchesUpTo(row: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#batches[middle]?.firstId ?? Infinity) <= row + 1) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Times of the callback of a row; undefined if there was none. */
  callbackOf(row: number): { readonly startMs: number; readonly durationMs: number } | undefined {
    const code = this.#callbackOf[Math.floor(row / WINDOW_ROWS)]?.[row % WINDOW_ROWS] ?? 0;
    return code === 0 ? undefined : this.#readCallback(code);
  }

  setCallback(row: number, callbackRow: number): void {
    this.#callbackWindow(row)[row % WINDOW_ROWS] = callbackRow + 1;
  }

  setJoinedCallback(row: number, startMs: number, durationMs: number, threw: number): void {
    this.#joinedStartMs.push(startMs);
    this.#joinedMs.push(durationMs);
    this.#joinedThrew.push(threw);
    this.#callbackWindow(row)[row % WINDOW_ROWS] = IS_JOINED + this.#joinedMs.length;
  }

  #callbackWindow(row: number): Uint32Array {
    return (this.#callbackOf[Math.floor(row / WINDOW_ROWS)] ??= new Uint32Array(WINDOW_ROWS));
  }

  setUnregistered(row: number): void {
    const bits = (this.#unregistered[Math.floor(row / WINDOW_ROWS)] ??= new Uint8Array(WINDOW_ROWS / 8));
    const bit = row % WINDOW_ROWS;
    bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
  }

  #readCallback(code: number): { startMs: number; durationMs: number; threw: number } {
    if (code > IS_JOINED) {
      const joined = code - IS_JOINED - 1;
      return {
        startMs: this.#joinedStartMs.values[joined] ?? NaN,
        durationMs: this.#joinedMs.values[joined] ?? NaN,
        threw: this.#joinedThrew.values[joined] ?? 0,
      };
    }
    const row = code - 1;
    const batch = this.#callbacks[this.#findCallbacks(row)];
    const at = row - (this.#callbacksBefore[this.#lastCallbacks] ?? 0);
    return {
      startMs: batch?.startMs[at] ?? NaN,
      durationMs: batch?.durationMs[at] ?? NaN,
      threw: batch?.threw[at] ?? 0,
    };
  }

  /** Which batch has that row of a callback. Callbacks of neighboring rows mostly stand together. */
  #findCallbacks(row: number): number {
    const before = this.#callbacksBefore;
    const isIn = (batch: number) => row >= (before[batch] ?? Infinity) && row < (before[batch + 1] ?? -Infinity);
    if (isIn(this.#lastCallbacks)) return this.#lastCallbacks;
    let low = 0;
    let high = this.#callbacks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((before[middle] ?? Infinity) <= row) low = middle + 1;
      else high = middle;
    }
    return (this.#lastCallbacks = low - 1);
  }

  *windows(asked?: 'registrations' | 'callbacks-and-times'): Generator<RegistrationRows> {
    const columns = columnsOf(Math.min(WINDOW_ROWS, this.#length));
    for (let first = 0; first < this.#length; first += WINDOW_ROWS) {
      const length = Math.min(WINDOW_ROWS, this.#length - first);
      this.#fillRegistrations(columns, first, length, asked !== 'callbacks-and-times');
      if (asked !== 'registrations') this.#fillCallbacks(columns, first, length);
      if (asked === undefined) this.#fillUnregistered(columns, first, length);
      yield windowOf(columns, first, length);
    }
  }

  *unusualCallbacks(): Generator<number | undefined> {
    for (const { id, durationMs, threw } of this.#callbacks) {
      for (let row = 0; row < id.length; row += 1) {
        if (threw[row] === 1 || Number.isNaN(durationMs[row])) yield (id[row] ?? 0) - 1;
      }
      yield undefined;
    }
  }

  at(row: number): RegistrationRows {
    const columns = columnsOf(1);
    this.#fillRegistrations(columns, row, 1, true);
    this.#fillCallbacks(columns, row, 1);
    this.#fillUnregistered(columns, row, 1);
    return windowOf(columns, row, 1);
  }

  // Of each: `first` and `length` rows from there lie in one window of WINDOW_ROWS.

  #fillRegistrations(columns: Columns, first: number, length: number, areIdsAsked: boolean): void {
    const { registeredAtMs, registryId, siteId } = columns;
    registeredAtMs.fill(NaN);
    if (areIdsAsked) {
      registryId.fill(0);
      siteId.fill(0);
    }
    for (let batch = Math.max(0, this.#batchesUpTo(first) - 1); batch < this.#batches.length; batch += 1) {
      const rows = this.#batches[batch];
      if (rows === undefined || rows.firstId > first + length) break;
      const offset = rows.firstId - 1 - first;
      const from = Math.max(0, -offset);
      const to = Math.min(rows.atMs.length, length - offset);
      if (to <= from) continue;
      registeredAtMs.set(rows.atMs.subarray(from, to), offset + from);
      if (!areIdsAsked) continue;
      registryId.set(rows.registryId.subarray(from, to), offset + from);
      siteId.set(rows.siteId.subarray(from, to), offset + from);
    }
  }

  #fillCallbacks({ callbackStartMs, callbackMs, callbackThrew }: Columns, first: number, length: number): void {
    callbackStartMs.fill(NaN);
    callbackMs.fill(NaN);
    callbackThrew.fill(0);
    const codes = this.#callbackOf[Math.floor(first / WINDOW_ROWS)];
    if (codes === undefined) return;
    const inWindow = first % WINDOW_ROWS;
    // Codes from `above` (exclusive) to `last` are rows of these.
    let above = 0;
    let last = 0;
    let startMs = new Float64Array(0);
    let durationMs = startMs;
    let threw = new Uint8Array(0);
    for (let row = 0; row < length; row += 1) {
      const code = codes[inWindow + row]!;
      if (code === 0) continue;
      if (code > IS_JOINED) {
        const joined = this.#readCallback(code);
        callbackStartMs[row] = joined.startMs;
        callbackMs[row] = joined.durationMs;
        callbackThrew[row] = joined.threw;
        continue;
      }
      if (code <= above || code > last) {
        const found = this.#findCallbacks(code - 1);
        ({ startMs, durationMs, threw } = this.#callbacks[found]!);
        above = this.#callbacksBefore[found]!;
        last = this.#callbacksBefore[found + 1]!;
      }
      const at = code - 1 - above;
      callbackStartMs[row] = startMs[at]!;
      callbackMs[row] = durationMs[at]!;
      callbackThrew[row] = threw[at]!;
    }
  }

  #fillUnregistered({ unregistered }: Columns, first: number, length: number): void {
    unregistered.fill(0);
    const bits = this.#unregistered[Math.floor(first / WINDOW_ROWS)];
    if (bits === undefined) return;
    const inWindow = first % WINDOW_ROWS;
    for (let row = 0; row < length; row += 1) {
      const bit = inWindow + row;
      unregistered[row] = (bits[bit >> 3]! >> (bit & 7)) & 1;
    }
  }
}

function windowOf(columns: Columns, first: number, length: number): RegistrationRows {
  if (length === columns.registeredAtMs.length) return { ...columns, first, length };
  return {
    first,
    length,
    registeredAtMs: columns.registeredAtMs.subarray(0, length),
    registryId: columns.registryId.subarray(0, length),
    siteId: columns.siteId.subarray(0, length),
    callbackStartMs: columns.callbackStartMs.subarray(0, length),
    callbackMs: columns.callbackMs.subarray(0, length),
    callbackThrew: columns.callbackThrew.subarray(0, length),
    unregistered: columns.unregistered.subarray(0, length),
  };
}

type Columns = Omit<RegistrationRows, 'first' | 'length'>;

/** Of which nothing is known. */
const columnsOf = (rows: number): Columns => ({
  registeredAtMs: new Float64Array(rows).fill(NaN),
  registryId: new Uint32Array(rows),
  siteId: new Uint32Array(rows),
  callbackStartMs: new Float64Array(rows).fill(NaN),
  callbackMs: new Float64Array(rows).fill(NaN),
  callbackThrew: new Uint8Array(rows),
  unregistered: new Uint8Array(rows),
});
