// The edges that lead to each node, among those that keep something alive. Runs in the thread that explains snapshots.

import { NOT_RETAINING } from './not-retaining.ts';
import type { GraphIndex } from './graph-index.ts';
import type { HeapGraph } from './heap-graph.ts';
import { K } from './heap-words.ts';

export interface Retainers {
  /** Those to n are `edge[first[n]]` to `edge[first[n + 1]]` (exclusive). None for strings and numbers. */
  readonly first: Uint32Array;
  readonly edge: Uint32Array;
}

export function findRetainers({ graph, kind }: GraphIndex, cost: Uint8Array): Retainers {
  const { nodeCount, edgeTarget } = graph;
  const first = new Uint32Array(nodeCount + 2);
  for (let edge = 0; edge < edgeTarget.length; edge++) {
    if (cost[edge] !== NOT_RETAINING && kind[edgeTarget[edge]!] !== K.leaf) first[edgeTarget[edge]! + 2]!++;
  }
  for (let node = 2; node < first.length; node++) first[node]! += first[node - 1]!;
  const retaining = new Uint32Array(first[nodeCount + 1]!);
  for (let edge = 0; edge < edgeTarget.length; edge++) {
    if (cost[edge] === NOT_RETAINING || kind[edgeTarget[edge]!] === K.leaf) continue;
    retaining[first[edgeTarget[edge]! + 1]!++] = edge;
  }
  return { first, edge: retaining };
}

/** The node that `edge` leaves, by binary search: an array of sources would be as large as that of targets. */
export function sourceOfEdge({ firstEdge, nodeCount }: HeapGraph, edge: number): number {
  let low = 0;
  let high = nodeCount - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (firstEdge[middle]! <= edge) low = middle;
    else high = middle - 1;
  }
  return low;
}
