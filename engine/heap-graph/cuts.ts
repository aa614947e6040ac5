// What becomes of an object when edges are cut: whether one edge alone keeps it, and by which other path it is reached. By
// dominators where one edge is asked for; otherwise by a search back from the object that ends as soon as it comes to a node
// that is alive without the edges, which the tree of cheapest paths tells.

import { NO_EDGE, UNREACHED, type PathTree } from './cheapest-paths.ts';
import type { Dominators } from './dominators.ts';
import type { GraphIndex } from './graph-index.ts';
import { extendPath, pathTo, type RawPath } from './raw-path.ts';
import { findRetainers, sourceOfEdge, type Retainers } from './retainers.ts';
import { isBelow, numberTree, type TreeRanges } from './tree-ranges.ts';

/** Edges to look at for one path, and for all paths of a snapshot. */
const MAXIMUM_EDGES_OF_ONE = 50_000;
const MAXIMUM_EDGES_OF_ALL = 8_000_000;
/** Searched on for this many more steps once a path is found, as a longer way may be a plainer path. */
const FURTHER_STEPS = 2;

export interface Cuts {
  /** Whether the object becomes unreachable without this edge alone. */
  isSoleWay(edge: number, node: number): boolean;
  /** The node that an edge leaves. */
  sourceOf(edge: number): number;
  /**
   * The best path to `node` that goes along none of `without`.
   * 'none': there is none. 'unknown': the search was given up.
   */
  pathWithout(node: number, without: readonly number[]): RawPath | 'none' | 'unknown';
}

/** @param dominators undefined where the graph is too large for them. */
export function createCuts(index: GraphIndex, cost: Uint8Array, tree: PathTree, dominators?: Dominators): Cuts {
  const { graph } = index;
  const sourceOf = (edge: number): number => sourceOfEdge(graph, edge);
  // Few graphs have an object that more than one edge keeps.
  let retainers: Retainers | undefined;
  let ranges: TreeRanges | undefined;
  let left = MAXIMUM_EDGES_OF_ALL;

  function pathWithout(node: number, without: readonly number[]): RawPath | 'none' | 'unknown' {
    if (left <= 0) return 'unknown';
    ranges ??= numberTree(tree);
    const found = searchBack(node, without, ranges);
    if (typeof found === 'string') return found;
    return extendPath(pathTo(tree, found.from), found.nodes, found.edges);
  }

  function searchBack(
    node: number,
    without: readonly number[],
    below: TreeRanges,
  ): { from: number; nodes: number[]; edges: number[] } | 'none' | 'unknown' {
    // Of an edge that is not the tree's nothing depends but the edge itself.
    const cut = without
      .map((edge) => graph.edgeTarget[edge]!)
      .filter((head) => without.includes(tree.parentEdge[head]!));
    const isAliveWithout = (candidate: number): boolean =>
      tree.distance[candidate] !== UNREACHED && cut.every((head) => !isBelow(below, candidate, head));

    const { first, edge: retaining } = (retainers ??= findRetainers(index, cost));
    const onward = new Map<number, { edge: number; to: number }>();
    let level = new Map<number, number>([[node, 0]]);
    let best: { from: number; edge: number; to: number; length: number } | undefined;
    let budget = Math.min(MAXIMUM_EDGES_OF_ONE, left);
    const before = budget;
    // The object itself may be a root.
    if (tree.parentEdge[node] === NO_EDGE && tree.distance[node] !== UNREACHED)
      return { from: node, nodes: [], edges: [] };
    for (let further = FURTHER_STEPS; level.size > 0 && further >= 0 && budget > 0;) {
      const next = new Map<number, number>();
      const ways = new Map<number, { edge: number; to: number }>();
      for (const [at, length] of level) {
        for (let slot = first[at]!, end = first[at + 1]!; slot < end && budget > 0; slot++) {
          budget--;
          const edge = retaining[slot]!;
          if (without.includes(edge)) continue;
          const from = sourceOf(edge);
          if (from === node || onward.has(from)) continue;
          const so = length + cost[edge]!;
          if (isAliveWithout(from)) {
            const total = so + tree.distance[from]!;
            if (best === undefined || total < best.length) best = { from, edge, to: at, length: total };
            continue;
          }
          const known = next.get(from);
          if (known !== undefined && known <= so) continue;
          next.set(from, so);
          ways.set(from, { edge, to: at });
        }
      }
      for (const [from, way] of ways) onward.set(from, way);
      level = next;
      if (best !== undefined) further--;
    }
    left -= before - budget;
    if (best === undefined) return budget > 0 ? 'none' : 'unknown';
    const nodes: number[] = [best.to];
    const edges: number[] = [best.edge];
    for (let at = best.to; at !== node;) {
      const step = onward.get(at);
      if (step === undefined) return 'unknown';
      edges.push(step.edge);
      nodes.push(step.to);
      at = step.to;
    }
    return { from: best.from, nodes, edges };
  }

  return {
    sourceOf,
    pathWithout,
    isSoleWay(edge, node) {
      if (dominators === undefined) return pathWithout(node, [edge]) === 'none';
      const head = graph.edgeTarget[edge]!;
      return dominators.isThrough(node, head) && dominators.hasOneEntry(head);
    },
  };
}
