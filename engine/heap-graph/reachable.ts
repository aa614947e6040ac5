// What a root reaches by edges that keep things alive, however winding the way.

import type { HeapGraph } from './heap-graph.ts';
import { NOT_RETAINING } from './not-retaining.ts';

/** 1 for each node that node 0 reaches. @param cost of each edge; see findEdgeCosts. */
export function findReachable(graph: HeapGraph, cost: Uint8Array): Uint8Array {
  const { nodeCount, firstEdge, edgeTarget } = graph;
  const isReached = new Uint8Array(nodeCount);
  const stack = new Uint32Array(nodeCount);
  let height = 0;
  isReached[0] = 1;
  stack[height++] = 0;
  while (height > 0) {
    const node = stack[--height]!;
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      const target = edgeTarget[edge]!;
      if (isReached[target] === 1 || cost[edge] === NOT_RETAINING) continue;
      isReached[target] = 1;
      stack[height++] = target;
    }
  }
  return isReached;
}
