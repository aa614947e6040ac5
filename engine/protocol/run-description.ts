// What a run is asked to do: the program, its parameters, its limits, and who collects garbage.

import * as v from 'valibot';
import { GC_POLICY_KINDS } from './vocabulary.ts';

const positiveInteger = (maximum: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maximum));

export const ParameterValue = v.union([v.pipe(v.number(), v.finite()), v.string(), v.boolean()]);
export type ParameterValue = v.InferOutput<typeof ParameterValue>;
export const ParameterValues = v.record(v.string(), ParameterValue);
export type ParameterValues = v.InferOutput<typeof ParameterValues>;

/** A built-in scenario by id, or a script by its path. */
export const Program = v.variant('kind', [
  v.object({ kind: v.literal('scenario'), id: v.string(), parameters: v.optional(ParameterValues, {}) }),
  v.object({ kind: v.literal('file'), path: v.string(), args: v.optional(v.array(v.string()), []) }),
]);
export type Program = v.InferOutput<typeof Program>;

/** How often the policy acts, in ms; `none` ignores the interval. */
export const GcPolicy = v.object({
  kind: v.picklist(GC_POLICY_KINDS),
  intervalMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(50), v.maxValue(60_000)), 500),
});
export type GcPolicy = v.InferOutput<typeof GcPolicy>;

/**
 * `settleMs`: how long the process is kept after the program has nothing left to do, so that late callbacks are seen.
 * `timeoutMs`: the run is ended after this long. `maxHeapMegabytes`: V8's old-space limit; absent means V8's own.
 */
export const Limits = v.object({
  settleMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(600_000)), 1_000),
  timeoutMs: v.optional(positiveInteger(86_400_000), 60_000),
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
});
export type RunDescription = v.InferOutput<typeof RunDescription>;
