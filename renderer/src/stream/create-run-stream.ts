// Builds the columns of one run from its batches. Runs in the page; called by the store that follows a run, read by
// charts and tables. Every batch is applied in time proportional to its rows, and a row costs no object.

import { assertNever, COLLECTION_KINDS, VERDICT_REASONS, VERDICTS } from '../../../engine/protocol/vocabulary.ts';
import type { RunBatch, RunBatchOf } from '../../../engine/protocol/run-batch.ts';
import type { RunDescription } from '../../../engine/protocol/run-description.ts';
import type { RunReport } from '../../../engine/protocol/run-report.ts';
import { ConsoleLines } from './console-lines.ts';
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
import { float64Column, lowerBound, uint32Column, uint8Column, upperBound } from './growable-column.ts';
import type { EventView, ObjectView, RunCounters, RunStream } from './run-stream.ts';

/** The batches contradict each other or came in the wrong order; the stream is not to be used any more. */
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
const MAJOR = COLLECTION_KINDS.indexOf('major');

/** Callbacks of one registry with no more than this between them are one stall: the thread did nothing else. */
const STALL_GAP_MS = 1;

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

const textDecoder = new TextDecoder();
const fileName = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** A stream with nothing in it yet. Applying a batch out of sequence, or contradictory rows, throws RunStreamError. */
export function createRunStream(): RunStream {
  let revision = 0;
  let nextSequence = 0;
  let description: RunDescription | undefined;
  let runtime: RunBatchOf<'runtime'> | undefined;
  let status: RunStream['status'] = 'launching';
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
  /** Only as long as the last row that was unregistered. */
  const unregisteredAtMs = float64Column();
  const releasesByLabel = new Map<string, number[]>();

  /** Rows before this one were registered before the last major GC; `doneBeforeMajor` of them need no callback. */
  let rowsBeforeMajor = 0;
  let doneBeforeMajor = 0;
  let lastMajorStartMs = -Infinity;
  let stallRegistryId = 0;
  let stallStartMs = NaN;
  let stallEndMs = -Infinity;

  const blocked = { startMs: float64Column(), endMs: float64Column() };
  const marks: RunBatchOf<'marks'>['items'] = [];
  const pictures: RunBatchOf<'picture'>[] = [];
  const warnings: string[] = [];
  const warningAtMs = float64Column();
  const siteTexts = new Map<number, string>();
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
        return unregisteredAtMs.values[row] ?? 0;
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

  const reached = (atMs: number) => {
    if (atMs > endMs) endMs = atMs;
  };

  function addEvents(kind: number, firstRow: number, times: ArrayLike<number>): void {
    const entries = new Uint32Array(times.length);
    for (let index = 0; index < times.length; index++) entries[index] = eventEntry(kind, firstRow + index);
    events.merge(entries, times);
  }

  /** Makes rows [0, length) exist; those not yet registered are gaps. */
  function coverRows(length: number): void {
    if (length > MAXIMUM_EVENT_ROWS) throw new RunStreamError(`Registration ${length} is beyond what can be counted.`);
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

  /** Sets flags of a row and keeps the count of those that wait since the last major GC. */
  function setState(row: number, flags: number): void {
    const before = needsCallback(row);
    lifeState.values[row] = (lifeState.values[row] ?? 0) | flags;
    if (row >= rowsBeforeMajor) return;
    const after = needsCallback(row);
    if (before && !after) doneBeforeMajor++;
    else if (!before && after) doneBeforeMajor--;
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
      if (batch.kind[row] === MAJOR) {
        counters.majorCollections++;
        const place = upperBound(majorStartMs, start);
        majorStartMs.insert(place, start);
        majorEndMs.insert(place, end);
        if (start > lastMajorStartMs) lastMajorStartMs = start;
      } else {
        counters.minorCollections++;
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
    if (firstByte + batch.labelBytes.length > 2 ** 32 - 1) throw new RunStreamError('Labels exceed 4 GiB.');
    if (firstRow >= labelEnd.length) {
      labelEnd.fillTo(firstRow, firstByte);
      labelBytes.append(batch.labelBytes);
      labelEnd.reserve(firstRow + count);
      for (let row = 0; row < count; row++) labelEnd.values[firstRow + row] = firstByte + (batch.labelEnd[row] ?? 0);
      labelEnd.length = firstRow + count;
      return;
    }
    for (let row = 0; row < count; row++) {
      const start = row === 0 ? 0 : (batch.labelEnd[row - 1] ?? 0);
      lateLabels.set(firstRow + row, textDecoder.decode(batch.labelBytes.subarray(start, batch.labelEnd[row])));
    }
  }

  function applyRegistrations(batch: RunBatchOf<'registrations'>): void {
    const count = batch.atMs.length;
    const firstRow = batch.firstId - 1;
    const isFresh = firstRow >= lifeState.length;
    coverRows(firstRow + count);
    if (isFresh) {
      lifeState.values.fill(IS_REGISTERED, firstRow, firstRow + count);
    } else {
      // A callback, or a gap that is filled late, has made the rows before.
      for (let row = firstRow; row < firstRow + count; row++) {
        if (((lifeState.values[row] ?? 0) & IS_REGISTERED) !== 0) {
          throw new RunStreamError(`Registration ${row + 1} was told twice.`);
        }
        setState(row, IS_REGISTERED);
      }
    }
    registrations.atMs.values.set(batch.atMs, firstRow);
    registrations.registryId.values.set(batch.registryId, firstRow);
    registrations.siteId.values.set(batch.siteId, firstRow);
    addLabels(firstRow, batch);
    counters.registered += count;
    for (let row = 0; row < count; row++) reached(batch.atMs[row] ?? 0);
    addEvents(REGISTRATION, firstRow, batch.atMs);
    countWaiting();
  }

  function endRegistration(id: number, flags: number): number {
    const row = id - 1;
    if (row < 0) throw new RunStreamError('Registration 0 does not exist.');
    if (row >= lifeState.length) coverRows(row + 1);
    if (((lifeState.values[row] ?? 0) & IS_DONE) !== 0) {
      throw new RunStreamError(`Registration ${id} ended twice: by its callback, or by being unregistered.`);
    }
    setState(row, flags);
    return row;
  }

  function applyCallbacks(batch: RunBatchOf<'callbacks'>): void {
    const count = batch.id.length;
    const entries = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      const threw = batch.threw[index] === 1;
      const row = endRegistration(batch.id[index] ?? 0, threw ? IS_CALLED | HAS_THROWN : IS_CALLED);
      const start = batch.startMs[index] ?? 0;
      const duration = batch.durationMs[index] ?? 0;
      registrations.callbackStartMs.values[row] = start;
      registrations.callbackMs.values[row] = duration;
      registrations.verdict.values[row] = threw ? CALLBACK_THREW : FINALIZED;
      entries[index] = eventEntry(CALLBACK, row);
      if (threw) {
        counters.threw++;
        throwingRows.push(row);
      }
      const registryId = registrations.registryId.values[row] ?? 0;
      const goesOn = registryId === stallRegistryId && start - stallEndMs <= STALL_GAP_MS;
      if (!goesOn) stallStartMs = start;
      stallRegistryId = registryId;
      stallEndMs = start + (duration > 0 ? duration : 0);
      if (stallEndMs - stallStartMs > counters.longestStallMs) counters.longestStallMs = stallEndMs - stallStartMs;
      reached(stallEndMs);
    }
    counters.finalized += count;
    events.merge(entries, batch.startMs);
    countWaiting();
  }

  function applyUnregistrations(batch: RunBatchOf<'unregistrations'>): void {
    const count = batch.id.length;
    const entries = new Uint32Array(count);
    for (let index = 0; index < count; index++) {
      const row = endRegistration(batch.id[index] ?? 0, IS_UNREGISTERED);
      const at = batch.atMs[index] ?? 0;
      unregisteredAtMs.fillTo(row + 1, NaN);
      unregisteredAtMs.values[row] = at;
      registrations.verdict.values[row] = UNREGISTERED;
      entries[index] = eventEntry(UNREGISTRATION, row);
      reached(at);
    }
    counters.unregistered += count;
    events.merge(entries, batch.atMs);
    countWaiting();
  }

  function applyMarks(batch: RunBatchOf<'marks'>): void {
    const firstRow = marks.length;
    for (const mark of batch.items) {
      marks.push(mark);
      reached(mark.atMs + (mark.durationMs ?? 0));
      if (mark.kind !== 'release') continue;
      const releases = releasesByLabel.get(mark.name);
      if (releases === undefined) {
        releasesByLabel.set(mark.name, [mark.atMs]);
      } else {
        releases.push(mark.atMs);
        if (mark.atMs < (releases[releases.length - 2] ?? -Infinity)) releases.sort((a, b) => a - b);
      }
    }
    addEvents(
      MARK,
      firstRow,
      batch.items.map(({ atMs }) => atMs),
    );
  }

  function warn(message: string, atMs: number): void {
    warnings.push(message);
    warningAtMs.push(atMs);
    reached(atMs);
    addEvents(WARNING, warnings.length - 1, [atMs]);
  }

  function applyVerdicts(batch: RunBatchOf<'verdicts'>): void {
    const firstRow = batch.firstId - 1;
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
          warn(`The registry ${name} was itself collected: its callbacks can never run.`, atMs);
        });
        return;
      case 'sites':
        for (const { id, file, line } of batch.items) siteTexts.set(id, `${fileName(file)}:${line}`);
        return;
      case 'blocked': {
        const firstRow = blocked.startMs.length;
        blocked.startMs.append(batch.startMs);
        blocked.endMs.append(batch.endMs);
        for (const end of batch.endMs) reached(end);
        addEvents(BLOCKED, firstRow, batch.startMs);
        return;
      }
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
        warn(batch.message, endMs);
        return;
      case 'picture':
        pictures.push(batch);
        reached(batch.atMs);
        return;
      case 'warning':
        warn(batch.message, batch.atMs ?? endMs);
        return;
      case 'verdicts':
        return applyVerdicts(batch);
      case 'ended':
        status = 'ended';
        report = batch.report;
        reached(batch.atMs);
        return;
      default:
        assertNever(batch);
    }
  }

  function checkRow(row: number): void {
    if (row < 0 || row >= registrations.atMs.length) throw new RangeError(`No registration in row ${row}.`);
  }

  function siteText(siteId: number): string {
    return siteTexts.get(siteId) ?? '';
  }

  function labelAt(row: number): string {
    const late = lateLabels.get(row);
    if (late !== undefined) return late;
    const start = row === 0 ? 0 : (labelEnd.values[row - 1] ?? 0);
    const end = labelEnd.values[row] ?? start;
    return start === end ? '' : textDecoder.decode(labelBytes.values.subarray(start, end));
  }

  /** The first release of this label at or after the registration, so that the order of arrival does not matter. */
  function releasedAtMs(row: number): number {
    if (releasesByLabel.size === 0) return NaN;
    const releases = releasesByLabel.get(labelAt(row));
    if (releases === undefined) return NaN;
    const registeredAt = registrations.atMs.values[row] ?? NaN;
    return releases.find((atMs) => atMs >= registeredAt) ?? NaN;
  }

  /**
   * The major GCs that bracket the collection: the last one before the callback, and before it those since when the
   * thread had been blocked, because a thread that turns would have called back after the first.
   */
  function collectingMajors(row: number): readonly [first: number, last: number] | undefined {
    const callbackAt = registrations.callbackStartMs.values[row] ?? NaN;
    if (Number.isNaN(callbackAt)) return undefined;
    const last = upperBound(majorEndMs, callbackAt) - 1;
    const registeredAt = registrations.atMs.values[row] ?? NaN;
    const lastStart = majorStartMs.values[last] ?? NaN;
    if (last < 0 || !((majorEndMs.values[last] ?? NaN) >= registeredAt)) return undefined;
    const stretch = upperBound(blocked.startMs, lastStart) - 1;
    const blockedSince = blocked.startMs.values[stretch] ?? NaN;
    if (stretch < 0 || (blocked.endMs.values[stretch] ?? NaN) < lastStart) return [last, last];
    const released = releasedAtMs(row);
    const possibleFrom = Math.max(blockedSince, Number.isNaN(released) ? registeredAt : released);
    return [Math.min(last, lowerBound(majorStartMs, possibleFrom)), last];
  }

  function objectAt(row: number): ObjectView {
    checkRow(row);
    const released = releasedAtMs(row);
    const majors = collectingMajors(row);
    const callbackStart = registrations.callbackStartMs.values[row] ?? NaN;
    const callbackMs = registrations.callbackMs.values[row] ?? NaN;
    return {
      id: row + 1,
      label: labelAt(row),
      registryId: registrations.registryId.at(row),
      site: siteText(registrations.siteId.at(row)),
      verdict: VERDICTS[registrations.verdict.at(row)] ?? 'unknown',
      reason: VERDICT_REASONS[verdictReason.at(row)] ?? 'none',
      registeredAtMs: registrations.atMs.at(row),
      ...(Number.isNaN(released) ? {} : { releasedAtMs: released }),
      ...(majors === undefined
        ? {}
        : { collectedBetweenMs: [majorStartMs.at(majors[0]), majorEndMs.at(majors[1])] as const }),
      ...(Number.isNaN(callbackStart) ? {} : { callbackStartedAtMs: callbackStart }),
      ...(Number.isNaN(callbackMs) ? {} : { callbackMs }),
    };
  }

  function filterObjects(accept: Parameters<RunStream['filterObjects']>[0]): Uint32Array {
    const { length } = registrations.atMs;
    const verdict = accept.verdict === undefined ? -1 : VERDICTS.indexOf(accept.verdict);
    const [fromMs, toMs] = accept.betweenMs ?? [-Infinity, Infinity];
    const text = (accept.text ?? '').toLowerCase();
    const sitesThatMatch = new Set<number>();
    for (const [id, site] of siteTexts) if (site.toLowerCase().includes(text)) sitesThatMatch.add(id);
    const labelMatches = createLabelMatcher(text);
    const found = uint32Column();
    for (let row = 0; row < length; row++) {
      if (verdict !== -1 && registrations.verdict.values[row] !== verdict) continue;
      const at = registrations.atMs.values[row] ?? NaN;
      if (at < fromMs || at > toMs || (accept.betweenMs !== undefined && Number.isNaN(at))) continue;
      if (text !== '' && !sitesThatMatch.has(registrations.siteId.values[row] ?? 0) && !labelMatches(row)) continue;
      found.push(row);
    }
    return found.values.slice(0, found.length);
  }

  /** Compares bytes where the wanted text is plain ASCII: a million labels need not be decoded for a keystroke. */
  function createLabelMatcher(lowerCaseText: string): (row: number) => boolean {
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

  const objectName = (row: number) => labelAt(row) || `registration ${formatCount(row + 1)}`;

  function eventAt(position: number): EventView {
    const entry = events.entryAt(position);
    const row = entryRow(entry);
    const atMs = eventTime(entry);
    const kind = EVENT_KINDS[entryKind(entry)] ?? 'warning';
    switch (kind) {
      case 'registration':
        return { atMs, kind, text: objectName(row), detail: siteText(registrations.siteId.at(row)), objectId: row + 1 };
      case 'callback': {
        const released = releasedAtMs(row);
        const since = Number.isNaN(released) ? registrations.atMs.at(row) : released;
        const threw = (lifeState.at(row) & HAS_THROWN) !== 0;
        const after = `${formatDuration(atMs - since)} after ${Number.isNaN(released) ? 'registration' : 'release'}`;
        const took = `took ${formatDuration(registrations.callbackMs.at(row))}`;
        return {
          atMs,
          kind,
          text: objectName(row),
          detail: `${after}, ${took}${threw ? ', threw' : ''}`,
          objectId: row + 1,
        };
      }
      case 'unregistration': {
        const held = formatDuration(atMs - registrations.atMs.at(row));
        return { atMs, kind, text: objectName(row), detail: `${held} after registration`, objectId: row + 1 };
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
        return { atMs, kind, text: warnings[row] ?? '', detail: '' };
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
    apply(sequence, batch) {
      if (sequence !== nextSequence) {
        throw new RunStreamError(`Batch ${sequence} came where ${nextSequence} was due.`);
      }
      applyBatch(batch);
      counters.events = events.length;
      nextSequence++;
      revision++;
    },
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
    get endMs() {
      return endMs;
    },
    counters,
    samples,
    collections: { ...collections, reasonAt },
    registrations,
    throwingRows,
    blocked,
    marks,
    pictures,
    warnings,
    objectAt,
    releasedAtMs(row) {
      checkRow(row);
      return releasedAtMs(row);
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
      return (state & IS_UNREGISTERED) !== 0 ? (unregisteredAtMs.values[row] ?? Infinity) : Infinity;
    },
    siteText,
    countsAt: (timeMs) => events.countsAt(timeMs),
    density: (fromMs, toMs, columns) => events.density(fromMs, toMs, columns),
    filterObjects,
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
