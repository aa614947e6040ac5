// What a run amounts to, added up batch by batch while it goes on: the rows that verdicts and the report are made of.
// Runs in the session, one for each run. Views and counts only: a run may have forty million registrations.

import type { NamedSite } from '../protocol/site-text.ts';
import type { RunBatch, RunBatchOf } from '../protocol/run-batch.ts';
import { clearsRegistrations } from '../protocol/clearing-collections.ts';
import { assertNever, COLLECTION_KINDS } from '../protocol/vocabulary.ts';
import { createFloat64Column, type GrowingColumn } from './growing-column.ts';
import { RegistrationStore, type RegistrationTable } from './registration-rows.ts';

/** Callbacks with less than this between them are one stretch in which nothing else ran. */
const STALL_GAP_MS = 0.5;
/** Two stretches closer than this have one turn of the thread between them, in which not every callback finds its turn. */
const SINGLE_TURN_MS = 0.01;
/** Ids are gapless, so a jump beyond this means that the observer cannot be believed. */
const MAXIMUM_ID_JUMP = 16 * 1024 * 1024;
/** Callbacks that may wait for their registration's row; it comes with the observer's next batch. */
const MAXIMUM_EARLY_CALLBACKS = 65_536;

export interface RegistryTally {
  readonly id: number;
  readonly siteId: number;
  readonly registrations: number;
  readonly finalized: number;
  readonly callbackTotalMs: number;
  /** Longest chain of this registry's callbacks with less than 0.5 ms between the end of one and the start of the next. */
  readonly longestStallMs: number;
  readonly collectedAtMs: number | undefined;
}

/** Stretches of time in order of their start, none overlapping another. */
export interface Stretches {
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
}

export interface TallySite extends NamedSite {
  /** Class of the objects registered there; absent where it is not known. */
  readonly className?: string | undefined;
}

export interface RunTally {
  apply(batch: RunBatch): void;
  readonly rows: RegistrationTable;
  /** Label of a row; null if it was not recorded. */
  labelAt(row: number): string | null;
  /** When the program said that it let go of an object with this label: the first time at or after `registeredAtMs`. */
  releasedAtMs(label: string | null, registeredAtMs: number): number | undefined;
  /** Undefined if it was not recorded. */
  siteAt(siteId: number): TallySite | undefined;
  registries(): RegistryTally[];
  registryCollectedAtMs(registryId: number): number | undefined;
  /** Major collections, in order. */
  majorCollections(): Stretches;
  /** Collections that can have cleared registrations in the V8 that ran the program, in order. */
  clearingCollections(): Stretches;
  /** When the thread did not turn: because the program blocked it, or for a heap snapshot. */
  blocked(): Stretches;
  readonly runtime: RunBatchOf<'runtime'> | undefined;
  readonly collections: { minor: number; major: number; forced: number; totalPauseMs: number; longestPauseMs: number };
  readonly samples: { atMs: Float64Array; usedBytes: Float64Array; externalBytes: Float64Array; peakRssBytes: number };
  readonly marks: RunBatchOf<'marks'>['items'];
  /** Line ends written, and those of them that are not in the recording. */
  readonly consoleLines: number;
  readonly droppedConsoleLines: number;
  readonly droppedRows: number;
  readonly warnings: readonly string[];
  /** Those that have a key, as they stand. */
  readonly keyedWarnings: readonly RunBatchOf<'warning'>[];
  /** Latest time that anything happened at. */
  readonly lastEventMs: number;
}

interface RegistryState {
  siteId: number;
  registrations: number;
  finalized: number;
  callbackTotalMs: number;
  longestStallMs: number;
  stallStartMs: number;
  lastCallbackEndMs: number;
  collectedAtMs: number | undefined;
}

export function createRunTally(): RunTally {
  const rows = new RegistrationStore();
  /** Callbacks whose registration has not come yet: the observer drains the two one after the other. */
  let earlyCallbacks: { id: number; startMs: number; durationMs: number; threw: number; callbackRow: number }[] = [];

  const registryStates = new Map<number, RegistryState>();
  const sites = new Map<number, TallySite>();
  const releases = new Map<string, number[]>();
  const majorStartMs = createFloat64Column();
  const majorEndMs = createFloat64Column();
  const minorStartMs = createFloat64Column();
  const minorEndMs = createFloat64Column();
  const blockedStartMs = createFloat64Column();
  const blockedEndMs = createFloat64Column();
  const collections = { minor: 0, major: 0, forced: 0, totalPauseMs: 0, longestPauseMs: NaN };
  const sampleAtMs = createFloat64Column();
  const sampleUsedBytes = createFloat64Column();
  const sampleExternalBytes = createFloat64Column();
  let peakRssBytes = NaN;
  const marks: RunBatchOf<'marks'>['items'] = [];
  /** By key, or by message where there is none. */
  const warnings = new Map<string, RunBatchOf<'warning'>>();
  let runtime: RunBatchOf<'runtime'> | undefined;
  let consoleLines = 0;
  let droppedConsoleLines = 0;
  let droppedRows = 0;
  let lastEventMs = 0;
  const decoder = new TextDecoder();

  const happened = (atMs: number): void => {
    if (atMs > lastEventMs && atMs !== Infinity) lastEventMs = atMs;
  };
  const warn = (message: string): void => {
    if (!warnings.has(message)) warnings.set(message, { type: 'warning', code: '', message });
  };
  const registryState = (id: number): RegistryState => {
    let state = registryStates.get(id);
    if (state === undefined) {
      state = {
        siteId: 0,
        registrations: 0,
        finalized: 0,
        callbackTotalMs: 0,
        longestStallMs: 0,
        stallStartMs: NaN,
        lastCallbackEndMs: -Infinity,
        collectedAtMs: undefined,
      };
      registryStates.set(id, state);
    }
    return state;
  };
  const isBelievable = (id: number): boolean => id > 0 && id <= rows.length + MAXIMUM_ID_JUMP;
  const unbelievable = (count: number): void => {
    droppedRows += count;
    warn('The observer sent rows with ids that cannot be right; they were left out.');
  };

  const applyRegistrations = (batch: RunBatchOf<'registrations'>): void => {
    const count = batch.atMs.length;
    if (count === 0) return;
    if (!isBelievable(batch.firstId + count - 1) || !rows.addRegistrations(batch)) return unbelievable(count);
    let currentId = -1;
    let state: RegistryState | undefined;
    for (const id of batch.registryId) {
      // Rows of one registry mostly stand together.
      if (id !== currentId || state === undefined) {
        state = registryState(id);
        currentId = id;
      }
      state.registrations += 1;
    }
    happened(batch.atMs[count - 1] ?? 0);
    if (earlyCallbacks.length > 0) {
      const waiting = earlyCallbacks;
      earlyCallbacks = [];
      for (const { id, startMs, durationMs, threw, callbackRow } of waiting) {
        applyCallback(id, startMs, durationMs, threw, callbackRow);
      }
    }
  };

  /** @param callbackRow its place among all rows of callbacks */
  const applyCallback = (id: number, startMs: number, durationMs: number, threw: number, callbackRow: number): void => {
    if (!isBelievable(id)) return unbelievable(1);
    const row = id - 1;
    const registration = rows.batchOf(row);
    if (registration === undefined) {
      if (earlyCallbacks.length >= MAXIMUM_EARLY_CALLBACKS) return unbelievable(1);
      earlyCallbacks.push({ id, startMs, durationMs, threw, callbackRow });
      return;
    }
    const state = registryState(registration.registryId[id - registration.firstId] ?? 0);
    const entered = rows.callbackOf(row);
    // A registration has one callback: a further row would count it twice, unless it is the end of the one entered.
    if (entered !== undefined && (!Number.isNaN(entered.durationMs) || Number.isNaN(durationMs))) return;
    if (entered === undefined) {
      state.finalized += 1;
      if (!(startMs - state.lastCallbackEndMs < STALL_GAP_MS)) state.stallStartMs = startMs;
    }
    if (threw === 1) state.finalized -= 1;
    const tookMs = entered === undefined ? durationMs : startMs + durationMs - entered.startMs;
    if (entered === undefined) rows.setCallback(row, callbackRow);
    else rows.setJoinedCallback(row, entered.startMs, tookMs, threw);
    state.lastCallbackEndMs = startMs;
    happened(startMs);
    if (Number.isNaN(durationMs)) return;
    state.callbackTotalMs += tookMs;
    state.lastCallbackEndMs = startMs + durationMs;
    const stallMs = state.lastCallbackEndMs - state.stallStartMs;
    if (stallMs > state.longestStallMs) state.longestStallMs = stallMs;
    happened(state.lastCallbackEndMs);
  };

  const applyCallbacks = (batch: RunBatchOf<'callbacks'>): void => {
    const first = rows.addCallbacks(batch);
    for (let row = 0; row < batch.id.length; row += 1) {
      applyCallback(
        batch.id[row] ?? 0,
        batch.startMs[row] ?? NaN,
        batch.durationMs[row] ?? NaN,
        batch.threw[row] ?? 0,
        first + row,
      );
    }
  };

  const applyCollections = (batch: RunBatchOf<'collections'>): void => {
    for (let row = 0; row < batch.startMs.length; row += 1) {
      const startMs = batch.startMs[row] ?? NaN;
      const pauseMs = batch.pauseMs[row] ?? NaN;
      if (COLLECTION_KINDS[batch.kind[row] ?? 0] === 'major') {
        collections.major += 1;
        majorStartMs.push(startMs);
        majorEndMs.push(startMs + pauseMs);
      } else {
        collections.minor += 1;
        minorStartMs.push(startMs);
        minorEndMs.push(startMs + pauseMs);
      }
      if (batch.forced[row] === 1) collections.forced += 1;
      collections.totalPauseMs += pauseMs;
      if (!(pauseMs <= collections.longestPauseMs)) collections.longestPauseMs = pauseMs;
      happened(startMs + pauseMs);
    }
  };

  const applySamples = (batch: RunBatchOf<'samples'>): void => {
    sampleAtMs.append(batch.atMs);
    sampleUsedBytes.append(batch.usedBytes);
    sampleExternalBytes.append(batch.externalBytes);
    for (const bytes of batch.rssBytes) if (!(bytes <= peakRssBytes) && !Number.isNaN(bytes)) peakRssBytes = bytes;
    happened(batch.atMs.at(-1) ?? 0);
  };

  const applyMarks = (batch: RunBatchOf<'marks'>): void => {
    for (const mark of batch.items) {
      marks.push(mark);
      // The thread does not turn either while the observer has it stand still.
      if (mark.kind === 'heap-snapshot' && mark.durationMs !== undefined) {
        blockedStartMs.push(mark.atMs);
        blockedEndMs.push(mark.atMs + mark.durationMs);
      }
      happened(mark.atMs + (mark.durationMs ?? 0));
      if (mark.kind !== 'release') continue;
      const times = releases.get(mark.name);
      if (times === undefined) releases.set(mark.name, [mark.atMs]);
      // In order of time, so that one of many can be found; marks nearly always come that way.
      else times.splice(countBelow(times, mark.atMs), 0, mark.atMs);
    }
  };

  const applyDropped = (batch: RunBatchOf<'dropped'>): void => {
    switch (batch.what) {
      case 'rows':
        droppedRows += batch.count;
        break;
      case 'console-lines':
        consoleLines += batch.count;
        droppedConsoleLines += batch.count;
        break;
      case 'labels':
      case 'unknown-tail':
        break;
      default:
        assertNever(batch.what);
    }
    warn(batch.message);
  };

  return {
    apply(batch) {
      switch (batch.type) {
        case 'registrations':
          return applyRegistrations(batch);
        case 'callbacks':
          return applyCallbacks(batch);
        case 'unregistrations':
          for (let row = 0; row < batch.id.length; row += 1) {
            const id = batch.id[row] ?? 0;
            if (isBelievable(id)) rows.setUnregistered(id - 1);
            else unbelievable(1);
            happened(batch.atMs[row] ?? 0);
          }
          return;
        case 'registries':
          for (const item of batch.items) registryState(item.id).siteId = item.siteId;
          return;
        case 'registries-collected':
          for (const [row, id] of batch.id.entries()) registryState(id).collectedAtMs ??= batch.atMs[row];
          return;
        case 'sites':
          for (const site of batch.items) sites.set(site.id, site);
          return;
        case 'collections':
          return applyCollections(batch);
        case 'samples':
          return applySamples(batch);
        case 'blocked':
          blockedStartMs.append(batch.startMs);
          blockedEndMs.append(batch.endMs);
          return;
        case 'marks':
          return applyMarks(batch);
        case 'console':
          for (const entry of batch.entries) consoleLines += entry.lines;
          return;
        case 'dropped':
          return applyDropped(batch);
        case 'warning':
          if (batch.key !== undefined) warnings.set(`key ${batch.key}`, batch);
          else warn(batch.message);
          return;
        case 'runtime':
          runtime = batch;
          return;
        case 'started':
        case 'status':
        case 'picture':
        case 'verdicts':
        case 'explanations':
        case 'ended':
          return;
        default:
          assertNever(batch);
      }
    },
    rows,
    labelAt(row) {
      const batch = rows.batchOf(row);
      if (batch === undefined || batch.labelBytes.length === 0) return null;
      const offset = row + 1 - batch.firstId;
      const start = offset === 0 ? 0 : (batch.labelEnd[offset - 1] ?? 0);
      const end = batch.labelEnd[offset] ?? start;
      return end > start ? decoder.decode(batch.labelBytes.subarray(start, end)) : null;
    },
    releasedAtMs(label, atMs) {
      const times = label === null ? undefined : releases.get(label);
      return times?.[countBelow(times, atMs)];
    },
    siteAt: (id) => sites.get(id),
    registries: () =>
      [...registryStates]
        .filter(([id]) => id > 0)
        .sort(([one], [other]) => one - other)
        .map(([id, { siteId, registrations, finalized, callbackTotalMs, longestStallMs, collectedAtMs }]) => ({
          id,
          siteId,
          registrations,
          finalized,
          callbackTotalMs,
          longestStallMs,
          collectedAtMs,
        })),
    registryCollectedAtMs: (id) => registryStates.get(id)?.collectedAtMs,
    majorCollections: () => inOrder(majorStartMs.view(), majorEndMs.view()),
    clearingCollections: () =>
      clearsRegistrations('minor', runtime?.v8)
        ? inOrder(joined(majorStartMs, minorStartMs), joined(majorEndMs, minorEndMs))
        : inOrder(majorStartMs.view(), majorEndMs.view()),
    blocked: () => inOrder(blockedStartMs.view(), blockedEndMs.view(), SINGLE_TURN_MS),
    get runtime() {
      return runtime;
    },
    collections,
    get samples() {
      return {
        atMs: sampleAtMs.view(),
        usedBytes: sampleUsedBytes.view(),
        externalBytes: sampleExternalBytes.view(),
        peakRssBytes,
      };
    },
    marks,
    get consoleLines() {
      return consoleLines;
    },
    get droppedConsoleLines() {
      return droppedConsoleLines;
    },
    get droppedRows() {
      return droppedRows;
    },
    get warnings() {
      return [...new Set([...warnings.values()].map(({ message }) => message))].filter((message) => message !== '');
    },
    get keyedWarnings() {
      return [...warnings.values()].filter(({ key }) => key !== undefined);
    },
    get lastEventMs() {
      return lastEventMs;
    },
  };
}

const joined = (one: GrowingColumn<Float64Array<ArrayBuffer>>, other: typeof one): Float64Array =>
  Float64Array.from([...one.view(), ...other.view()]);

/** How many of the ascending `values` are below `limit`. */
function countBelow(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorted by start; stretches that overlap, touch or are no further apart than that become one, as a stretch may be reported again when it has grown. */
function inOrder(startMs: Float64Array, endMs: Float64Array, gapMs = 0): Stretches {
  const order = Array.from(startMs.keys()).sort((one, other) => (startMs[one] ?? 0) - (startMs[other] ?? 0));
  const starts: number[] = [];
  const ends: number[] = [];
  for (const row of order) {
    const start = startMs[row] ?? NaN;
    const end = endMs[row] ?? NaN;
    const lastEnd = ends.at(-1);
    if (lastEnd !== undefined && start <= lastEnd + gapMs) ends[ends.length - 1] = Math.max(lastEnd, end);
    else {
      starts.push(start);
      ends.push(end);
    }
  }
  return { startMs: Float64Array.from(starts), endMs: Float64Array.from(ends) };
}
