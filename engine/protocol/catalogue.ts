// What a client is told about a built-in scenario: enough to list it, explain it, show its source and set its parameters.

import * as v from 'valibot';
import { GcPolicy, Limits } from './run-description.ts';

/** A parameter with its bounds. The value of an `integer` is within [minimum, maximum]; a `choice` is one of `options`. */
export const ParameterDescription = v.variant('kind', [
  v.object({
    kind: v.literal('integer'),
    name: v.string(),
    title: v.string(),
    help: v.string(),
    unit: v.optional(v.string(), ''),
    default: v.number(),
    minimum: v.number(),
    maximum: v.number(),
  }),
  v.object({
    kind: v.literal('choice'),
    name: v.string(),
    title: v.string(),
    help: v.string(),
    default: v.string(),
    options: v.array(v.object({ value: v.string(), title: v.string() })),
  }),
  v.object({ kind: v.literal('boolean'), name: v.string(), title: v.string(), help: v.string(), default: v.boolean() }),
]);
export type ParameterDescription = v.InferOutput<typeof ParameterDescription>;

/** The stations of the learning path, in their order. */
export const STAGES = ['first-steps', 'everyday', 'not-guaranteed', 'pitfalls', 'hard-cases'] as const;
export type Stage = (typeof STAGES)[number];

export const ScenarioDescription = v.object({
  id: v.string(),
  title: v.string(),
  category: v.string(),
  /** Absent: not on the learning path. Within a stage the path follows the catalogue. */
  stage: v.exactOptional(v.picklist(STAGES)),
  /** One line under the title. */
  summary: v.string(),
  /** Plain words, paragraphs separated by blank lines. */
  theory: v.string(),
  /** Where the behaviour is specified or was reported. */
  references: v.array(v.object({ title: v.string(), url: v.string() })),
  /** What to look at on the timeline. */
  lookFor: v.string(),
  /** The prediction in words. */
  prediction: v.string(),
  /** What the user may guess before a run, as a question about the objects that it is about. */
  question: v.exactOptional(v.string()),
  parameters: v.array(ParameterDescription),
  /** The two values of a choice parameter that make a pair: the same program with a mistake, and without it. */
  pair: v.exactOptional(v.object({ parameter: v.string(), broken: v.string(), fixed: v.string() })),
  defaultGcPolicy: GcPolicy,
  defaultLimits: Limits,
  /** `text`: absent of a scenario of the user's own, which is read by its path when it is shown. */
  source: v.object({ fileName: v.string(), text: v.exactOptional(v.string()) }),
});
export type ScenarioDescription = v.InferOutput<typeof ScenarioDescription>;
