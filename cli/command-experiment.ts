// `heapline run --runs n --gc policy,policy`: one program many times under each policy, and how it went on the whole.

import type { ExperimentListing } from '../engine/protocol/experiment.ts';
import type { GcPolicy, Limits } from '../engine/protocol/run-description.ts';
import { unlessRefused } from './engine-client.ts';
import { describePolicies, describeProgress } from './experiment-summary.ts';
import { openHeadlessEngine } from './headless-engine.ts';
import { onInterrupts } from './interrupts.ts';
import type { Output } from './output.ts';
import { pathOrCommand, programOf, usageErrorOf, type ProgramOptions } from './program-of.ts';
import { isProgramFailure } from './program-failure.ts';
import { createProgressLine } from './progress-line.ts';
import { EXIT_STATUS } from './usage-error.ts';

const EXPERIMENT_SCHEMA_VERSION = 1;

export interface ExperimentOptions extends ProgramOptions {
  readonly gcPolicies: readonly GcPolicy[];
  readonly runsPerPolicy: number;
  /** How many processes run side by side; absent: as this machine bears well. */
  readonly runsAtOnce?: number;
  readonly limits: Partial<Limits>;
  readonly nodePath?: string;
  readonly json: boolean;
}

/**
 * Ctrl-C cancels it: what is done is told all the same.
 * @returns the exit status
 * @throws UsageError
 */
export async function runExperiment(
  options: ExperimentOptions,
  io: { stdout: Output; stderr: Output; readerGone: Promise<void> },
): Promise<number> {
  const program = await programOf(options);
  await using engine = await openHeadlessEngine({ givesInputAway: false, reportedObjects: 0, program });
  const { client } = engine;
  let experimentId: string | undefined;
  let cancelIsWanted = false;
  const cancel = () => {
    cancelIsWanted = true;
    if (experimentId === undefined) return;
    client.request({ type: 'cancel-experiment', experimentId }).catch(unlessRefused);
  };
  using _interrupts = onInterrupts(cancel, (exitStatus) => {
    void engine.close().finally(() => process.exit(exitStatus));
  });
  void io.readerGone.then(cancel);

  try {
    await client.hello();
    const { gcPolicies, runsPerPolicy, runsAtOnce, limits, nodePath } = options;
    const accepted = await client.request({
      type: 'start-experiment',
      program,
      gcPolicies: [...gcPolicies],
      runsPerPolicy,
      limits,
      ...(runsAtOnce !== undefined && { runsAtOnce }),
      ...(nodePath !== undefined && { nodePath: pathOrCommand(nodePath) }),
    });
    experimentId = accepted.experimentId;
    if (experimentId === undefined) throw new Error('The engine did not say which experiment it started.');
    if (cancelIsWanted) cancel();
    const progress = createProgressLine(io.stderr);
    const experiment = await client.followExperiment(experimentId, (listing) => {
      void progress.show(describeProgress(listing));
    });
    await progress.show(undefined);
    await io.stdout.write(
      options.json
        ? `${JSON.stringify({ schemaVersion: EXPERIMENT_SCHEMA_VERSION, ...experiment, program }, null, 2)}\n`
        : `${describePolicies(experiment).join('\n')}\n`,
    );
    return exitStatusOf(experiment);
  } catch (error) {
    throw usageErrorOf(error);
  }
}

/** 3 if a run failed that its scenario does not foresee to fail, 1 if a prediction was missed. */
function exitStatusOf({ policies }: ExperimentListing): number {
  const runs = policies.flatMap((policy) => policy.runs);
  if (runs.some(({ predictionHeld }) => predictionHeld === false)) return EXIT_STATUS.predictionFailed;
  const hasFailed = runs.some(
    ({ problem, outcome, predictionHeld }) =>
      problem !== undefined || (predictionHeld === undefined && outcome !== undefined && isProgramFailure(outcome)),
  );
  return hasFailed ? EXIT_STATUS.programFailed : EXIT_STATUS.success;
}
