// The commands and options as typed, and the one-line answer to every mistake in them.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { GcPolicy, Limits } from '../engine/protocol/run-description.ts';
import { GcPolicy as GcPolicySchema, Limits as LimitsSchema } from '../engine/protocol/run-description.ts';
import { GC_POLICY_KINDS } from '../engine/protocol/vocabulary.ts';
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

/** What the words of the command line ask for; each returns the exit status. */
export interface CommandActions {
  list(options: { json: boolean }): Promise<number>;
  run(options: RunOptions): Promise<number>;
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
  objects: number;
  json?: true;
}

interface RunFlags {
  set: string[];
  gc?: GcPolicy['kind'];
  gcInterval?: number;
  settle?: number;
  timeout?: number;
  maxHeap?: number;
  node?: string;
  cwd?: string;
  env: string[];
  inheritEnv?: true;
  objects: number;
  why?: true;
  json?: true;
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
    .description('list the built-in scenarios and their parameters')
    .option('--json', 'as one JSON document')
    .action(async (flags: { json?: true }) => {
      exitStatus = await actions.list({ json: flags.json === true });
    });

  program
    .command('run')
    .description('run a scenario or a script, and report what became of every registered object')
    .argument(
      '<program>',
      'a scenario-id, a file.{js,mjs,cjs,ts,mts,cts}, or - for a script on standard input',
      nonEmpty,
    )
    .argument('[args...]', 'the arguments of a script, after --')
    .addOption(
      new Option('--set <name=value>', 'a parameter of the scenario; may be repeated')
        .argParser((setting: string, settings: string[]) => [...settings, setting])
        .default([], ''),
    )
    .addOption(new Option('--gc <policy>', 'who collects garbage besides V8').choices(GC_POLICY_KINDS))
    .option('--gc-interval <ms>', 'how often the policy acts', within(GcPolicySchema.entries.intervalMs.wrapped.pipe))
    .option('--settle <ms>', 'how long to wait for late callbacks at the end', within(limits.settleMs.wrapped.pipe))
    .option('--timeout <ms>', 'end the run after this long', within(limits.timeoutMs.wrapped.pipe))
    .option('--max-heap <MB>', "limit of the heap's old space", within(limits.maxHeapMegabytes.wrapped.pipe))
    .option('--node <path>', 'the node to run on: a path, or a version of those that heapline nodes lists', nonEmpty)
    .option('--cwd <folder>', "where a script works; without it, the script's own folder", nonEmpty)
    .addOption(
      new Option('--env <NAME=value>', "a variable of a script's environment; may be repeated")
        .argParser((variable: string, variables: string[]) => [...variables, variable])
        .default([], ''),
    )
    .option('--inherit-env', 'give a script your whole environment instead of a minimal one')
    .option('--why', 'take a heap snapshot at the end, and tell what keeps the living objects alive')
    .option('--objects <n>', 'how many objects to report', wholeNumber(0, MAXIMUM_REPORTED_OBJECTS), 1000)
    .option('--json', 'print one JSON document on standard output, everything else on standard error')
    .action(async (name: string, scriptArgs: string[], flags: RunFlags) => {
      exitStatus = await actions.run({
        program: name,
        scriptArgs,
        settings: flags.set,
        environment: flags.env,
        inheritEnvironment: flags.inheritEnv === true,
        ...(flags.cwd !== undefined && { workingDirectory: flags.cwd }),
        limits: limitsOf(flags),
        reportedObjects: flags.objects,
        why: flags.why === true,
        json: flags.json === true,
        ...gcPolicyOf(flags),
        ...(flags.node !== undefined && { nodePath: flags.node }),
      });
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
    .option('--objects <n>', 'how many objects to report', wholeNumber(0, MAXIMUM_REPORTED_OBJECTS), 1000)
    .option('--json', 'print one JSON document on standard output')
    .action(async (pid: number, flags: WatchFlags) => {
      exitStatus = await actions.watch({
        pid,
        ...gcPolicyOf(flags),
        ...(flags.for !== undefined && { seconds: flags.for }),
        why: flags.why === true,
        reportedObjects: flags.objects,
        json: flags.json === true,
      });
    });

  program
    .command('serve')
    .description('serve the application to a browser on this machine')
    .argument('[script]', 'a script to begin with', nonEmpty)
    .option('--port <n>', 'the port; 0 takes any free one', wholeNumber(0, MAXIMUM_PORT))
    .option('--host <name>', 'the interface to listen on', nonEmpty, '127.0.0.1')
    .option('--no-open', 'do not open a browser')
    .action(async (script: string | undefined, flags: { port?: number; host: string; open: boolean }) => {
      exitStatus = await actions.serve({ ...flags, ...(script !== undefined && { script }) });
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

function limitsOf({ settle, timeout, maxHeap }: RunFlags): Partial<Limits> {
  return {
    ...(settle !== undefined && { settleMs: settle }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(maxHeap !== undefined && { maxHeapMegabytes: maxHeap }),
  };
}

function gcPolicyOf({ gc, gcInterval }: Pick<RunFlags, 'gc' | 'gcInterval'>): { gcPolicy?: GcPolicy } {
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
      return `${problem} Allowed: ${flags}.`;
    }
    case 'commander.missingArgument':
    case 'commander.excessArguments':
    case 'commander.optionMissingArgument':
      return command ? `${problem} Allowed: heapline ${command.name()} ${command.usage()}.` : problem;
    default:
      return problem;
  }
}
