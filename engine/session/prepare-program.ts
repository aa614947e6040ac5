// From what a client wants to run to what is launched: finds the scenario or the script, checks it, and says where, how and
// on which `node` it is started. Runs in the session; called by the engine for each run.

import { realpath } from 'node:fs/promises';
import { basename, dirname, extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScenarioDescription } from '../protocol/catalogue.ts';
import type { CommandOf } from '../protocol/command.ts';
import type { OwnScenario } from '../protocol/own-scenario.ts';
import type { GcPolicy, Limits, ParameterValues, Program } from '../protocol/run-description.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import type { Scenario } from '../scenarios/define-scenario.ts';
import { compareVersions, type NodeFinder, type UsableNode } from './find-nodes.ts';
import { judgeBy, type PredictionJudge } from './judge-prediction.ts';
import type { LaunchRequest } from './launcher.ts';
import { checkNodeArgs } from './node-options.ts';
import { programEnvironment } from './program-environment.ts';
import { Refused } from './refused.ts';
import type { ScratchFiles } from './scratch-files.ts';
import { checkScript, checkWorkingDirectory } from './source-files.ts';
import { validateParameters } from './validate-parameters.ts';

/** Absolute paths of built parts. */
export interface EngineLocations {
  readonly observerPath: string;
  readonly scenarioRunnerPath: string;
  /** Reads heap snapshots, in a thread of its own. */
  readonly explainWorkerPath: string;
  /** Built scenarios: `simple.js` for the scenario whose file is `simple.ts`. */
  readonly scenariosFolder: string;
  /** Where the scenarios' own files are, to be shown; absent: beside the built ones. */
  readonly scenarioSources?: string;
  /** Working directory of scenarios; absent: the folder above the build's. */
  readonly scenarioWorkingDirectory?: string;
}

export interface PreparedProgram {
  readonly described: Program;
  /** Of a scenario: what it is run with unless somebody wants something else, and who judges its prediction. */
  readonly scenario?: {
    readonly defaultGcPolicy: GcPolicy;
    readonly defaultLimits: Limits;
    readonly judge: PredictionJudge;
  };
  /** Of a script: its real path, which is how Node names it in stacks. */
  readonly scriptPath?: string;
  /** The run adds its observer's options and its limits. */
  readonly launch: LaunchRequest;
  /** The file that a person should be shown for a file of the program. */
  readonly displayFile: (file: string) => string;
  /** The folder that the program's own files are named from; absent: that of its package. */
  readonly mainFolder?: string;
}

/** A scenario of the user's own that can be run now. */
export interface UsableScenario {
  readonly path: string;
  readonly node: UsableNode;
  readonly description: ScenarioDescription;
  readonly judge: PredictionJudge;
}

export interface OwnScenarioFinder {
  /** As they are known now, by file name. */
  list(): OwnScenario[];
  /** Looks again whether its file has changed. Undefined: there is none. @throws Refused `broken-scenario` */
  find(id: string): Promise<UsableScenario | undefined>;
}

type ScriptProgram = Extract<Program, { kind: 'file' | 'scratch' }>;

/** Finds what a client wants to run. @throws Refused */
export async function prepareProgram(
  command: Pick<CommandOf<'start-run'>, 'program' | 'nodePath'>,
  context: {
    readonly scenarios: readonly Scenario[];
    readonly ownScenarios: OwnScenarioFinder | undefined;
    readonly locations: EngineLocations;
    readonly nodes: NodeFinder;
    readonly scratchFiles: ScratchFiles;
  },
): Promise<PreparedProgram> {
  const { program, nodePath } = command;
  const { locations, nodes } = context;
  switch (program.kind) {
    case 'scenario': {
      const scenario = context.scenarios.find(({ id }) => id === program.id);
      if (scenario === undefined) return prepareOwnScenario(program, context, nodePath);
      const prepared = prepareScenario(program, scenario, locations);
      if (nodePath === undefined) return prepared;
      return { ...prepared, launch: { ...prepared.launch, nodePath: (await nodes.choose(nodePath)).path } };
    }
    case 'file':
      await checkScript(program.path);
      return prepareScript(program, program.path, dirname(program.path), context, nodePath);
    case 'scratch': {
      const { name, text, workingDirectory } = program;
      if (workingDirectory !== undefined) await checkWorkingDirectory(workingDirectory);
      const path = await context.scratchFiles.write(name, text, workingDirectory);
      return prepareScript(program, path, dirname(path), context, nodePath);
    }
    case 'target':
      throw new Refused('not-available', 'A process that was started elsewhere is watched, not started: watch-target.');
    default:
      return assertNever(program);
  }
}

function prepareScenario(
  program: Extract<Program, { kind: 'scenario' }>,
  scenario: Scenario,
  locations: EngineLocations,
): PreparedProgram {
  const { observerPath, scenariosFolder } = locations;
  const parameters = checkedParameters(scenario, program);
  const builtPath = join(scenariosFolder, `${basename(scenario.fileName, extname(scenario.fileName))}.js`);
  return {
    described: { kind: 'scenario', id: scenario.id, parameters },
    scenario: { ...scenario, judge: judgeBy(scenario) },
    launch: {
      entryPath: locations.scenarioRunnerPath,
      args: [builtPath, JSON.stringify(parameters)],
      observerPath,
      nodeOptions: [],
      environment: programEnvironment({}),
      workingDirectory: locations.scenarioWorkingDirectory ?? dirname(dirname(scenariosFolder)),
    },
    mainFolder: scenariosFolder,
    // Types are stripped in place, so that the built file has the lines and columns of its source.
    displayFile: (file) => {
      const path = pathOfFile(file);
      return path.startsWith(scenariosFolder + sep) ? path.replace(/\.js$/, '.ts') : path;
    },
  };
}

/** A scenario of the user's own runs where its file is, on a plain `node`, and is shown as that file. */
async function prepareOwnScenario(
  program: Extract<Program, { kind: 'scenario' }>,
  context: {
    readonly scenarios: readonly Scenario[];
    readonly ownScenarios: OwnScenarioFinder | undefined;
    readonly locations: EngineLocations;
    readonly nodes: NodeFinder;
  },
  nodePath: string | undefined,
): Promise<PreparedProgram> {
  const { scenarios, ownScenarios, locations, nodes } = context;
  const own = await ownScenarios?.find(program.id);
  if (own === undefined) {
    const others = ownScenarios?.list().flatMap((one) => (one.kind === 'usable' ? one.description.id : [])) ?? [];
    const known = [...scenarios.map(({ id }) => id), ...others].join(', ');
    throw new Refused('unknown-scenario', `There is no scenario ${JSON.stringify(program.id)}. Allowed: ${known}.`);
  }
  const { path, description, judge } = own;
  const parameters = checkedParameters(description, program);
  const node = nodePath === undefined ? own.node : await nodes.choose(nodePath);
  return {
    described: { kind: 'scenario', id: description.id, parameters },
    scenario: { ...description, judge },
    launch: {
      entryPath: locations.scenarioRunnerPath,
      args: [path, JSON.stringify(parameters)],
      observerPath: locations.observerPath,
      nodeOptions: /\.m?ts$/.test(path) ? typeScriptOptions(node) : [],
      environment: programEnvironment({}),
      workingDirectory: dirname(path),
      nodePath: node.path,
    },
    displayFile: pathOfFile,
    mainFolder: dirname(path),
  };
}

/** With the defaults of those that were not given. @throws Refused `bad-parameter` */
function checkedParameters(
  scenario: Pick<Scenario, 'parameters'>,
  program: Extract<Program, { kind: 'scenario' }>,
): ParameterValues {
  const validated = validateParameters(scenario.parameters, program.parameters);
  if (validated.type === 'invalid') throw new Refused('bad-parameter', validated.message);
  return validated.parameters;
}

async function prepareScript(
  program: ScriptProgram,
  path: string,
  ownFolder: string,
  { locations, nodes }: { locations: EngineLocations; nodes: NodeFinder },
  nodePath: string | undefined,
): Promise<PreparedProgram> {
  const { args, nodeArgs = [], workingDirectory = ownFolder, environment = {}, standardInput } = program;
  await checkWorkingDirectory(workingDirectory);
  checkWords(args, environment);
  checkNodeArgs(nodeArgs);
  const node = await nodes.choose(nodePath);
  // Node goes by the file that a link leads to.
  const scriptPath = await realpath(path);
  return {
    described: program,
    scriptPath,
    launch: {
      entryPath: path,
      args,
      observerPath: locations.observerPath,
      nodeOptions: [...(/\.[cm]?ts$/.test(scriptPath) ? typeScriptOptions(node) : []), ...nodeArgs],
      environment: programEnvironment(environment, { everything: program.inheritEnvironment === true }),
      workingDirectory,
      nodePath: node.path,
      standardInput: standardInput === undefined ? 'of-host' : { text: standardInput },
    },
    displayFile: pathOfFile,
  };
}

/** What the system takes for the words and variables of a process. @throws Refused */
function checkWords(args: readonly string[], environment: Readonly<Record<string, string>>): void {
  if (args.some((arg) => arg.includes('\0'))) throw new Refused('bad-parameter', 'An argument contains a zero byte.');
  for (const [name, value] of Object.entries(environment)) {
    if (name === '' || /[=\0]/.test(name) || value.includes('\0')) {
      throw new Refused('bad-parameter', `${JSON.stringify(name)} cannot be a variable of the environment.`);
    }
  }
}

/**
 * What a node needs to run TypeScript: nothing where it strips types by itself, the option where it has one.
 * @throws Refused where it cannot
 */
export function typeScriptOptions({ path, version }: UsableNode): string[] {
  const isFrom = (oldest: string) => compareVersions(version, oldest) >= 0;
  if (isFrom('23.6.0') || (isFrom('22.18.0') && !isFrom('23.0.0'))) return [];
  if (isFrom('22.6.0')) return ['--experimental-strip-types'];
  throw new Refused(
    'bad-node',
    `Node.js ${version} (${path}) does not run TypeScript. Choose Node.js 22.18 or later, or compile the script first.`,
  );
}

/** Modules are known by their address, scripts by their path; people know paths. Programs may name code as they like. */
export function pathOfFile(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch {
    // An address that is no path here, such as one with an encoded slash, stays as the program wrote it.
    return file;
  }
}
