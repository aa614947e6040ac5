// The layout of V8's hash tables: which entry an edge is, and how its key is written.

import type { GraphIndex } from '../graph-index.ts';
import { Edge, K, Node, W } from '../heap-words.ts';
import { propertyText, shorten } from './step-texts.ts';

/** Whether no WeakMap can have it for a key. V8 tells the value of few numbers, and of no bigint. */
export function isPrimitive({ graph }: GraphIndex, node: number): boolean {
  const type = graph.nodeType[node]!;
  return type === Node.number || type === Node.bigint;
}

/** Returns a primitive as source code writes it; undefined if the node is none, or if its value is unknown. */
export function primitiveText({ graph, words, textOf }: GraphIndex, node: number): string | undefined {
  if (node < 0) return undefined;
  switch (graph.nodeType[node]) {
    case Node.string:
    case Node['concatenated string']:
    case Node['sliced string']: {
      const { text, isPart } = words.stringText(node);
      return isPart ? `a part of ${JSON.stringify(shorten(text))}` : JSON.stringify(shorten(text));
    }
    case Node.number:
      return textOf(node, W.value);
    default:
      return undefined;
  }
}

/** Counts the edges of `node` that have a number for a name. */
export function countEntries({ graph, words }: GraphIndex, node: number): number {
  let count = 0;
  for (let edge = graph.firstEdge[node]!, end = graph.firstEdge[node + 1]!; edge < end; edge++) {
    if (words.ofEdge(edge) === W.index) count++;
  }
  return count;
}

/**
 * Finds the layout of the table of a Map or a Set (V8's OrderedHashTable): three counts, the buckets, then for each entry its
 * key, for a Map its value, and a link. There are twice as many entries as buckets.
 */
function tableLayout({ graph }: GraphIndex, table: number): { isMap: boolean; firstEntry: number } | undefined {
  const bytes = graph.nodeSelfBytes[table]!;
  for (const wordBytes of [8, 4]) {
    // An array's header is two words.
    const length = bytes / wordBytes - 2;
    for (const isMap of [true, false]) {
      const buckets = (length - 3) / (1 + 2 * (isMap ? 3 : 2));
      if (Number.isInteger(buckets) && buckets >= 2 && (buckets & (buckets - 1)) === 0) {
        return { isMap, firstEntry: 3 + buckets };
      }
    }
  }
  return undefined;
}

export interface TableEntry {
  readonly role: 'map-key' | 'map-value' | 'set';
  /** The node of the entry's key; -1 if that is a small integer. */
  readonly key: number;
}

/** Returns the part that an edge of a table has in its map or set. */
export function tableEntry(index: GraphIndex, table: number, edge: number): TableEntry {
  const { graph } = index;
  const at = index.words.edgeNumber(edge);
  const layout = tableLayout(index, table);
  if (layout !== undefined && at >= layout.firstEntry) {
    const offset = (at - layout.firstEntry) % (layout.isMap ? 3 : 2);
    if (offset === 0) return { role: layout.isMap ? 'map-key' : 'set', key: graph.edgeTarget[edge]! };
  }
  // Edges of an array are in the order of its indices, so a key that shows is right before its value.
  const before = edge - 1;
  const hasKey = before >= graph.firstEdge[table]! && index.words.edgeNumber(before) === at - 1;
  return { role: 'map-value', key: hasKey ? graph.edgeTarget[before]! : -1 };
}

/** Returns the text that `[…]` stands for in the step along `edge`; undefined if that is unknown. */
export function entryText(index: GraphIndex, node: number, edge: number): string | undefined {
  const { graph, kind, words } = index;
  if (kind[node] === K.table) {
    const { role, key } = tableEntry(index, node, edge);
    return role === 'map-value' ? primitiveText(index, key) : undefined;
  }
  const text = words.edgeText(edge);
  if (graph.edgeType[edge] === Edge.element) return `[${text}]`;
  return propertyText(text);
}
