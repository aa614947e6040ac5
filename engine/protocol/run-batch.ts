// What happens in a run, as batches: produced by the observer (and, for process output and GC lines, by the session),
// kept in the recording, forwarded to clients. One schema serves every boundary.
//
// Times are milliseconds since the program's first statement could run, on the program thread's `performance.now` clock.
// A figure that is not known is NaN in a column and absent in an object, never zero.

import * as v from 'valibot';
import { Float64Column, sameLength, Uint32Column, Uint8Column } from './columns.ts';
import { ExplanationsBatch, Place } from './explanation.ts';
import { RunDescription } from './run-description.ts';
import { RunReport } from './run-report.ts';

const Identifier = v.pipe(v.number(), v.integer(), v.minValue(0));
const Milliseconds = v.number();
const differentLengths = 'columns differ in length';

/** Heap and process memory, one row every 20 ms. NaN where the runtime gave no answer in time or has no such figure. */
export const SamplesBatch = v.pipe(
  v.object({
    type: v.literal('samples'),
    atMs: Float64Column,
    usedBytes: Float64Column,
    totalBytes: Float64Column,
    externalBytes: Float64Column,
    rssBytes: Float64Column,
  }),
  v.check((b) => sameLength(b, ['atMs', 'usedBytes', 'totalBytes', 'externalBytes', 'rssBytes']), differentLengths),
);

/** Garbage collections. `kind` indexes COLLECTION_KINDS, `reason` indexes this batch's `reasons`. `forced` is 0 or 1. */
export const CollectionsBatch = v.pipe(
  v.object({
    type: v.literal('collections'),
    startMs: Float64Column,
    pauseMs: Float64Column,
    kind: Uint8Column,
    forced: Uint8Column,
    beforeBytes: Float64Column,
    afterBytes: Float64Column,
    reason: Uint8Column,
    reasons: v.array(v.string()),
  }),
  v.check(
    (b) => sameLength(b, ['startMs', 'pauseMs', 'kind', 'forced', 'beforeBytes', 'afterBytes', 'reason']),
    differentLengths,
  ),
);

/**
 * Calls of `register()` that succeeded. Ids are gapless: row i is registration `firstId + i`; the first id of a run is 1.
 * `siteId` 0 means that the site was not recorded. The label of row i is UTF-8 in `labelBytes`, from `labelEnd[i - 1]`
 * (0 for the first row) to `labelEnd[i]`; an empty label was not recorded.
 */
export const RegistrationsBatch = v.pipe(
  v.object({
    type: v.literal('registrations'),
    firstId: v.pipe(Identifier, v.minValue(1)),
    atMs: Float64Column,
    registryId: Uint32Column,
    siteId: Uint32Column,
    labelEnd: Uint32Column,
    labelBytes: Uint8Column,
  }),
  v.check((b) => sameLength(b, ['atMs', 'registryId', 'siteId', 'labelEnd']), differentLengths),
  v.check(
    (b) => b.labelEnd.length === 0 || b.labelEnd[b.labelEnd.length - 1] === b.labelBytes.length,
    'labelEnd does not end at the end of labelBytes',
  ),
);

/**
 * Cleanup callbacks that ran to their end, or threw (`threw` is 0 or 1). A row whose duration is NaN reports a callback that
 * was entered and has not ended; another row with the same id follows if it ends. The first row's start stands.
 */
export const CallbacksBatch = v.pipe(
  v.object({
    type: v.literal('callbacks'),
    id: Uint32Column,
    startMs: Float64Column,
    durationMs: Float64Column,
    threw: Uint8Column,
  }),
  v.check((b) => sameLength(b, ['id', 'startMs', 'durationMs', 'threw']), differentLengths),
);

/** Registrations removed by `unregister()` before their callback started. */
export const UnregistrationsBatch = v.pipe(
  v.object({ type: v.literal('unregistrations'), id: Uint32Column, atMs: Float64Column }),
  v.check((b) => sameLength(b, ['id', 'atMs']), differentLengths),
);

/** Registries, when they are constructed. Ids are gapless from 1. */
export const RegistriesBatch = v.object({
  type: v.literal('registries'),
  items: v.array(v.object({ id: Identifier, atMs: Milliseconds, siteId: Identifier })),
});

/** Registries that were themselves collected; their callbacks can never run. `atMs` is when that was noticed. */
export const RegistriesCollectedBatch = v.pipe(
  v.object({ type: v.literal('registries-collected'), id: Uint32Column, atMs: Float64Column }),
  v.check((b) => sameLength(b, ['id', 'atMs']), differentLengths),
);

/** Places in the program, sent once each before the first batch that refers to them. Lines and columns count from 1. */
export const SitesBatch = v.object({
  type: v.literal('sites'),
  items: v.array(
    v.object({
      id: Identifier,
      file: v.string(),
      line: Identifier,
      column: Identifier,
      functionName: v.string(),
      /** Short name of the file that tells it apart, as `pino/lib/proto.js`. Added by the session. */
      name: v.exactOptional(v.string()),
      /** True if the observer found the place in the source already; it is mapped no further. */
      isSource: v.exactOptional(v.boolean()),
      /** Class of the objects registered there; a place that registers objects of two classes is two sites. */
      className: v.exactOptional(v.string()),
    }),
  ),
});

/** Stretches in which the program's thread did not turn its event loop for longer than 50 ms. */
export const BlockedBatch = v.pipe(
  v.object({ type: v.literal('blocked'), startMs: Float64Column, endMs: Float64Column }),
  v.check((b) => sameLength(b, ['startMs', 'endMs']), differentLengths),
);

/**
 * Points and spans worth naming. `release`: the program says that it let go of the object labelled `name`.
 * `settle-started`: a real process would have exited here. `observer-waited`: the program's thread waited for the
 * observer to drain its columns. `heap-snapshot`: the heap stood still to be written down. `gc-requested`: a client or the policy asked for a collection.
 * `uncaught-exception`, `unhandled-rejection`: nobody caught it (`name`: what was thrown, in one line); the program may yet go
 * on. `exit-called`: the program called `process.exit` at `place`, with the exit code `name`.
 */
export const MARK_KINDS = [
  'user-mark',
  'user-measure',
  'release',
  'settle-started',
  'settle-ended',
  'gc-requested',
  'stop-requested',
  'gc-policy-changed',
  'observer-waited',
  'heap-snapshot',
  'uncaught-exception',
  'unhandled-rejection',
  'exit-called',
] as const;
export const MarksBatch = v.object({
  type: v.literal('marks'),
  items: v.array(
    v.object({
      kind: v.picklist(MARK_KINDS),
      name: v.string(),
      atMs: Milliseconds,
      durationMs: v.exactOptional(Milliseconds),
      /** Where in the program; absent where that is not known or does not apply. */
      place: v.exactOptional(Place),
    }),
  ),
});

/** What the program wrote. An entry may hold many lines, or a part of one; `lines` counts its line ends. */
export const ConsoleBatch = v.object({
  type: v.literal('console'),
  entries: v.array(
    v.object({ stream: v.picklist(['stdout', 'stderr']), atMs: Milliseconds, text: v.string(), lines: Identifier }),
  ),
});

/** Rows or output that were lost, and why. Counts are of this batch, to be added up. */
export const DroppedBatch = v.object({
  type: v.literal('dropped'),
  what: v.picklist(['rows', 'console-lines', 'labels', 'unknown-tail']),
  count: Identifier,
  message: v.string(),
});

/** A picture that the program shows: PNG bytes. Pictures with the same `subject` belong together (before, after). */
export const PictureBatch = v.object({
  type: v.literal('picture'),
  subject: v.string(),
  step: v.string(),
  atMs: Milliseconds,
  width: Identifier,
  height: Identifier,
  png: Uint8Column,
});

/**
 * Something that the user should know about the program or about the observation itself. One with the `key` of an earlier
 * one takes its place; with an empty message, it withdraws it.
 */
export const WarningBatch = v.object({
  type: v.literal('warning'),
  code: v.string(),
  message: v.string(),
  atMs: v.exactOptional(Milliseconds),
  /** Where in the program, if it is about one place. */
  place: v.exactOptional(Place),
  key: v.exactOptional(v.string()),
  /** The registration that shows it, if there is one. */
  registrationId: v.exactOptional(Identifier),
});

/**
 * How a figure is obtained: `live` also while the thread is blocked, `when-idle` only when the thread turns,
 * `missing` not at all on this runtime.
 */
export const Capability = v.picklist(['live', 'when-idle', 'missing']);
export const RuntimeBatch = v.object({
  type: v.literal('runtime'),
  node: v.string(),
  v8: v.string(),
  electron: v.exactOptional(v.string()),
  host: v.picklist(['node', 'utility-process']),
  pid: Identifier,
  /** What the machine's clock showed at the time zero of the run, in ms since 1970 (Unix time). */
  startedAtEpochMs: v.exactOptional(Milliseconds),
  /** As expected when the run begins; a later batch of this type corrects it. */
  capabilities: v.object({ heap: Capability, external: Capability, collections: Capability, forcedGc: Capability }),
});

/** `explaining`: the verdicts are fixed; a heap snapshot is taken and read to tell what keeps the living alive. */
export const RUNNING_STATUSES = ['launching', 'running', 'settling', 'explaining', 'stopping'] as const;
export const EXPLAINING_STEPS = ['writing-snapshot', 'reading-snapshot', 'finding-paths'] as const;

/** The life of a run as its supervisor sees it. */
export const StatusBatch = v.object({
  type: v.literal('status'),
  status: v.picklist(RUNNING_STATUSES),
  atMs: Milliseconds,
  /** While `explaining`: what goes on, and how much of it is done (0 to 1), where that can be told. */
  step: v.exactOptional(v.picklist(EXPLAINING_STEPS)),
  progress: v.exactOptional(v.number()),
});

/** First batch of every recording. */
export const StartedBatch = v.object({ type: v.literal('started'), description: RunDescription });

/** What became of each registration: row i is registration `firstId + i`. Codes index VERDICTS and VERDICT_REASONS. */
export const VerdictsBatch = v.pipe(
  v.object({ type: v.literal('verdicts'), firstId: Identifier, verdict: Uint8Column, reason: Uint8Column }),
  v.check((b) => sameLength(b, ['verdict', 'reason']), differentLengths),
);

/** Last batch of every recording. */
export const EndedBatch = v.object({ type: v.literal('ended'), atMs: Milliseconds, report: RunReport });

/** Everything that a recording can hold. */
export const RunBatch = v.variant('type', [
  StartedBatch,
  RuntimeBatch,
  StatusBatch,
  SamplesBatch,
  CollectionsBatch,
  RegistrationsBatch,
  CallbacksBatch,
  UnregistrationsBatch,
  RegistriesBatch,
  RegistriesCollectedBatch,
  SitesBatch,
  BlockedBatch,
  MarksBatch,
  ConsoleBatch,
  DroppedBatch,
  PictureBatch,
  WarningBatch,
  VerdictsBatch,
  ExplanationsBatch,
  EndedBatch,
]);
export type RunBatch = v.InferOutput<typeof RunBatch>;
/** With more `aheadBytes` than this a client catches up: to one that keeps up, less is under way. */
export const FAR_BEHIND_BYTES = 8 * 1024 * 1024;
/** Batches that say the same as those with the sequences from `sequence` on, `count` of them. */
export interface BatchGroup {
  readonly sequence: number;
  readonly count: number;
  readonly batches: RunBatch[];
  /** About as much is recorded behind them. */
  readonly aheadBytes: number;
}
export type RunBatchOf<Type extends RunBatch['type']> = Extract<RunBatch, { type: Type }>;
