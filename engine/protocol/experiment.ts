// The GC policy as an experiment: one program, run many times under each of several policies, and what the runs amount to.
// All figures are put together in the engine, so that the page and the command line show the same.

import * as v from 'valibot';
import { GcPolicy, Limits, ListedProgram } from './run-description.ts';
import { OUTCOME_STATUSES } from './vocabulary.ts';

export const MAXIMUM_RUNS_PER_POLICY = 100;
export const MAXIMUM_RUNS_AT_ONCE = 32;
/** A curve has at most this many points; with more callbacks than that, they are taken at equal steps of their rank. */
export const MAXIMUM_CURVE_POINTS = 100;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Figure = v.nullable(v.number());

/** Least, lower quartile, median, upper quartile and greatest; quartiles are interpolated between ranks (R's type 7). */
export const FiveNumbers = v.object({
  minimum: v.number(),
  lowerQuartile: v.number(),
  median: v.number(),
  upperQuartile: v.number(),
  maximum: v.number(),
});
export type FiveNumbers = v.InferOutput<typeof FiveNumbers>;

/**
 * How many of all registrations have been called back at most `atMs` after they were registered: `share` is 0 to 1, and
 * counts those that never were. Both lists are as long and ascend.
 */
export const LatencyCurve = v.object({ atMs: v.array(v.number()), share: v.array(v.number()) });
export type LatencyCurve = v.InferOutput<typeof LatencyCurve>;

/** One run. Figures come with its end. `not-run`: the experiment was cancelled before it began. */
export const ExperimentRun = v.object({
  state: v.picklist(['waiting', 'running', 'ended', 'not-run']),
  /** Since it began. Its recording may have been let go of since. */
  runId: v.exactOptional(v.string()),
  outcome: v.exactOptional(v.picklist(OUTCOME_STATUSES)),
  /** Absent where there is no prediction, or the run was stopped. */
  predictionHeld: v.exactOptional(v.boolean()),
  /** Why it could not be started. */
  problem: v.exactOptional(v.string()),
  registrations: v.exactOptional(Count),
  finalized: v.exactOptional(Count),
  /** Registered → callback started, as in the run's report. */
  latencyMs: v.exactOptional(v.object({ p50: Figure, p95: Figure, max: Figure })),
  curve: v.exactOptional(LatencyCurve),
});
export type ExperimentRun = v.InferOutput<typeof ExperimentRun>;

/** What the ended runs of one policy amount to. Null where there is nothing to tell. Runs that were stopped do not count. */
export const PolicySummary = v.object({
  runs: Count,
  /** Of each run: finalized by all registrations, 0 to 1. */
  finalizedShare: v.nullable(FiveNumbers),
  /** Of all callbacks of all runs, each run weighing as many as it had. */
  latencyMs: v.nullable(v.object({ ...FiveNumbers.entries, count: Count })),
  /** Of all runs together. */
  curve: v.nullable(LatencyCurve),
});
export type PolicySummary = v.InferOutput<typeof PolicySummary>;

export const ExperimentListing = v.object({
  experimentId: v.string(),
  title: v.string(),
  program: ListedProgram,
  limits: Limits,
  /** ISO 8601 wall-clock time. */
  startedAt: v.string(),
  status: v.picklist(['running', 'cancelled', 'ended']),
  runsAtOnce: Count,
  /** How many have not ended yet; 0: this is the last listing. */
  runsLeft: Count,
  elapsedMs: v.number(),
  /** Estimated from the runs that have ended; null before the first. */
  remainingMs: v.nullable(v.number()),
  policies: v.array(v.object({ gcPolicy: GcPolicy, runs: v.array(ExperimentRun), summary: PolicySummary })),
});
export type ExperimentListing = v.InferOutput<typeof ExperimentListing>;
