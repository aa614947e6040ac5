// A scenario of the user's own, as clients are told of it: a file in the user's folder that can be run, or what is wrong
// with it and where.

import * as v from 'valibot';
import { ScenarioDescription } from './catalogue.ts';
import { Place } from './explanation.ts';

/** Something about a scenario's file that keeps it from being used. */
export const ScenarioProblem = v.object({
  /** What is wrong and what is allowed, for a person. */
  message: v.string(),
  place: v.exactOptional(Place),
  /** The lines around `place` with their numbers, and a caret under the column; lines are separated by line feeds. */
  frame: v.exactOptional(v.string()),
  /** One sentence that says what to do, where that is known. */
  hint: v.exactOptional(v.string()),
});
export type ScenarioProblem = v.InferOutput<typeof ScenarioProblem>;

/** Listed without texts: a listing goes to every client whenever one of the files changes. */
export const OwnScenario = v.variant('kind', [
  v.object({ kind: v.literal('usable'), path: v.string(), description: ScenarioDescription }),
  v.object({
    kind: v.literal('broken'),
    path: v.string(),
    fileName: v.string(),
    /** As far as the file says them. The id may be that of another scenario, which is then the problem. */
    id: v.exactOptional(v.string()),
    title: v.exactOptional(v.string()),
    problem: ScenarioProblem,
  }),
  /** Seen for the first time, and being looked at. */
  v.object({ kind: v.literal('loading'), path: v.string(), fileName: v.string() }),
]);
export type OwnScenario = v.InferOutput<typeof OwnScenario>;
