// `heapline run`: one run in an engine of its own, followed to its end and told on the terminal or as one JSON document.

import { extname, isAbsolute, resolve, sep } from 'node:path';
import { stat } from 'node:fs/promises';
import type { Command } from '../engine/protocol/command.ts';
import type { EngineEvent } from '../engine/protocol/event.ts';
import { createMemoryPortPair } from '../engine/protocol/port.ts';
import type { GcPolicy, Limits, Program } from '../engine/protocol/run-description.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { assertNever } from '../engine/protocol/vocabulary.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { createEngine } from '../engine/session/engine.ts';
import { createNodeLauncher } from '../engine/session/node-launcher.ts';
import { CommandRefused, createEngineClient } from './engine-client.ts';
import { engineLocations } from './engine-locations.ts';
import { describeHost } from './host-description.ts';
import { onInterrupts } from './interrupts.ts';
import { parseParameters } from './option-values.ts';
import type { Output } from './output.ts';
import { summarizeRun } from './run-summary.ts';
import { EXIT_STATUS, UsageError } from './usage-error.ts';

const SCRIPT_EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

export interface RunOptions {
  /** A scenario's id, or a script's path. */
  readonly program: string;
  readonly scriptArgs: readonly string[];
  readonly settings: readonly string[];
  readonly gcPolicy?: GcPolicy;
  readonly limits: Partial<Limits>;
  readonly nodePath?: string;
  readonly reportedObjects: number;
  readonly json: boolean;
}

/**
 * @returns the exit status
 * @throws UsageError
 */
export async function runProgram(
  options: RunOptions,
  io: { stdout: Output; stderr: Output; readerGone: Promise<void> },
): Promise<number> {
  const program = await programOf(options);
  const engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath }),
    host: describeHost('headless'),
    scenarios: SCENARIOS,
    locations: engineLocations,
    reportedObjects: options.reportedObjects,
  });
  const [clientPort, enginePort] = createMemoryPortPair<Command, EngineEvent>();
  engine.attach(enginePort);
  using client = createEngineClient(clientPort);

  let runId: string | undefined;
  let stopIsWanted = false;
  const stopRun = () => {
    stopIsWanted = true;
    if (runId === undefined) return;
    // Refused only if the run has ended meanwhile, which is what was wanted.
    client.request({ type: 'stop-run', runId }).catch((error: unknown) => {
      if (!(error instanceof CommandRefused)) throw error;
    });
  };
  using _interrupts = onInterrupts(stopRun, (exitStatus) => {
    void engine.close().finally(() => process.exit(exitStatus));
  });
  void io.readerGone.then(stopRun);

  try {
    await client.hello();
    const { gcPolicy, limits, nodePath } = options;
    const accepted = await client.request({
      type: 'start-run',
      program,
      limits,
      ...(gcPolicy && { gcPolicy }),
      ...(nodePath !== undefined && { nodePath: pathOrCommand(nodePath) }),
    });
    runId = accepted.runId;
    if (runId === undefined) throw new Error('The engine did not say which run it started.');
    if (stopIsWanted) stopRun();
    let report: RunReport | undefined;
    await client.follow(runId, async (batch) => {
      if (batch.type === 'console') {
        for (const { stream, text } of batch.entries) {
          await (stream === 'stdout' && !options.json ? io.stdout : io.stderr).write(text);
        }
      } else if (batch.type === 'ended') report = batch.report;
    });
    if (report === undefined) throw new Error('The run ended without a report.');
    await io.stdout.write(
      options.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${summarizeRun(report).join('\n')}\n`,
    );
    return exitStatusOf(report);
  } catch (error) {
    if (error instanceof CommandRefused) throw new UsageError(error.message);
    throw error;
  } finally {
    await engine.close();
  }
}

async function programOf({ program, settings, scriptArgs }: RunOptions): Promise<Program> {
  const scenario = SCENARIOS.find(({ id }) => id === program);
  if (scenario) {
    if (scriptArgs.length > 0) {
      throw new UsageError(`Scenario ${scenario.id} takes no arguments. Allowed: --set name=value.`);
    }
    return {
      kind: 'scenario',
      id: scenario.id,
      parameters: parseParameters(scenario.id, scenario.parameters, settings),
    };
  }
  if (!SCRIPT_EXTENSIONS.includes(extname(program))) {
    const known = SCENARIOS.map(({ id }) => id).join(', ');
    throw new UsageError(
      `There is no scenario "${program}". Allowed: ${known}, or a file (${SCRIPT_EXTENSIONS.join(' ')}).`,
    );
  }
  if (settings.length > 0) {
    throw new UsageError('--set is for scenarios. Allowed for a script: its own arguments after --.');
  }
  const path = resolve(program);
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new UsageError(`There is no file ${path}. Allowed: the path of a script, or a scenario's id.`);
  return { kind: 'file', path, args: [...scriptArgs] };
}

/** A relative path is the caller's; a bare name is looked up by the launcher as a shell would. */
function pathOrCommand(nodePath: string): string {
  const isPath = isAbsolute(nodePath) || nodePath.includes('/') || nodePath.includes(sep);
  return isPath ? resolve(nodePath) : nodePath;
}

function exitStatusOf(report: RunReport): number {
  const { status } = report.outcome;
  switch (status) {
    case 'threw':
    case 'crashed':
    case 'timed-out':
    case 'out-of-memory':
      return EXIT_STATUS.programFailed;
    case 'completed':
    case 'exited':
    case 'stopped':
      // A scenario that was stopped before its prediction could be checked did not hold it either.
      if (report.scenario.id === undefined || report.prediction?.held === true) return EXIT_STATUS.success;
      return EXIT_STATUS.predictionFailed;
    default:
      return assertNever(status);
  }
}
