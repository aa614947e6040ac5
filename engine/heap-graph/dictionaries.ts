// Decides which plain objects are used as dictionaries: keys computed at run time, one entry for each of many alike, as
// opposed to fields that the program names. A dictionary is a collection; any other object is not.
//
// Evidence, from V8's representation and from the keys themselves (docs/adr/0019):
//  - Integer keys are elements, and those are entries of any object; nothing here is needed for them.
//  - Three keys that no program writes after a dot and that differ in a number only (`user-1`, `user-2`, `user-3`), or
//    MANY such that are identifiers (`u1` to `u8`).
//  - V8 turns an object into a hash table once it has more than 12 properties outside the object that came by a computed
//    key (`obj[key] = value`), but only after 128 that came by name. Deleting a property does it too, so that at least
//    MOST_COMPUTED keys are asked for; an object without a prototype is a hash table from its beginning.
//  - LARGE objects whatever V8 makes of them.
// In the last two cases most values must also be of one class.

import type { GraphIndex } from './graph-index.ts';
import { Edge, K, Node, W } from './heap-words.ts';

const MANY_ALIKE = 8;
const FEW_ALIKE = 3;
const MOST_COMPUTED = 17;
const LARGE = 24;
/** Share of the values that must be of one class. */
const OF_ONE_CLASS = 0.75;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export function isDictionary(index: GraphIndex, node: number): boolean {
  const { graph, kind, words } = index;
  if (kind[node] !== K.object || words.nodeText(node) !== 'Object') return false;
  const first = graph.firstEdge[node]!;
  const end = graph.firstEdge[node + 1]!;
  // Beside its keys, every object has an edge to its shape.
  if (end - first <= FEW_ALIKE) return false;

  const alike = new Map<string, number>();
  const classes = new Map<number, number>();
  let keys = 0;
  let isHashTable = false;
  let hasPrototype = false;
  for (let edge = first; edge < end; edge++) {
    const word = words.ofEdge(edge);
    const target = graph.edgeTarget[edge]!;
    if (word === W.properties) isHashTable = graph.nodeType[target] === Node.array;
    if (graph.edgeType[edge] !== Edge.property) continue;
    if (word === W.__proto__) {
      hasPrototype = kind[target] !== K.hidden;
      continue;
    }
    keys++;
    classes.set(graph.nodeName[target]!, (classes.get(graph.nodeName[target]!) ?? 0) + 1);
    const name = words.edgeText(edge);
    if (name.startsWith('<symbol ') || !/\d/.test(name)) continue;
    const skeleton = name.replace(/[0-9a-f]*\d[0-9a-f]*/g, '0');
    const count = (alike.get(skeleton) ?? 0) + 1;
    if (count >= (IDENTIFIER.test(name) ? MANY_ALIKE : FEW_ALIKE)) return true;
    alike.set(skeleton, count);
  }
  const needed = !isHashTable ? LARGE : hasPrototype ? MOST_COMPUTED : MANY_ALIKE;
  if (keys < needed) return false;
  return Math.max(...classes.values()) >= keys * OF_ONE_CLASS;
}
