// Reads collections: entries of maps, sets and WeakMaps, and elements of arrays.

import { Edge, K, W } from '../heap-words.ts';
import { countEntries, isPrimitive, primitiveText, tableEntry } from './containers.ts';
import { describeNode } from './describe-node.ts';
import { ENTRY, type NamedStep } from './named-step.ts';
import { NOT_MINE, type Reader } from './path-walk.ts';

/** Such an iterator lets go of its collection when it comes to its end; it has no `return()`. */
const UNFINISHED_ITERATOR =
  '{holder} has not come to its end, and keeps what it goes over: let it run to the end, or release it';
const ITERATED = 'over';

export const readTable: Reader = (walk, at) => {
  const { index, nodes, edges, naming } = walk;
  const table = nodes[at]!;
  const container = index.words.nodeText(nodes[at - 1] ?? table);
  const { role, key } = tableEntry(index, table, edges[at]!);
  const entries = countEntries(index, table);
  const iterator = /Iterator$/.test(container) ? { fix: UNFINISHED_ITERATOR } : {};
  switch (role) {
    case 'set':
      walk.push(at, {
        hold: 'set-entry',
        edge: /^Set ?Iterator$/.test(container) ? 'Set entry' : `${container} entry`,
        fanOut: entries,
        ...iterator,
      });
      break;
    case 'map-key':
      walk.push(at, { hold: 'map-entry', edge: 'Map key', fanOut: Math.ceil(entries / 2), ...iterator });
      break;
    case 'map-value': {
      const text = primitiveText(index, key);
      const isObjectKey = key >= 0 && text === undefined && !isPrimitive(index, key);
      walk.push(at, {
        hold: 'map-entry',
        edge: isObjectKey ? `Map entry of key ${describeNode(naming, key).text}` : `Map entry ${ENTRY}`,
        ...(text === undefined ? {} : { entry: text, identifier: text, ...walk.prefixed(`.get(${text})`) }),
        fanOut: Math.max(1, Math.ceil(entries / 2)),
        ...iterator,
      });
    }
  }
  return at + 1;
};

/** V8 writes a WeakMap's entry as an edge from its key to its value. */
export const readWeakMapEntry: Reader = (walk, at) => {
  if (walk.wordAt(at) !== W.ephemeron || walk.typeAt(at) !== Edge.internal) return NOT_MINE;
  const map = walk.naming.weakMapOf(walk.edges[at]!);
  const key = walk.last?.expression;
  walk.push(at, {
    hold: 'weak-map',
    edge: map === undefined ? 'value in a WeakMap' : `value in WeakMap ${map}`,
    ...(map === undefined ? {} : { identifier: map }),
    ...(map === undefined || key === undefined ? {} : { expression: `${map}.get(${key})` }),
  });
  return at + 1;
};

export const readElement: Reader = (walk, at) => {
  const node = walk.nodes[at]!;
  const entry = `[${walk.edgeTextAt(at)}]`;
  if (walk.index.words.nodeText(node) === 'Arguments') {
    walk.push(at, { hold: 'array-element', edge: entry, ...walk.prefixed(entry), fix: argumentsFix(walk.last) });
    return at + 1;
  }
  walk.push(at, {
    hold: walk.index.words.nodeText(node) === 'Object' ? 'property' : 'array-element',
    edge: ENTRY,
    entry,
    fanOut: countEntries(walk.index, node),
    ...walk.prefixed(entry),
    ...(walk.last?.edge === ITERATED
      ? { fix: 'The iterator over {holder} has not come to its end: let it run to the end, or release it' }
      : {}),
  });
  return at + 1;
};

/**
 * V8 names the elements of an object only while they can change: those of a frozen, a sealed or a not extensible one are in
 * an array behind it (`V8HeapExplorer::ExtractElementReferences` asks `HasObjectElements`). Nothing can be removed there.
 * The parameters that a sloppy function shares with its `arguments` are in its scope.
 */
export const readHiddenElement: Reader = (walk, at) => {
  const { last } = walk;
  const isOfArguments = walk.index.words.nodeText(walk.nodes[at]!) === 'Arguments';
  const parts = isOfArguments ? { hold: 'array-element' as const, fix: argumentsFix(last) } : { hold: 'part' as const };
  if (walk.kindAt(at + 1) === K.array) {
    if (walk.wordAt(at + 1) !== W.index) return NOT_MINE;
    const entry = `[${walk.edgeTextAt(at + 1)}]`;
    walk.push(at + 1, {
      ...parts,
      edge: ENTRY,
      entry,
      fanOut: countEntries(walk.index, walk.nodes[at + 1]!),
      ...walk.prefixed(entry),
    });
    return at + 2;
  }
  if (!isOfArguments || walk.kindAt(at + 2) !== K.context || walk.typeAt(at + 2) !== Edge.context) return NOT_MINE;
  walk.push(at + 2, { ...parts, edge: `argument ${walk.edgeTextAt(at + 2)}` });
  return at + 3;
};

/** An iterator over an array keeps the array. */
export const readIterator: Reader = (walk, at) => {
  if (walk.index.words.nodeText(walk.nodes[at]!) !== 'Array Iterator' || walk.typeAt(at) !== Edge.hidden)
    return NOT_MINE;
  walk.push(at, { hold: 'part', edge: ITERATED });
  return at + 1;
};

function argumentsFix(holder: NamedStep | undefined): string {
  if (holder?.identifier !== 'arguments') {
    return '{holder} keeps every argument of its call: keep the values that are needed, rather than `arguments`';
  }
  const { owner } = holder;
  const of = owner?.type === 'function' && owner.name !== '' ? ` of \`${owner.name}()\`` : '';
  return `A function inside uses \`arguments\`${of}, which keeps every argument of the call: use named parameters instead`;
}
