// Experiments: one program, N runs under each of several GC policies, a few processes at once, and their distribution.
// Runs in the session; the engine begins the runs and tells its clients what has changed.

import { availableParallelism } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { CommandOf } from '../protocol/command.ts';
import type { ExperimentListing, ExperimentRun, PolicySummary } from '../protocol/experiment.ts';
import { listedProgram, type ExperimentChange } from '../protocol/listing.ts';
import type { GcPolicy, Limits } from '../protocol/run-description.ts';
import type { Clock } from './clock.ts';
import { fiveNumbers, latencyCurve, thinned, together, type RunLatencies } from './distribution.ts';
import { messageOf } from './message-of.ts';
import type { ObservedRun, RunResult } from './observed-run.ts';
import { Refused } from './refused.ts';

/** So that an experiment with a million callbacks in each run stays small. */
const LATENCIES_OF_A_RUN = 16_384;
/** Changes are sent no more often than this, and once at the end. */
const CHANGE_INTERVAL_MS = 250;
/** A run waits for its timers most of the time; with twice as many as there are cores, none is held up for long. */
const RUNS_AT_ONCE = 2 * availableParallelism();

export type ExperimentPlan = Omit<CommandOf<'start-experiment'>, 'type' | 'requestId'>;

export interface ExperimentsOptions {
  readonly clock: Clock;
  /** Begins a run now, beside others. @throws Refused */
  readonly beginRun: (
    plan: ExperimentPlan,
    gcPolicy: GcPolicy,
    run: { readonly experimentId: string; readonly onResult: (result: RunResult) => void },
  ) => Promise<ObservedRun>;
  readonly onChange: (change: ExperimentChange) => void;
}

export interface Experiment {
  readonly listing: ExperimentListing;
  /** Ends the runs that go on, and begins no more; what is done stays. */
  cancel(): void;
  /** Resolves when no run is left; never rejects. */
  readonly ended: Promise<void>;
}

/** One run of the plan. What is told of it is `told`; the latencies stay here. */
interface PlannedRun {
  told: ExperimentRun;
  /** What clients have been told; another object as soon as there is more to tell. */
  sent?: ExperimentRun;
  run?: ObservedRun;
  latencies?: RunLatencies;
}

/**
 * Begins the first run, so that a program that cannot be started is refused at once, and then the others by themselves.
 * Runs of the policies take turns: an experiment that is cancelled has as many of each, and a machine that gets slower
 * does so for all.
 * @throws Refused
 */
export async function startExperiment(
  plan: ExperimentPlan,
  about: { readonly title: string; readonly limits: Limits },
  options: ExperimentsOptions,
): Promise<Experiment> {
  const { clock } = options;
  const experimentId = randomUUID();
  const startedAt = clock.isoTime();
  const startedAtMs = clock.monotonicMs();
  const runsAtOnce = plan.runsAtOnce ?? RUNS_AT_ONCE;
  const arms = plan.gcPolicies.map((gcPolicy) => ({
    gcPolicy,
    runs: Array.from({ length: plan.runsPerPolicy }, (): PlannedRun => ({ told: { state: 'waiting' } })),
    summary: summarize([]),
    sentSummary: undefined as PolicySummary | undefined,
  }));
  type Arm = (typeof arms)[number];
  const turns = Array.from({ length: plan.runsPerPolicy }, (_, number) =>
    arms.flatMap((arm) => arm.runs.slice(number, number + 1).map((planned) => ({ arm, planned }))),
  ).flat();
  let status: ExperimentListing['status'] = 'running';
  let endedRuns = 0;
  let endedAtMs: number | undefined;

  function listing(): ExperimentListing {
    const elapsedMs = (endedAtMs ?? clock.monotonicMs()) - startedAtMs;
    const left = turns.length - endedRuns;
    return {
      experimentId,
      title: about.title,
      program: listedProgram(plan.program),
      limits: about.limits,
      startedAt,
      status,
      runsAtOnce,
      runsLeft: endedAtMs === undefined ? left : 0,
      elapsedMs,
      remainingMs: status !== 'running' ? 0 : endedRuns === 0 ? null : (elapsedMs / endedRuns) * left,
      policies: arms.map(({ gcPolicy, runs, summary }) => ({
        gcPolicy,
        runs: runs.map(({ told }) => told),
        summary,
      })),
    };
  }

  /** What is not told yet. */
  function change(): ExperimentChange {
    const { policies: _policies, ...facts } = listing();
    const runs = arms.flatMap((arm, policy) =>
      arm.runs.flatMap((planned, index) => {
        if (planned.sent === planned.told) return [];
        planned.sent = planned.told;
        return [{ policy, index, run: planned.told }];
      }),
    );
    const summaries = arms.flatMap((arm, policy) => {
      if (arm.sentSummary === arm.summary) return [];
      arm.sentSummary = arm.summary;
      return [{ policy, summary: arm.summary }];
    });
    const { status, runsLeft, elapsedMs, remainingMs } = facts;
    return { experimentId, status, runsLeft, elapsedMs, remainingMs, runs, summaries };
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  function changed(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      options.onChange(change());
    }, CHANGE_INTERVAL_MS);
  }

  async function begin(planned: PlannedRun, arm: Arm): Promise<void> {
    planned.told = { state: 'running' };
    const onResult = (result: RunResult): void => takeResult(planned, result);
    planned.run = await options.beginRun(plan, arm.gcPolicy, { experimentId, onResult });
    planned.told = { state: 'running', runId: planned.run.listing.description.runId };
    // It was cancelled while the run was being prepared.
    if (status !== 'running') planned.run.stopAtOnce();
    changed();
  }

  async function untilEnded(planned: PlannedRun, arm: Arm): Promise<void> {
    await planned.run?.ended;
    delete planned.run;
    endedRuns += 1;
    arm.summary = summarize(arm.runs);
    changed();
  }

  let next = 0;
  /** One of the processes at once: takes the next run of the plan until there is none. */
  async function work(): Promise<void> {
    while (status === 'running') {
      const turn = turns[next];
      next += 1;
      if (turn === undefined) return;
      const { planned, arm } = turn;
      try {
        await begin(planned, arm);
      } catch (error) {
        // The program could be started before: its file may be gone. The others will tell the same.
        planned.told = { state: 'ended', problem: messageOf(error) };
      }
      await untilEnded(planned, arm);
    }
  }

  const [first] = turns;
  if (first === undefined) throw new Refused('bad-parameter', 'An experiment has at least one run.');
  next = 1;
  const { planned, arm } = first;
  await begin(planned, arm);
  const others = Array.from({ length: Math.min(runsAtOnce, turns.length) - 1 }, work);
  const ended = Promise.all([untilEnded(planned, arm).then(work), ...others]).then(() => {
    clearTimeout(timer);
    if (status === 'running') status = 'ended';
    for (const { planned: left } of turns) if (left.told.state === 'waiting') left.told = { state: 'not-run' };
    endedAtMs = clock.monotonicMs();
    options.onChange(change());
  });
  changed();
  return {
    get listing() {
      return listing();
    },
    cancel() {
      if (status !== 'running') return;
      status = 'cancelled';
      for (const { planned: going } of turns) going.run?.stopAtOnce();
      changed();
    },
    ended,
  };
}

function takeResult(planned: PlannedRun, { report, latenciesMs }: RunResult): void {
  const { total, finalized } = report.registrations;
  const latencies = { registrations: total, ascendingMs: latenciesMs };
  const curve = latencyCurve(latencies);
  const { p50, p95, max } = report.latencyMs;
  planned.told = {
    ...planned.told,
    state: 'ended',
    outcome: report.outcome.status,
    ...(report.prediction !== undefined && { predictionHeld: report.prediction.held }),
    registrations: total,
    finalized,
    latencyMs: { p50, p95, max },
    ...(curve !== undefined && { curve }),
  };
  if (report.outcome.status !== 'stopped') planned.latencies = thinned(latencies, LATENCIES_OF_A_RUN);
}

function summarize(runs: readonly PlannedRun[]): PolicySummary {
  const counted = runs.filter(({ latencies }) => latencies !== undefined);
  const shares = counted.flatMap(({ told: { registrations = 0, finalized = 0 } }) =>
    registrations === 0 ? [] : [finalized / registrations],
  );
  const all = together(counted.flatMap(({ latencies }) => latencies ?? []));
  const latencyMs = fiveNumbers(all.ascendingMs);
  return {
    runs: counted.length,
    finalizedShare: fiveNumbers(Float64Array.from(shares).sort()) ?? null,
    latencyMs: latencyMs === undefined ? null : { ...latencyMs, count: all.ascendingMs.length },
    curve: latencyCurve(all) ?? null,
  };
}
