// Which registrations the object table shows, in which order, and how many each filter would leave. Made for a million
// rows: it works in steps between which the page has its turns, over the columns themselves. No Vue in here.

import { assertNever, CAUSES, VERDICTS, type Cause, type Verdict } from '../../../engine/protocol/vocabulary.ts';
import { collectedWithin } from './collected-within.ts';
import { uint32Column } from './growable-column.ts';
import { sortRowsByKey } from './radix-sort.ts';
import type { RunStream, TimeRange } from './run-stream.ts';

export const SORT_KEYS = ['registered', 'latency', 'retained'] as const;
export type SortKey = (typeof SORT_KEYS)[number];
export interface ObjectOrder {
  readonly key: SortKey;
  readonly isDescending: boolean;
}

/**
 * What must have happened to an object within a range of time: `any` is one of registered, collected, called back and
 * unregistered; `lived` is that it was registered before the end of it and neither of the last two before its beginning.
 */
export const RANGE_EVENTS = ['any', 'registered', 'collected', 'finalized', 'lived'] as const;
export type RangeEvent = (typeof RANGE_EVENTS)[number];

/** An empty list lets everything pass. `sites` are texts as in `siteText`; an empty one means that it was not recorded. */
export interface ObjectFilter {
  /** In the label or in the site. */
  readonly text: string;
  readonly verdicts: readonly Verdict[];
  readonly causes: readonly Cause[];
  /** `AliveReason.id`: only objects kept for exactly this reason of the latest snapshot. */
  readonly reasonId: number | undefined;
  readonly sites: readonly string[];
  /** Both edges belong to it. */
  readonly range: (TimeRange & { readonly what: RangeEvent }) | undefined;
}
export const NO_FILTER: ObjectFilter = {
  text: '',
  verdicts: [],
  causes: [],
  reasonId: undefined,
  sites: [],
  range: undefined,
};

export const isFiltering = ({ text, verdicts, causes, reasonId, sites, range }: ObjectFilter) =>
  text !== '' ||
  verdicts.length > 0 ||
  causes.length > 0 ||
  reasonId !== undefined ||
  sites.length > 0 ||
  range !== undefined;

/** How many objects have each value, among those that pass all the other filters. */
export interface ObjectFacets {
  readonly verdicts: ReadonlyMap<Verdict, number>;
  readonly causes: ReadonlyMap<Cause, number>;
  /** By `siteText`. */
  readonly sites: ReadonlyMap<string, number>;
}

/** Row numbers in order, or a plain count where every registration is shown as it came. */
export interface ObjectRows {
  readonly rows: Uint32Array | undefined;
  readonly count: number;
  readonly isReversed: boolean;
  /** Undefined where they were not asked for. */
  readonly facets: ObjectFacets | undefined;
}
export const NO_ROWS: ObjectRows = { rows: undefined, count: 0, isReversed: false, facets: undefined };

const STEP_ROWS = 1 << 14;
const FINALIZED = VERDICTS.indexOf('finalized');
const UNREGISTERED = VERDICTS.indexOf('unregistered');
const CALLBACK_THREW = VERDICTS.indexOf('callback-threw');
const ALIVE = VERDICTS.indexOf('alive');
const UNDECIDED = VERDICTS.indexOf('unknown');

/** 1 for every code that passes. */
function wantedCodes<Word>(all: readonly Word[], wanted: readonly Word[]): Uint8Array {
  return Uint8Array.from(all, (word) => (wanted.length === 0 || wanted.includes(word) ? 1 : 0));
}

/** Registered → callback started, or for what is still there, registered → now, in ms; NaN where neither is known. */
export function latencyMs(stream: RunStream, row: number): number {
  const { atMs, callbackStartMs, verdict } = stream.registrations;
  const startMs = callbackStartMs.values[row] ?? NaN;
  const registeredMs = atMs.values[row] ?? NaN;
  if (!Number.isNaN(startMs)) return startMs - registeredMs;
  const code = verdict.values[row];
  return code === ALIVE || (code === UNDECIDED && stream.status !== 'ended') ? stream.endMs - registeredMs : NaN;
}

/** Tells of a row whether it passes. Holds for what the stream knows now: make it anew after every step. */
function rangeMatcher(stream: RunStream, range: ObjectFilter['range']): (row: number) => boolean {
  if (range === undefined) return () => true;
  const { fromMs, toMs, what } = range;
  const { atMs, callbackStartMs } = stream.registrations;
  const registeredAt = atMs.values;
  const calledAt = callbackStartMs.values;
  const isIn = (timeMs: number | undefined) => timeMs !== undefined && timeMs >= fromMs && timeMs <= toMs;
  switch (what) {
    case 'registered':
      return (row) => isIn(registeredAt[row]);
    case 'finalized':
      return (row) => isIn(calledAt[row]);
    case 'lived':
      return (row) => (registeredAt[row] ?? NaN) <= toMs && stream.endedAtMs(row) >= fromMs;
    case 'collected':
      return collectedWithin(stream, range).has;
    case 'any': {
      const collected = collectedWithin(stream, range);
      return (row) =>
        isIn(registeredAt[row]) || isIn(calledAt[row]) || isIn(stream.endedAtMs(row)) || collected.has(row);
    }
    default:
      return assertNever(what);
  }
}

/**
 * Filters and sorts. Without a filter and by registration time nothing is allocated, however many rows there are.
 * Iterate it to its end for the result; every step takes about a millisecond.
 */
export function* queryObjects(
  stream: RunStream,
  filter: ObjectFilter,
  order: ObjectOrder,
  wantsFacets: boolean,
): Generator<void, ObjectRows> {
  const { length } = stream.registrations.atMs;
  const isReversed = order.key === 'registered' && order.isDescending;
  const isFiltered = isFiltering(filter);
  let rows: Uint32Array | undefined;
  let facets: ObjectFacets | undefined;
  if (isFiltered || wantsFacets) {
    const found = yield* filterRows(stream, filter, length, wantsFacets);
    facets = found.facets;
    if (isFiltered) rows = found.rows;
  }
  if (order.key === 'registered') return { rows, count: rows?.length ?? length, isReversed, facets };
  if (rows === undefined) {
    rows = new Uint32Array(length);
    for (let row = 0; row < length; row++) rows[row] = row;
    yield;
  }
  const keys = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; from += STEP_ROWS) {
    const to = Math.min(rows.length, from + STEP_ROWS);
    const retained = stream.explanation?.retainedBytes;
    for (let place = from; place < to; place++) {
      const row = rows[place] ?? 0;
      if (order.key === 'latency') keys[place] = latencyMs(stream, row);
      else keys[place] = retained !== undefined && row < retained.length ? (retained.values[row] ?? NaN) : NaN;
    }
    yield;
  }
  yield* sortRowsByKey(rows, keys, order.isDescending);
  return { rows, count: rows.length, isReversed, facets };
}

function* filterRows(
  stream: RunStream,
  filter: ObjectFilter,
  length: number,
  wantsFacets: boolean,
): Generator<void, { rows: Uint32Array; facets: ObjectFacets | undefined }> {
  const found = uint32Column();
  const wantedVerdicts = wantedCodes(VERDICTS, filter.verdicts);
  const matchesLabel = stream.labelMatcher(filter.text);
  const text = filter.text.toLowerCase();
  const verdictCounts = new Uint32Array(VERDICTS.length);
  const causeCounts = new Uint32Array(CAUSES.length);
  const siteCounts = uint32Column();
  /** 1 where a site passes its facet, 2 where its text or class contains the searched one; by id, filled as ids are met. */
  const siteMarks: number[] = [];
  const marksOf = (siteId: number) => {
    const siteText = stream.siteText(siteId);
    const isWanted = filter.sites.length === 0 || filter.sites.includes(siteText);
    const isFound = [siteText, stream.classNameOf(siteId)].some((part) => part.toLowerCase().includes(text));
    return (isWanted ? 1 : 0) | (isFound ? 2 : 0);
  };
  const { explanation } = stream;
  const reasons = explanation?.reasons ?? [];
  /** By reason number; the first is for objects that no snapshot told of. */
  const causeOfReason = [-1, ...reasons.map(({ cause }) => CAUSES.indexOf(cause))];
  const asksForCause = filter.causes.length > 0 || filter.reasonId !== undefined;
  const passesCause = Uint8Array.from([
    asksForCause ? 0 : 1,
    ...reasons.map(({ id, cause }) => {
      const isCause = filter.causes.length === 0 || filter.causes.includes(cause);
      return isCause && (filter.reasonId === undefined || filter.reasonId === id) ? 1 : 0;
    }),
  ]);
  for (let from = 0; from < length; from += STEP_ROWS) {
    const to = Math.min(length, from + STEP_ROWS);
    // Columns are replaced when they grow, and a run goes on between two steps.
    const verdicts = stream.registrations.verdict.values;
    const siteIds = stream.registrations.siteId.values;
    const reasonNumbers = explanation?.reasonNumber.values;
    const reasonCount = explanation?.reasonNumber.length ?? 0;
    const isInRange = rangeMatcher(stream, filter.range);
    for (let row = from; row < to; row++) {
      const verdict = verdicts[row] ?? 0;
      const siteId = siteIds[row] ?? 0;
      const isOver = verdict === FINALIZED || verdict === UNREGISTERED || verdict === CALLBACK_THREW;
      const reason = isOver || row >= reasonCount ? 0 : (reasonNumbers?.[row] ?? 0);
      const siteMark = (siteMarks[siteId] ??= marksOf(siteId));
      const isVerdict = wantedVerdicts[verdict] === 1;
      const isCause = passesCause[reason] === 1;
      const isSite = (siteMark & 1) !== 0;
      const misses = (isVerdict ? 0 : 1) + (isCause ? 0 : 1) + (isSite ? 0 : 1);
      // A facet counts what passes all the others: with two misses a row counts nowhere.
      if (misses > (wantsFacets ? 1 : 0) || !isInRange(row)) continue;
      if ((siteMark & 2) === 0 && !matchesLabel(row)) continue;
      if (misses === 0) found.push(row);
      if (!wantsFacets) continue;
      if (isCause && isSite) verdictCounts[verdict]! += 1;
      if (isVerdict && isSite && reason !== 0) causeCounts[causeOfReason[reason] ?? 0]! += 1;
      if (isVerdict && isCause) {
        siteCounts.fillTo(siteId + 1, 0);
        siteCounts.values[siteId]! += 1;
      }
    }
    yield;
  }
  const rows = found.values.slice(0, found.length);
  if (!wantsFacets) return { rows, facets: undefined };
  const sites = new Map<string, number>();
  for (let siteId = 0; siteId < siteCounts.length; siteId++) {
    const count = siteCounts.values[siteId] ?? 0;
    if (count > 0) sites.set(stream.siteText(siteId), (sites.get(stream.siteText(siteId)) ?? 0) + count);
  }
  return {
    rows,
    facets: { verdicts: countedWords(VERDICTS, verdictCounts), causes: countedWords(CAUSES, causeCounts), sites },
  };
}

function countedWords<Word>(words: readonly Word[], counts: Uint32Array): Map<Word, number> {
  return new Map(words.flatMap((word, code) => ((counts[code] ?? 0) > 0 ? [[word, counts[code] ?? 0] as const] : [])));
}

/** The registration's row that is shown at `index`. */
export function objectRowAt({ rows, count, isReversed }: ObjectRows, index: number): number {
  const place = isReversed ? count - 1 - index : index;
  return rows === undefined ? place : (rows[place] ?? 0);
}

/** The index at which a row is shown; undefined if it is not. */
export function indexOfObjectRow({ rows, count, isReversed }: ObjectRows, row: number): number | undefined {
  const place = rows === undefined ? row : rows.indexOf(row);
  if (place < 0 || place >= count) return undefined;
  return isReversed ? count - 1 - place : place;
}
