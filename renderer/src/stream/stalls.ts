// The longest stalls of a run: stretches in which cleanup callbacks of one registry ran with nothing between them, so that
// the thread did nothing else. Read from the stream's events, in steps for inTurns. No Vue in here.

import { VERDICTS } from '../../../engine/protocol/vocabulary.ts';
import { CALLBACK, entryKind, entryRow } from './event-index.ts';
import type { RunStream } from './run-stream.ts';

export interface Stall {
  readonly registryId: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Callbacks in it, those that threw among them. */
  readonly callbacks: number;
  readonly threw: number;
}

/** Callbacks of one registry with less than this between them are one stall, as `longestStallMs` of the run counts it. */
const STALL_GAP_MS = 0.5;
export const MOST_STALLS = 10;
/**
 * Events between two steps, and those at the end that are read in one: late events are put among the latest, so that
 * hardly ever one comes before what was read.
 */
const STEP_EVENTS = 1 << 15;
const STEP_REGISTRIES = 1 << 14;
const CALLBACK_THREW = VERDICTS.indexOf('callback-threw');

/** The longest first; of equal ones the earlier, then that of the lower registry. */
const byLength = (one: Stall, other: Stall) =>
  other.endMs - other.startMs - (one.endMs - one.startMs) ||
  one.startMs - other.startMs ||
  one.registryId - other.registryId;

type OpenStall = { -readonly [Key in keyof Stall]: Stall[Key] };

class LongestStalls {
  readonly #open = new Map<number, OpenStall>();
  readonly #longest: Stall[] = [];

  add(registryId: number, startMs: number, endMs: number, threw: boolean): void {
    const open = this.#open.get(registryId);
    if (open !== undefined && startMs - open.endMs < STALL_GAP_MS) {
      open.endMs = Math.max(open.endMs, endMs);
      open.callbacks += 1;
      if (threw) open.threw += 1;
      return;
    }
    if (open === undefined) {
      this.#open.set(registryId, { registryId, startMs, endMs, callbacks: 1, threw: threw ? 1 : 0 });
      return;
    }
    this.#keep(open);
    open.startMs = startMs;
    open.endMs = endMs;
    open.callbacks = 1;
    open.threw = threw ? 1 : 0;
  }

  /** What still goes on is among them. */
  *finish(): Generator<void, readonly Stall[]> {
    let registries = 0;
    for (const open of this.#open.values()) {
      this.#keep(open);
      registries += 1;
      if (registries % STEP_REGISTRIES === 0) yield;
    }
    return this.#longest;
  }

  #keep(stall: Stall): void {
    const longest = this.#longest;
    const last = longest[MOST_STALLS - 1];
    if (last !== undefined && byLength(last, stall) < 0) return;
    const place = longest.findIndex((kept) => byLength(stall, kept) < 0);
    longest.splice(place === -1 ? longest.length : place, 0, { ...stall });
    if (longest.length > MOST_STALLS) longest.length = MOST_STALLS;
  }
}

/**
 * Returns what finds the longest stalls, each time anew: at 100,000 events a second most batches put events among those
 * that were read, and a stall that grows at both ends is simpler counted again. Iterate it to its end, or drop it before
 * the next is begun. The result is exact for the events that there were when the last of them was read.
 */
export function createStallFinder(stream: RunStream): () => Generator<void, readonly Stall[]> {
  const { events, registrations } = stream;
  const cursor = events.createCursor();
  return function* () {
    for (;;) {
      const stalls = new LongestStalls();
      let position = 0;
      do {
        const rest = events.length - position;
        const end = position + (rest < 2 * STEP_EVENTS ? rest : STEP_EVENTS);
        const callbackStartMs = registrations.callbackStartMs.values;
        const callbackMs = registrations.callbackMs.values;
        const registryId = registrations.registryId.values;
        const verdict = registrations.verdict.values;
        for (; position < end; position++) {
          const entry = events.entryAt(position);
          if (entryKind(entry) !== CALLBACK) continue;
          const row = entryRow(entry);
          const startMs = callbackStartMs[row] ?? NaN;
          const durationMs = callbackMs[row] ?? NaN;
          const endMs = startMs + (durationMs > 0 ? durationMs : 0);
          stalls.add(registryId[row] ?? 0, startMs, endMs, verdict[row] === CALLBACK_THREW);
        }
        if (position === events.length) return yield* stalls.finish();
        cursor.position = position;
        yield;
      } while (cursor.position === position);
    }
  };
}
