// The talk between the companion inside the observed process and the session, over the private endpoint.

import * as v from 'valibot';
import {
  BlockedBatch,
  CallbacksBatch,
  CollectionsBatch,
  DroppedBatch,
  MarksBatch,
  PictureBatch,
  RegistrationsBatch,
  RegistriesBatch,
  RegistriesCollectedBatch,
  RuntimeBatch,
  SamplesBatch,
  SitesBatch,
  UnregistrationsBatch,
  WarningBatch,
} from './run-batch.ts';
import { GcPolicy } from './run-description.ts';
import { COLLECTION_KINDS } from './vocabulary.ts';

/** Batches that the companion may send; the session appends them to the recording as they are. */
export const ObservedBatch = v.variant('type', [
  RuntimeBatch,
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
  DroppedBatch,
  PictureBatch,
  WarningBatch,
]);
export type ObservedBatch = v.InferOutput<typeof ObservedBatch>;

/** From the companion. Times are those of run batches (see run-batch.ts). */
export const ObserverMessage = v.variant('type', [
  /**
   * First message; the connection is closed without it, or with a wrong token.
   * `programStartHrtimeMs`: the program's time 0 on the machine's monotonic clock (`process.hrtime`), which the session
   * shares, so that the session can place process output on the run's axis.
   * `firstRecordId`: the number that registration 1 has in the observer's records, and so in heap snapshots; absent: 1.
   * Numbers go on where a process is watched again.
   * `gcTrace`: how to find and place this program's lines of `--trace-gc` on standard output. The isolate is that of the
   * first line. The first `ownLines` are collections that the probe forced before the program; `ownEndedAtMs` is when the
   * last of them had ended.
   */
  v.object({
    type: v.literal('observer-hello'),
    token: v.string(),
    programStartHrtimeMs: v.number(),
    firstRecordId: v.exactOptional(v.number()),
    gcTrace: v.nullable(v.object({ pid: v.number(), ownLines: v.number(), ownEndedAtMs: v.number() })),
    runtime: RuntimeBatch,
  }),
  v.object({ type: v.literal('observer-batch'), batch: ObservedBatch }),
  /** The program has nothing left to do; the process is kept for the settle time. */
  v.object({ type: v.literal('observer-settling'), atMs: v.number() }),
  /** A snapshot that was asked for is written, or could not be (`problem`). */
  v.object({
    type: v.literal('observer-snapshot'),
    path: v.string(),
    startMs: v.number(),
    endMs: v.number(),
    problem: v.exactOptional(v.string()),
  }),
  /** An exception that nobody caught, or a rejection that nobody handled; the program may yet go on. */
  v.object({
    type: v.literal('observer-uncaught'),
    atMs: v.number(),
    origin: v.picklist(['uncaughtException', 'unhandledRejection']),
    error: v.object({ name: v.string(), message: v.string(), stack: v.string() }),
  }),
  /** The observer failed at this time, and is gone. The program runs on without it. */
  v.object({ type: v.literal('observer-failed'), atMs: v.number(), message: v.string() }),
  /**
   * Exit handlers have run and everything recorded has been sent. Absent after a hard crash. With a `snapshotPath` in the
   * options, `observer-snapshot` follows: the program has ended, and what happens from here on is the observer's doing.
   * `isAllCalled`: every registration has had its callback, so there is nothing to explain and no snapshot follows.
   */
  v.object({
    type: v.literal('observer-ending'),
    atMs: v.number(),
    exitCode: v.number(),
    /** False if `process.exit` was called, or an exception ended the program, before its settle time was over. */
    settled: v.boolean(),
    /** When the program's thread last turned its event loop, as far as the observer's heartbeat tells. */
    lastTurnAtMs: v.exactOptional(v.number()),
    isAllCalled: v.exactOptional(v.boolean()),
  }),
]);
export type ObserverMessage = v.InferOutput<typeof ObserverMessage>;

/** To the companion. */
export const ObserverCommand = v.variant('type', [
  v.object({ type: v.literal('observer-collect'), kind: v.picklist(COLLECTION_KINDS) }),
  v.object({ type: v.literal('observer-set-gc-policy'), gcPolicy: GcPolicy }),
  /** Write a heap snapshot to this file, in the program's thread; answered by `observer-snapshot`. */
  v.object({ type: v.literal('observer-write-snapshot'), path: v.string() }),
  /** Put a mark with this name on the run, as `performance.mark(name)` in the program would. */
  v.object({ type: v.literal('observer-mark'), name: v.string() }),
  /** End the settle time now. */
  v.object({ type: v.literal('observer-end-settling') }),
  /**
   * The process is about to be ended from outside: send everything that is recorded, then close the connection. With a
   * `snapshotPath`: before closing it, write a heap snapshot there and say so with `observer-snapshot`.
   */
  v.object({ type: v.literal('observer-send-all'), snapshotPath: v.exactOptional(v.string()) }),
  /** Send everything that is recorded, let go of the program, which goes on, and close the connection. */
  v.object({ type: v.literal('observer-leave') }),
]);
export type ObserverCommand = v.InferOutput<typeof ObserverCommand>;

/** What the session tells the observer, in the environment. */
export const ObserverOptions = v.object({
  endpoint: v.string(),
  token: v.string(),
  gcPolicy: GcPolicy,
  settleMs: v.number(),
  /** True if the event loop turns during the settle time: a scenario measures its callbacks and the loop beside them. */
  settlesInLoop: v.exactOptional(v.boolean()),
  /** Where the observer writes a snapshot by itself when the verdicts are fixed, also at `process.exit`; absent: nowhere. */
  snapshotPath: v.exactOptional(v.string()),
  /** True if the process exists for this run alone: it must not outlive the session. */
  owned: v.boolean(),
  /** The process that started this one; absent: it was started elsewhere. */
  hostPid: v.exactOptional(v.number()),
  /** True if standard output is a pipe that the session reads, so that `--trace-gc` lines can be told apart there. */
  traceCollections: v.boolean(),
});
export type ObserverOptions = v.InferOutput<typeof ObserverOptions>;
