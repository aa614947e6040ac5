// Gives each object its own path without an object for each: objects whose paths are alike step by step share a form, and
// each has of its own what stands in place of `[…]`. Used by explain-graph.ts.

import { NO_EDGE, type PathTree } from './cheapest-paths.ts';
import type { GraphIndex } from './graph-index.ts';
import { K, W } from './heap-words.ts';
import { entryText, tableEntry } from './naming/containers.ts';
import { namePath } from './naming/name-path.ts';
import { ENTRY, type NamedStep } from './naming/named-step.ts';
import type { Naming } from './naming/path-walk.ts';
import { shortenSteps } from './naming/shorten-steps.ts';
import type { PathGroups } from './path-groups.ts';
import { pathTo, type RawPath } from './raw-path.ts';
import type { ReasonDraft } from './reason-drafts.ts';

/** One way in which paths of a reason's objects look. */
export interface PathForm {
  readonly steps: readonly NamedStep[];
  readonly suspect: number;
  /** What is shown of the steps, each with its place in `steps`; -1 for one that stands for others. */
  readonly shown: readonly { readonly step: NamedStep; readonly at: number }[];
  /** Steps in which the objects of this form differ: they show `[…]`. */
  readonly differing: ReadonlySet<number>;
}

export interface RowPaths {
  /** By draft; the first is that of its representative. */
  readonly forms: readonly (readonly PathForm[])[];
  /** By row, the place of its form among those of its draft; 0 for rows of no draft. */
  readonly formOfRow: Uint32Array;
  readonly entryEnd: Uint32Array;
  readonly entryBytes: Uint8Array;
}

export interface RowPathTools {
  readonly index: GraphIndex;
  readonly tree: PathTree;
  readonly groups: PathGroups;
  readonly naming: Naming;
  readonly target: Int32Array;
}

/** Forms of one reason beside the first, and of all; further objects' paths are shown without their middle. */
const MOST_FORMS = 8;
const MOST_FORMS_OF_ALL = 2_000;
const MISSING = '…';
const GAP = { hold: 'gap', edge: '', node: '… further steps …', rawEdge: NO_EDGE, fanOut: 1 } as const;
const encoder = new TextEncoder();

/** A form, and how an object's path is compared with it. */
interface Template {
  readonly steps: readonly NamedStep[];
  readonly suspect: number;
  readonly shown: PathForm['shown'];
  /** From the object back, patterns of the nodes that must agree. */
  readonly patterns: Uint32Array;
  /** By edge before the object, 1 where `back` or `told` has it. */
  readonly isAsked: Uint8Array;
  /** Whether the root must come right after those. */
  readonly isWhole: boolean;
  /** Steps with `[…]`, and how many edges before the object their edge is. */
  readonly step: readonly number[];
  readonly back: readonly number[];
  /** How many edges before the object there is a text that the pattern does not tell, and that text. */
  readonly told: readonly { readonly back: number; readonly text: string }[];
  /** Of each step with `[…]` the first edge, until an object has another one. */
  readonly first: Float64Array;
  readonly isDiffering: Uint8Array;
}

export function findRowPaths(tools: RowPathTools, drafts: readonly ReasonDraft[]): RowPaths {
  const { index, tree, groups, naming, target } = tools;
  const { parent, parentEdge } = tree;
  const patternOf = groups.pattern;
  const rows = target.length;
  const formOfRow = new Uint32Array(rows);
  const draftOfRow = new Int32Array(rows).fill(-1);
  const edges = new Uint32Array(64);
  const edgeNodes = new Uint32Array(64);
  let left = MOST_FORMS_OF_ALL;

  function makeTemplate(path: RawPath, steps: readonly NamedStep[], suspect: number): Template {
    const shown = shortenSteps(steps, suspect);
    const patterns: number[] = [];
    for (let at = path.nodes.length - 1; at >= 0; at--) patterns.push(groups.pattern[path.nodes[at]!]!);
    return withPositions(path, steps, suspect, shown, patterns, path.gap === undefined);
  }

  function withPositions(
    path: RawPath,
    steps: readonly NamedStep[],
    suspect: number,
    shown: PathForm['shown'],
    patterns: readonly number[],
    isWhole: boolean,
  ): Template {
    const step: number[] = [];
    const back: number[] = [];
    const told: { back: number; text: string }[] = [];
    for (const { at } of shown) {
      const named = at < 0 ? undefined : steps[at];
      const position = named === undefined || named.rawEdge === NO_EDGE ? -1 : path.edges.indexOf(named.rawEdge);
      const before = path.edges.length - 1 - position;
      if (named === undefined || position < 0 || before + 1 >= patterns.length || step.length >= edges.length) continue;
      if (named.edge.includes(ENTRY)) {
        step.push(at);
        back.push(before);
      } else {
        const text = textBeyondPattern(index, path.nodes[position]!, path.edges[position]!);
        if (text !== '') told.push({ back: before, text });
      }
    }
    const first = new Float64Array(step.length).fill(-1);
    const isAsked = new Uint8Array(patterns.length);
    for (const before of back) isAsked[before] = 1;
    for (const { back: before } of told) isAsked[before] = 1;
    return {
      steps,
      suspect,
      shown,
      patterns: Uint32Array.from(patterns),
      isAsked,
      isWhole,
      step,
      back,
      told,
      first,
      isDiffering: new Uint8Array(step.length),
    };
  }

  /**
   * Paths without their middle: as far as the holder, and on from the suspect or from the last step; for objects that do
   * not end like that, as far as the holder alone.
   */
  function makeGeneralTemplates({ path, steps, holder }: ReasonDraft, suspect: number): Template[] {
    const common = steps.findLastIndex(({ head }) => path.nodes.indexOf(head) <= path.nodes.indexOf(holder));
    const shown = shortenSteps(steps, suspect).filter(({ at }) => at >= 0);
    const last = steps.at(-1)!;
    const gap = { step: { ...last, ...GAP }, at: -1 };
    const before = [...shown.filter(({ at }) => at <= common), gap];
    const bare = withPositions(path, steps, suspect, [...before, { step: { ...last, edge: '' }, at: -1 }], [0], false);
    const from = suspect > common ? suspect : steps.length - 1;
    const edge = steps[from]!.rawEdge;
    const position = edge === NO_EDGE ? -1 : path.edges.indexOf(edge);
    if (position < 0 || from <= common) return [bare];
    const patterns: number[] = [];
    for (let at = path.nodes.length - 1; at > position; at--) patterns.push(groups.pattern[path.nodes[at]!]!);
    const around = [...before, ...shown.filter(({ at }) => at >= from)];
    return [withPositions(path, steps, suspect, around, [...patterns, 0], false), bare];
  }

  /** Fills `edges` with those that stand for `[…]`; false if the path of this object does not look like that. */
  function fits(row: number, { patterns, isAsked, isWhole, back, told }: Template): boolean {
    const last = patterns.length - 1;
    let node = target[row]!;
    for (let at = 0; at <= last; at++) {
      const pattern = patterns[at]!;
      if (pattern !== 0 && patternOf[node] !== pattern) return false;
      const edge = parentEdge[node]!;
      if (at === last) return !isWhole || edge === NO_EDGE;
      if (edge === NO_EDGE) return false;
      node = parent[node]!;
      if (isAsked[at] === 0) continue;
      for (let position = 0; position < back.length; position++) {
        if (back[position] !== at) continue;
        edges[position] = edge;
        edgeNodes[position] = node;
      }
      for (const own of told) if (own.back === at && textBeyondPattern(index, node, edge) !== own.text) return false;
    }
    return false;
  }

  /** Fills `edges` as `fits` does, for an object that the form is known to fit. */
  function follow(row: number, { isAsked, back }: Template): void {
    let node = target[row]!;
    for (let at = 0, left = back.length; left > 0; at++) {
      const edge = parentEdge[node]!;
      node = parent[node]!;
      if (isAsked[at] === 0) continue;
      for (let position = 0; position < back.length; position++) {
        if (back[position] !== at) continue;
        edges[position] = edge;
        edgeNodes[position] = node;
        left--;
      }
    }
  }

  function formOf(row: number, own: readonly Template[]): number {
    for (let form = 0; form < own.length; form++) if (fits(row, own[form]!)) return form;
    return -1;
  }

  function take({ first, isDiffering }: Template): void {
    for (let position = 0; position < first.length; position++) {
      if (first[position]! < 0) first[position] = edges[position]!;
      else if (first[position] !== edges[position]) isDiffering[position] = 1;
    }
  }

  const templates = drafts.map((draft, number) => {
    const { path, steps, release, representative } = draft;
    const suspect = release.ways[0]!.suspect.step;
    const own = [makeTemplate(path, steps, suspect)];
    let general: readonly Template[] | undefined;
    if (fits(representative, own[0]!)) take(own[0]!);
    for (const row of draft.rows) {
      draftOfRow[row] = number;
      let form = formOf(row, own);
      if (form < 0 && own.length <= MOST_FORMS && left > 0) {
        left--;
        const ownPath = pathTo(tree, target[row]!);
        const ownSteps = namePath(naming, ownPath);
        const template = makeTemplate(ownPath, ownSteps, suspectOn(draft, suspect, ownPath, ownSteps, groups));
        if (fits(row, template)) form = own.push(template) - 1;
      }
      if (form < 0) {
        general ??= makeGeneralTemplates(draft, suspect);
        const fitting = general.find((template) => fits(row, template))!;
        form = own.includes(fitting) ? own.indexOf(fitting) : own.push(fitting) - 1;
      }
      formOfRow[row] = form;
      // The last comparison was the one that fitted, so that `edges` has this row's.
      take(own[form]!);
    }
    return own;
  });

  const entryEnd = new Uint32Array(rows);
  let bytes = new Uint8Array(1 << 16);
  let end = 0;
  const isVaried = templates.map((own) => own.map(({ isDiffering }) => isDiffering.includes(1)));
  for (let row = 0; row < rows; row++) {
    const draft = draftOfRow[row]!;
    if (draft >= 0 && isVaried[draft]![formOfRow[row]!] === true) {
      const template = templates[draft]![formOfRow[row]!]!;
      follow(row, template);
      let text = '';
      for (let position = 0; position < template.step.length; position++) {
        if (template.isDiffering[position] === 0) continue;
        const one = entryText(index, edgeNodes[position]!, edges[position]!) ?? MISSING;
        if (text !== '') text += '\n';
        text += one.includes('\n') ? one.replaceAll('\n', ' ') : one;
      }
      while (bytes.length - end < text.length * 3) {
        const larger = new Uint8Array(bytes.length * 2);
        larger.set(bytes);
        bytes = larger;
      }
      end = writeText(text, bytes, end);
    }
    entryEnd[row] = end;
  }

  const forms = templates.map((own) =>
    own.map(({ steps, suspect, shown, step, isDiffering }) => ({
      steps,
      suspect,
      shown,
      differing: new Set(step.filter((_, position) => isDiffering[position] === 1)),
    })),
  );
  return { forms, formOfRow, entryEnd, entryBytes: bytes.slice(0, end) };
}

/** Returns where the text ends in `bytes`. Nearly all are ASCII: written by hand in a third of the encoder's time. */
function writeText(text: string, bytes: Uint8Array, from: number): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) return from + encoder.encodeInto(text, bytes.subarray(from)).written;
    bytes[from + at] = code;
  }
  return from + text.length;
}

/** The step of another object's path that is what the suspect is on the first's: the same edge, or as far from the object. */
function suspectOn(
  { path, steps }: ReasonDraft,
  suspect: number,
  ownPath: RawPath,
  ownSteps: readonly NamedStep[],
  { pattern }: PathGroups,
): number {
  const edge = steps[suspect]?.rawEdge ?? NO_EDGE;
  const same = ownSteps.findIndex(({ rawEdge }) => rawEdge === edge && edge !== NO_EDGE);
  if (same >= 0) return same;
  const back = path.edges.length - 1 - path.edges.indexOf(edge);
  const own = ownPath.edges.at(-1 - back);
  const at = ownSteps.findIndex(({ rawEdge }) => rawEdge === own && own !== NO_EDGE);
  if (at >= 0 && pattern[ownSteps[at]!.head] === pattern[steps[suspect]!.head]) return at;
  return ownSteps.length - 1;
}

/** What a step's text says that its pattern does not tell: the class of a key, the duration of a timer. */
function textBeyondPattern(index: GraphIndex, from: number, edge: number): string {
  const { graph, kind, words, targetOf } = index;
  if (kind[from] === K.table) {
    const { key } = tableEntry(index, from, edge);
    return key < 0 ? '' : words.nodeText(key);
  }
  const timer = graph.edgeTarget[edge]!;
  if (kind[timer] !== K.timeout) return '';
  const [repeat, after] = [targetOf(timer, W._repeat), targetOf(timer, W._idleTimeout)];
  return `${repeat < 0 ? '' : words.nodeText(repeat)} ${index.textOf(after, W.value) ?? ''}`;
}
