// What a client asks of the engine. Every command but `hello` and `acknowledge` is answered with the same `requestId`: by
// `refused`, or by `accepted` (or the answer that the command names).

import * as v from 'valibot';
import { MAXIMUM_RUNS_AT_ONCE, MAXIMUM_RUNS_PER_POLICY } from './experiment.ts';
import { GcPolicy, Limits, Program } from './run-description.ts';
import { COLLECTION_KINDS } from './vocabulary.ts';

/** Raised when a change would be misread by the other side. */
export const PROTOCOL_VERSION = 2;

const RequestId = v.pipe(v.number(), v.integer(), v.minValue(0));
const RunId = v.pipe(v.string(), v.maxLength(64));
const Sequence = v.pipe(v.number(), v.integer(), v.minValue(0));

export const Command = v.variant('type', [
  /** First message of a client; answered by `welcome`. */
  v.object({ type: v.literal('hello'), protocolVersion: v.number() }),
  v.object({
    type: v.literal('start-run'),
    requestId: RequestId,
    program: Program,
    /** Absent: the scenario's own, or `none` for a script. */
    gcPolicy: v.exactOptional(GcPolicy),
    limits: v.exactOptional(v.partial(Limits)),
    /** Take a heap snapshot once the verdicts are fixed, and tell what keeps the living alive. */
    explain: v.exactOptional(v.boolean()),
    /** The `node` to run on; absent: the host's default. */
    nodePath: v.exactOptional(v.pipe(v.string(), v.maxLength(4096))),
  }),
  /** Runs a program many times under each of several GC policies, some at once; answered with the experiment's id. */
  v.object({
    type: v.literal('start-experiment'),
    requestId: RequestId,
    program: Program,
    gcPolicies: v.pipe(v.array(GcPolicy), v.minLength(1), v.maxLength(8)),
    runsPerPolicy: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAXIMUM_RUNS_PER_POLICY)),
    /** How many processes run side by side; absent: as this machine bears well. */
    runsAtOnce: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAXIMUM_RUNS_AT_ONCE))),
    limits: v.exactOptional(v.partial(Limits)),
    nodePath: v.exactOptional(v.pipe(v.string(), v.maxLength(4096))),
  }),
  /** Ends the runs that go on and begins no more. What is done stays. */
  v.object({ type: v.literal('cancel-experiment'), requestId: RequestId, experimentId: RunId }),
  v.object({ type: v.literal('stop-run'), requestId: RequestId, runId: RunId }),
  v.object({
    type: v.literal('collect-garbage'),
    requestId: RequestId,
    runId: RunId,
    kind: v.picklist(COLLECTION_KINDS),
  }),
  v.object({ type: v.literal('set-gc-policy'), requestId: RequestId, runId: RunId, gcPolicy: GcPolicy }),
  /** Take a heap snapshot of a run that goes on, and tell what keeps its objects alive right now. */
  v.object({ type: v.literal('ask-why'), requestId: RequestId, runId: RunId }),
  /** Puts a mark with this name on a run that goes on, as `performance.mark(name)` in the program would. */
  v.object({
    type: v.literal('mark'),
    requestId: RequestId,
    runId: RunId,
    name: v.pipe(v.string(), v.maxLength(1_000)),
  }),
  /** Begins a run that watches a process started elsewhere. `stop-run` leaves it again, without ending it. */
  v.object({
    type: v.literal('watch-target'),
    requestId: RequestId,
    targetId: v.pipe(v.string(), v.maxLength(64)),
    gcPolicy: v.exactOptional(GcPolicy),
  }),
  /** The `node`s found on this machine; answered by `nodes`. With `path`: that one, looked at now. */
  v.object({
    type: v.literal('list-nodes'),
    requestId: RequestId,
    path: v.exactOptional(v.pipe(v.string(), v.maxLength(4096))),
  }),
  /** Folders and scripts in a folder (absent: the user's home); answered by `folder`. */
  v.object({
    type: v.literal('list-folder'),
    requestId: RequestId,
    path: v.exactOptional(v.pipe(v.string(), v.maxLength(4096))),
  }),
  /**
   * The text of a script that may be opened, or of a file that a run's sites or paths name; answered by `source`. With
   * `ofRunId` the path comes from that run, and not from the user: where the run comes from a file, only what is surely of
   * this machine is looked at.
   */
  v.object({
    type: v.literal('read-source'),
    requestId: RequestId,
    path: v.pipe(v.string(), v.maxLength(4096)),
    ofRunId: v.exactOptional(RunId),
  }),
  /** Writes a scenario of the user's own from the template; answered by `scenario-written`, or refused with `bad-path`. */
  v.object({ type: v.literal('new-scenario'), requestId: RequestId, name: v.pipe(v.string(), v.maxLength(200)) }),
  /** The program has ended and late callbacks were waited for long enough: fix the verdicts now. */
  v.object({ type: v.literal('end-settling'), requestId: RequestId, runId: RunId }),
  /** Asks for every event of a run from `fromSequence` on: those recorded at once, the others as they come. */
  v.object({
    type: v.literal('follow-run'),
    requestId: RequestId,
    runId: RunId,
    fromSequence: Sequence,
    /** Whether the client wants them joined to few large batches where there are many. */
    joins: v.exactOptional(v.boolean()),
    /** Where about so much more is recorded, `far-behind` instead: the client has a quicker way to what is recorded. */
    atMostBytes: v.exactOptional(v.number()),
  }),
  /** Lets go of a run that was opened from a file, which stays; every client is told by `run-forgotten`. */
  v.object({ type: v.literal('close-recording'), requestId: RequestId, runId: RunId }),
  /** No more events of this run, please. */
  v.object({ type: v.literal('leave-run'), requestId: RequestId, runId: RunId }),
  /**
   * The client has worked through all events up to and including `sequence`. The engine sends at most a window of
   * unacknowledged bytes, so a slow client slows nobody and costs no memory: it catches up from the recording.
   */
  v.object({ type: v.literal('acknowledge'), runId: RunId, sequence: Sequence }),
]);
export type Command = v.InferOutput<typeof Command>;
export type CommandOf<Type extends Command['type']> = Extract<Command, { type: Type }>;
