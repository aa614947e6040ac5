// The commands and options as typed, and the one-line answer to every mistake in them.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { GcPolicy, Limits } from '../engine/protocol/run-description.ts';
import { GcPolicy as GcPolicySchema, Limits as LimitsSchema } from '../engine/protocol/run-description.ts';
import { MAXIMUM_RUNS_AT_ONCE, MAXIMUM_RUNS_PER_POLICY } from '../engine/protocol/experiment.ts';
import { GC_POLICY_KINDS } from '../engine/protocol/vocabulary.ts';
import type { ExperimentOptions } from './command-experiment.ts';
import type { ReportOptions } from './command-report.ts';
import type { RunAllOptions } from './command-run-all.ts';
import type { RunOptions } from './command-run.ts';
import type { ServeOptions } from './command-serve.ts';
import type { WatchOptions } from './command-watch.ts';
import { version } from './host-description.ts';
import { wholeNumber } from './option-values.ts';
import { EXIT_STATUS, UsageError } from './usage-error.ts';

/** Their report still travels as one message. */
const MAXIMUM_REPORTED_OBJECTS = 100_000;
const MAXIMUM_PORT = 65_535;
const MAXIMUM_PROCESS_ID = 2 ** 31 - 1;
/** A day. */
const MAXIMUM_SECONDS = 86_400;
const REPORTED_OBJECTS = 1_000;
const REPORTED_OBJECTS_OF_ALL = 50;
const RUNS_PER_POLICY = 10;

/** What the words of the command line ask for; each returns the exit status. */
export interface CommandActions {
  list(options: { json: boolean }): Promise<number>;
  newScenario(options: { name: string }): Promise<number>;
  run(options: RunOptions): Promise<number>;
  runAll(options: RunAllOptions): Promise<number>;
  experiment(options: ExperimentOptions): Promise<number>;
  report(options: ReportOptions): Promise<number>;
  nodes(options: { json: boolean }): Promise<number>;
  targets(options: { json: boolean }): Promise<number>;
  watch(options: WatchOptions): Promise<number>;
  serve(options: ServeOptions): Promise<number>;
}

interface WatchFlags {
  gc?: GcPolicy['kind'];
  gcInterval?: number;
  for?: number;
  why?: true;
  yes?: true;
  objects: number;
  json?: true;
}

interface RunFlags {
  set: string[];
  all?: true;
  gc?: GcPolicy['kind'][];
  gcInterval?: number;
  runs?: number;
  atOnce?: number;
  settle?: number;
  timeout?: number;
  maxHeap?: number;
  node?: string;
  cwd?: string;
  env: string[];
  inheritEnv?: true;
  nodeArg: string[];
  objects?: number;
  why?: true;
  json?: true;
  exitCode?: true;
  record?: string;
}

const within = ([, , minimum, maximum]: readonly [
  unknown,
  unknown,
  { readonly requirement: number },
  { readonly requirement: number },
]) => wholeNumber(minimum.requirement, maximum.requirement);
const limits = LimitsSchema.entries;

const nonEmpty = (text: string) => {
  if (text === '') throw new InvalidArgumentError('Allowed: a value that is not empty.');
  return text;
};

/**
 * Reads the words after `heapline` and does what they ask.
 * @returns the exit status; `--help` and `--version` write to standard output themselves
 * @throws UsageError
 */
export async function runCommandLine(words: readonly string[], actions: CommandActions): Promise<number> {
  let exitStatus: number = EXIT_STATUS.success;
  const program = new Command('heapline')
    .description('See when JavaScript objects are collected, when their cleanup callbacks run, and why some never do.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });

  program
    .command('list')
    .description('list the built-in scenarios, and your own, with their parameters')
    .option('--json', 'as one JSON document')
    .action(async (flags: { json?: true }) => {
      exitStatus = await actions.list({ json: flags.json === true });
    });

  program
    .command('new')
    .description('write a scenario of your own from the template: heapline new my-scenario')
    .argument('<name>', 'its name', nonEmpty)
    .action(async (name: string) => {
      exitStatus = await actions.newScenario({ name });
    });

  program
    .command('run')
    .description('run a scenario or a script, and report what became of every registered object')
    .argument(
      '[program]',
      'a scenario-id, a file.{js,mjs,cjs,ts,mts,cts}, or - for a script on standard input',
      nonEmpty,
    )
    .argument('[args...]', 'the arguments of a script, after --')
    .addOption(
      new Option('--set <name=value>', 'a parameter of the scenario; may be repeated')
        .argParser((setting: string, settings: string[]) => [...settings, setting])
        .default([], ''),
    )
    .option('--all', 'every built-in scenario, of pairs both halves')
    .addOption(
      new Option(
        '--gc <policy>',
        `who collects garbage besides V8: ${GC_POLICY_KINDS.join('|')}; several, with commas, make an experiment`,
      ).argParser(policyKinds),
    )
    .option('--gc-interval <ms>', 'how often the policy acts', within(GcPolicySchema.entries.intervalMs.wrapped.pipe))
    .option(
      '--runs <n>',
      `an experiment: so many runs under each policy (without --gc: under all four)`,
      wholeNumber(1, MAXIMUM_RUNS_PER_POLICY),
    )
    .option(
      '--at-once <n>',
      'how many processes of an experiment, or of --all, run side by side',
      wholeNumber(1, MAXIMUM_RUNS_AT_ONCE),
    )
    .option('--settle <ms>', 'how long to wait for late callbacks at the end', within(limits.settleMs.wrapped.pipe))
    .option('--timeout <ms>', 'end the run after this long', within(limits.timeoutMs.wrapped.pipe))
    .option('--max-heap <MB>', "limit of the heap's old space", within(limits.maxHeapMegabytes.wrapped.pipe))
    .option(
      '--node <path>',
      'the node to run on (22, 24 and 26 are supported): a path, or a version of those that heapline nodes lists',
      nonEmpty,
    )
    .option('--cwd <folder>', 'where a script works; without it, the current folder', nonEmpty)
    .addOption(
      new Option('--env <NAME=value>', "a variable of a script's environment; may be repeated")
        .argParser((variable: string, variables: string[]) => [...variables, variable])
        .default([], ''),
    )
    .option('--inherit-env', 'give a script your whole environment instead of a minimal one')
    .addOption(
      new Option(
        '--node-arg <option>',
        "an option for the script's node, as in --node-arg=--expose-gc; may be repeated. Tests run in the observed " +
          'process with --node-arg=--test --node-arg=--test-isolation=none',
      )
        .argParser((option: string, options: string[]) => [...options, option])
        .default([], ''),
    )
    .option('--why', 'take a heap snapshot at the end, and tell what keeps the living objects alive')
    .option(
      '--objects <n>',
      `how many objects to report; without it ${REPORTED_OBJECTS}, with --all ${REPORTED_OBJECTS_OF_ALL} a run`,
      wholeNumber(0, MAXIMUM_REPORTED_OBJECTS),
    )
    .option('--json', 'print one JSON document on standard output, everything else on standard error')
    .option(
      '--exit-code',
      "end with the program's own exit status (128 + n for signal n); 3 after --timeout, 130 after Ctrl-C",
    )
    .option('--record <file>', 'write a recording at the end, to be opened again: a .heapline file', nonEmpty)
    .action(async (name: string | undefined, scriptArgs: string[], flags: RunFlags) => {
      const asked = runRequestOf(name, scriptArgs, flags);
      if (asked.kind === 'all') exitStatus = await actions.runAll(asked.options);
      else if (asked.kind === 'experiment') exitStatus = await actions.experiment(asked.options);
      else exitStatus = await actions.run(asked.options);
    });

  program
    .command('report')
    .description('tell what a recording tells, as run did at its end, with the same exit status; nothing is run')
    .argument('<file>', 'a .heapline file', nonEmpty)
    .option('--json', 'print the JSON document that run --json prints')
    .action(async (file: string, flags: { json?: true }) => {
      exitStatus = await actions.report({ file, json: flags.json === true });
    });

  program
    .command('nodes')
    .description('list the nodes of this machine that programs can run on')
    .option('--json', 'as one JSON document')
    .action(async (flags: { json?: true }) => {
      exitStatus = await actions.nodes({ json: flags.json === true });
    });

  program
    .command('targets')
    .description('list the processes that were started with heapline/observe and can be watched')
    .option('--json', 'as one JSON document')
    .action(async (flags: { json?: true }) => {
      exitStatus = await actions.targets({ json: flags.json === true });
    });

  program
    .command('watch')
    .description('watch a process that was started with heapline/observe, until Ctrl-C; the process goes on')
    .argument('<pid>', 'its process id', wholeNumber(1, MAXIMUM_PROCESS_ID))
    .addOption(new Option('--gc <policy>', 'who collects garbage besides V8').choices(GC_POLICY_KINDS))
    .option('--gc-interval <ms>', 'how often the policy acts', within(GcPolicySchema.entries.intervalMs.wrapped.pipe))
    .option('--for <seconds>', 'leave it after this long', wholeNumber(1, MAXIMUM_SECONDS))
    .option('--why', 'before leaving it, take a heap snapshot and tell what keeps the living objects alive')
    .option('--yes', 'with --why: take the snapshot, which pauses the process, without asking')
    .option('--objects <n>', 'how many objects to report', wholeNumber(0, MAXIMUM_REPORTED_OBJECTS), 1000)
    .option('--json', 'print one JSON document on standard output')
    .action(async (pid: number, flags: WatchFlags) => {
      exitStatus = await actions.watch({
        pid,
        ...gcPolicyOf(flags),
        ...(flags.for !== undefined && { seconds: flags.for }),
        why: flags.why === true,
        yes: flags.yes === true,
        reportedObjects: flags.objects,
        json: flags.json === true,
      });
    });

  program
    .command('serve')
    .description('serve the application to a browser on this machine')
    .argument('[file]', 'a script or a .heapline file to begin with', nonEmpty)
    .option('--port <n>', 'the port; 0 takes any free one', wholeNumber(0, MAXIMUM_PORT))
    .option('--host <name>', 'the interface to listen on', nonEmpty, '127.0.0.1')
    .option('--no-open', 'do not open a browser')
    .action(async (file: string | undefined, flags: { port?: number; host: string; open: boolean }) => {
      exitStatus = await actions.serve({ ...flags, ...(file !== undefined && { file }) });
    });

  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return EXIT_STATUS.success;
    throw new UsageError(usageProblem(program, words, error));
  }
  return exitStatus;
}

type RunRequest =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'experiment'; readonly options: ExperimentOptions }
  | { readonly kind: 'all'; readonly options: RunAllOptions };

/** @throws UsageError where the flags do not go together */
function runRequestOf(name: string | undefined, scriptArgs: readonly string[], flags: RunFlags): RunRequest {
  const { gc = [], gcInterval, runs, atOnce, objects } = flags;
  const common = {
    limits: limitsOf(flags),
    json: flags.json === true,
    ...(flags.node !== undefined && { nodePath: flags.node }),
    ...(atOnce !== undefined && { runsAtOnce: atOnce }),
  };
  const why = flags.why === true;
  const isExperiment = runs !== undefined || gc.length > 1;
  if (flags.record !== undefined && (isExperiment || flags.all === true)) {
    throw new UsageError('--record writes a single run. Allowed: run with one program and one --gc policy.');
  }
  if (flags.exitCode === true && (isExperiment || flags.all === true)) {
    throw new UsageError('--exit-code is for a single run. Allowed: run with one program and one --gc policy.');
  }
  const onePolicy = () => gcPolicyOf({ ...(gc[0] && { gc: gc[0] }), ...(gcInterval !== undefined && { gcInterval }) });
  if (flags.all === true) {
    if (name !== undefined) throw new UsageError(`--all runs every scenario. Allowed: --all, or ${name}.`);
    if (isExperiment || flags.set.length > 0) {
      throw new UsageError(
        '--all runs each scenario once, as it is. Allowed with it: --gc with one policy, --why, --json.',
      );
    }
    const reportedObjects = objects ?? REPORTED_OBJECTS_OF_ALL;
    return { kind: 'all', options: { ...common, ...onePolicy(), why, reportedObjects } };
  }
  if (name === undefined) {
    throw new UsageError("Give a program. Allowed: a scenario's id, a script's path, - for standard input, or --all.");
  }
  const program = {
    program: name,
    scriptArgs,
    settings: flags.set,
    environment: flags.env,
    inheritEnvironment: flags.inheritEnv === true,
    nodeArgs: flags.nodeArg,
    ...(flags.cwd !== undefined && { workingDirectory: flags.cwd }),
  };
  if (isExperiment) {
    if (why) throw new UsageError('--why explains a single run. Allowed with --runs: --gc, --at-once, --json.');
    const intervalMs = gcInterval ?? GcPolicySchema.entries.intervalMs.default;
    const kinds = gc.length === 0 ? GC_POLICY_KINDS : gc;
    const gcPolicies = kinds.map((kind) => ({ kind, intervalMs }));
    return {
      kind: 'experiment',
      options: { ...program, ...common, gcPolicies, runsPerPolicy: runs ?? RUNS_PER_POLICY },
    };
  }
  if (atOnce !== undefined) throw new UsageError('--at-once is for several runs. Allowed: with --runs, or with --all.');
  const reportedObjects = objects ?? REPORTED_OBJECTS;
  return {
    kind: 'run',
    options: {
      ...program,
      ...common,
      ...onePolicy(),
      why,
      reportedObjects,
      passesExitCode: flags.exitCode === true,
      ...(flags.record !== undefined && { recordFile: flags.record }),
    },
  };
}

/** `none,major`: each once. */
function policyKinds(text: string): GcPolicy['kind'][] {
  const kinds = text.split(',').map((word) => GC_POLICY_KINDS.find((kind) => kind === word.trim()));
  const known = kinds.filter((kind) => kind !== undefined);
  if (known.length < kinds.length || new Set(known).size < known.length) {
    throw new InvalidArgumentError(`Allowed: ${GC_POLICY_KINDS.join(', ')}, or several of them with commas.`);
  }
  return known;
}

function limitsOf({ settle, timeout, maxHeap }: RunFlags): Partial<Limits> {
  return {
    ...(settle !== undefined && { settleMs: settle }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(maxHeap !== undefined && { maxHeapMegabytes: maxHeap }),
  };
}

function gcPolicyOf({ gc, gcInterval }: Pick<WatchFlags, 'gc' | 'gcInterval'>): { gcPolicy?: GcPolicy } {
  if (gc === undefined) {
    if (gcInterval !== undefined) throw new UsageError('--gc-interval needs --gc. Allowed: --gc minor|major|pressure.');
    return {};
  }
  return { gcPolicy: { kind: gc, intervalMs: gcInterval ?? GcPolicySchema.entries.intervalMs.default } };
}

/** Commander's message on one line, followed by what is allowed where it does not say so itself. */
function usageProblem(program: Command, words: readonly string[], error: CommanderError): string {
  const [first = ''] = error.message.replace(/^error: /, '').split('\n');
  const problem = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replace(/([^.])$/, '$1.');
  const commands = program.commands.map((command) => command.name()).join(', ');
  const command = program.commands.find((candidate) => candidate.name() === words[0]);
  switch (error.code) {
    case 'commander.help':
      return `Give a command. Allowed: ${commands}; heapline --help tells more.`;
    case 'commander.unknownCommand':
      return `${problem} Allowed: ${commands}.`;
    case 'commander.unknownOption': {
      const flags = (command ?? program).options.map((option) => option.flags).join(', ');
      const ofScript = command?.name() === 'run' ? " A script's own options stand after --." : '';
      return `${problem} Allowed: ${flags}.${ofScript}`;
    }
    case 'commander.missingArgument':
    case 'commander.excessArguments':
    case 'commander.optionMissingArgument':
      return command ? `${problem} Allowed: heapline ${command.name()} ${command.usage()}.` : problem;
    default:
      return problem;
  }
}
