// What a run is asked to do: the program, its parameters, its limits, and who collects garbage.

import * as v from 'valibot';
import { RecordingOrigin } from './recording-origin.ts';
import { GC_POLICY_KINDS } from './vocabulary.ts';

const positiveInteger = (maximum: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maximum));

/** No system gives a process a longer argument or variable. */
const ArgumentText = v.pipe(v.string(), v.maxLength(1024 * 1024));
const MAXIMUM_ARGUMENTS = 50_000;
const MAXIMUM_NAME_CHARACTERS = 4_096;
const MAXIMUM_INPUT_CHARACTERS = 4 * 1024 * 1024;
const Path = v.pipe(v.string(), v.maxLength(4_096));

export const ParameterValue = v.union([v.pipe(v.number(), v.finite()), v.string(), v.boolean()]);
export type ParameterValue = v.InferOutput<typeof ParameterValue>;
/** No scenario has as many. */
const MAXIMUM_PARAMETERS = 1_000;
export const ParameterValues = v.pipe(
  v.record(v.pipe(v.string(), v.maxLength(MAXIMUM_NAME_CHARACTERS)), ParameterValue),
  v.maxEntries(MAXIMUM_PARAMETERS),
);
export type ParameterValues = v.InferOutput<typeof ParameterValues>;

export const SCRIPT_EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'] as const;

/**
 * How a script of the user's is started. `workingDirectory`: absent, the script's folder. `environment`: variables added
 * to the minimal environment (or, with `inheritEnvironment`, to that of Heapline's own process). `standardInput`: text
 * that it reads; absent: empty. `nodeArgs`: options of Node's, each with its value in the same word.
 */
const scriptLaunch = {
  args: v.optional(v.pipe(v.array(ArgumentText), v.maxLength(MAXIMUM_ARGUMENTS)), []),
  nodeArgs: v.exactOptional(v.pipe(v.array(ArgumentText), v.maxLength(MAXIMUM_ARGUMENTS))),
  workingDirectory: v.exactOptional(Path),
  environment: v.exactOptional(v.record(v.pipe(v.string(), v.maxLength(MAXIMUM_NAME_CHARACTERS)), ArgumentText)),
  inheritEnvironment: v.exactOptional(v.boolean()),
  standardInput: v.exactOptional(v.pipe(v.string(), v.maxLength(MAXIMUM_INPUT_CHARACTERS))),
};

/**
 * A built-in scenario by id, a script by its path, a script by its text (written to a file of its own for the run), or a
 * process that was started elsewhere with `heapline/observe`.
 */
export const Program = v.variant('kind', [
  v.object({
    kind: v.literal('scenario'),
    id: v.pipe(v.string(), v.maxLength(MAXIMUM_NAME_CHARACTERS)),
    parameters: v.optional(ParameterValues, {}),
  }),
  v.object({ kind: v.literal('file'), path: Path, ...scriptLaunch }),
  v.object({
    kind: v.literal('scratch'),
    /** File name with one of SCRIPT_EXTENSIONS, without a folder. */
    name: v.pipe(v.string(), v.maxLength(MAXIMUM_NAME_CHARACTERS)),
    text: v.pipe(v.string(), v.maxLength(4 * 1024 * 1024)),
    ...scriptLaunch,
  }),
  v.object({ kind: v.literal('target'), targetId: v.pipe(v.string(), v.maxLength(64)), pid: v.number() }),
]);
export type Program = v.InferOutput<typeof Program>;

/** A program as it is listed: what it is, not what it is made of. See `listing.ts`. */
export const ListedProgram = v.variant('kind', [
  v.object({ kind: v.literal('scenario'), id: v.string(), parameters: v.optional(ParameterValues, {}) }),
  v.object({ kind: v.literal('file'), path: v.string() }),
  v.object({ kind: v.literal('scratch'), name: v.string() }),
  v.object({ kind: v.literal('target'), targetId: v.string(), pid: v.number() }),
]);
export type ListedProgram = v.InferOutput<typeof ListedProgram>;

/** How often the policy acts, in ms; `none` ignores the interval. */
export const GcPolicy = v.object({
  kind: v.picklist(GC_POLICY_KINDS),
  intervalMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(50), v.maxValue(60_000)), 500),
});
export type GcPolicy = v.InferOutput<typeof GcPolicy>;

/** A day. */
export const LONGEST_TIMEOUT_MS = 86_400_000;

/**
 * `settleMs`: how long the process is kept after the program has nothing left to do, so that late callbacks are seen.
 * `timeoutMs`: the run is ended after this long. `maxHeapMegabytes`: V8's old-space limit; absent means V8's own.
 */
export const Limits = v.object({
  settleMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(600_000)), 1_000),
  timeoutMs: v.optional(positiveInteger(LONGEST_TIMEOUT_MS), 60_000),
  maxHeapMegabytes: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(1_048_576))),
});
export type Limits = v.InferOutput<typeof Limits>;

/** Everything about a run that is known before it starts. `startedAt` is ISO 8601 wall-clock time. */
export const RunDescription = v.object({
  runId: v.string(),
  title: v.string(),
  program: Program,
  gcPolicy: GcPolicy,
  limits: Limits,
  startedAt: v.string(),
  /** Whether a heap snapshot is taken at the end to tell what keeps the living alive. */
  explain: v.exactOptional(v.boolean()),
  /** The `node` it was asked to run on; absent: the host's default. */
  nodePath: v.exactOptional(v.string()),
  /** The experiment that it is a run of. */
  experimentId: v.exactOptional(v.string()),
  /** Of a file or scratch program: the absolute path of the script that runs. */
  scriptPath: v.exactOptional(v.string()),
  /** The file that it was read from; absent: it was observed by this engine. Such a run has no process. */
  origin: v.exactOptional(RecordingOrigin),
});
export type RunDescription = v.InferOutput<typeof RunDescription>;

export const ListedDescription = v.object({ ...RunDescription.entries, program: ListedProgram });
export type ListedDescription = v.InferOutput<typeof ListedDescription>;
