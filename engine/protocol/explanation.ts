// Why objects are still alive: what a heap snapshot tells of the registrations that no callback has been called for.
// Found by the heap graph, kept in the recording and in the report, shown by clients.

import * as v from 'valibot';
import { Float64Column, sameLength, Uint32Column, Uint8Column } from './columns.ts';
import { CAUSES } from './vocabulary.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A place in a file of the program. Lines and columns count from 1. */
export const Place = v.object({ file: v.string(), line: Count, column: Count });
export type Place = v.InferOutput<typeof Place>;

/**
 * One step from a root toward the object, in the program's own names. `edge` says how the step before reaches this one
 * (`.owner`, `[17]`, `variable cache`, `held value`), and is empty for the first step; `node` says what it is
 * (`Map`, `function onMessage`, `Session`). Where objects of one reason differ in an index only, `edge` has `[…]` for it.
 */
export const PathStep = v.object({
  edge: v.string(),
  node: v.string(),
  /** True for the one edge whose removal lets the object go, as far as the graph tells. */
  suspect: v.boolean(),
  /** Where the function, or the function that made the closure, is. */
  place: v.exactOptional(Place),
});
export type PathStep = v.InferOutput<typeof PathStep>;

/** One distinct way of being kept alive, shared by `count` objects. */
export const AliveReason = v.object({
  id: Count,
  cause: v.picklist(CAUSES),
  /** The path in one line: `module variable cache → Map entry "17" → Session`. */
  summary: v.string(),
  /** One sentence that says what would let it go, with the program's own identifiers. */
  fix: v.string(),
  count: Count,
  /** Bytes that would be freed if all of them were let go; absent where the graph was too large to tell. */
  retainedBytes: v.exactOptional(v.number()),
  /** Up to three different paths, shortest first; of one of the objects. */
  paths: v.array(v.array(PathStep)),
  /** Paths of objects that go another way from the same holder, such as further links of a list. */
  forms: v.exactOptional(v.array(v.array(PathStep))),
});
export type AliveReason = v.InferOutput<typeof AliveReason>;

/** The path of an object with this `form`, still with `[…]` for what is its own; empty if the reason has none. */
export const pathOfForm = ({ paths, forms }: AliveReason, form: number): PathStep[] =>
  (form === 0 ? paths[0] : forms?.[form - 1]) ?? [];

/**
 * What one snapshot told. Row i: registration `id[i]` is kept for the reason `reasonId[i]`; `retainedBytes` is NaN where it
 * is not known. `form` is 0 if its own path looks like the first of the reason's paths, otherwise like `forms[form - 1]`;
 * absent: 0 for all. `entry` is what its own path has in place of `[…]` (UTF-8 in `entryBytes`, ends in `entryEnd`; several are
 * separated by a line feed; empty: none). A snapshot's later explanations replace those of an earlier one (`snapshot`
 * counts from 1). A very large one comes in several batches with the same `snapshot`, whose rows and reasons add up; a reason
 * comes no later than the first row that has it.
 */
export const ExplanationsBatch = v.pipe(
  v.object({
    type: v.literal('explanations'),
    snapshot: Count,
    /** When the heap stood still for it. */
    atMs: v.number(),
    reasons: v.array(AliveReason),
    id: Uint32Column,
    reasonId: Uint32Column,
    retainedBytes: Float64Column,
    form: v.exactOptional(Uint32Column),
    entryEnd: Uint32Column,
    entryBytes: Uint8Column,
  }),
  v.check(
    (b) =>
      sameLength(b, ['id', 'reasonId', 'retainedBytes', 'entryEnd']) &&
      (b.form === undefined || b.form.length === b.id.length),
    'columns differ in length',
  ),
);
