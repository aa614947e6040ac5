// Which WeakMap an entry is of: V8 tells of an entry on its key, with the number of the map's table in the edge's name.

import type { GraphIndex } from './graph-index.ts';
import { K, W } from './heap-words.ts';

/** @returns the WeakMap's node of an edge that tells of an entry; -1 if there is none. */
export function createWeakMapFinder({ graph, words, kind, targetOf }: GraphIndex): (edge: number) => number {
  let ownerByTableId: Map<number, number> | undefined;
  const find = (): Map<number, number> => {
    const found = new Map<number, number>();
    for (let node = 0; node < graph.nodeCount; node++) {
      if (kind[node] !== K.object) continue;
      const table = targetOf(node, W.table);
      if (table >= 0) found.set(graph.nodeId[table]!, node);
    }
    return found;
  };
  return (edge) => {
    const id = /\(table @(\d+)\)$/.exec(words.edgeText(edge))?.[1];
    if (id === undefined) return -1;
    ownerByTableId ??= find();
    return ownerByTableId.get(Number(id)) ?? -1;
  };
}
