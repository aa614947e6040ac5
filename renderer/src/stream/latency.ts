// How late cleanup callbacks came: after the registration, after the release that the program marked, or after the end of
// the major GC that collected the object. Exact for millions of callbacks, in steps for inTurns. No Vue in here.

import { VERDICTS } from '../../../engine/protocol/vocabulary.ts';
import { float64Column, uint32Column, type GrowableColumn } from './growable-column.ts';
import { createHistogram, type Histogram } from './latency-histogram.ts';
import type { RunStream } from './run-stream.ts';
import { selectRanks } from './select-ranks.ts';

export const LATENCY_KINDS = ['registered', 'released', 'collected'] as const;
/** What the time to the start of the callback is counted from. */
export type LatencyKind = (typeof LATENCY_KINDS)[number];

/** Percentiles are nearest ranks, as in the report: the smallest figure that so many percent of all are not above. */
export interface LatencyFigures {
  readonly count: number;
  /** NaN where `count` is 0, like the others. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maximumMs: number;
}

export interface RegistryLatency extends LatencyFigures {
  readonly registryId: number;
}

export interface Latencies {
  readonly kind: LatencyKind;
  /** Undefined: of all registries. */
  readonly registryId: number | undefined;
  readonly figures: LatencyFigures;
  /** Callbacks that ran but have no such figure: nothing is known of what it would be counted from. */
  readonly withoutFigure: number;
  /** Callbacks that threw: they are left out, as the report leaves them out. */
  readonly threw: number;
  /** Undefined where `count` is 0. */
  readonly histogram: Histogram | undefined;
  /** Those asked for, or the slowest by p95; always of all registrations, and only those with a figure. */
  readonly registries: readonly RegistryLatency[];
  /** How many more registries have figures. */
  readonly otherRegistries: number;
}

export interface LatencyQuestion {
  readonly kind: LatencyKind;
  readonly registryId?: number | undefined;
  /** Undefined: the MOST_REGISTRIES slowest. */
  readonly registryIds?: ReadonlySet<number>;
}

export const MOST_REGISTRIES = 50;
/** Rows between two steps; fewer where each may have its label decoded. */
const STEP_ROWS = 1 << 13;
const STEP_DECODED_ROWS = 1 << 9;
const STEP_MOVES = 1 << 14;
/** Figures of small registries between two steps, with some for each registry. */
const STEP_SORTED = 1 << 12;
const REGISTRY_COST = 16;
const CALLBACK_THREW = VERDICTS.indexOf('callback-threw');
/** Collections may be told in whole ms: so much before its end a callback came at its end. */
const CLOCK_TOLERANCE_MS = 1;

export const NO_FIGURES: LatencyFigures = { count: 0, p50Ms: NaN, p95Ms: NaN, p99Ms: NaN, maximumMs: NaN };

/** Whether the run tells at all what this kind counts from. */
export const isTold = (stream: RunStream, kind: LatencyKind): boolean =>
  kind === 'registered' ||
  (kind === 'released' ? stream.marks.some((mark) => mark.kind === 'release') : stream.majors.startMs.length > 0);

/** Nearest rank, from 0; the same as in engine/session/session-report.ts. */
export const rankOf = (percent: number, count: number) => Math.max(0, Math.ceil((percent / 100) * count) - 1);

/** In ms, of a row whose callback has started; NaN where it is not known what to count from, or that it was before. */
export function latencyOf(stream: RunStream, row: number, kind: LatencyKind): number {
  const { atMs, callbackStartMs } = stream.registrations;
  const startMs = callbackStartMs.values[row] ?? NaN;
  if (kind === 'registered') return startMs - (atMs.values[row] ?? NaN);
  if (kind === 'released') {
    // V8 may see that an object is not used any more before the program says so: then the mark explains nothing.
    const latencyMs = startMs - stream.releasedAtMs(row);
    return latencyMs >= 0 ? latencyMs : NaN;
  }
  const latencyMs = startMs - stream.collectedAtMs(row);
  return latencyMs >= -CLOCK_TOLERANCE_MS ? Math.max(0, latencyMs) : NaN;
}

/** Every figure with the number of its registry, which counts from 0 in order of appearance. */
interface Collected {
  readonly values: GrowableColumn<Float64Array>;
  readonly numbers: GrowableColumn<Uint32Array>;
  readonly registryIds: number[];
  readonly counts: GrowableColumn<Uint32Array>;
  readonly withoutFigure: number;
  readonly threw: number;
}

function* collect(stream: RunStream, { kind, registryId: onlyId }: LatencyQuestion): Generator<void, Collected> {
  const values = float64Column();
  const numbers = uint32Column();
  const counts = uint32Column();
  const registryIds: number[] = [];
  const numberOf = new Map<number, number>();
  let withoutFigure = 0;
  let threw = 0;
  const { length } = stream.registrations.atMs;
  // Growing would copy millions of rows in one step.
  values.reserve(stream.counters.finalized);
  numbers.reserve(stream.counters.finalized);
  yield;
  const stepRows = kind === 'registered' ? STEP_ROWS : STEP_DECODED_ROWS;
  let lastId = -1;
  let number = 0;
  for (let from = 0; from < length; from += stepRows) {
    const to = Math.min(length, from + stepRows);
    // Columns are replaced when they grow, which can be between two steps.
    const callbackStartMs = stream.registrations.callbackStartMs.values;
    const registryId = stream.registrations.registryId.values;
    const verdict = stream.registrations.verdict.values;
    for (let row = from; row < to; row++) {
      if (Number.isNaN(callbackStartMs[row] ?? NaN)) continue;
      const id = registryId[row] ?? 0;
      const isCounted = onlyId === undefined || id === onlyId;
      if (verdict[row] === CALLBACK_THREW) {
        if (isCounted) threw += 1;
        continue;
      }
      const latencyMs = latencyOf(stream, row, kind);
      if (Number.isNaN(latencyMs)) {
        if (isCounted) withoutFigure += 1;
        continue;
      }
      // Rows of one registry mostly stand together.
      if (id !== lastId) {
        lastId = id;
        number = numberOf.get(id) ?? registryIds.length;
        if (number === registryIds.length) {
          numberOf.set(id, number);
          registryIds.push(id);
          counts.push(0);
        }
      }
      values.push(latencyMs);
      numbers.push(number);
      counts.values[number]! += 1;
    }
    yield;
  }
  return { values, numbers, registryIds, counts, withoutFigure, threw };
}

/**
 * Puts the figures of each registry one behind the other, in place: fresh memory for millions would cost a long step.
 * @returns where each registry begins
 */
function* group({ values: { values }, numbers: { values: numbers }, counts, registryIds }: Collected) {
  const starts = new Uint32Array(registryIds.length + 1);
  for (let number = 0; number < registryIds.length; number++) {
    starts[number + 1] = (starts[number] ?? 0) + counts.at(number);
  }
  yield;
  /** Where the next figure of each registry belongs. */
  const next = starts.slice();
  let moved = 0;
  for (let number = 0; number < registryIds.length; number++) {
    const end = starts[number + 1] ?? 0;
    for (let at = next[number] ?? end; at < end;) {
      const own = numbers[at] ?? number;
      if (own === number) at++;
      else {
        const place = next[own] ?? at;
        next[own] = place + 1;
        const value = values[at] ?? NaN;
        values[at] = values[place] ?? NaN;
        values[place] = value;
        numbers[at] = numbers[place] ?? number;
        numbers[place] = own;
      }
      moved++;
      if (moved % STEP_MOVES === 0) yield;
    }
  }
  return starts;
}

function* figuresOf(values: Float64Array): Generator<void, LatencyFigures> {
  const count = values.length;
  if (count === 0) return NO_FIGURES;
  const ranks = [rankOf(50, count), rankOf(95, count), rankOf(99, count), count - 1];
  const [p50Ms = NaN, p95Ms = NaN, p99Ms = NaN, maximumMs = NaN] = yield* selectRanks(values, ranks);
  return { count, p50Ms, p95Ms, p99Ms, maximumMs };
}

/** Slowest first; equal ones by the number of their registry. */
const bySlowness = (one: RegistryLatency, other: RegistryLatency) =>
  other.p95Ms - one.p95Ms || one.registryId - other.registryId;

/**
 * Works out everything at once. Callbacks that come while it is iterated may be in or not; iterate it to its end for the
 * result. Every step takes about a millisecond.
 */
export function* measureLatencies(stream: RunStream, question: LatencyQuestion): Generator<void, Latencies> {
  const { kind, registryId, registryIds: askedFor } = question;
  const collected = yield* collect(stream, question);
  const starts = yield* group(collected);
  const grouped = collected.values.values.subarray(0, collected.values.length);
  const registries: RegistryLatency[] = [];
  let sinceStep = 0;
  let own = registryId === undefined ? grouped : grouped.subarray(0, 0);
  let ownFigures: LatencyFigures | undefined;
  for (const [number, id] of collected.registryIds.entries()) {
    const values = grouped.subarray(starts[number], starts[number + 1]);
    if (id === registryId) own = values;
    sinceStep += values.length + REGISTRY_COST;
    if (sinceStep > STEP_SORTED) {
      sinceStep = 0;
      yield;
    }
    if (askedFor !== undefined && !askedFor.has(id)) continue;
    const figures = yield* figuresOf(values);
    registries.push({ registryId: id, ...figures });
    if (own.length === values.length && (registryId ?? id) === id) ownFigures = figures;
    // Of many registries, no more than a step can sort are kept at any time.
    if (askedFor === undefined && registries.length === 16 * MOST_REGISTRIES) {
      registries.sort(bySlowness).length = MOST_REGISTRIES;
    }
  }
  registries.sort(bySlowness);
  if (askedFor === undefined) registries.length = Math.min(registries.length, MOST_REGISTRIES);
  const figures = ownFigures ?? (yield* figuresOf(own));
  const histogram = yield* createHistogram(own, figures);
  return {
    kind,
    registryId,
    figures,
    withoutFigure: collected.withoutFigure,
    threw: collected.threw,
    histogram,
    registries,
    otherRegistries: collected.registryIds.length - registries.length,
  };
}
