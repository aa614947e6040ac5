// Builds the columns of one run from its batches. Runs in the page; called by the store that follows a run, read by
// charts and tables. Every batch is applied in time proportional to its rows, and a row costs no object.

import { clearsRegistrations } from '../../../engine/protocol/clearing-collections.ts';
import { assertNever, COLLECTION_KINDS, VERDICT_REASONS, VERDICTS } from '../../../engine/protocol/vocabulary.ts';
import {
  FAR_BEHIND_BYTES,
  type BatchGroup,
  type RunBatch,
  type RunBatchOf,
} from '../../../engine/protocol/run-batch.ts';
import { objectName } from '../../../engine/protocol/object-name.ts';
import type { RunDescription } from '../../../engine/protocol/run-description.ts';
import type { RunReport } from '../../../engine/protocol/run-report.ts';
import { siteText as textOfSite } from '../../../engine/protocol/site-text.ts';
import { visibleText } from '../../../engine/protocol/visible-text.ts';
import { ConsoleLines } from './console-lines.ts';
import { Explanations } from './explanations.ts';
import {
  BLOCKED,
  CALLBACK,
  COLLECTION,
  entryKind,
  entryRow,
  EVENT_KINDS,
  eventEntry,
  EventIndex,
  MARK,
  MAXIMUM_EVENT_ROWS,
  REGISTRATION,
  UNREGISTRATION,
  WARNING,
} from './event-index.ts';
import { formatBytes, formatCount, formatDuration } from './figures.ts';
import { float64Column, uint32Column, uint8Column, upperBound, valueAt } from './growable-column.ts';
import { ReleaseTimes } from './release-times.ts';
import { SparseTimes } from './sparse-times.ts';
import type { EventView, ObjectView, RunCounters, RunStream, SiteView, WarningView } from './run-stream.ts';

/** A batch came in the wrong order; the stream is not to be used any more. */
export class RunStreamError extends Error {
  override name = 'RunStreamError';
}

// What has happened to a registration. A row without REGISTERED is a gap: its registration has not come, or was dropped.
const IS_REGISTERED = 1;
const IS_CALLED = 2;
const HAS_THROWN = 4;
const IS_UNREGISTERED = 8;
const IS_DONE = IS_CALLED | IS_UNREGISTERED;

const FINALIZED = VERDICTS.indexOf('finalized');
const UNREGISTERED = VERDICTS.indexOf('unregistered');
const CALLBACK_THREW = VERDICTS.indexOf('callback-threw');
const CALLBACK_RAN = VERDICT_REASONS.indexOf('callback-ran');
const CALLBACK_NOT_RETURNED = VERDICT_REASONS.indexOf('callback-not-returned');
const MAJOR = COLLECTION_KINDS.indexOf('major');

/** Callbacks of one registry with less than this between them are one stall: the thread did nothing else. */
const STALL_GAP_MS = 0.5;
/** The thread turns unseen in a gap shorter than the shortest blocked stretch that is told. */
const UNSEEN_TURN_MS = 50;
/** As in run-tally.ts: two stretches closer than this have one turn between them, in which not every callback finds its turn. */
const SINGLE_TURN_MS = 0.01;
/** Collections may be told in whole ms. */
const CLOCK_TOLERANCE_MS = 1;
/** A row that is further ahead than this cannot be believed; making room for it would take the memory of the page. */
const LARGEST_GAP_ROWS = 1 << 24;

/** Taking and reading a snapshot of the ended program may last longer than the run: the axis has only its beginning. */
const AFTERMATH_SHARE = 0.03;
const SHORTEST_AFTERMATH_MS = 20;

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Callbacks of one registry with next to nothing between them. */
interface Stall {
  readonly registryId: number;
  startMs: number;
  endMs: number;
}

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

/** Who caught up has no more ahead than what it is just sent. */
const CAUGHT_UP_BYTES = 256 * 1024;

/** A stream with nothing in it yet. Applying a batch out of sequence, or contradictory rows, throws RunStreamError. */
export function createRunStream(): RunStream {
  let revision = 0;
  let nextSequence = 0;
  /** Recorded and not here yet; and the most that was since catching up began, 0 while nothing is to be caught up with. */
  let aheadBytes = 0;
  let mostAheadBytes = 0;
  let description: RunDescription | undefined;
  let runtime: RunBatchOf<'runtime'> | undefined;
  let status: RunStream['status'] = 'launching';
  let explaining: RunStream['explaining'];
  let report: RunReport | undefined;
  let endMs = 0;

  const counters: Mutable<RunCounters> = {
    registered: 0,
    finalized: 0,
    unregistered: 0,
    threw: 0,
    alive: 0,
    waiting: 0,
    minorCollections: 0,
    majorCollections: 0,
    forcedCollections: 0,
    longestPauseMs: 0,
    longestStallMs: 0,
    samples: 0,
    largestSampleGapMs: 0,
    consoleLines: 0,
    droppedRows: 0,
    events: 0,
  };

  const samples = {
    atMs: float64Column(),
    usedBytes: float64Column(),
    totalBytes: float64Column(),
    externalBytes: float64Column(),
    rssBytes: float64Column(),
  };

  const collections = {
    startMs: float64Column(),
    pauseMs: float64Column(),
    kind: uint8Column(),
    forced: uint8Column(),
    beforeBytes: float64Column(),
    afterBytes: float64Column(),
  };
  const collectionReason = uint32Column();
  const reasons: string[] = [];
  const reasonIndexes = new Map<string, number>();
  /** Major GCs alone, in order of time whatever the order of arrival: they say what was collected when. */
  const majorStartMs = float64Column();
  const majorEndMs = float64Column();

  const registrations = {
    atMs: float64Column(),
    registryId: uint32Column(),
    siteId: uint32Column(),
    callbackStartMs: float64Column(),
    callbackMs: float64Column(),
    verdict: uint8Column(),
  };
  const throwingRows = uint32Column();
  const lifeState = uint8Column();
  const verdictReason = uint8Column();
  /** Labels one behind the other, as UTF-8; row i ends at labelEnd[i]. */
  const labelEnd = uint32Column();
  const labelBytes = uint8Column();
  /** Labels of rows that came after later rows, which cannot be put into the bytes any more. */
  const lateLabels = new Map<number, string>();
  const unregisteredAtMs = new SparseTimes();
  const releases = new ReleaseTimes();

  /** Rows before this one were registered before the last major GC; `doneBeforeMajor` of them need no callback. */
  let rowsBeforeMajor = 0;
  let doneBeforeMajor = 0;
  let lastMajorStartMs = -Infinity;
  const stalls = new Map<number, Stall>();
  /** The callbacks of one registry nearly always follow each other. */
  let lastStall: Stall = { registryId: -1, startMs: -Infinity, endMs: -Infinity };
  let hasContradiction = false;

  const blocked = { startMs: float64Column(), endMs: float64Column() };
  /** When the thread did not turn: because the program blocked it, or for a heap snapshot. Ends are the latest so far. */
  const stoodStill = { startMs: float64Column(), latestEndMs: float64Column() };
  const marks: RunBatchOf<'marks'>['items'] = [];
  const pictures: RunBatchOf<'picture'>[] = [];
  const warnings: WarningView[] = [];
  const warningAtMs = float64Column();
  /** Places in `warnings`, of those that a later one may replace. */
  const warningRows = new Map<string, number>();
  const siteTexts = new Map<number, string>();
  const sites = new Map<number, SiteView>();
  const explanations = new Explanations();
  const registrySites = new Map<number, number>();
  const consoleLines = new ConsoleLines();

  const eventTime = (entry: number): number => {
    const row = entryRow(entry);
    switch (entryKind(entry)) {
      case REGISTRATION:
        return registrations.atMs.values[row] ?? 0;
      case CALLBACK:
        return registrations.callbackStartMs.values[row] ?? 0;
      case UNREGISTRATION:
        return unregisteredAtMs.get(row);
      case COLLECTION:
        return collections.startMs.values[row] ?? 0;
      case MARK:
        return marks[row]?.atMs ?? 0;
      case WARNING:
        return warningAtMs.values[row] ?? 0;
      default:
        return blocked.startMs.values[row] ?? 0;
    }
  };
  const events = new EventIndex(eventTime);

  /** When the program and the wait for late callbacks were over, or it was to be stopped; Infinity until that is told. */
  let overMs = Infinity;
  const reached = (atMs: number) => {
    const seenMs = Math.min(atMs, overMs + Math.max(SHORTEST_AFTERMATH_MS, overMs * AFTERMATH_SHARE));
    if (seenMs > endMs) endMs = seenMs;
  };

  /** For what is made of a batch and copied on at once: as long as the longest batch so far. */
  let entries = new Uint32Array(0);
  let times = new Float64Array(0);
  function makeRoomFor(rows: number): void {
    if (rows <= entries.length) return;
    entries = new Uint32Array(rows * 2);
    times = new Float64Array(rows * 2);
  }

  function addEvents(kind: number, firstRow: number, rowTimes: ArrayLike<number>): void {
    const count = rowTimes.length;
    makeRoomFor(count);
    const firstEntry = eventEntry(kind, firstRow);
    for (let index = 0; index < count; index++) entries[index] = firstEntry + index;
    events.merge(entries, rowTimes, count);
  }

  /** The latest of the times; those that are not known do not count. */
  function reachedLatest(atMs: ArrayLike<number>): void {
    let latest = -Infinity;
    for (let row = 0; row < atMs.length; row++) {
      const at = atMs[row] ?? NaN;
      if (at > latest) latest = at;
    }
    reached(latest);
  }

  /** Rows that cannot be true beside those before them are left out, counted, and told of once. */
  function leaveOut(count: number): void {
    counters.droppedRows += count;
    if (hasContradiction) return;
    hasContradiction = true;
    warn({ code: '', message: 'Rows that contradict earlier ones arrived and were left out.', atMs: endMs });
  }

  const canCover = (length: number) =>
    length <= MAXIMUM_EVENT_ROWS && length <= registrations.atMs.length + LARGEST_GAP_ROWS;

  /** Makes rows [0, length) exist; those not yet registered are gaps. */
  function coverRows(length: number): void {
    if (length <= lifeState.length) return;
    registrations.atMs.fillTo(length, NaN);
    registrations.registryId.fillTo(length, 0);
    registrations.siteId.fillTo(length, 0);
    registrations.callbackStartMs.fillTo(length, NaN);
    registrations.callbackMs.fillTo(length, NaN);
    registrations.verdict.fillTo(length, 0);
    lifeState.fillTo(length, 0);
    verdictReason.fillTo(length, 0);
  }

  const needsCallback = (row: number) => ((lifeState.values[row] ?? 0) & (IS_REGISTERED | IS_DONE)) === IS_REGISTERED;

  /** Of a row that was there without its registration. Keeps the count of those that wait since the last major GC. */
  function setRegistered(row: number): void {
    lifeState.values[row] = (lifeState.values[row] ?? 0) | IS_REGISTERED;
    if (row < rowsBeforeMajor && needsCallback(row)) doneBeforeMajor--;
  }

  function countWaiting(): void {
    const { values } = registrations.atMs;
    // Rows beyond the last registration that came are only there because its callback came first.
    while (rowsBeforeMajor < labelEnd.length) {
      if ((values[rowsBeforeMajor] ?? NaN) >= lastMajorStartMs) break;
      if (!needsCallback(rowsBeforeMajor)) doneBeforeMajor++;
      rowsBeforeMajor++;
    }
    counters.waiting = rowsBeforeMajor - doneBeforeMajor;
    counters.alive = counters.registered - counters.finalized - counters.unregistered;
  }

  function applySamples(batch: RunBatchOf<'samples'>): void {
    const { atMs } = samples;
    for (let row = 0; row < batch.atMs.length; row++) {
      const at = batch.atMs[row] ?? NaN;
      const previous = row === 0 ? (atMs.values[atMs.length - 1] ?? NaN) : (batch.atMs[row - 1] ?? NaN);
      if (atMs.length + row > 0 && at - previous > counters.largestSampleGapMs) {
        counters.largestSampleGapMs = at - previous;
      }
      reached(at);
    }
    atMs.append(batch.atMs);
    samples.usedBytes.append(batch.usedBytes);
    samples.totalBytes.append(batch.totalBytes);
    samples.externalBytes.append(batch.externalBytes);
    samples.rssBytes.append(batch.rssBytes);
    counters.samples = atMs.length;
  }

  function applyCollections(batch: RunBatchOf<'collections'>): void {
    const firstRow = collections.startMs.length;
    collections.startMs.append(batch.startMs);
    collections.pauseMs.append(batch.pauseMs);
    collections.kind.append(batch.kind);
    collections.forced.append(batch.forced);
    collections.beforeBytes.append(batch.beforeBytes);
    collections.afterBytes.append(batch.afterBytes);
    const indexes = batch.reasons.map((reason) => {
      const known = reasonIndexes.get(reason);
      if (known !== undefined) return known;
      reasonIndexes.set(reason, reasons.length);
      return reasons.push(reason) - 1;
    });
    for (let row = 0; row < batch.startMs.length; row++) {
      const start = batch.startMs[row] ?? NaN;
      const pause = batch.pauseMs[row] ?? NaN;
      const end = start + (pause > 0 ? pause : 0);
      const reason = indexes[batch.reason[row] ?? 0];
      if (reason === undefined) throw new RunStreamError('A collection names a reason that its batch does not list.');
      collectionReason.push(reason);
      const isMajor = batch.kind[row] === MAJOR;
      if (isMajor) counters.majorCollections++;
      else counters.minorCollections++;
      if (clearsRegistrations(isMajor ? 'major' : 'minor', runtime?.v8)) {
        const place = upperBound(majorStartMs, start);
        majorStartMs.insert(place, start);
        majorEndMs.insert(place, end);
        if (isMajor && start > lastMajorStartMs) lastMajorStartMs = start;
      }
      if (batch.forced[row] === 1) counters.forcedCollections++;
      if (pause > counters.longestPauseMs) counters.longestPauseMs = pause;
      reached(end);
    }
    addEvents(COLLECTION, firstRow, batch.startMs);
    countWaiting();
  }

  function addLabels(firstRow: number, batch: RunBatchOf<'registrations'>): void {
    const count = batch.labelEnd.length;
    const firstByte = labelBytes.length;
    labelEnd.fillTo(firstRow, firstByte);
    labelBytes.append(batch.labelBytes);
    labelEnd.reserve(firstRow + count);
    const ends = labelEnd.values;
    for (let row = 0; row < count; row++) ends[firstRow + row] = firstByte + (batch.labelEnd[row] ?? 0);
    labelEnd.length = firstRow + count;
  }

  function applyRegistrations(batch: RunBatchOf<'registrations'>): void {
    const count = batch.atMs.length;
    const firstRow = batch.firstId - 1;
    if (!canCover(firstRow + count) || labelBytes.length + batch.labelBytes.length >= 2 ** 32) return leaveOut(count);
    // Later than every registration so far; callbacks may have come before it and made its rows.
    if (firstRow < labelEnd.length) return applyLateRegistrations(batch);
    addLabels(firstRow, batch);
    if (firstRow >= lifeState.length) {
      coverRows(firstRow);
      appendRegistrations(batch);
    } else {
      coverRows(firstRow + count);
      registrations.atMs.values.set(batch.atMs, firstRow);
      registrations.registryId.values.set(batch.registryId, firstRow);
      registrations.siteId.values.set(batch.siteId, firstRow);
      for (let row = firstRow; row < firstRow + count; row++) setRegistered(row);
    }
    reachedLatest(batch.atMs);
    counters.registered += count;
    addEvents(REGISTRATION, firstRow, batch.atMs);
    countWaiting();
  }

  /** Rows of which nothing is known yet: nearly all there are, so that each is written once. */
  function appendRegistrations(batch: RunBatchOf<'registrations'>): void {
    registrations.atMs.append(batch.atMs);
    registrations.registryId.append(batch.registryId);
    registrations.siteId.append(batch.siteId);
    const { length } = registrations.atMs;
    registrations.callbackStartMs.fillTo(length, NaN);
    registrations.callbackMs.fillTo(length, NaN);
    registrations.verdict.fillTo(length, 0);
    lifeState.fillTo(length, IS_REGISTERED);
    verdictReason.fillTo(length, 0);
  }

  /** Rows that fill a gap; those that are already known are left out. */
  function applyLateRegistrations(batch: RunBatchOf<'registrations'>): void {
    const count = batch.atMs.length;
    const firstRow = batch.firstId - 1;
    coverRows(firstRow + count);
    let leftOut = 0;
    for (let index = 0; index < count; index++) {
      const row = firstRow + index;
      if (row >= labelEnd.length || ((lifeState.values[row] ?? 0) & IS_REGISTERED) !== 0) {
        leftOut++;
        continue;
      }
      const atMs = batch.atMs[index] ?? 0;
      registrations.atMs.values[row] = atMs;
      registrations.registryId.values[row] = batch.registryId[index] ?? 0;
      registrations.siteId.values[row] = batch.siteId[index] ?? 0;
      const start = index === 0 ? 0 : (batch.labelEnd[index - 1] ?? 0);
      lateLabels.set(row, textDecoder.decode(batch.labelBytes.subarray(start, batch.labelEnd[index])));
      setRegistered(row);
      counters.registered++;
      reached(atMs);
      addEvents(REGISTRATION, row, [atMs]);
    }
    if (leftOut > 0) leaveOut(leftOut);
    countWaiting();
  }

  function stallOf(registryId: number): Stall {
    let stall = stalls.get(registryId);
    if (stall === undefined) {
      stall = { registryId, startMs: -Infinity, endMs: -Infinity };
      stalls.set(registryId, stall);
    }
    lastStall = stall;
    return stall;
  }

  /** The row that ends by callback or `unregister()`; -1 if it has ended already, or cannot exist. */
  function endRegistration(id: number, flags: number): number {
    const row = id - 1;
    if (row < 0 || !canCover(id)) return -1;
    coverRows(id);
    const state = lifeState.values[row] ?? 0;
    if ((state & IS_DONE) !== 0) return -1;
    lifeState.values[row] = state | flags;
    if (row < rowsBeforeMajor && (state & IS_REGISTERED) !== 0) doneBeforeMajor++;
    return row;
  }

  function noteStall(registryId: number, startMs: number, stoppedAtMs: number): void {
    const stall = registryId === lastStall.registryId ? lastStall : stallOf(registryId);
    if (!(startMs - stall.endMs < STALL_GAP_MS)) stall.startMs = startMs;
    stall.endMs = stoppedAtMs;
    if (stoppedAtMs - stall.startMs > counters.longestStallMs) counters.longestStallMs = stoppedAtMs - stall.startMs;
  }

  function applyCallbacks(batch: RunBatchOf<'callbacks'>): void {
    const rows = batch.id.length;
    makeRoomFor(rows);
    let count = 0;
    let latest = -Infinity;
    let entered = 0;
    for (let index = 0; index < rows; index++) {
      const threw = batch.threw[index] === 1;
      if (hasEntered(batch.id[index] ?? 0)) {
        entered++;
        const end = endEntered(batch, index);
        if (end > latest) latest = end;
        continue;
      }
      const row = endRegistration(batch.id[index] ?? 0, threw ? IS_CALLED | HAS_THROWN : IS_CALLED);
      if (row === -1) continue;
      const start = batch.startMs[index] ?? 0;
      const duration = batch.durationMs[index] ?? 0;
      registrations.callbackStartMs.values[row] = start;
      registrations.callbackMs.values[row] = duration;
      if (Number.isNaN(duration)) verdictReason.values[row] = CALLBACK_NOT_RETURNED;
      registrations.verdict.values[row] = threw ? CALLBACK_THREW : FINALIZED;
      entries[count] = eventEntry(CALLBACK, row);
      times[count++] = start;
      if (threw) {
        counters.threw++;
        throwingRows.push(row);
      }
      const end = start + (duration > 0 ? duration : 0);
      noteStall(registrations.registryId.values[row] ?? 0, start, end);
      if (end > latest) latest = end;
    }
    reached(latest);
    counters.finalized += count;
    endEvents(count, rows - entered);
  }

  /** True if its callback was reported when it was entered, and not yet at its end. */
  function hasEntered(id: number): boolean {
    return verdictReason.length >= id && verdictReason.values[id - 1] === CALLBACK_NOT_RETURNED;
  }

  /** The end of an entered callback. Its event stays where it is. @returns when it ended; -Infinity: it has not */
  function endEntered(batch: RunBatchOf<'callbacks'>, index: number): number {
    const row = (batch.id[index] ?? 0) - 1;
    const end = (batch.startMs[index] ?? NaN) + (batch.durationMs[index] ?? NaN);
    if (Number.isNaN(end)) return -Infinity;
    const start = registrations.callbackStartMs.values[row] ?? end;
    registrations.callbackMs.values[row] = end - start;
    verdictReason.values[row] = CALLBACK_RAN;
    if (batch.threw[index] === 1) {
      counters.threw++;
      throwingRows.push(row);
      lifeState.values[row] = (lifeState.values[row] ?? 0) | HAS_THROWN;
      registrations.verdict.values[row] = CALLBACK_THREW;
    }
    noteStall(registrations.registryId.values[row] ?? 0, start, end);
    return end;
  }

  function applyUnregistrations(batch: RunBatchOf<'unregistrations'>): void {
    const rows = batch.id.length;
    makeRoomFor(rows);
    let count = 0;
    let latest = -Infinity;
    for (let index = 0; index < rows; index++) {
      const row = endRegistration(batch.id[index] ?? 0, IS_UNREGISTERED);
      if (row === -1) continue;
      const at = batch.atMs[index] ?? 0;
      unregisteredAtMs.set(row, at);
      registrations.verdict.values[row] = UNREGISTERED;
      entries[count] = eventEntry(UNREGISTRATION, row);
      times[count++] = at;
      if (at > latest) latest = at;
    }
    reached(latest);
    counters.unregistered += count;
    endEvents(count, rows);
  }

  /** Puts the first `count` of `entries` among the events; the rest of the batch's `rows` were left out. */
  function endEvents(count: number, rows: number): void {
    events.merge(entries, times, count);
    if (count < rows) leaveOut(rows - count);
    countWaiting();
  }

  function applyMarks(batch: RunBatchOf<'marks'>): void {
    const firstRow = marks.length;
    for (const mark of batch.items) {
      marks.push(mark);
      if (mark.kind === 'settle-ended') overMs = mark.atMs;
      reached(mark.atMs + (mark.durationMs ?? 0));
      if (mark.kind === 'release') releases.add(mark.name, mark.atMs);
      if (mark.kind === 'heap-snapshot' && mark.durationMs !== undefined) {
        noteStandstill(mark.atMs, mark.atMs + mark.durationMs);
      }
    }
    addEvents(
      MARK,
      firstRow,
      batch.items.map(({ atMs }) => atMs),
    );
  }

  function warn(warning: WarningView): void {
    warnings.push(warning);
    warningAtMs.push(warning.atMs);
    reached(warning.atMs);
    addEvents(WARNING, warnings.length - 1, [warning.atMs]);
  }

  function applyWarning({ code, message, place, key, ...batch }: RunBatchOf<'warning'>): void {
    const row = key === undefined ? undefined : warningRows.get(key);
    const atMs = warnings[row ?? -1]?.atMs ?? batch.atMs ?? endMs;
    const warning = { code, message, atMs, ...(place !== undefined && { place }) };
    if (row !== undefined) return void (warnings[row] = warning);
    if (key !== undefined) warningRows.set(key, warnings.length);
    warn(warning);
  }

  function applyExplanations(batch: RunBatchOf<'explanations'>): void {
    reached(batch.atMs);
    // Objects that were registered but not told of yet are not in a snapshot: an id beyond all rows cannot be right.
    const leftOut = explanations.apply(batch, registrations.atMs.length);
    if (leftOut > 0) leaveOut(leftOut);
  }

  function applyVerdicts(batch: RunBatchOf<'verdicts'>): void {
    const firstRow = batch.firstId - 1;
    if (firstRow < 0 || !canCover(firstRow + batch.verdict.length)) return leaveOut(batch.verdict.length);
    coverRows(firstRow + batch.verdict.length);
    registrations.verdict.values.set(batch.verdict, firstRow);
    verdictReason.values.set(batch.reason, firstRow);
  }

  function applyBatch(batch: RunBatch): void {
    switch (batch.type) {
      case 'started':
        description = batch.description;
        return;
      case 'runtime':
        runtime = batch;
        return;
      case 'status':
        status = batch.status;
        explaining =
          batch.status === 'explaining'
            ? {
                ...(batch.step === undefined ? {} : { step: batch.step }),
                ...(batch.progress === undefined ? {} : { progress: batch.progress }),
              }
            : undefined;
        // What the tool takes for its own purposes from here on is not the program's time.
        if (status === 'stopping' || status === 'explaining') overMs = Math.min(overMs, batch.atMs);
        reached(batch.atMs);
        return;
      case 'samples':
        return applySamples(batch);
      case 'collections':
        return applyCollections(batch);
      case 'registrations':
        return applyRegistrations(batch);
      case 'callbacks':
        return applyCallbacks(batch);
      case 'unregistrations':
        return applyUnregistrations(batch);
      case 'registries':
        for (const { id, atMs, siteId } of batch.items) {
          registrySites.set(id, siteId);
          reached(atMs);
        }
        return;
      case 'registries-collected':
        batch.id.forEach((id, index) => {
          const atMs = batch.atMs[index] ?? endMs;
          const name = siteText(registrySites.get(id) ?? 0) || `#${id}`;
          const site = sites.get(registrySites.get(id) ?? 0);
          warn({
            code: 'registry-collected',
            message: `The registry ${name} was itself collected: its callbacks can never run.`,
            atMs,
            ...(site === undefined ? {} : { place: { file: site.file, line: site.line, column: site.column } }),
          });
        });
        return;
      case 'sites':
        for (const site of batch.items) {
          sites.set(site.id, site);
          siteTexts.set(site.id, textOfSite(site));
        }
        return;
      case 'blocked':
        return applyBlocked(batch);
      case 'marks':
        return applyMarks(batch);
      case 'console':
        for (const entry of batch.entries) {
          consoleLines.add(entry);
          counters.consoleLines += entry.lines;
          reached(entry.atMs);
        }
        return;
      case 'dropped':
        if (batch.what === 'rows' || batch.what === 'unknown-tail') counters.droppedRows += batch.count;
        warn({ code: `dropped-${batch.what}`, message: batch.message, atMs: endMs });
        return;
      case 'picture':
        pictures.push(batch);
        reached(batch.atMs);
        return;
      case 'warning':
        return applyWarning(batch);
      case 'verdicts':
        return applyVerdicts(batch);
      case 'explanations':
        return applyExplanations(batch);
      case 'ended':
        status = 'ended';
        explaining = undefined;
        report = batch.report;
        reached(batch.atMs);
        return;
      default:
        assertNever(batch);
    }
  }

  function applyGroup({ sequence, count, batches, aheadBytes: nowAheadBytes }: BatchGroup): void {
    if (sequence !== nextSequence) {
      throw new RunStreamError(`Batch ${sequence} came where ${nextSequence} was due.`);
    }
    for (const batch of batches) applyBatch(batch);
    counters.events = events.length;
    nextSequence += count;
    // A run that brings more than this client can take is not caught up with: it is shown as it comes.
    const isCatchingUp =
      mostAheadBytes === 0
        ? nowAheadBytes > FAR_BEHIND_BYTES
        : nowAheadBytes > CAUGHT_UP_BYTES && nowAheadBytes < aheadBytes;
    mostAheadBytes = isCatchingUp ? Math.max(mostAheadBytes, nowAheadBytes) : 0;
    aheadBytes = nowAheadBytes;
    if (!isCatchingUp) revision++;
  }

  function showAll(): void {
    if (mostAheadBytes > 0 || revision === 0) revision++;
    aheadBytes = 0;
    mostAheadBytes = 0;
  }

  function checkRow(row: number): void {
    if (row < 0 || row >= registrations.atMs.length) throw new RangeError(`No registration in row ${row}.`);
  }

  function siteText(siteId: number): string {
    return siteTexts.get(siteId) ?? '';
  }

  function labelAt(row: number): string {
    const late = lateLabels.get(row);
    if (late !== undefined) return visibleText(late);
    const start = row === 0 ? 0 : (labelEnd.values[row - 1] ?? 0);
    const end = labelEnd.values[row] ?? start;
    // A copy: not every browser decodes what lies in a resizable buffer.
    return start === end ? '' : visibleText(textDecoder.decode(labelBytes.values.slice(start, end)));
  }

  function nameOf(row: number): string {
    return objectName(labelAt(row), classNameOf(registrations.siteId.at(row)));
  }

  function classNameOf(siteId: number): string {
    return sites.get(siteId)?.className ?? '';
  }

  /** The first release of this label at or after the registration, so that the order of arrival does not matter. */
  function releasedAtMs(row: number): number {
    if (releases.isEmpty) return NaN;
    const registeredAt = registrations.atMs.values[row] ?? NaN;
    if (lateLabels.size > 0) {
      const late = lateLabels.get(row);
      if (late !== undefined) {
        const bytes = textEncoder.encode(late);
        return releases.firstSince(bytes, 0, bytes.length, registeredAt);
      }
    }
    const start = row === 0 ? 0 : (labelEnd.values[row - 1] ?? 0);
    const end = row < labelEnd.length ? (labelEnd.values[row] ?? start) : start;
    return releases.firstSince(labelBytes.values, start, end, registeredAt);
  }

  /**
   * A long stretch is told in pieces, each beginning where the last ended: from here on it is one again. One that begins a
   * little later is another, since the thread turned between them.
   */
  function applyBlocked({ startMs, endMs: endsMs }: RunBatchOf<'blocked'>): void {
    const firstRow = blocked.startMs.length;
    for (let piece = 0; piece < startMs.length; piece++) {
      const start = startMs[piece] ?? NaN;
      const end = endsMs[piece] ?? NaN;
      const last = blocked.startMs.length - 1;
      noteStandstill(start, end);
      if (start >= valueAt(blocked.startMs, last) && start <= valueAt(blocked.endMs, last)) {
        blocked.endMs.values[last] = Math.max(blocked.endMs.at(last), end);
      } else {
        blocked.startMs.push(start);
        blocked.endMs.push(end);
      }
    }
    reachedLatest(endsMs);
    addEvents(BLOCKED, firstRow, blocked.startMs.values.subarray(firstRow, blocked.startMs.length));
  }

  function noteStandstill(startMs: number, endMs: number): void {
    const { startMs: starts, latestEndMs: ends } = stoodStill;
    const row = upperBound(starts, startMs);
    starts.insert(row, startMs);
    ends.insert(row, Math.max(endMs, row === 0 ? endMs : ends.at(row - 1)));
    for (let later = row + 1; later < ends.length && ends.at(later) < endMs; later++) ends.values[later] = endMs;
  }

  /** First of the majors before each one between which the thread may not have turned; see collectingMajors. */
  let chainStart = new Uint32Array(0);
  let chainedMajors = -1;
  let chainedStandstills = -1;
  function chainStarts(): Uint32Array {
    if (majorStartMs.length === chainedMajors && stoodStill.startMs.length === chainedStandstills) return chainStart;
    chainedMajors = majorStartMs.length;
    chainedStandstills = stoodStill.startMs.length;
    chainStart = new Uint32Array(majorStartMs.length);
    for (let major = 1; major < majorStartMs.length; major++) {
      const isChained = mayNotHaveTurned(majorEndMs.at(major - 1), majorStartMs.at(major));
      chainStart[major] = isChained ? (chainStart[major - 1] ?? major) : major;
    }
    return chainStart;
  }

  function mayNotHaveTurned(fromMs: number, toMs: number): boolean {
    if (toMs - fromMs < UNSEEN_TURN_MS) return true;
    const { startMs, latestEndMs } = stoodStill;
    const stretch = upperBound(startMs, fromMs + CLOCK_TOLERANCE_MS) - 1;
    if (stretch < 0) return false;
    let untilMs = latestEndMs.at(stretch);
    for (let next = stretch + 1; untilMs < toMs && valueAt(startMs, next) <= untilMs + SINGLE_TURN_MS; next++) {
      untilMs = latestEndMs.at(next);
    }
    return untilMs >= toMs - CLOCK_TOLERANCE_MS;
  }

  /**
   * The GCs, of those that can clear registrations, that bracket the collection, as the session's report brackets it: the last one that ended before the
   * callback, and before it those between which the thread did not turn, because a thread that turns would have called
   * back after the first. None of them is before the object was let go.
   */
  function collectingMajors(row: number): readonly [first: number, last: number] | undefined {
    const callbackAt = valueAt(registrations.callbackStartMs, row);
    if (Number.isNaN(callbackAt)) return undefined;
    const last = upperBound(majorEndMs, callbackAt + CLOCK_TOLERANCE_MS) - 1;
    if (last < 0) return undefined;
    const registeredAt = valueAt(registrations.atMs, row);
    const released = releasedAtMs(row);
    // V8 may see that an object is not used any more before the program says so, and a GC shorter than the tolerance may
    // seem to have come before the registration.
    return (
      majorsSince(Number.isNaN(released) ? registeredAt : released, last) ??
      majorsSince(registeredAt - CLOCK_TOLERANCE_MS, last)
    );
  }

  function majorsSince(letGoAt: number, last: number): readonly [first: number, last: number] | undefined {
    // The middle tells before from after although both ends may be in whole ms: a program stands still meanwhile.
    const isPossible = (major: number) => (majorStartMs.at(major) + majorEndMs.at(major)) / 2 > letGoAt;
    let first = Math.max(chainStarts()[last] ?? last, upperBound(majorStartMs, letGoAt) - 1, 0);
    if (first <= last && !isPossible(first)) first++;
    return first > last ? undefined : [first, last];
  }

  function objectAt(row: number): ObjectView {
    checkRow(row);
    const released = releasedAtMs(row);
    const majors = collectingMajors(row);
    const callbackStart = registrations.callbackStartMs.values[row] ?? NaN;
    const callbackMs = registrations.callbackMs.values[row] ?? NaN;
    const isUnregistered = ((lifeState.values[row] ?? 0) & IS_UNREGISTERED) !== 0;
    return {
      id: row + 1,
      label: labelAt(row),
      name: nameOf(row),
      registryId: registrations.registryId.at(row),
      site: siteText(registrations.siteId.at(row)),
      siteId: registrations.siteId.at(row),
      verdict: VERDICTS[registrations.verdict.at(row)] ?? 'unknown',
      reason: VERDICT_REASONS[verdictReason.at(row)] ?? 'none',
      registeredAtMs: registrations.atMs.at(row),
      ...(Number.isNaN(released) ? {} : { releasedAtMs: released }),
      ...(majors === undefined
        ? {}
        : { collectedBetweenMs: [majorStartMs.at(majors[0]), majorEndMs.at(majors[1])] as const }),
      ...(Number.isNaN(callbackStart) ? {} : { callbackStartedAtMs: callbackStart }),
      ...(Number.isNaN(callbackMs) ? {} : { callbackMs }),
      ...(isUnregistered ? { unregisteredAtMs: unregisteredAtMs.get(row) } : {}),
    };
  }

  /** Compares bytes where the wanted text is plain ASCII: a million labels need not be decoded for a keystroke. */
  function labelMatcher(text: string): (row: number) => boolean {
    const lowerCaseText = text.toLowerCase();
    if (lowerCaseText === '') return () => true;
    const wanted = new TextEncoder().encode(lowerCaseText);
    const first = wanted[0] ?? 0;
    const isAscii = wanted.every((byte) => byte < 128);
    if (!isAscii) return (row) => labelAt(row).toLowerCase().includes(lowerCaseText);
    const lower = (byte: number) => (byte >= 65 && byte <= 90 ? byte + 32 : byte);
    return (row) => {
      const late = lateLabels.get(row);
      if (late !== undefined) return late.toLowerCase().includes(lowerCaseText);
      const bytes = labelBytes.values;
      const start = row === 0 ? 0 : (labelEnd.values[row - 1] ?? 0);
      const lastStart = (labelEnd.values[row] ?? start) - wanted.length;
      for (let at = start; at <= lastStart; at++) {
        if (lower(bytes[at] ?? 0) !== first) continue;
        let matched = 1;
        while (matched < wanted.length && lower(bytes[at + matched] ?? 0) === wanted[matched]) matched++;
        if (matched === wanted.length) return true;
      }
      return false;
    };
  }

  const nameAt = (row: number) => nameOf(row) || `registration ${formatCount(row + 1)}`;

  function eventAt(position: number): EventView {
    const entry = events.entryAt(position);
    const row = entryRow(entry);
    const atMs = eventTime(entry);
    const kind = EVENT_KINDS[entryKind(entry)] ?? 'warning';
    switch (kind) {
      case 'registration':
        return { atMs, kind, text: nameAt(row), detail: siteText(registrations.siteId.at(row)), objectId: row + 1 };
      case 'callback': {
        const released = releasedAtMs(row);
        const since = Number.isNaN(released) ? registrations.atMs.at(row) : released;
        const threw = (lifeState.at(row) & HAS_THROWN) !== 0;
        const after = `${formatDuration(atMs - since)} after ${Number.isNaN(released) ? 'registration' : 'release'}`;
        const callbackMs = registrations.callbackMs.at(row);
        const took = Number.isNaN(callbackMs) ? 'did not return' : `took ${formatDuration(callbackMs)}`;
        return {
          atMs,
          kind,
          text: nameAt(row),
          detail: `${after}, ${took}${threw ? ', threw' : ''}`,
          objectId: row + 1,
        };
      }
      case 'unregistration': {
        const held = formatDuration(atMs - registrations.atMs.at(row));
        return { atMs, kind, text: nameAt(row), detail: `${held} after registration`, objectId: row + 1 };
      }
      case 'collection': {
        const before = formatBytes(collections.beforeBytes.at(row));
        const after = formatBytes(collections.afterBytes.at(row));
        const forced = collections.forced.at(row) === 1 ? ', forced' : '';
        const pause = formatDuration(collections.pauseMs.at(row));
        return {
          atMs,
          kind,
          text: `${COLLECTION_KINDS[collections.kind.at(row)] ?? 'unknown'} GC${forced}`,
          detail: [`pause ${pause}`, `${before} → ${after}`, reasonAt(row)].filter((part) => part !== '').join(', '),
        };
      }
      case 'mark': {
        const mark = marks[row];
        const duration = mark?.durationMs === undefined ? '' : formatDuration(mark.durationMs);
        return {
          atMs,
          kind,
          text: mark?.name || (mark?.kind.replaceAll('-', ' ') ?? ''),
          detail: markDetail(mark, duration),
        };
      }
      case 'warning':
        return { atMs, kind, text: warnings[row]?.message || 'A warning that was withdrawn.', detail: '' };
      case 'blocked': {
        const length = formatDuration(blocked.endMs.at(row) - atMs);
        return { atMs, kind, text: 'thread blocked', detail: `for ${length}` };
      }
      default:
        return assertNever(kind);
    }
  }

  function markDetail(mark: RunBatchOf<'marks'>['items'][number] | undefined, duration: string): string {
    if (mark === undefined) return '';
    const kind = mark.name === '' ? '' : mark.kind.replaceAll('-', ' ');
    return [kind, duration].filter((part) => part !== '').join(', ');
  }

  function reasonAt(row: number): string {
    return reasons[collectionReason.at(row)] ?? '';
  }

  return {
    get revision() {
      return revision;
    },
    get nextSequence() {
      return nextSequence;
    },
    get caughtUpShare() {
      return mostAheadBytes === 0 ? undefined : 1 - aheadBytes / mostAheadBytes;
    },
    apply: (sequence, batch) => applyGroup({ sequence, count: 1, batches: [batch], aheadBytes: 0 }),
    applyGroup,
    showAll,
    get description() {
      return description;
    },
    get runtime() {
      return runtime;
    },
    get status() {
      return status;
    },
    get report() {
      return report;
    },
    get explaining() {
      return explaining;
    },
    get explanation() {
      return explanations.snapshot === 0 ? undefined : explanations;
    },
    get endMs() {
      return endMs;
    },
    counters,
    samples,
    collections: { ...collections, reasonAt },
    majors: { startMs: majorStartMs, endMs: majorEndMs },
    events,
    registrations,
    labels: { bytes: labelBytes, endByte: labelEnd, late: lateLabels },
    registrySites,
    throwingRows,
    blocked,
    marks,
    pictures,
    warnings,
    sites,
    objectAt,
    labelAt(row) {
      checkRow(row);
      return labelAt(row);
    },
    whyAlive(row) {
      checkRow(row);
      return ((lifeState.values[row] ?? 0) & IS_DONE) === 0 ? explanations.whyAlive(row) : undefined;
    },
    releasedAtMs(row) {
      checkRow(row);
      return releasedAtMs(row);
    },
    collectingMajors(row) {
      checkRow(row);
      return collectingMajors(row);
    },
    collectedAtMs(row) {
      checkRow(row);
      const majors = collectingMajors(row);
      return majors === undefined ? NaN : majorEndMs.at(majors[1]);
    },
    endedAtMs(row) {
      checkRow(row);
      const state = lifeState.values[row] ?? 0;
      if ((state & IS_CALLED) !== 0) return registrations.callbackStartMs.values[row] ?? Infinity;
      return (state & IS_UNREGISTERED) !== 0 ? unregisteredAtMs.get(row) : Infinity;
    },
    siteText,
    classNameOf,
    countsAt: (timeMs) => events.countsAt(timeMs),
    countsBefore: (timeMs) => events.countsBefore(timeMs),
    density: (fromMs, toMs, columns) => events.density(fromMs, toMs, columns),
    labelMatcher,
    get eventCount() {
      return events.length;
    },
    eventAt,
    get consoleLineCount() {
      return consoleLines.count;
    },
    consoleLineAt: (row) => consoleLines.at(row),
  };
}
