// One path through a heap graph, edge by edge, as the search found it; what steps are named from.

import type { PathTree } from './cheapest-paths.ts';
import { NO_EDGE } from './cheapest-paths.ts';

/** `edges[i]` leads from `nodes[i]` to `nodes[i + 1]`. A gap stands for edges that were left out of a very long path. */
export interface RawPath {
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  /** Edges left out after `nodes[gapAfter]`, whose next is not its neighbor; absent: none. */
  readonly gap?: { readonly after: number; readonly count: number };
}

/** Longer paths lose their middle: nobody reads it, and a list of a million elements makes a path of a million edges. */
const MAXIMUM_EDGES = 512;

/** The tree's path to `node`. */
export function pathTo(tree: PathTree, node: number): RawPath {
  const { parent, parentEdge } = tree;
  let length = 0;
  for (let at = node; parentEdge[at] !== NO_EDGE; at = parent[at]!) length++;
  const isLong = length > MAXIMUM_EDGES;
  const half = MAXIMUM_EDGES / 2;
  const nodes: number[] = [];
  const edges: number[] = [];
  let depth = length;
  for (let at = node; ; at = parent[at]!, depth--) {
    // Node at `depth` edges from the root; both ends are kept.
    if (!isLong || depth <= half || depth > length - half) nodes.push(at);
    if (parentEdge[at] === NO_EDGE) break;
    if (!isLong || depth <= half || depth > length - half + 1) edges.push(parentEdge[at]!);
    else if (depth === length - half + 1) edges.push(NO_EDGE);
  }
  nodes.reverse();
  edges.reverse();
  if (!isLong) return { nodes, edges };
  return { nodes, edges, gap: { after: half, count: length - MAXIMUM_EDGES + 1 } };
}

/** Joins a path to a node with the edges that lead on from it: `edges[i]` leads to `nodes[i]`. */
export function extendPath(path: RawPath, nodes: readonly number[], edges: readonly number[]): RawPath {
  return { ...path, nodes: [...path.nodes, ...nodes], edges: [...path.edges, ...edges] };
}
