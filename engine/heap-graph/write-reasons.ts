// Writes the reasons of a run: summary, fix and paths of each, in the words that clients show. Reasons of which every word
// is the same are one.

import type { AliveReason, PathStep } from '../protocol/explanation.ts';
import type { GraphAnalysis } from './analyze-graph.ts';
import { NO_EDGE } from './cheapest-paths.ts';
import type { Cause } from '../protocol/vocabulary.ts';
import { causeOfHold, type Suspect } from './find-suspect.ts';
import { apiStep, type FixContext } from './naming/fix-sentence.ts';
import { ENTRY, type NamedStep } from './naming/named-step.ts';
import type { ReasonDraft } from './reason-drafts.ts';
import { fixOfRelease } from './release-fix.ts';
import type { Way } from './releases.ts';
import type { PathForm } from './row-paths.ts';
import { shortenSteps } from './naming/shorten-steps.ts';
import { summarizePath } from './naming/summarize-path.ts';

type WrittenReason = Omit<AliveReason, 'id' | 'retainedBytes' | 'forms'> & { readonly forms: readonly PathStep[][] };

export interface WrittenReasons {
  readonly reasons: readonly WrittenReason[];
  /** By draft, the place of its reason. */
  readonly reasonOfDraft: Uint32Array;
  /** By draft, how many forms of its reason come before its own second one. */
  readonly formsBefore: Uint32Array;
}

/** Paths that are listed: that of the representative, and others that keep it as well. */
const MAXIMUM_PATHS = 3;

/** @param pause is called now and then with the number of reasons written. */
export async function writeReasons(
  analysis: GraphAnalysis,
  pause: (written: number) => Promise<void>,
): Promise<WrittenReasons> {
  const { drafts, forms } = analysis;
  const holdsItself = createHeldValueCheck(analysis);
  const reasons: WrittenReason[] = [];
  const numberOf = new Map<string, number>();
  const reasonOfDraft = new Uint32Array(drafts.length);
  const formsBefore = new Uint32Array(drafts.length);
  for (const [number, draft] of drafts.entries()) {
    const written = writeReason(analysis, holdsItself, draft, forms[number]!);
    const text = JSON.stringify([written.cause, written.fix, written.paths]);
    const same = numberOf.get(text);
    if (same === undefined) {
      numberOf.set(text, reasons.length);
      reasonOfDraft[number] = reasons.push(written) - 1;
    } else {
      const known = reasons[same]!;
      reasonOfDraft[number] = same;
      formsBefore[number] = known.forms.length;
      reasons[same] = { ...known, count: known.count + written.count, forms: [...known.forms, ...written.forms] };
    }
    if (number % 256 === 255) await pause(number);
  }
  return { reasons, reasonOfDraft, formsBefore };
}

/** Whether the held value that a way goes through is that of a registration of the very object. */
type HeldValueCheck = (way: Way, step: number) => boolean;

function createHeldValueCheck({ registrations }: GraphAnalysis): HeldValueCheck {
  let rowOfRecord: Map<number, number> | undefined;
  return ({ path, steps }, step) => {
    rowOfRecord ??= new Map(registrations.record.entries().map(([row, record]) => [record, row]));
    const record = path.nodes[path.edges.indexOf(steps[step]?.rawEdge ?? NO_EDGE)];
    const row = record === undefined ? undefined : rowOfRecord.get(record);
    return row !== undefined && registrations.target[row] === path.nodes.at(-1);
  };
}

function writeReason(
  analysis: GraphAnalysis,
  holdsItself: HeldValueCheck,
  draft: ReasonDraft,
  [form, ...further]: readonly PathForm[],
): WrittenReason {
  const { rows, release } = draft;
  const { suspect } = release.ways[0]!;
  const isOneOfMany = rows.length > 1;
  const differing = form?.differing ?? new Set<number>();
  const steps = differing.size > 0 ? withoutOwnEntries(draft.steps, differing) : draft.steps;
  const contextOf = (way: Way, step: number): FixContext => {
    const isMain = way.steps === draft.steps;
    const hold = way.steps[step]?.hold ?? 'root';
    const cause = way.suspect.cause === 'unknown' ? 'unknown' : (causeOfHold(hold) ?? 'unknown');
    return {
      steps: isMain ? steps : isOneOfMany ? withoutOwnEntries(way.steps, entriesOf(analysis, way)) : way.steps,
      suspect: step,
      cause,
      isOneOfMany: isMain ? differing.size > 0 : isOneOfMany,
      isOwnRegistration: cause !== 'held-value' || holdsItself(way, step),
      ...sharingOf(analysis, way.steps[step]),
    };
  };
  return {
    cause: causeOf(draft.steps, suspect),
    summary:
      form === undefined
        ? ''
        : summarizePath(form.shown.map(({ step, at }) => ({ ...step, edge: edgeText(step, differing.has(at)) }))),
    fix: fixOfRelease(release, contextOf),
    count: rows.length,
    paths: [
      ...(form === undefined ? [] : [pathOfForm(form)]),
      ...otherWays(analysis, draft).map((way) => pathOfWay(way, isOneOfMany)),
    ],
    forms: further.map(pathOfForm),
  };
}

/** What a public API releases is named after that, whichever edge behind it the graph confirms as the one to cut. */
function causeOf(steps: readonly NamedStep[], { step, cause }: Suspect): Cause {
  const api = apiStep(steps, step);
  return api < 0 ? cause : (causeOfHold(steps[api]!.hold) ?? cause);
}

const edgeText = (step: NamedStep, isDiffering: boolean): string =>
  isDiffering ? step.edge : step.edge.replace(ENTRY, () => step.entry ?? ENTRY);

const pathOfForm = ({ shown, suspect, differing }: PathForm): PathStep[] =>
  shown.map(({ step, at }) => protocolStep(step, edgeText(step, differing.has(at)), at === suspect));

/** Other paths that differ in more than an index or a key. */
function otherWays({ groups }: GraphAnalysis, { release }: ReasonDraft): Way[] {
  const seen = new Set<number>();
  const different = release.ways.filter(({ path }) => {
    const pattern = path.gap === undefined ? groups.patternOf(path) : -1 - seen.size;
    return seen.size < seen.add(pattern).size;
  });
  return different.slice(1, MAXIMUM_PATHS);
}

/** Another path is that of the representative: indices and keys on it are not those of other objects. */
const pathOfWay = ({ steps, suspect }: Way, isOneOfMany: boolean): PathStep[] =>
  shortenSteps(steps, suspect.step).map(({ step, at }) =>
    protocolStep(step, edgeText(step, isOneOfMany), at === suspect.step),
  );

function protocolStep({ node, place }: NamedStep, edge: string, suspect: boolean): PathStep {
  return { edge, node, suspect, ...(place === undefined ? {} : { place }) };
}

/** Steps of another way than the first's at which objects of a reason go different entries of one collection. */
function entriesOf({ groups }: GraphAnalysis, { path, steps }: Way): ReadonlySet<number> {
  // Of a path with a gap no pattern is known.
  const shared = path.gap === undefined ? path.nodes.indexOf(groups.holderOf(path)) : -1;
  const isOwn = ({ edge, head }: NamedStep): boolean => edge.includes(ENTRY) && path.nodes.indexOf(head) > shared;
  return new Set(steps.keys().filter((step) => isOwn(steps[step]!)));
}

/** Steps whose expressions have `[…]` for the indices and keys that are one object's own: `rooms.get(…)[…]`. */
function withoutOwnEntries(steps: readonly NamedStep[], differing: ReadonlySet<number>): readonly NamedStep[] {
  let own = '';
  let shared = '';
  return steps.map((step, at) => {
    const { expression, entry } = step;
    if (expression === undefined) {
      [own, shared] = ['', ''];
      return step;
    }
    const from = placeOf(own, expression);
    const added = from < 0 ? expression : expression.slice(from + own.length);
    const text =
      differing.has(at) && entry !== undefined
        ? added.replace(entry, () => (entry.startsWith('[') ? ENTRY : '…'))
        : added;
    shared = from < 0 ? text : expression.slice(0, from) + shared + text;
    own = expression;
    return { ...step, expression: shared };
  });
}

/** Where an expression goes on from that of the step before: at its beginning, or as the key of a WeakMap. -1: it does not. */
function placeOf(before: string, expression: string): number {
  if (before === '') return -1;
  if (expression.startsWith(before)) return 0;
  const asKey = expression.indexOf(`.get(${before})`);
  return asKey < 0 ? -1 : asKey + '.get('.length;
}

/** Whether the closure on the way uses the variable itself, where its text tells. */
function sharingOf({ naming: { scopes, sources } }: GraphAnalysis, step: NamedStep | undefined) {
  if (step?.hold !== 'closure-variable' || step.closure === undefined || step.identifier === undefined) return {};
  if (step.isByEval === true) return { isByEval: true };
  const { place } = scopes.functionName(step.closure);
  if (place === undefined || sources.mentions(place, step.identifier) !== false) return {};
  return { sharing: { other: sources.otherUser(place, step.identifier) } };
}
