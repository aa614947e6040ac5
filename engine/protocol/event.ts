// What the engine tells a client.

import * as v from 'valibot';
import { ScenarioDescription } from './catalogue.ts';
import { ExperimentListing } from './experiment.ts';
import { ExperimentChange } from './listing.ts';
import { OwnScenario } from './own-scenario.ts';
import { RUNNING_STATUSES, RunBatch } from './run-batch.ts';
import { ListedDescription } from './run-description.ts';
import { OUTCOME_STATUSES } from './vocabulary.ts';

/** Why a command was refused; the message says what to do. */
export const REFUSALS = [
  'unknown-scenario',
  'broken-scenario',
  'bad-parameter',
  'bad-file',
  'bad-node',
  'busy',
  'no-such-run',
  'no-such-experiment',
  'run-has-ended',
  'not-available',
  'bad-sequence',
  'far-behind',
  'wrong-version',
  'bad-path',
  'no-such-target',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export const RunListing = v.object({
  /** Its program without texts: the whole description is the first batch of the run. */
  description: ListedDescription,
  status: v.picklist([...RUNNING_STATUSES, 'ended']),
  outcome: v.exactOptional(v.picklist(OUTCOME_STATUSES)),
  /** Whether the scenario's prediction held; absent before the end, and where there is none. */
  predictionHeld: v.exactOptional(v.boolean()),
});
export type RunListing = v.InferOutput<typeof RunListing>;

export const HostDescription = v.object({
  kind: v.picklist(['desktop', 'served', 'headless']),
  version: v.string(),
  node: v.string(),
  v8: v.string(),
  electron: v.exactOptional(v.string()),
  platform: v.string(),
  /** Why the application is served although the desktop was asked for; absent where that does not apply. */
  notice: v.exactOptional(v.string()),
});
export type HostDescription = v.InferOutput<typeof HostDescription>;

/** A process that was started elsewhere with `heapline/observe`, and can be watched. */
export const Target = v.object({
  targetId: v.string(),
  pid: v.number(),
  /** Its script's file name, or what else tells a person which it is. */
  title: v.string(),
  command: v.string(),
  workingDirectory: v.string(),
  node: v.string(),
  /** ISO 8601 wall-clock time. */
  startedAt: v.string(),
  /** The run that watches it now; absent: nobody does. */
  watchedBy: v.exactOptional(v.string()),
});
export type Target = v.InferOutput<typeof Target>;

/** A `node` that scripts can run on. */
export const NodeListing = v.object({
  path: v.string(),
  /** `24.21.0`; absent if it did not tell, and `problem` says why. */
  version: v.exactOptional(v.string()),
  problem: v.exactOptional(v.string()),
  isDefault: v.boolean(),
});
export type NodeListing = v.InferOutput<typeof NodeListing>;

export const EngineEvent = v.variant('type', [
  v.object({
    type: v.literal('welcome'),
    protocolVersion: v.number(),
    host: HostDescription,
    catalogue: v.array(ScenarioDescription),
    /** By file name; empty where the host has no folder for them. */
    ownScenarios: v.array(OwnScenario),
    /** Oldest first; recordings of earlier runs may have been let go. */
    runs: v.array(RunListing),
    targets: v.array(Target),
    /** Oldest first. */
    experiments: v.array(ExperimentListing),
  }),
  v.object({
    type: v.literal('accepted'),
    requestId: v.number(),
    runId: v.exactOptional(v.string()),
    experimentId: v.exactOptional(v.string()),
  }),
  v.object({
    type: v.literal('refused'),
    requestId: v.number(),
    refusal: v.picklist(REFUSALS),
    message: v.string(),
  }),
  /** A run began or changed its status; sent to every client, whether it follows the run or not. */
  v.object({ type: v.literal('run-listed'), run: RunListing }),
  /** An experiment began. */
  v.object({ type: v.literal('experiment-listed'), experiment: ExperimentListing }),
  /** An experiment that was listed has come further, or ended; `withChange` applies it. */
  v.object({ type: v.literal('experiment-changed'), change: ExperimentChange }),
  /** It was let go of to make room, with its runs. */
  v.object({ type: v.literal('experiment-forgotten'), experimentId: v.string() }),
  /** All targets there are, whenever one comes, goes, or is watched or left. */
  v.object({ type: v.literal('targets-listed'), targets: v.array(Target) }),
  /** All scenarios of the user's own, whenever one comes, goes, is changed or has been looked at. */
  v.object({ type: v.literal('own-scenarios-listed'), ownScenarios: v.array(OwnScenario) }),
  v.object({ type: v.literal('scenario-written'), requestId: v.number(), path: v.string(), id: v.string() }),
  v.object({ type: v.literal('nodes'), requestId: v.number(), nodes: v.array(NodeListing) }),
  v.object({
    type: v.literal('folder'),
    requestId: v.number(),
    path: v.string(),
    /** Absent at the top. */
    parent: v.exactOptional(v.string()),
    /** Folders first, then scripts, each by name. Other files are left out. */
    entries: v.array(v.object({ name: v.string(), path: v.string(), kind: v.picklist(['folder', 'script']) })),
    /** How many there are beyond those listed; absent: none. */
    entriesOmitted: v.exactOptional(v.number()),
  }),
  v.object({
    type: v.literal('source'),
    requestId: v.number(),
    path: v.string(),
    text: v.string(),
    /** When the file was last changed, ISO 8601: later than a run's start means that the run saw another text. */
    changedAt: v.exactOptional(v.string()),
  }),
  /** A recording was let go to make room for newer ones. */
  v.object({ type: v.literal('run-forgotten'), runId: v.string() }),
  /**
   * Of a followed run the batches with the sequences from `sequence` on, `count` of them. Sequences are gapless from 0. To
   * a client that follows with `joins`, fewer and larger batches that say the same: it works through all of them or none.
   * `aheadBytes`: about as much as was recorded behind them by then; a lot where a client comes late.
   */
  v.object({
    type: v.literal('run-events'),
    runId: v.string(),
    sequence: v.number(),
    count: v.pipe(v.number(), v.integer(), v.minValue(1)),
    batches: v.array(RunBatch),
    aheadBytes: v.number(),
  }),
  /** The client's last message could not be read; the port is closed after it. */
  v.object({ type: v.literal('protocol-error'), message: v.string() }),
]);
export type EngineEvent = v.InferOutput<typeof EngineEvent>;
export type EngineEventOf<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>;
