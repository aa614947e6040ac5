// All that is known of one run, in growing columns of typed arrays: filled from batches, read by charts and tables.
// No Vue in here: readers compare `revision` and read again. Vue never sees a sample.

import type { AliveReason, PathStep } from '../../../engine/protocol/explanation.ts';
import type { BatchGroup, RunBatch, RunBatchOf } from '../../../engine/protocol/run-batch.ts';
import type { RunDescription } from '../../../engine/protocol/run-description.ts';
import type { RunReport } from '../../../engine/protocol/run-report.ts';
import type { Verdict, VerdictReason } from '../../../engine/protocol/vocabulary.ts';

/** A growing column. `values` may be longer than `length` and is replaced when it grows: never keep it across batches. */
export interface ColumnView<Values extends Float64Array | Uint32Array | Uint8Array> {
  readonly values: Values;
  readonly length: number;
}

/** A stretch of the run. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** All events in order of time. `entryKind` and `entryRow` of event-index.ts take an entry apart. */
export interface EventOrder {
  readonly length: number;
  entryAt(position: number): number;
  timeAt(position: number): number;
  /** Number of events at or before `timeMs`. */
  positionAfter(timeMs: number): number;
  /** First event at or after `timeMs`. */
  positionBefore(timeMs: number): number;
  /**
   * First event at or after the left edge of each of `columnCount` pixel columns over the range, and of the range's end.
   * Times before an edge belong to the column on its left, an event exactly on it to the one on its right.
   * The same memory in every call.
   */
  edges(range: TimeRange, columnCount: number): Uint32Array;
  /** For what is derived from the events as they come: set `position` to where one has read to. */
  createCursor(): EventCursor;
}

/** Events before `position` are those that were read: one that is put among them later moves it back. */
export interface EventCursor {
  position: number;
}

/** Counts at one moment; `alive` = registered − finalized − unregistered. */
export interface LifeCounts {
  readonly registered: number;
  readonly finalized: number;
  readonly unregistered: number;
  readonly alive: number;
}

/** Counts per pixel column, all of one length: how many within the column, and the extremes of `alive` in it. */
export interface DensityColumns {
  readonly registered: Uint32Array;
  readonly finalized: Uint32Array;
  readonly highestAlive: Uint32Array;
  readonly lowestAlive: Uint32Array;
}

/** Live counts. `finalized` counts callbacks that ran, those that threw among them. `alive` = registered − finalized − unregistered: those whose callback has not run yet. */
export interface RunCounters {
  readonly registered: number;
  readonly finalized: number;
  readonly unregistered: number;
  readonly threw: number;
  readonly alive: number;
  /** Registered before the last major GC and not yet finalized: collected and waiting, or kept. */
  readonly waiting: number;
  readonly minorCollections: number;
  readonly majorCollections: number;
  readonly forcedCollections: number;
  readonly longestPauseMs: number;
  readonly longestStallMs: number;
  readonly samples: number;
  readonly largestSampleGapMs: number;
  readonly consoleLines: number;
  readonly droppedRows: number;
  readonly events: number;
}

/** One registration, put together on demand for a table row, a tooltip or the inspector. Absent: not known or not yet. */
export interface ObjectView {
  readonly id: number;
  readonly label: string;
  /** Its class and label, as far as they are known; empty if neither is. */
  readonly name: string;
  readonly registryId: number;
  /** `src/cart.ts:12:3`, or empty if not recorded. */
  readonly site: string;
  readonly siteId: number;
  /** Before the verdicts are fixed: `finalized`, `unregistered`, `callback-threw`, or `unknown`. */
  readonly verdict: Verdict;
  readonly reason: VerdictReason;
  readonly registeredAtMs: number;
  readonly releasedAtMs?: number;
  /** The major GCs that bracket the collection. */
  readonly collectedBetweenMs?: readonly [number, number];
  readonly callbackStartedAtMs?: number;
  readonly callbackMs?: number;
  readonly unregisteredAtMs?: number;
}

/** A place in the program. Lines and columns count from 1. */
export type SiteView = RunBatchOf<'sites'>['items'][number];

/** What the latest heap snapshot told. It stays what it was when the heap stood still: objects may have gone since. */
export interface ExplanationView {
  /** Counts from 1. */
  readonly snapshot: number;
  readonly atMs: number;
  /** Another list after every change. */
  readonly reasons: readonly AliveReason[];
  /** Row i is registration i + 1: 1 + the index of its reason; 0: nothing was told of it. Shorter than the registrations. */
  readonly reasonNumber: ColumnView<Uint32Array>;
  /** NaN where not known. */
  readonly retainedBytes: ColumnView<Float64Array>;
}

/** Why one object is alive. `entries` stand in its own path for each `[…]` of its reason's first path, in order. */
export interface WhyAlive {
  readonly reason: AliveReason;
  readonly retainedBytes?: number;
  /** Its own path, with `[…]` for each of `entries`. */
  readonly path: readonly PathStep[];
  readonly entries: readonly string[];
}

export interface WarningView {
  /** Empty where the stream itself warns. */
  readonly code: string;
  /** Empty if it was withdrawn. */
  readonly message: string;
  readonly atMs: number;
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
}

/** One row of the event list: GCs, callbacks, marks, warnings, in order of time. */
export interface EventView {
  readonly atMs: number;
  readonly kind: 'registration' | 'callback' | 'unregistration' | 'collection' | 'mark' | 'warning' | 'blocked';
  readonly text: string;
  readonly detail: string;
  readonly objectId?: number;
}

export interface ConsoleLineView {
  readonly stream: 'stdout' | 'stderr';
  readonly atMs: number;
  readonly text: string;
}

/** Everything about one run. Times are ms since the program's start. */
export interface RunStream {
  /**
   * Grows with every batch and every group: then there is more to show. Stands still while much that was recorded before is
   * on its way, for what is shown of a part would be worked out again for each next one.
   */
  readonly revision: number;
  /** While that is so: how much of it is here, 0 to 1. */
  readonly caughtUpShare: number | undefined;
  /** Sequence that the next batch must have; a batch or group with another one throws. */
  readonly nextSequence: number;
  apply(sequence: number, batch: RunBatch): void;
  /** As many at once as the group stands for. */
  applyGroup(group: BatchGroup): void;
  /** No more is on its way for now: what is here is shown, and if it is nothing. */
  showAll(): void;

  readonly description: RunDescription | undefined;
  readonly runtime: RunBatchOf<'runtime'> | undefined;
  readonly status: 'launching' | 'running' | 'settling' | 'explaining' | 'stopping' | 'ended';
  readonly report: RunReport | undefined;
  /** What a snapshot is being taken or read for, while the status is `explaining`. */
  readonly explaining: Pick<RunBatchOf<'status'>, 'step' | 'progress'> | undefined;
  /** Latest time that anything is known of. */
  readonly endMs: number;
  readonly counters: RunCounters;

  /** 20 ms rows; NaN where not known. */
  readonly samples: {
    readonly atMs: ColumnView<Float64Array>;
    readonly usedBytes: ColumnView<Float64Array>;
    readonly totalBytes: ColumnView<Float64Array>;
    readonly externalBytes: ColumnView<Float64Array>;
    readonly rssBytes: ColumnView<Float64Array>;
  };
  readonly collections: {
    readonly startMs: ColumnView<Float64Array>;
    readonly pauseMs: ColumnView<Float64Array>;
    readonly kind: ColumnView<Uint8Array>;
    readonly forced: ColumnView<Uint8Array>;
    readonly beforeBytes: ColumnView<Float64Array>;
    readonly afterBytes: ColumnView<Float64Array>;
    reasonAt(row: number): string;
  };
  /**
   * GCs that can have cleared registrations: mark-compacts and, from V8 14 on, minor ones. In order of time whatever their
   * order of arrival. Times of the same row belong together.
   */
  readonly majors: { readonly startMs: ColumnView<Float64Array>; readonly endMs: ColumnView<Float64Array> };
  readonly events: EventOrder;
  /** Row i is registration i + 1. NaN in `callbackStartMs`: no callback yet. */
  readonly registrations: {
    readonly atMs: ColumnView<Float64Array>;
    readonly registryId: ColumnView<Uint32Array>;
    readonly siteId: ColumnView<Uint32Array>;
    readonly callbackStartMs: ColumnView<Float64Array>;
    readonly callbackMs: ColumnView<Float64Array>;
    /** Indexes VERDICTS. */
    readonly verdict: ColumnView<Uint8Array>;
  };
  /** For who has to read millions of labels; everybody else has `labelAt`. */
  readonly labels: {
    /** UTF-8, one label behind the other; that of row i ends at `endByte` i, and begins where the one before it ends. */
    readonly bytes: ColumnView<Uint8Array>;
    /** Shorter than the registrations where a callback came first: those have no label yet. */
    readonly endByte: ColumnView<Uint32Array>;
    /** By row: labels that came too late to stand among the bytes. */
    readonly late: ReadonlyMap<number, string>;
  };
  /** Rows of the registrations whose callback threw, in order of arrival. */
  readonly throwingRows: ColumnView<Uint32Array>;
  readonly blocked: { readonly startMs: ColumnView<Float64Array>; readonly endMs: ColumnView<Float64Array> };
  readonly marks: readonly RunBatchOf<'marks'>['items'][number][];
  readonly pictures: readonly RunBatchOf<'picture'>[];
  readonly warnings: readonly WarningView[];
  readonly sites: ReadonlyMap<number, SiteView>;
  /** By registry: the id of the site where it was made. */
  readonly registrySites: ReadonlyMap<number, number>;
  /** Undefined until a snapshot was read. */
  readonly explanation: ExplanationView | undefined;

  objectAt(row: number): ObjectView;
  /** Empty if it was not recorded. */
  labelAt(row: number): string;
  /** Undefined where no snapshot told, and once it was called back or unregistered. */
  whyAlive(row: number): WhyAlive | undefined;
  /** When the program said that it let go of this object; NaN if it did not say. */
  releasedAtMs(row: number): number;
  /** End of the major GC that collected it, as far as its callback tells; NaN if there was no callback. */
  collectedAtMs(row: number): number;
  /** Rows of `majors`: the first that can have collected it, and the last. Undefined if there was no callback. */
  collectingMajors(row: number): readonly [first: number, last: number] | undefined;
  /** When the registration ended by callback or `unregister()`; Infinity while it has not. */
  endedAtMs(row: number): number;
  /** `src/cart.ts:12:3`, or empty if not recorded. */
  siteText(siteId: number): string;
  /** Class of what is registered at a site; empty if not known. */
  classNameOf(siteId: number): string;
  /** Counts at a time, in O(log events). */
  countsAt(timeMs: number): LifeCounts;
  /** As `countsAt`, without what happened at that very moment. */
  countsBefore(timeMs: number): LifeCounts;
  /** Fills `columns` with the exact counts of [fromMs, toMs) divided into as many pixel columns as they are long. */
  density(fromMs: number, toMs: number, columns: DensityColumns): void;
  /** Tells of a row whether its label contains `text`, in whatever case. Made once for a search; decodes as little as it can. */
  labelMatcher(text: string): (row: number) => boolean;
  readonly eventCount: number;
  eventAt(row: number): EventView;
  /** The last lines kept (at most 20,000); `counters.consoleLines` counts them all. */
  readonly consoleLineCount: number;
  consoleLineAt(row: number): ConsoleLineView;
}
