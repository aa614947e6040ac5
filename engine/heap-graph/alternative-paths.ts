// Other paths to an object than the cheapest: without the edge that the first is suspected for. A search back from the
// object that ends as soon as it comes to a node that is alive without that edge, which the tree of cheapest paths tells.

import { NO_EDGE, type PathTree } from './cheapest-paths.ts';
import { BOOKKEEPING_COST } from './edge-costs.ts';
import type { HeapGraph } from './heap-graph.ts';
import { extendPath, pathTo, type RawPath } from './raw-path.ts';

/** Edges to look at for one path, and for all paths of a snapshot. */
const MAXIMUM_EDGES_OF_ONE = 20_000;
const MAXIMUM_EDGES_OF_ALL = 6_000_000;
/** Searched on for this many more steps once a path is found, as a longer way may be a plainer path. */
const FURTHER_STEPS = 2;

/** Ranges of a tree's nodes: `inner` is below `outer`, or it itself, if its number lies in the range of `outer`. */
export interface TreeRanges {
  readonly enter: Uint32Array;
  readonly leave: Uint32Array;
}

export function numberTree({ parent, order }: PathTree): TreeRanges {
  const enter = new Uint32Array(parent.length);
  const leave = new Uint32Array(parent.length);
  // First the size of what is below each node, then where its range begins.
  const size = leave;
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!;
    size[node]!++;
    if (parent[node] !== node) size[parent[node]!]! += size[node]!;
  }
  const free = new Uint32Array(parent.length);
  let next = 1;
  for (let at = 0; at < order.length; at++) {
    const node = order[at]!;
    const above = parent[node]!;
    const from = above === node ? next : free[above]!;
    const to = from + size[node]!;
    if (above === node) next = to;
    else free[above] = to;
    enter[node] = from;
    free[node] = from + 1;
    leave[node] = to;
  }
  return { enter, leave };
}

/** The edges that lead to each node: those to n are `edge[first[n]]` to `edge[first[n + 1]]` (exclusive). */
interface Retainers {
  readonly first: Uint32Array;
  readonly edge: Uint32Array;
  readonly from: Uint32Array;
}

function findRetainers(graph: HeapGraph, cost: Uint8Array): Retainers {
  const { nodeCount, firstEdge, edgeTarget } = graph;
  const first = new Uint32Array(nodeCount + 2);
  for (let edge = 0; edge < edgeTarget.length; edge++)
    if (cost[edge]! < BOOKKEEPING_COST) first[edgeTarget[edge]! + 2]!++;
  for (let node = 2; node < first.length; node++) first[node]! += first[node - 1]!;
  const count = first[nodeCount + 1]!;
  const retaining = new Uint32Array(count);
  const from = new Uint32Array(count);
  for (let node = 0; node < nodeCount; node++) {
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      if (cost[edge]! >= BOOKKEEPING_COST) continue;
      const slot = first[edgeTarget[edge]! + 1]!++;
      retaining[slot] = edge;
      from[slot] = node;
    }
  }
  return { first, edge: retaining, from };
}

/** 1 for each node whose path in the tree goes along nothing but edges that say something. */
function findPlainPaths({ parent, parentEdge, order }: PathTree, cost: Uint8Array): Uint8Array {
  const isPlain = new Uint8Array(parent.length);
  for (let at = 0; at < order.length; at++) {
    const node = order[at]!;
    const edge = parentEdge[node]!;
    isPlain[node] = edge === NO_EDGE || (isPlain[parent[node]!] === 1 && cost[edge]! < BOOKKEEPING_COST) ? 1 : 0;
  }
  return isPlain;
}

export interface AlternativePaths {
  /** The best path to `node` found that goes along none of `without`; undefined if there is none, or none was found. */
  find(node: number, without: readonly number[]): RawPath | undefined;
}

export function createAlternativePaths(graph: HeapGraph, cost: Uint8Array, tree: PathTree): AlternativePaths {
  let left = MAXIMUM_EDGES_OF_ALL;
  let prepared: { ranges: TreeRanges; retainers: Retainers; isPlain: Uint8Array } | undefined;

  function find(node: number, without: readonly number[]): RawPath | undefined {
    if (left <= 0) return undefined;
    prepared ??= {
      ranges: numberTree(tree),
      retainers: findRetainers(graph, cost),
      isPlain: findPlainPaths(tree, cost),
    };
    const { ranges, retainers, isPlain } = prepared;
    const { enter, leave } = ranges;
    // Of an edge that is not the tree's nothing depends but the edge itself.
    const cut = without
      .map((edge) => graph.edgeTarget[edge]!)
      .filter((head) => without.includes(tree.parentEdge[head]!));
    const isAliveWithout = (candidate: number): boolean =>
      isPlain[candidate] === 1 &&
      cut.every((head) => enter[candidate]! < enter[head]! || enter[candidate]! >= leave[head]!);

    const onward = new Map<number, { edge: number; to: number }>();
    let level = new Map<number, number>([[node, 0]]);
    let best: { from: number; edge: number; to: number; length: number } | undefined;
    let budget = Math.min(MAXIMUM_EDGES_OF_ONE, left);
    const before = budget;
    for (let further = FURTHER_STEPS; level.size > 0 && further >= 0 && budget > 0;) {
      const next = new Map<number, number>();
      for (const [at, length] of level) {
        for (let slot = retainers.first[at]!, end = retainers.first[at + 1]!; slot < end && budget > 0; slot++) {
          budget--;
          const edge = retainers.edge[slot]!;
          const from = retainers.from[slot]!;
          if (from === node || onward.has(from) || without.includes(edge)) continue;
          const so = length + cost[edge]!;
          if (isAliveWithout(from)) {
            const total = so + tree.distance[from]!;
            if (best === undefined || total < best.length) best = { from, edge, to: at, length: total };
            continue;
          }
          const known = next.get(from);
          if (known !== undefined && known <= so) continue;
          next.set(from, so);
          pending.set(from, { edge, to: at });
        }
      }
      for (const [from] of next) onward.set(from, pending.get(from)!);
      pending.clear();
      level = next;
      if (best !== undefined) further--;
    }
    left -= before - budget;
    if (best === undefined) return undefined;
    const nodes: number[] = [best.to];
    const edges: number[] = [best.edge];
    for (let at = best.to; at !== node;) {
      const step = onward.get(at);
      if (step === undefined) return undefined;
      edges.push(step.edge);
      nodes.push(step.to);
      at = step.to;
    }
    return extendPath(pathTo(tree, best.from), nodes, edges);
  }
  const pending = new Map<number, { edge: number; to: number }>();
  return { find };
}
