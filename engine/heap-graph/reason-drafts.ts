// Makes one reason of each group of paths whose objects the same edges free, each object by its own: objects of one group
// that something else holds besides are a reason of their own. Used by explain-graph.ts.

import { NO_EDGE, type PathTree } from './cheapest-paths.ts';
import { isEntryStep } from './find-suspect.ts';
import { namePath } from './naming/name-path.ts';
import type { NamedStep } from './naming/named-step.ts';
import { NO_GROUP, type PathGroups } from './path-groups.ts';
import { pathTo, type RawPath } from './raw-path.ts';
import { findFurtherWays, findRelease, suspectWay, type Release, type ReleaseTools, type Way } from './releases.ts';

export interface ReasonDraft {
  /** Ascending. */
  readonly rows: Uint32Array;
  /** Row that the path and the ways are of. */
  readonly representative: number;
  readonly path: RawPath;
  readonly steps: readonly NamedStep[];
  readonly release: Release;
  /** The last node that the paths of all rows go through. */
  readonly holder: number;
}

export interface DraftTools extends ReleaseTools {
  readonly tree: PathTree;
  readonly target: Int32Array;
}

export interface ReasonDrafts {
  readonly drafts: readonly ReasonDraft[];
  /** The edges whose cut frees the object of a row, each object's own; undefined where none were found. */
  edgesOf(row: number): readonly number[] | undefined;
}

/** Objects that are looked at one by one, because their path has nothing like the suspected edge. */
const MAXIMUM_OWN_LOOKS = 2_000;

/** @param chosen groups, in the order of their reasons. */
export function draftReasons(tools: DraftTools, chosen: readonly number[]): ReasonDrafts {
  const { groups, tree, target, cuts } = tools;
  const { graph } = tools.index;
  const rowsOf = rowsOfGroups(groups, chosen);
  const suspectBack = new Map<number, number>();
  /** Of rows that one edge does not free. */
  const edgesOfRow = new Map<number, readonly number[]>();
  const soleEdge = new Uint32Array(target.length).fill(NO_EDGE);
  const drafts: ReasonDraft[] = [];
  let ownLooks = MAXIMUM_OWN_LOOKS;

  for (const [number, group] of chosen.entries()) {
    const rows = rowsOf[number]!;
    const representative = groups.representative[group]!;
    const holder = groups.holder[group]!;
    const path = pathTo(tree, target[representative]!);
    const steps = namePath(tools.naming, path);
    const release = findRelease(tools, path, steps, spreadsOf(tools, rows, path, steps));
    const ownEdge = edgeFinder(tools, path, holder, release.ways[0]!.edge);

    // By signature; that of rows which one edge frees is empty.
    const parts = new Map<string, { rows: number[]; edge: number }>();
    for (const row of rows) {
      const edge = ownEdge(target[row]!);
      const signature = signatureOf(row, edge, release);
      const part = parts.get(signature);
      if (part === undefined) parts.set(signature, { rows: [row], edge });
      else part.rows.push(row);
    }
    for (const part of parts.values()) {
      const own = Uint32Array.from(part.rows);
      if (own.includes(representative)) {
        drafts.push({ rows: own, representative, path, steps, release, holder });
        continue;
      }
      const first = shortestOf(tools, own);
      const ownPath = pathTo(tree, target[first]!);
      const ownSteps = namePath(tools.naming, ownPath);
      const edge = ownEdge(target[first]!);
      const at = ownSteps.findIndex(({ rawEdge }) => rawEdge === edge && edge !== NO_EDGE);
      const way: Way = {
        path: ownPath,
        steps: ownSteps,
        suspect: { step: at, cause: release.ways[0]!.suspect.cause },
        edge,
      };
      const ownRelease = at < 0 ? findRelease(tools, ownPath, ownSteps) : findFurtherWays(tools, way);
      drafts.push({ rows: own, representative: first, path: ownPath, steps: ownSteps, release: ownRelease, holder });
    }
  }
  drafts.sort((one, other) => other.rows.length - one.rows.length);

  /** What holds the object of a row besides the path that its group shares. */
  function signatureOf(row: number, edge: number, { ways, outcome }: Release): string {
    const node = target[row]!;
    if (edge === NO_EDGE) return ways[0]!.edge === NO_EDGE ? '' : ownSignature(row);
    if (cuts.isSoleWay(edge, node)) {
      soleEdge[row] = edge;
      return '';
    }
    const edges = [edge];
    const patterns: number[] = [];
    let end: Release['outcome'] = 'more';
    for (let left = Math.max(ways.length, 2) + 2; left > 0; left--) {
      const found = cuts.pathWithout(node, edges);
      if (found === 'none' || found === 'unknown') {
        end = found === 'none' ? 'freed' : 'unknown';
        break;
      }
      const pattern = groups.patternOf(found);
      patterns.push(pattern);
      const back = suspectBack.get(pattern) ?? suspectBackOf(found);
      suspectBack.set(pattern, back);
      const next = back < 0 ? NO_EDGE : (found.edges.at(-1 - back) ?? NO_EDGE);
      if (next === NO_EDGE || edges.includes(next)) {
        end = 'held';
        break;
      }
      edges.push(next);
    }
    if (end === 'freed') edgesOfRow.set(row, edges);
    // Whatever the search could not find out of these rows, it may have found out of the first.
    return `${end === 'unknown' && outcome !== 'freed' ? outcome : end} ${patterns.sort((one, other) => one - other).join()}`;
  }

  /** Of an object whose path has nothing like the edge that is suspected on the first's. */
  function ownSignature(row: number): string {
    if (ownLooks-- <= 0) return 'its own';
    const path = pathTo(tree, target[row]!);
    const { ways, outcome } = findRelease(tools, path, namePath(tools.naming, path));
    if (outcome === 'freed') {
      edgesOfRow.set(
        row,
        ways.map(({ edge }) => edge),
      );
    }
    return `its own ${outcome} ${ways.map((way) => groups.pattern[graph.edgeTarget[way.edge] ?? 0]).join()}`;
  }

  function suspectBackOf(path: RawPath): number {
    const at = path.edges.indexOf(suspectWay(tools, path).edge);
    return at < 0 ? -1 : path.edges.length - 1 - at;
  }

  return {
    drafts,
    edgesOf: (row) => (soleEdge[row] === NO_EDGE ? edgesOfRow.get(row) : [soleEdge[row]!]),
  };
}

function rowsOfGroups({ groupOfRow }: PathGroups, chosen: readonly number[]): number[][] {
  const rows: number[][] = chosen.map(() => []);
  const numberOf = new Map(chosen.map((group, number) => [group, number]));
  for (const [row, group] of groupOfRow.entries()) {
    const number = group === NO_GROUP ? undefined : numberOf.get(group);
    if (number !== undefined) rows[number]!.push(row);
  }
  return rows;
}

function shortestOf({ tree, target }: DraftTools, rows: Uint32Array): number {
  let best = rows[0]!;
  for (const row of rows) if (tree.distance[target[row]!]! < tree.distance[target[best]!]!) best = row;
  return best;
}

/** Finds of another object of a group the edge that is `edge` on the path of the first; NO_EDGE where it has none. */
function edgeFinder(
  { tree, groups }: DraftTools,
  { nodes, edges }: RawPath,
  holder: number,
  edge: number,
): (node: number) => number {
  const at = edge === NO_EDGE ? -1 : edges.indexOf(edge);
  if (at < 0) return () => NO_EDGE;
  // Before the holder all paths of a group are one.
  if (at + 1 <= nodes.indexOf(holder)) return () => edge;
  const back = edges.length - 1 - at;
  const pattern = groups.pattern[nodes[at + 1]!]!;
  return (node) => {
    let head = node;
    for (let step = 0; step < back && tree.parentEdge[head] !== NO_EDGE; step++) head = tree.parent[head]!;
    return groups.pattern[head] === pattern ? tree.parentEdge[head]! : NO_EDGE;
  };
}

/** Of each step that is an entry of a collection, how many entries there are for each object of the group; at most 1. */
function spreadsOf(
  { groups, tree, target }: DraftTools,
  rows: readonly number[],
  path: RawPath,
  steps: readonly NamedStep[],
): ReadonlyMap<number, number> {
  const spreads = new Map<number, number>();
  if (rows.length < 2 || path.gap !== undefined) return spreads;
  for (const [step, named] of steps.entries()) {
    const at = isEntryStep(named) ? path.edges.indexOf(named.rawEdge) : -1;
    if (at < 0) continue;
    const back = path.edges.length - 1 - at;
    const pattern = groups.pattern[path.nodes[at + 1]!]!;
    const heads = new Set<number>();
    let objects = 0;
    for (const row of rows) {
      let head = target[row]!;
      for (let left = back; left > 0; left--) head = tree.parent[head]!;
      if (groups.pattern[head] !== pattern) continue;
      objects++;
      heads.add(head);
    }
    if (objects > 0) spreads.set(step, heads.size / objects);
  }
  return spreads;
}
