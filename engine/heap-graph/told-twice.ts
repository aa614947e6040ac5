// A snapshot tells of one reference twice where V8 keeps it in an array of its own behind an object: the object has an edge
// with the name, and the array another one. Here the array's edge is marked as keeping nothing alive, so that the removal of
// the named edge is the removal of the reference. Used when the costs of edges are found.

import { NOT_RETAINING } from './not-retaining.ts';
import type { GraphIndex } from './graph-index.ts';
import { Edge, K, W } from './heap-words.ts';

/** Whether an object with this edge keeps behind it what its own edges tell by name. */
export const isBackingWord = (word: number): boolean =>
  word === W.elements || word === W.properties || word === W.bindings;

/** @param backing edges of which isBackingWord is true. */
export function markToldTwice({ graph, words, kind }: GraphIndex, backing: readonly number[], cost: Uint8Array): void {
  const { nodeCount, firstEdge, edgeType, edgeTarget } = graph;
  // By node, the backing edge whose owner names it; counted from 1.
  const namedBy = new Uint32Array(nodeCount);
  let owner = 0;
  for (const [number, edge] of backing.entries()) {
    // Backing edges ascend, and so do their owners.
    while (firstEdge[owner + 1]! <= edge) owner++;
    const store = edgeTarget[edge]!;
    if (firstEdge[store] === firstEdge[store + 1]) continue;
    const mark = number + 1;
    for (let named = firstEdge[owner]!, end = firstEdge[owner + 1]!; named < end; named++) {
      const type = edgeType[named];
      if (type === Edge.property || type === Edge.element || type === Edge.shortcut) namedBy[edgeTarget[named]!] = mark;
    }
    for (let slot = firstEdge[store]!, end = firstEdge[store + 1]!; slot < end; slot++) {
      const target = edgeTarget[slot]!;
      if (namedBy[target] === mark) cost[slot] = NOT_RETAINING;
      else if (kind[target] === K['property-cell']) {
        // Of the global object: each of its variables is in a cell.
        for (let value = firstEdge[target]!, last = firstEdge[target + 1]!; value < last; value++) {
          if (words.ofEdge(value) === W.value && namedBy[edgeTarget[value]!] === mark) cost[value] = NOT_RETAINING;
        }
      }
    }
  }
}
