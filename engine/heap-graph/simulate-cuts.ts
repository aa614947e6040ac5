// Cuts edges of a heap graph and looks what is still reachable: the check that a fix works. Slow and plain on purpose, from
// the root alone, without paths or dominators. Used by tests.

import { NOT_RETAINING } from './not-retaining.ts';
import type { GraphIndex } from './graph-index.ts';
import { K, W } from './heap-words.ts';

/**
 * 1 for each node that is still alive. A value of a WeakMap is alive only if both its key and the map's table are.
 *
 * @param cost of each edge; see findEdgeCosts.
 */
export function simulateCuts(index: GraphIndex, cost: Uint8Array, cut: ReadonlySet<number>): Uint8Array {
  const { graph, words, kind } = index;
  const { nodeCount, firstEdge, edgeTarget } = graph;
  const nodeOfId = new Map<number, number>();
  for (let node = 0; node < nodeCount; node++)
    if (kind[node] === K.array || kind[node] === K.table) nodeOfId.set(graph.nodeId[node]!, node);
  const isReached = new Uint8Array(nodeCount);
  /** Values by the table that has yet to be reached. */
  const waiting = new Map<number, number[]>();
  const stack = [0];
  isReached[0] = 1;
  const reach = (node: number): void => {
    if (isReached[node] === 1) return;
    isReached[node] = 1;
    stack.push(node);
  };
  while (stack.length > 0) {
    const node = stack.pop()!;
    for (const value of waiting.get(node) ?? []) reach(value);
    waiting.delete(node);
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      if (cost[edge] === NOT_RETAINING || cut.has(edge)) continue;
      const target = edgeTarget[edge]!;
      const table = words.ofEdge(edge) === W.ephemeron ? tableOf(edge) : undefined;
      if (table === undefined || isReached[table] === 1) reach(target);
      else waiting.set(table, [...(waiting.get(table) ?? []), target]);
    }
  }
  return isReached;

  function tableOf(edge: number): number | undefined {
    const id = /\(table @(\d+)\)$/.exec(words.edgeText(edge))?.[1];
    return id === undefined ? undefined : nodeOfId.get(Number(id));
  }
}
