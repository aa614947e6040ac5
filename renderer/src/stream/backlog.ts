// How many objects were collected and still waited for their callback, at any time of a run: what a thread that does not
// turn owes. Derived from the stream's events as they come, in steps; read by the timeline. No Vue in here.
//
// An object is known to have been collected once its callback has run. Between majors after which the thread did not turn
// it is not known which of them collected it: it waited for certain from the end of the last of them, and possibly from
// the end of the first. Both counts are kept.

import { CALLBACK, entryKind, entryRow } from './event-index.ts';
import { float64Column, lowerBound, uint32Column, uint8Column, upperBound } from './growable-column.ts';
import { columnEdgeMs } from './pixel-columns.ts';
import type { DensityColumns, EventCursor, RunStream, TimeRange } from './run-stream.ts';

/** Per pixel column, all of one length. */
export interface WaitingColumns {
  /** Extremes of those that were certainly collected and not called yet, after any event of the column or at its start. */
  readonly highest: Uint32Array;
  readonly lowest: Uint32Array;
  /** Highest number of those that can have been collected by then. */
  readonly highestPossible: Uint32Array;
}

/** A row without a callback, or whose callback no major GC explains. */
const NO_MAJOR = 0xffffffff;
const FARTHEST_FIRST = 255;
/** Collections may be told in whole ms. */
const CLOCK_TOLERANCE_MS = 1;

export class Backlog {
  readonly #stream: RunStream;
  readonly #cursor: EventCursor;
  /** Number of majors that the rows below refer to. */
  #majors = 0;
  #lastMajorMs = -Infinity;
  /** By registration: the last major that can have collected it, and how many before it the first one is (at most 255). */
  readonly #lastOfRow = uint32Column();
  readonly #reachOfRow = uint8Column();
  /** By major: how many objects it is the last, or the first, to have collected. */
  readonly #lastCount = uint32Column();
  readonly #firstCount = uint32Column();
  /** By major: callbacks before its end that some major explains. */
  readonly #calledBefore = uint32Column();
  /** Times of callbacks that no major explains, in order. */
  readonly #unexplainedMs = float64Column();
  /** Number of blocked stretches that the chains of majors were told by. */
  #stretches = 0;
  /** By major: sums of the two counts up to it; read anew after a change. */
  readonly #lastSum = uint32Column();
  readonly #firstSum = uint32Column();
  #isSummed = false;

  constructor(stream: RunStream) {
    this.#stream = stream;
    this.#cursor = stream.events.createCursor();
  }

  /** Reads on, at most `most` events. @returns whether all that have come are read */
  advance(most: number): boolean {
    const { events, majors } = this.#stream;
    this.#takeStretches();
    this.#takeMajors();
    const { length } = events;
    let position = this.#cursor.position;
    if (position < length) {
      // Where reading begins anew, what was read from there on before is taken back.
      const startMs = events.timeAt(position);
      while (this.#unexplainedMs.length > 0 && this.#unexplainedMs.at(this.#unexplainedMs.length - 1) >= startMs) {
        this.#unexplainedMs.length--;
      }
      this.#calledBefore.length = Math.min(this.#calledBefore.length, lowerBound(majors.endMs, startMs));
      this.#isSummed = false;
    }
    const end = Math.min(length, position + most);
    for (; position < end; position++) {
      const entry = events.entryAt(position);
      if (entryKind(entry) === CALLBACK) this.#take(entryRow(entry));
    }
    this.#cursor.position = position;
    const readMs = position === length ? Infinity : events.timeAt(position);
    for (let major = this.#calledBefore.length; major < this.#majors; major++) {
      const endMs = majors.endMs.values[major] ?? NaN;
      if (endMs >= readMs) break;
      this.#calledBefore.push(this.#stream.countsAt(endMs).finalized - upperBound(this.#unexplainedMs, endMs));
    }
    return position === length;
  }

  /** A stretch that is told of after its callbacks joins majors to chains: those callbacks are read again. */
  #takeStretches(): void {
    const { events, blocked } = this.#stream;
    if (blocked.startMs.length === this.#stretches) return;
    const fromMs = blocked.startMs.values[this.#stretches] ?? 0;
    this.#cursor.position = Math.min(this.#cursor.position, events.positionBefore(fromMs));
    this.#stretches = blocked.startMs.length;
  }

  #takeMajors(): void {
    const { events, majors } = this.#stream;
    const { length } = majors.endMs;
    if (length === this.#majors) return;
    // Callbacks behind a new major are read again, and those that clocks of whole ms may have put before it. One that comes
    // before older majors moves the numbers of those behind it: begin again.
    const firstNewMs = (majors.startMs.values[this.#majors] ?? 0) - CLOCK_TOLERANCE_MS;
    this.#cursor.position = Math.min(this.#cursor.position, events.positionBefore(firstNewMs));
    if (this.#majors > 0 && majors.endMs.values[this.#majors - 1] !== this.#lastMajorMs) {
      this.#lastOfRow.length = 0;
      this.#reachOfRow.length = 0;
      this.#lastCount.length = 0;
      this.#firstCount.length = 0;
      this.#calledBefore.length = 0;
      this.#unexplainedMs.length = 0;
      this.#cursor.position = 0;
    }
    this.#majors = length;
    this.#lastMajorMs = majors.endMs.values[length - 1] ?? -Infinity;
    this.#lastCount.fillTo(length, 0);
    this.#firstCount.fillTo(length, 0);
  }

  #take(row: number): void {
    const before = row < this.#lastOfRow.length ? (this.#lastOfRow.values[row] ?? NO_MAJOR) : NO_MAJOR;
    if (before !== NO_MAJOR) {
      this.#lastCount.values[before]! -= 1;
      this.#firstCount.values[before - (this.#reachOfRow.values[row] ?? 0)]! -= 1;
    }
    const found = this.#stream.collectingMajors(row);
    if (row >= this.#lastOfRow.length) {
      // As many as there are, since callbacks come in no order of rows.
      const { length } = this.#stream.registrations.atMs;
      this.#lastOfRow.fillTo(length, NO_MAJOR);
      this.#reachOfRow.fillTo(length, 0);
    }
    if (found === undefined) {
      this.#lastOfRow.values[row] = NO_MAJOR;
      this.#unexplainedMs.push(this.#stream.registrations.callbackStartMs.values[row] ?? NaN);
      return;
    }
    const [first, last] = found;
    const reach = Math.min(FARTHEST_FIRST, last - first);
    this.#lastOfRow.values[row] = last;
    this.#reachOfRow.values[row] = reach;
    this.#lastCount.values[last]! += 1;
    this.#firstCount.values[last - reach]! += 1;
  }

  #sum(): void {
    if (this.#isSummed) return;
    this.#isSummed = true;
    const length = this.#majors;
    this.#lastSum.fillTo(length, 0);
    this.#firstSum.fillTo(length, 0);
    let last = 0;
    let first = 0;
    for (let major = 0; major < length; major++) {
      this.#lastSum.values[major] = last += this.#lastCount.values[major] ?? 0;
      this.#firstSum.values[major] = first += this.#firstCount.values[major] ?? 0;
    }
  }

  /**
   * Fills `columns` for the range divided into as many pixel columns as they are long; `density` holds the same columns
   * of the same range. Exact, whatever falls into a column: between two majors the count can only fall.
   * What is not read yet (see `advance`) is left out.
   */
  read(range: TimeRange, density: DensityColumns, columns: WaitingColumns): void {
    const { fromMs } = range;
    this.#sum();
    const { endMs } = this.#stream.majors;
    // Those that were cleared and never called are in no callback: they wait from the last major to the end.
    const neverCalled = this.#stream.report?.registrations.callbackPending ?? 0;
    const known = this.#calledBefore.length;
    const waitingWith = (sums: Uint32Array, majors: number, called: number) => {
      const collected = majors === 0 ? 0 : (sums[majors - 1] ?? 0) + (majors === this.#majors ? neverCalled : 0);
      // Never below zero, while a major is told later than the callbacks that it explains.
      return Math.max(0, collected - called);
    };
    const count = columns.highest.length;
    let major = lowerBound(endMs, fromMs);
    let finalized = this.#stream.countsBefore(fromMs).finalized;
    let called = finalized - lowerBound(this.#unexplainedMs, fromMs);
    for (let column = 0; column < count; column++) {
      const edgeMs = columnEdgeMs(range, column + 1, count);
      let highest = waitingWith(this.#lastSum.values, major, called);
      let lowest = highest;
      let possible = waitingWith(this.#firstSum.values, major, called);
      while (major < known && (endMs.values[major] ?? Infinity) < edgeMs) {
        const calledThen = this.#calledBefore.values[major] ?? 0;
        lowest = Math.min(lowest, waitingWith(this.#lastSum.values, major, calledThen));
        major++;
        highest = Math.max(highest, waitingWith(this.#lastSum.values, major, calledThen));
        possible = Math.max(possible, waitingWith(this.#firstSum.values, major, calledThen));
      }
      finalized += density.finalized[column] ?? 0;
      called = finalized - lowerBound(this.#unexplainedMs, edgeMs);
      lowest = Math.min(lowest, waitingWith(this.#lastSum.values, major, called));
      columns.highest[column] = highest;
      columns.lowest[column] = lowest;
      columns.highestPossible[column] = Math.max(possible, highest);
    }
  }

  /** At one moment, what happened then included. */
  at(timeMs: number): { readonly certain: number; readonly possible: number } {
    this.#sum();
    const { endMs } = this.#stream.majors;
    const major = Math.min(upperBound(endMs, timeMs), this.#majors);
    if (major === 0) return { certain: 0, possible: 0 };
    const neverCalled = major === this.#majors ? (this.#stream.report?.registrations.callbackPending ?? 0) : 0;
    const called = this.#stream.countsAt(timeMs).finalized - upperBound(this.#unexplainedMs, timeMs);
    const certain = Math.max(0, (this.#lastSum.values[major - 1] ?? 0) + neverCalled - called);
    const possible = (this.#firstSum.values[major - 1] ?? 0) + neverCalled - called;
    return { certain, possible: Math.max(certain, possible) };
  }
}
