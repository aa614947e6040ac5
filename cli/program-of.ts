// From the words of `heapline run` to the program that the engine is asked to run.

import { existsSync } from 'node:fs';
import { basename, extname, isAbsolute, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ScenarioDescription } from '../engine/protocol/catalogue.ts';
import type { OwnScenario } from '../engine/protocol/own-scenario.ts';
import { isRecordingName } from '../engine/protocol/recording-origin.ts';
import { SCRIPT_EXTENSIONS, type Program } from '../engine/protocol/run-description.ts';
import { CommandRefused } from './engine-client.ts';
import { parseEnvironment, parseParameters } from './option-values.ts';
import { problemInOneLine } from './own-scenario-problem.ts';
import { UsageError } from './usage-error.ts';

/** What `heapline run -` calls its script. As Node does with its input, it takes it for a module or not by its syntax. */
const INPUT_NAME = 'standard-input.js';

const ALLOWED_PROGRAMS = " Allowed: the path of a script, or a scenario's id.";

export interface ProgramOptions {
  /** A scenario's id, a script's path, or `-`: the script is read from standard input. */
  readonly program: string;
  readonly scriptArgs: readonly string[];
  readonly settings: readonly string[];
  /** `NAME=value` each. */
  readonly environment: readonly string[];
  readonly inheritEnvironment: boolean;
  /** Options for Node. */
  readonly nodeArgs: readonly string[];
  readonly workingDirectory?: string;
}

/** @throws UsageError */
export async function programOf(options: ProgramOptions): Promise<Program> {
  const { program, settings, scriptArgs } = options;
  if (isRecordingName(program)) {
    throw new UsageError(`${program} is a recording, which is not run. Allowed: heapline report ${program}.`);
  }
  const looksLikePath = SCRIPT_EXTENSIONS.some((extension) => program.endsWith(extension)) || /[\\/]/.test(program);
  // Only where a name may be meant: a script need not wait until every scenario is loaded.
  const scenarios = looksLikePath || program === '-' ? [] : (await import('../engine/scenarios/index.ts')).SCENARIOS;
  const builtIn = scenarios.find(({ id }) => id === program);
  const mayBeOwn = builtIn === undefined && program !== '-' && !looksLikePath && !existsSync(program);
  const own = mayBeOwn ? await (await import('./own-scenarios.ts')).lookAtOwnScenarios() : [];
  const scenario = builtIn ?? ownScenario(program, own);
  if (scenario) {
    if (scriptArgs.length > 0) {
      throw new UsageError(`Scenario ${scenario.id} takes no arguments. Allowed: --set name=value.`);
    }
    const isGiven =
      options.environment.length > 0 ||
      options.nodeArgs.length > 0 ||
      options.inheritEnvironment ||
      options.workingDirectory !== undefined;
    if (isGiven) {
      throw new UsageError(
        '--cwd, --env, --inherit-env and --node-arg are for scripts. Allowed for a scenario: --set name=value.',
      );
    }
    return {
      kind: 'scenario',
      id: scenario.id,
      parameters: parseParameters(scenario.id, scenario.parameters, settings),
    };
  }
  if (mayBeOwn) {
    const ownIds = own.flatMap((one) => (one.kind === 'usable' ? one.description.id : []));
    const known = [...scenarios.map(({ id }) => id), ...ownIds].join(', ');
    throw new UsageError(
      `There is no scenario "${program}". Allowed: ${known}, or a file (${SCRIPT_EXTENSIONS.join(' ')}).`,
    );
  }
  if (settings.length > 0) {
    throw new UsageError('--set is for scenarios. Allowed for a script: its own arguments after --.');
  }
  const { workingDirectory, inheritEnvironment, nodeArgs } = options;
  const launch = {
    args: [...scriptArgs],
    ...(nodeArgs.length > 0 && { nodeArgs: [...nodeArgs] }),
    workingDirectory: resolve(workingDirectory ?? '.'),
    environment: parseEnvironment(options.environment),
    ...(inheritEnvironment && { inheritEnvironment }),
  };
  if (program !== '-') return { kind: 'file', path: resolve(program), ...launch };
  return { kind: 'scratch', name: INPUT_NAME, text: await text(process.stdin), ...launch };
}

/** @throws UsageError if a file declares it, and cannot be used */
function ownScenario(id: string, own: readonly OwnScenario[]): ScenarioDescription | undefined {
  for (const one of own) if (one.kind === 'usable' && one.description.id === id) return one.description;
  for (const one of own) {
    const isIt = one.kind === 'broken' && (one.id ?? basename(one.fileName, extname(one.fileName))) === id;
    if (isIt) throw new UsageError(`${problemInOneLine(one)}`);
  }
  return undefined;
}

/** A relative path is the caller's; a bare name, or a version, is looked up by the engine. */
export function pathOrCommand(nodePath: string): string {
  const isPath = isAbsolute(nodePath) || nodePath.includes('/') || nodePath.includes(sep);
  return isPath ? resolve(nodePath) : nodePath;
}

/** What the engine refused is a mistake in the words; anything else is passed on. */
export function usageErrorOf(error: unknown): unknown {
  if (!(error instanceof CommandRefused)) return error;
  const allowed = error.refusal === 'bad-file' && !error.message.includes('Allowed') ? ALLOWED_PROGRAMS : '';
  return new UsageError(`${error.message}${allowed}`);
}
