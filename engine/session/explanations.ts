// What a run tells of a snapshot: the reasons of the registrations that are alive, as batches and as the report has them.
// Pure; called by the run.

import { basename } from 'node:path';
import { CELL_STATES, type SnapshotExplanation } from '../heap-graph/explanation.ts';
import { pathOfForm, type AliveReason, type PathStep } from '../protocol/explanation.ts';
import type { RunBatchOf } from '../protocol/run-batch.ts';
import type { ReportedObject, RunReport } from '../protocol/run-report.ts';
import type { DisplayedPlaces } from './displayed-places.ts';

/** Rows of one batch, and reasons of one batch: either stays far below what a frame may have. */
const BATCH_ROWS = 262_144;
const BATCH_REASONS = 2_000;
/** How many reasons a report lists; they are ordered by what they keep. */
const MAXIMUM_REPORTED_CAUSES = 1_000;
/** Stands in a path for what differs between the objects of one reason. */
const ENTRY = '[…]';

const REACHABLE = CELL_STATES.indexOf('reachable');
/** Of an object that nothing reaches, whether the snapshot's own collection has cleared its cell or not. */
const NOT_COLLECTED_YET: Omit<AliveReason, 'id'> = {
  cause: 'not-collected-yet',
  summary: 'nothing reaches it',
  fix: 'There is nothing to fix: nothing reaches it any more, and no mark-compact has run since it was let go.',
  count: 0,
  paths: [],
};

/** Row i: registration `id[i]` (ascending) is alive for the reason `reasonId[i]`. */
export interface AliveExplanation {
  readonly id: Uint32Array<ArrayBuffer>;
  readonly reasonId: Uint32Array<ArrayBuffer>;
  readonly retainedBytes: Float64Array<ArrayBuffer>;
  readonly form: Uint32Array<ArrayBuffer>;
  readonly entryEnd: Uint32Array<ArrayBuffer>;
  readonly entryBytes: Uint8Array<ArrayBuffer>;
  /** Those that are left, most objects first, counted anew. */
  readonly reasons: readonly AliveReason[];
}

/** What needs no snapshot to be known. */
export const NOTHING_ALIVE: AliveExplanation = {
  id: new Uint32Array(0),
  reasonId: new Uint32Array(0),
  retainedBytes: new Float64Array(0),
  form: new Uint32Array(0),
  entryEnd: new Uint32Array(0),
  entryBytes: new Uint8Array(0),
  reasons: [],
};

/**
 * Takes the rows of which `isAlive` says that they are alive, so that nothing else that was told of a registration is
 * contradicted. One that nothing reaches is not collected yet.
 *
 * @param displayed the places that a person should be shown
 */
export function explainAlive(
  explanation: SnapshotExplanation,
  isAlive: (id: number) => boolean,
  displayed: DisplayedPlaces,
): AliveExplanation {
  const { id, retainedBytes, form, entryEnd, entryBytes } = explanation;
  const known = explanation.reasons.find(({ cause }) => cause === 'not-collected-yet');
  const notCollectedYet = known ?? { ...NOT_COLLECTED_YET, id: 1 + highest(explanation.reasons) };
  const reasonId = explanation.reasonId.map((reason, row) =>
    reason === 0 && explanation.state[row] !== REACHABLE ? notCollectedYet.id : reason,
  );
  const rows: number[] = [];
  const counts = new Map<number, number>();
  let bytes = 0;
  for (let row = 0; row < id.length; row += 1) {
    const reason = reasonId[row] ?? 0;
    if (reason === 0 || !isAlive(id[row] ?? 0)) continue;
    rows.push(row);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    bytes += (entryEnd[row] ?? 0) - entryStart(explanation, row);
  }
  const keptEntryEnd = new Uint32Array(rows.length);
  const keptEntryBytes = new Uint8Array(bytes);
  let end = 0;
  for (const [index, row] of rows.entries()) {
    const entry = entryBytes.subarray(entryStart(explanation, row), entryEnd[row]);
    keptEntryBytes.set(entry, end);
    end += entry.length;
    keptEntryEnd[index] = end;
  }
  const reasons: AliveReason[] = [];
  for (const reason of known === undefined ? [...explanation.reasons, notCollectedYet] : explanation.reasons) {
    const count = counts.get(reason.id);
    if (count === undefined) continue;
    const { retainedBytes: ofAll, ...rest } = withDisplayedPlaces(reason, displayed);
    // The figure is of all of them.
    const retained = count === reason.count && ofAll !== undefined ? { retainedBytes: ofAll } : {};
    reasons.push({ ...rest, ...retained, count });
  }
  return {
    id: Uint32Array.from(rows, (row) => id[row] ?? 0),
    reasonId: Uint32Array.from(rows, (row) => reasonId[row] ?? 0),
    retainedBytes: Float64Array.from(rows, (row) => retainedBytes[row] ?? NaN),
    form: Uint32Array.from(rows, (row) => form[row] ?? 0),
    entryEnd: keptEntryEnd,
    entryBytes: keptEntryBytes,
    reasons: reasons.sort((one, other) => other.count - one.count || one.id - other.id),
  };
}

const highest = (reasons: readonly AliveReason[]): number => reasons.reduce((most, { id }) => Math.max(most, id), 0);

/** Its words name files too, as `module held-value.js` or `held-value.js:69`. */
function withDisplayedPlaces(reason: AliveReason, displayed: DisplayedPlaces): AliveReason {
  const words = new Map<string, string>();
  /** What means two things in this reason stays as it is. */
  const ambiguous = new Set<string>();
  const mean = (text: string, shown: string): void => {
    if (words.has(text) && words.get(text) !== shown) ambiguous.add(text);
    words.set(text, shown);
  };
  for (const { place } of [...reason.paths, ...(reason.forms ?? [])].flat()) {
    if (place === undefined) continue;
    const { name = place.file, file, line } = displayed.site(place);
    mean(`${basename(place.file)}:${place.line}`, `${name}:${line}`);
    mean(basename(place.file), basename(file));
  }
  const known = [...words].filter(([text, shown]) => text !== shown && !ambiguous.has(text));
  if (known.length === 0) return withPlaces(reason, displayed, (text) => text);
  // Places before names of files alone, and no part of a longer name or number.
  const all = known.map(([text]) => RegExp.escape(text)).sort((one, other) => other.length - one.length);
  const pattern = new RegExp(`(?<![\\w./-])(?:${all.join('|')})(?![\\w])`, 'g');
  const shownAs = new Map(known);
  return withPlaces(reason, displayed, (text) => text.replace(pattern, (match) => shownAs.get(match) ?? match));
}

function withPlaces(reason: AliveReason, displayed: DisplayedPlaces, named: (text: string) => string): AliveReason {
  const shownStep = (step: PathStep): PathStep => ({
    ...step,
    node: named(step.node),
    ...(step.place !== undefined && { place: displayed.place(step.place) }),
  });
  const shown = (paths: readonly PathStep[][]): PathStep[][] => paths.map((path) => path.map(shownStep));
  return {
    ...reason,
    summary: named(reason.summary),
    fix: named(reason.fix),
    paths: shown(reason.paths),
    ...(reason.forms !== undefined && { forms: shown(reason.forms) }),
  };
}

const entryStart = ({ entryEnd }: { readonly entryEnd: Uint32Array }, row: number): number =>
  row === 0 ? 0 : (entryEnd[row - 1] ?? 0);

/** One batch, or several that add up; each reason comes no later than the first row that has it. */
export function* explanationBatches(
  snapshot: number,
  atMs: number,
  alive: AliveExplanation,
): Generator<RunBatchOf<'explanations'>> {
  const { id, reasonId, retainedBytes, form, entryEnd, entryBytes, reasons } = alive;
  const common = { type: 'explanations', snapshot, atMs } as const;
  let from = 0;
  for (; reasons.length - from > BATCH_REASONS; from += BATCH_REASONS) {
    yield { ...NOTHING_ALIVE, ...common, reasons: reasons.slice(from, from + BATCH_REASONS) };
  }
  let row = 0;
  do {
    const end = Math.min(row + BATCH_ROWS, id.length);
    const firstByte = entryStart(alive, row);
    yield {
      ...common,
      reasons: row === 0 ? reasons.slice(from) : [],
      id: id.slice(row, end),
      reasonId: reasonId.slice(row, end),
      retainedBytes: retainedBytes.slice(row, end),
      form: form.slice(row, end),
      entryEnd: entryEnd.slice(row, end).map((at) => at - firstByte),
      entryBytes: entryBytes.slice(firstByte, entryEnd[end - 1] ?? firstByte),
    };
    row = end;
  } while (row < id.length);
}

/** Why the registration with this id is alive; undefined if nothing is told of it. */
export function createWhyReader(alive: AliveExplanation): (id: number) => ReportedObject['why'] {
  const { id, reasonId, retainedBytes, form, entryEnd, entryBytes } = alive;
  const reasonOf = new Map(alive.reasons.map((reason) => [reason.id, reason]));
  const decoder = new TextDecoder();
  return (wanted) => {
    const row = indexOfAscending(id, wanted);
    const reason = row === -1 ? undefined : reasonOf.get(reasonId[row] ?? 0);
    if (reason === undefined) return undefined;
    const entries = decoder.decode(entryBytes.subarray(entryStart(alive, row), entryEnd[row])).split('\n');
    const retained = retainedBytes[row] ?? NaN;
    return {
      cause: reason.cause,
      fix: reason.fix,
      ...(Number.isFinite(retained) ? { retainedBytes: retained } : {}),
      path: withEntries(pathOfForm(reason, form[row] ?? 0), entries),
    };
  };
}

/** Puts an object's own indices in the place of those that differ. */
function withEntries(path: readonly PathStep[], entries: readonly string[]): PathStep[] {
  let next = 0;
  const fill = (text: string): string =>
    text.replaceAll(ENTRY, () => {
      const entry = entries[next] ?? '';
      next += 1;
      return entry === '' ? ENTRY : entry;
    });
  return path.map((step) => ({ ...step, edge: fill(step.edge) }));
}

function indexOfAscending(values: Uint32Array, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) < wanted) low = middle + 1;
    else high = middle;
  }
  return values[low] === wanted ? low : -1;
}

/** Most objects first. */
export function reportedCauses({ reasons }: AliveExplanation): Pick<RunReport, 'causes' | 'causesOmitted'> {
  const causesOmitted = reasons.length - MAXIMUM_REPORTED_CAUSES;
  const causes = reasons
    .slice(0, MAXIMUM_REPORTED_CAUSES)
    .map(({ cause, count, summary, fix, retainedBytes, paths }) => ({
      cause,
      count,
      summary,
      fix,
      ...(retainedBytes === undefined ? {} : { retainedBytes }),
      path: paths[0] ?? [],
    }));
  return { causes, ...(causesOmitted > 0 && { causesOmitted }) };
}
