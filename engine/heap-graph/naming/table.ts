// Reads collections: entries of maps, sets and WeakMaps, and elements of arrays.

import { Edge, W } from '../heap-words.ts';
import { countEntries, primitiveText, tableEntry } from './containers.ts';
import { describeNode } from './describe-node.ts';
import { ENTRY } from './named-step.ts';
import { NOT_MINE, type Reader } from './path-walk.ts';

export const readTable: Reader = (walk, at) => {
  const { index, nodes, edges, naming } = walk;
  const table = nodes[at]!;
  const container = index.words.nodeText(nodes[at - 1] ?? table);
  const { role, key } = tableEntry(index, table, edges[at]!);
  const entries = countEntries(index, table);
  switch (role) {
    case 'set':
      walk.push(at, {
        hold: 'set-entry',
        edge: container === 'Set' ? 'Set entry' : `${container} entry`,
        fanOut: entries,
      });
      break;
    case 'map-key':
      walk.push(at, { hold: 'map-entry', edge: 'Map key', fanOut: Math.ceil(entries / 2) });
      break;
    case 'map-value': {
      const text = primitiveText(index, key);
      const isObjectKey = key >= 0 && text === undefined;
      walk.push(at, {
        hold: 'map-entry',
        edge: isObjectKey ? `Map entry of key ${describeNode(naming, key).text}` : `Map entry ${ENTRY}`,
        ...(text === undefined ? {} : { entry: text, identifier: text, ...walk.prefixed(`.get(${text})`) }),
        fanOut: Math.max(1, Math.ceil(entries / 2)),
      });
    }
  }
  return at + 1;
};

/** V8 writes a WeakMap's entry as an edge from its key to its value. */
export const readWeakMapEntry: Reader = (walk, at) => {
  if (walk.wordAt(at) !== W.ephemeron || walk.typeAt(at) !== Edge.internal) return NOT_MINE;
  const map = walk.naming.weakMapOf(walk.edges[at]!);
  walk.push(at, {
    hold: 'weak-map',
    edge: map === undefined ? 'value in a WeakMap' : `value in WeakMap ${map}`,
    ...(map === undefined ? {} : { identifier: map }),
  });
  return at + 1;
};

export const readElement: Reader = (walk, at) => {
  const node = walk.nodes[at]!;
  const entry = `[${walk.edgeTextAt(at)}]`;
  walk.push(at, {
    hold: walk.index.words.nodeText(node) === 'Object' ? 'property' : 'array-element',
    edge: ENTRY,
    entry,
    fanOut: countEntries(walk.index, node),
    ...walk.prefixed(entry),
  });
  return at + 1;
};
