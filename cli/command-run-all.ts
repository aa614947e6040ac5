// `heapline run --all`: every built-in scenario, of pairs both halves, each in a process of its own, a few side by side.

import { availableParallelism } from 'node:os';
import type { GcPolicy, Limits, ParameterValues } from '../engine/protocol/run-description.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { unlessRefused, type EngineClient } from './engine-client.ts';
import { openHeadlessEngine } from './headless-engine.ts';
import { onInterrupts } from './interrupts.ts';
import type { Output } from './output.ts';
import { pathOrCommand, usageErrorOf } from './program-of.ts';
import { createProgressLine } from './progress-line.ts';
import { EXIT_STATUS } from './usage-error.ts';

const LIBRARY_SCHEMA_VERSION = 1;

export interface RunAllOptions {
  readonly gcPolicy?: GcPolicy;
  readonly limits: Partial<Limits>;
  readonly nodePath?: string;
  readonly reportedObjects: number;
  readonly why: boolean;
  readonly json: boolean;
  /** How many processes run side by side; absent: one a core. */
  readonly runsAtOnce?: number;
}

interface PlannedRun {
  readonly id: string;
  readonly parameters: ParameterValues;
  report?: RunReport;
  tookMs?: number;
}

/**
 * @returns 0 if every prediction held, also where it says that the program dies; 1 if one did not, or was not checked
 * @throws UsageError
 */
export async function runAll(
  options: RunAllOptions,
  io: { stdout: Output; stderr: Output; readerGone: Promise<void> },
): Promise<number> {
  const startedAtMs = performance.now();
  const plan = SCENARIOS.flatMap(({ id, pair }): PlannedRun[] => {
    if (pair === undefined) return [{ id, parameters: {} }];
    return [pair.broken, pair.fixed].map((value) => ({ id, parameters: { [pair.parameter]: value } }));
  });
  const progress = createProgressLine(io.stderr);
  let isEnding = false;
  let next = 0;
  let ended = 0;
  const going = new Map<EngineClient, string>();

  /** An engine runs one program at a time, so each worker has its own. */
  async function work(): Promise<void> {
    await using engine = await openHeadlessEngine({ givesInputAway: false, reportedObjects: options.reportedObjects });
    const { client } = engine;
    await client.hello();
    for (let planned = plan[next++]; planned !== undefined && !isEnding; planned = plan[next++]) {
      const beganAtMs = performance.now();
      const report = await run(client, planned);
      if (report !== undefined) planned.report = report;
      planned.tookMs = performance.now() - beganAtMs;
      ended += 1;
      await progress.show(`${ended} of ${plan.length} runs`);
      if (!options.json) await tell(planned);
    }
  }

  async function run(client: EngineClient, { id, parameters }: PlannedRun): Promise<RunReport | undefined> {
    const { gcPolicy, limits, nodePath } = options;
    const { runId } = await client.request({
      type: 'start-run',
      program: { kind: 'scenario', id, parameters },
      limits,
      ...(gcPolicy && { gcPolicy }),
      ...(options.why && { explain: true }),
      ...(nodePath !== undefined && { nodePath: pathOrCommand(nodePath) }),
    });
    if (runId === undefined) throw new Error('The engine did not say which run it started.');
    going.set(client, runId);
    let report: RunReport | undefined;
    await client.follow(runId, (batch) => {
      if (batch.type === 'ended') report = batch.report;
    });
    going.delete(client);
    return report;
  }

  async function tell({ id, parameters, report, tookMs = 0 }: PlannedRun): Promise<void> {
    const variant = Object.values(parameters).join(' ');
    const mark = report?.prediction?.held === true ? '✓' : '✗';
    const name = `${id} ${variant}`.trim();
    await progress.show(undefined);
    await io.stdout.write(`${mark} ${name.padEnd(34)} ${(tookMs / 1000).toFixed(1).padStart(5)} s\n`);
    if (report?.prediction?.held === true) return;
    await io.stdout.write(`    ${report?.prediction?.details ?? report?.outcome.message ?? 'did not run'}\n`);
  }

  const end = () => {
    isEnding = true;
    for (const [client, runId] of going) {
      client.request({ type: 'stop-run', runId }).catch(unlessRefused);
    }
  };
  using _interrupts = onInterrupts(end, (exitStatus) => process.exit(exitStatus));
  void io.readerGone.then(end);

  try {
    const workers = Math.min(options.runsAtOnce ?? availableParallelism(), plan.length);
    await Promise.all(Array.from({ length: workers }, work));
  } catch (error) {
    throw usageErrorOf(error);
  }
  await progress.show(undefined);
  const held = plan.filter(({ report }) => report?.prediction?.held === true).length;
  const durationMs = performance.now() - startedAtMs;
  const runs = plan.flatMap(({ report }) => report ?? []);
  await io.stdout.write(
    options.json
      ? `${JSON.stringify({ schemaVersion: LIBRARY_SCHEMA_VERSION, durationMs, planned: plan.length, held, runs }, null, 2)}\n`
      : `\n${held} of ${plan.length} predictions held, in ${(durationMs / 1000).toFixed(0)} s\n`,
  );
  return held === plan.length ? EXIT_STATUS.success : EXIT_STATUS.predictionFailed;
}
