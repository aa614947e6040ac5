// `heapline run`: one run in an engine of its own, followed to its end and told on the terminal or as one JSON document.

import { existsSync } from 'node:fs';
import { isAbsolute, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { isatty } from 'node:tty';
import type { Command } from '../engine/protocol/command.ts';
import type { EngineEvent } from '../engine/protocol/event.ts';
import { createMemoryPortPair } from '../engine/protocol/port.ts';
import { SCRIPT_EXTENSIONS, type GcPolicy, type Limits, type Program } from '../engine/protocol/run-description.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { assertNever } from '../engine/protocol/vocabulary.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { createEngine } from '../engine/session/engine.ts';
import { createNodeLauncher } from '../engine/session/node-launcher.ts';
import { CommandRefused, createEngineClient } from './engine-client.ts';
import { engineLocations } from './engine-locations.ts';
import { describeHost } from './host-description.ts';
import { onInterrupts } from './interrupts.ts';
import { parseEnvironment, parseParameters } from './option-values.ts';
import type { Output } from './output.ts';
import { summarizeRun } from './run-summary.ts';
import { describeExplaining } from './why-summary.ts';
import { EXIT_STATUS, UsageError } from './usage-error.ts';

/** What `heapline run -` calls its script. As Node does with its input, it takes it for a module or not by its syntax. */
const INPUT_NAME = 'standard-input.js';

const ALLOWED_PROGRAMS = " Allowed: the path of a script, or a scenario's id.";

export interface RunOptions {
  /** A scenario's id, a script's path, or `-`: the script is read from standard input. */
  readonly program: string;
  readonly scriptArgs: readonly string[];
  readonly settings: readonly string[];
  /** `NAME=value` each. */
  readonly environment: readonly string[];
  readonly inheritEnvironment: boolean;
  readonly workingDirectory?: string;
  readonly gcPolicy?: GcPolicy;
  readonly limits: Partial<Limits>;
  readonly nodePath?: string;
  readonly reportedObjects: number;
  /** Tell what keeps the living objects alive. */
  readonly why: boolean;
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
    launcher: createNodeLauncher({
      nodePath: process.execPath,
      // A terminal cannot be read from the program's own process group, and belongs to whoever sits there.
      givesInputAway: !isatty(0) && options.program !== '-',
    }),
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
      ...(options.why && { explain: true }),
      ...(nodePath !== undefined && { nodePath: pathOrCommand(nodePath) }),
    });
    runId = accepted.runId;
    if (runId === undefined) throw new Error('The engine did not say which run it started.');
    if (stopIsWanted) stopRun();
    let report: RunReport | undefined;
    const progress = createProgressLine(io.stderr);
    await client.follow(runId, async (batch) => {
      if (batch.type === 'console') {
        for (const { stream, text } of batch.entries) {
          await (stream === 'stdout' && !options.json ? io.stdout : io.stderr).write(text);
        }
      } else if (batch.type === 'status') await progress.show(describeExplaining(batch));
      else if (batch.type === 'ended') report = batch.report;
    });
    await progress.show(undefined);
    if (report === undefined) throw new Error('The run ended without a report.');
    await io.stdout.write(
      options.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${summarizeRun(report).join('\n')}\n`,
    );
    return exitStatusOf(report);
  } catch (error) {
    if (error instanceof CommandRefused) {
      const allowed = error.refusal === 'bad-file' && !error.message.includes('Allowed') ? ALLOWED_PROGRAMS : '';
      throw new UsageError(`${error.message}${allowed}`);
    }
    throw error;
  } finally {
    await engine.close();
  }
}

/** One line on a terminal that is written over and over; nothing where nobody watches. */
function createProgressLine(stderr: Output) {
  const isWatched = isatty(2);
  let shown: string | undefined;
  return {
    async show(text: string | undefined): Promise<void> {
      if (!isWatched || text === shown) return;
      shown = text;
      await stderr.write(`\r\u001b[K${text ?? ''}`);
    },
  };
}

async function programOf(options: RunOptions): Promise<Program> {
  const { program, settings, scriptArgs } = options;
  const scenario = SCENARIOS.find(({ id }) => id === program);
  if (scenario) {
    if (scriptArgs.length > 0) {
      throw new UsageError(`Scenario ${scenario.id} takes no arguments. Allowed: --set name=value.`);
    }
    if (options.environment.length > 0 || options.inheritEnvironment || options.workingDirectory !== undefined) {
      throw new UsageError('--cwd, --env and --inherit-env are for scripts. Allowed for a scenario: --set name=value.');
    }
    return {
      kind: 'scenario',
      id: scenario.id,
      parameters: parseParameters(scenario.id, scenario.parameters, settings),
    };
  }
  const looksLikePath = SCRIPT_EXTENSIONS.some((extension) => program.endsWith(extension)) || /[\\/]/.test(program);
  if (program !== '-' && !looksLikePath && !existsSync(program)) {
    const known = SCENARIOS.map(({ id }) => id).join(', ');
    throw new UsageError(
      `There is no scenario "${program}". Allowed: ${known}, or a file (${SCRIPT_EXTENSIONS.join(' ')}).`,
    );
  }
  if (settings.length > 0) {
    throw new UsageError('--set is for scenarios. Allowed for a script: its own arguments after --.');
  }
  const { workingDirectory, inheritEnvironment } = options;
  const launch = {
    args: [...scriptArgs],
    ...(workingDirectory !== undefined && { workingDirectory: resolve(workingDirectory) }),
    environment: parseEnvironment(options.environment),
    ...(inheritEnvironment && { inheritEnvironment }),
  };
  if (program !== '-') return { kind: 'file', path: resolve(program), ...launch };
  return {
    kind: 'scratch',
    name: INPUT_NAME,
    text: await text(process.stdin),
    ...launch,
    // It has no folder of its own that anybody would mean.
    workingDirectory: resolve(workingDirectory ?? '.'),
  };
}

/** A relative path is the caller's; a bare name, or a version, is looked up by the engine. */
function pathOrCommand(nodePath: string): string {
  const isPath = isAbsolute(nodePath) || nodePath.includes('/') || nodePath.includes(sep);
  return isPath ? resolve(nodePath) : nodePath;
}

/** The exit status that tells how a run ended. */
export function exitStatusOf(report: RunReport): number {
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
