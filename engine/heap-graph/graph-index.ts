// A heap graph with what the search for causes asks of it again and again: the kind of each node, and single edges by their
// name. Runs in the thread that explains snapshots.

import type { HeapGraph } from './heap-graph.ts';
import { Edge, HeapWords, K, W } from './heap-words.ts';

export interface GraphIndex {
  readonly graph: HeapGraph;
  readonly words: HeapWords;
  /** Codes of NODE_KINDS. */
  readonly kind: Uint8Array;
  /** The first edge of `node` with this word that is not weak; -1 if there is none. */
  edgeOf(node: number, word: number): number;
  /** What that edge leads to; -1 if there is none. */
  targetOf(node: number, word: number): number;
  /** The property of that name (any, not only a word); -1 if there is none. */
  propertyOf(node: number, name: string): number;
  /** The text of a property whose value is a string; undefined if it is not. */
  textOf(node: number, word: number): string | undefined;
}

/** Follows nothing further than this where a well-formed heap has a short chain. */
export const CHAIN_LIMIT = 1_000;

export function indexGraph(graph: HeapGraph): GraphIndex {
  const words = new HeapWords(graph);
  const { nodeCount, firstEdge, edgeType, edgeName, edgeTarget } = graph;
  const kind = new Uint8Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) kind[node] = words.kindOf(node);

  const edgeOf = (node: number, word: number): number => {
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      const type = edgeType[edge];
      if (type === Edge.element || type === Edge.hidden || type === Edge.weak) continue;
      if (words.ofEdgeName(edgeName[edge]!) === word) return edge;
    }
    return -1;
  };
  const targetOf = (node: number, word: number): number => {
    if (node < 0) return -1;
    const edge = edgeOf(node, word);
    return edge < 0 ? -1 : edgeTarget[edge]!;
  };
  const propertyOf = (node: number, name: string): number => {
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      if (edgeType[edge] === Edge.property && words.edgeText(edge) === name) return edgeTarget[edge]!;
    }
    return -1;
  };
  const textOf = (node: number, word: number): string | undefined => {
    const target = targetOf(node, word);
    return target >= 0 && kind[target] === K.leaf ? words.nodeText(target) : undefined;
  };

  // What only edges tell: tables of maps and sets, generators, CommonJS modules.
  for (let node = 0; node < nodeCount; node++) {
    const own = kind[node]!;
    if (own === K['some-module']) {
      // Versions of Node name the parent differently.
      const isCommonJs = edgeOf(node, W.module_parent) >= 0 || edgeOf(node, W.module_first_parent) >= 0;
      kind[node] = isCommonJs && textOf(node, W.filename) !== undefined ? K['commonjs-module'] : K.object;
    } else if (own === K.object) {
      for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
        const type = edgeType[edge];
        if (type === Edge.internal) {
          const word = words.ofEdgeName(edgeName[edge]!);
          if (word === W.table && kind[edgeTarget[edge]!] === K.array) kind[edgeTarget[edge]!] = K.table;
          else if (word === W.parameters_and_registers) kind[node] = K.generator;
        } else if (type === Edge.hidden && kind[edgeTarget[edge]!] === K.array) {
          // An iterator reads the table of its map or set, which may be gone.
          if (/^(?:Map|Set) ?Iterator$/.test(words.nodeText(node))) kind[edgeTarget[edge]!] = K.table;
        }
      }
    }
  }
  for (let edge = firstEdge[0]!, end = firstEdge[1]!; edge < end; edge++) {
    const target = edgeTarget[edge]!;
    if (edgeType[edge] !== Edge.shortcut || kind[target] === K.synthetic) continue;
    if (kind[target] !== K['native-context']) {
      kind[target] = K.global;
      continue;
    }
    // From Node 26 on the root leads to the context, which leads to the global object and to its proxy.
    for (const word of [W.global_object, W.global_proxy_object]) {
      const global = targetOf(target, word);
      if (global >= 0) kind[global] = K.global;
    }
  }
  return { graph, words, kind, edgeOf, targetOf, propertyOf, textOf };
}
