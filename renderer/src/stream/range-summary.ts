// What happened in a stretch of the run: objects by site and by label, bytes gained and lost, GC time, blocked thread.
// No Vue in here; run in turns by the panel of the selection, so that millions of events do not keep the page from drawing.

import { COLLECTION_KINDS } from '../../../engine/protocol/vocabulary.ts';
import { collectedWithin } from './collected-within.ts';
import { CALLBACK, entryKind, entryRow, REGISTRATION, UNREGISTRATION } from './event-index.ts';
import { lowerBound, uint32Column, upperBound, valueAt } from './growable-column.ts';
import { LabelGroups } from './label-groups.ts';
import type { ColumnView, EventOrder, RunStream, TimeRange } from './run-stream.ts';

/** What happened to objects within the range. `collected` is NaN where collections are not told of. */
export interface RangeTally {
  readonly registered: number;
  /** As far as callbacks have told, whenever they came: a collected object that waits for its callback is not known. */
  readonly collected: number;
  /** Callbacks that began, those that threw among them. */
  readonly finalized: number;
}

export interface RankedGroup<Key> extends RangeTally {
  readonly key: Key;
}

/** The groups with most registrations and callbacks, and what is left of the range's tally. */
export interface RankedGroups<Key> {
  readonly groups: readonly RankedGroup<Key>[];
  readonly others: RangeTally;
  /** How many groups the others are; NaN where there were too many to tell apart. */
  readonly otherGroups: number;
}

/** All NaN where there is no sample. */
export interface BytesChange {
  /** Of the sample nearest to the edge; NaN where none is near. */
  readonly startBytes: number;
  readonly endBytes: number;
  /** NaN also where both edges have the same sample. */
  readonly changeBytes: number;
  /**
   * Sums of what it rose and what it fell from one sample to the next, from the sample at one edge to that at the other.
   * What happened in a gap between samples is in neither.
   */
  readonly gainedBytes: number;
  readonly lostBytes: number;
}

/** Both edges belong to the range. What is not known is NaN. */
export interface RangeSummary extends RangeTally {
  readonly range: TimeRange;
  readonly threw: number;
  readonly unregistered: number;
  /** Right before the first edge. */
  readonly aliveAtStart: number;
  readonly aliveAtEnd: number;
  /** By site id; 0: not recorded. */
  readonly bySite: RankedGroups<number>;
  /** Where there are many labels, those that differ in digits only are one: `Session …`. */
  readonly byLabel: RankedGroups<string>;
  readonly used: BytesChange;
  readonly external: BytesChange;
  readonly collections: {
    readonly minor: number;
    readonly major: number;
    readonly forced: number;
    /** Of a pause that straddles an edge, the part within. */
    readonly pauseMs: number;
    /** Of all pauses that touch the range, whole. NaN where there is none. */
    readonly longestPauseMs: number;
  };
  readonly blocked: {
    readonly withinMs: number;
    /** Of all stretches that touch the range, whole. NaN where there is none. */
    readonly longestMs: number;
    /** The program's own measure that spans most of the longest, if that is at least half of it; otherwise empty. */
    readonly longestDuring: string;
  };
  readonly callbacks: {
    readonly totalMs: number;
    /** Of callbacks that began in the range. NaN where none did. */
    readonly longestStallMs: number;
  };
}

export const MOST_RANKED_GROUPS = 20;

const STEP_EVENTS = 1 << 11;
const STEP_ROWS = 1 << 14;
const textEncoder = new TextEncoder();
const MAJOR = COLLECTION_KINDS.indexOf('major');
/** Samples come every 20 ms: one that is further away does not speak for an edge. */
const EDGE_REACH_MS = 100;
/** What came and went in a longer silence cannot be told from the samples around it. */
const LONGEST_SAMPLE_GAP_MS = 1_000;
/** As in create-run-stream.ts: callbacks of one registry with less than this between them are one stall. */
const STALL_GAP_MS = 0.5;

/** Iterate it to its end for the result; every step takes about a millisecond. */
export function* summarizeRange(stream: RunStream, range: TimeRange): Generator<void, RangeSummary> {
  const { fromMs, toMs } = range;
  const { registrations, events } = stream;
  const knowsCollections = stream.runtime?.capabilities.collections !== 'missing';
  const sites = new SiteGroups();
  const labels = new LabelGroups();
  const siteTallies = new GroupTallies();
  const labelTallies = new GroupTallies();
  labels.onMerge = (from, into) => labelTallies.merge(from, into);
  const total = { registered: 0, collected: 0, finalized: 0 };
  const count = (row: number, what: keyof RangeTally) => {
    total[what] += 1;
    siteTallies.count(sites.groupOf(valueAt(registrations.siteId, row)), what);
    labelTallies.count(groupOfLabel(stream, labels, row), what);
  };
  const stalls = new Stalls();
  let unregistered = 0;
  let callbacksMs = 0;
  yield* eachEvent(events, fromMs, toMs, (entry) => {
    const row = entryRow(entry);
    switch (entryKind(entry)) {
      case REGISTRATION:
        return count(row, 'registered');
      case CALLBACK: {
        const startMs = valueAt(registrations.callbackStartMs, row);
        const lengthMs = valueAt(registrations.callbackMs, row);
        if (lengthMs > 0) callbacksMs += lengthMs;
        stalls.add(valueAt(registrations.registryId, row), startMs, startMs + (lengthMs > 0 ? lengthMs : 0));
        return count(row, 'finalized');
      }
      case UNREGISTRATION:
        unregistered += 1;
        return;
      default:
        return;
    }
  });
  if (knowsCollections) {
    const collected = collectedWithin(stream, range);
    yield* eachEvent(events, collected.callbackFromMs, collected.callbackToMs, (entry) => {
      const row = entryRow(entry);
      if (entryKind(entry) === CALLBACK && collected.has(row)) count(row, 'collected');
    });
  } else {
    total.collected = NaN;
  }
  const threw = yield* countThrowing(stream, range);
  const used = yield* bytesChange(stream.samples.atMs, stream.samples.usedBytes, range);
  const external = yield* bytesChange(stream.samples.atMs, stream.samples.externalBytes, range);
  const pauses = yield* summarizePauses(stream, range);
  const blocked = yield* summarizeBlocked(stream, range);
  const bySite = yield* ranked(siteTallies, (group) => sites.ids[group] ?? 0, sites.ids.length, total);
  const byLabel = yield* ranked(labelTallies, (group) => labels.textOf(group), labels.count, total);
  const isKnownYet = fromMs <= stream.endMs;
  return {
    range,
    ...total,
    threw,
    unregistered,
    aliveAtStart: isKnownYet ? stream.countsBefore(fromMs).alive : NaN,
    aliveAtEnd: isKnownYet ? stream.countsAt(toMs).alive : NaN,
    bySite,
    byLabel: labels.hasLeftOut ? { ...byLabel, otherGroups: NaN } : byLabel,
    used,
    external,
    collections: knowsCollections ? pauses : { minor: NaN, major: NaN, forced: NaN, pauseMs: NaN, longestPauseMs: NaN },
    blocked,
    callbacks: { totalMs: callbacksMs, longestStallMs: stalls.longestMs },
  };
}

/**
 * Visits the events from one time to another, both included. While a run goes on, older events may be put among those
 * that were visited: none is visited twice then, and the late ones are for the next summary.
 */
function* eachEvent(
  events: EventOrder,
  fromMs: number,
  toMs: number,
  visit: (entry: number) => void,
): Generator<void, void> {
  if (fromMs > toMs) return;
  let position = events.positionBefore(fromMs);
  let lastVisited: number | undefined;
  for (;;) {
    if (lastVisited !== undefined) while (events.entryAt(position - 1) !== lastVisited) position++;
    const end = Math.min(position + STEP_EVENTS, events.positionAfter(toMs));
    if (position >= end) return;
    while (position < end) visit(events.entryAt(position++));
    lastVisited = events.entryAt(position - 1);
    yield;
  }
}

function groupOfLabel({ labels: { bytes, endByte, late } }: RunStream, groups: LabelGroups, row: number): number {
  const lateLabel = late.size === 0 ? undefined : late.get(row);
  if (lateLabel !== undefined) {
    const encoded = textEncoder.encode(lateLabel);
    return groups.groupOf(encoded, 0, encoded.length);
  }
  const start = row === 0 ? 0 : valueAt(endByte, row - 1) || 0;
  return groups.groupOf(bytes.values, start, Math.max(start, valueAt(endByte, row) || 0));
}

/** Numbers the sites as they are met. */
class SiteGroups {
  readonly ids: number[] = [];
  readonly #groups = new Map<number, number>();

  groupOf(siteId: number): number {
    let group = this.#groups.get(siteId);
    if (group === undefined) {
      group = this.ids.push(siteId) - 1;
      this.#groups.set(siteId, group);
    }
    return group;
  }
}

/** Three counts for each group; -1 is the group of what is not told apart, and is not counted. */
class GroupTallies {
  readonly registered = uint32Column();
  readonly collected = uint32Column();
  readonly finalized = uint32Column();

  count(group: number, what: keyof RangeTally): void {
    if (group === -1) return;
    const column = this[what];
    if (group >= column.length) column.fillTo(group + 1, 0);
    column.values[group]! += 1;
  }

  merge(from: number, into: number): void {
    for (const column of [this.registered, this.collected, this.finalized]) {
      const moved = valueAt(column, from) || 0;
      if (moved === 0) continue;
      column.values[from] = 0;
      column.fillTo(into + 1, 0);
      column.values[into]! += moved;
    }
  }

  of(group: number): RangeTally {
    return {
      registered: valueAt(this.registered, group) || 0,
      collected: valueAt(this.collected, group) || 0,
      finalized: valueAt(this.finalized, group) || 0,
    };
  }

  /** What it is ranked by. */
  weightOf(group: number): number {
    return (valueAt(this.registered, group) || 0) + (valueAt(this.finalized, group) || 0);
  }
}

/** Longest stretch of callbacks of one registry that leave each other no time. */
class Stalls {
  longestMs = NaN;
  readonly #ofRegistry = new Map<number, { startMs: number; endMs: number }>();

  add(registryId: number, startMs: number, endMs: number): void {
    let stall = this.#ofRegistry.get(registryId);
    if (stall === undefined) this.#ofRegistry.set(registryId, (stall = { startMs, endMs }));
    else if (!(startMs - stall.endMs < STALL_GAP_MS)) stall.startMs = startMs;
    if (endMs > stall.endMs) stall.endMs = endMs;
    if (!(stall.endMs - stall.startMs <= this.longestMs)) this.longestMs = stall.endMs - stall.startMs;
  }
}

/** The first groups by weight, of equal ones those that were met first; the others are what is left of the total. */
function* ranked<Key>(
  tallies: GroupTallies,
  keyOf: (group: number) => Key,
  groupCount: number,
  total: RangeTally,
): Generator<void, RankedGroups<Key>> {
  const best: number[] = [];
  let present = 0;
  for (let from = 0; from < groupCount; from += STEP_ROWS) {
    const to = Math.min(groupCount, from + STEP_ROWS);
    for (let group = from; group < to; group++) {
      const weight = tallies.weightOf(group);
      const worst = best[best.length - 1];
      if (weight === 0 && tallies.of(group).collected === 0) continue;
      present += 1;
      if (best.length === MOST_RANKED_GROUPS && worst !== undefined && weight <= tallies.weightOf(worst)) continue;
      if (best.length === MOST_RANKED_GROUPS) best.pop();
      let place = best.length;
      while (place > 0 && tallies.weightOf(best[place - 1] ?? 0) < weight) place--;
      best.splice(place, 0, group);
    }
    yield;
  }
  const others = { ...total };
  const groups = best.map((group) => {
    const tally = tallies.of(group);
    others.registered -= tally.registered;
    others.collected -= tally.collected;
    others.finalized -= tally.finalized;
    return { key: keyOf(group), ...tally, collected: Number.isNaN(total.collected) ? NaN : tally.collected };
  });
  return { groups, others, otherGroups: present - groups.length };
}

function* countThrowing({ throwingRows, registrations }: RunStream, range: TimeRange): Generator<void, number> {
  let threw = 0;
  const { length } = throwingRows;
  for (let from = 0; from < length; from += STEP_ROWS) {
    const to = Math.min(length, from + STEP_ROWS);
    for (let index = from; index < to; index++) {
      const startMs = valueAt(registrations.callbackStartMs, valueAt(throwingRows, index));
      if (startMs >= range.fromMs && startMs <= range.toMs) threw += 1;
    }
    yield;
  }
  return threw;
}

/** The row whose time is nearest; undefined where none is near enough. */
function rowAtEdge(atMs: ColumnView<Float64Array>, edgeMs: number): number | undefined {
  const after = lowerBound(atMs, edgeMs);
  const distance = (row: number) => Math.abs(valueAt(atMs, row) - edgeMs);
  const row = after > 0 && !(distance(after) < distance(after - 1)) ? after - 1 : after;
  return distance(row) <= EDGE_REACH_MS ? row : undefined;
}

function* bytesChange(
  atMs: ColumnView<Float64Array>,
  bytes: ColumnView<Float64Array>,
  { fromMs, toMs }: TimeRange,
): Generator<void, BytesChange> {
  const startRow = rowAtEdge(atMs, fromMs);
  const endRow = rowAtEdge(atMs, toMs);
  const startBytes = startRow === undefined ? NaN : valueAt(bytes, startRow);
  const endBytes = endRow === undefined ? NaN : valueAt(bytes, endRow);
  const firstRow = startRow ?? lowerBound(atMs, fromMs);
  const lastRow = endRow ?? upperBound(atMs, toMs) - 1;
  let gainedBytes = NaN;
  let lostBytes = NaN;
  for (let from = firstRow + 1; from <= lastRow; from += STEP_ROWS) {
    const to = Math.min(lastRow + 1, from + STEP_ROWS);
    for (let row = from; row < to; row++) {
      const change = valueAt(bytes, row) - valueAt(bytes, row - 1);
      if (Number.isNaN(change) || valueAt(atMs, row) - valueAt(atMs, row - 1) > LONGEST_SAMPLE_GAP_MS) continue;
      gainedBytes = (gainedBytes || 0) + Math.max(0, change);
      lostBytes = (lostBytes || 0) + Math.max(0, -change);
    }
    yield;
  }
  const changeBytes = startRow === endRow ? NaN : endBytes - startBytes;
  return { startBytes, endBytes, changeBytes, gainedBytes, lostBytes };
}

/** Length of what two stretches have in common; NaN where they do not even touch. */
function commonMs(startMs: number, endMs: number, { fromMs, toMs }: TimeRange): number {
  return startMs <= toMs && endMs >= fromMs ? Math.min(endMs, toMs) - Math.max(startMs, fromMs) : NaN;
}

function* summarizePauses({ collections }: RunStream, range: TimeRange): Generator<void, RangeSummary['collections']> {
  const found = { minor: 0, major: 0, forced: 0, pauseMs: 0, longestPauseMs: NaN };
  // All of them, since they are in order of arrival, and one that straddles the first edge began before it.
  const { length } = collections.startMs;
  for (let from = 0; from < length; from += STEP_ROWS) {
    const to = Math.min(length, from + STEP_ROWS);
    for (let row = from; row < to; row++) {
      const startMs = valueAt(collections.startMs, row);
      const pauseMs = valueAt(collections.pauseMs, row);
      const withinMs = commonMs(startMs, startMs + (pauseMs > 0 ? pauseMs : 0), range);
      if (Number.isNaN(withinMs)) continue;
      if (valueAt(collections.kind, row) === MAJOR) found.major += 1;
      else found.minor += 1;
      if (valueAt(collections.forced, row) === 1) found.forced += 1;
      // A sum of which a part is not known is not known.
      found.pauseMs += Number.isNaN(pauseMs) ? NaN : withinMs;
      if (!(pauseMs <= found.longestPauseMs) && !Number.isNaN(pauseMs)) found.longestPauseMs = pauseMs;
    }
    yield;
  }
  return found;
}

function* summarizeBlocked({ blocked, marks }: RunStream, range: TimeRange): Generator<void, RangeSummary['blocked']> {
  let withinMs = 0;
  let longestMs = NaN;
  let longest: TimeRange | undefined;
  const { length } = blocked.startMs;
  for (let from = 0; from < length; from += STEP_ROWS) {
    const to = Math.min(length, from + STEP_ROWS);
    for (let row = from; row < to; row++) {
      const startMs = valueAt(blocked.startMs, row);
      const endMs = valueAt(blocked.endMs, row);
      const partMs = commonMs(startMs, endMs, range);
      if (Number.isNaN(partMs)) continue;
      withinMs += partMs;
      if (endMs - startMs <= longestMs) continue;
      longestMs = endMs - startMs;
      longest = { fromMs: startMs, toMs: endMs };
    }
    yield;
  }
  let longestDuring = '';
  let spannedMs = longestMs / 2;
  for (let from = 0; longest !== undefined && from < marks.length; from += STEP_ROWS) {
    for (const { kind, name, atMs, durationMs } of marks.slice(from, from + STEP_ROWS)) {
      if (kind !== 'user-measure' || durationMs === undefined) continue;
      const partMs = commonMs(atMs, atMs + durationMs, longest);
      // Of two that span it all, the later one is within the other: it says more.
      if (!(partMs >= spannedMs)) continue;
      spannedMs = partMs;
      longestDuring = name;
    }
    yield;
  }
  return { withinMs, longestMs, longestDuring };
}
