// Reads properties and fields of the program's objects.

import { isDictionary } from '../dictionaries.ts';
import { Edge, K, W } from '../heap-words.ts';
import { ENTRY, type Hold } from './named-step.ts';
import type { PathWalk, Reader } from './path-walk.ts';
import { propertyText } from './step-texts.ts';

/**
 * An accessor holds nothing by itself: what it keeps is in the scope of its function. Where that is a getter of Node's that
 * makes its value at the first use, as of `process.stdin`, the value is what the property gives.
 */
function readAccessor(walk: PathWalk, at: number, name: string): number {
  const { scopes } = walk.naming;
  const property = propertyText(name.slice(4));
  const { script } = scopes.functionName(walk.nodes[at + 1]!);
  const isOfNode = script === '' || script.startsWith('node:');
  if (isOfNode && walk.wordAt(at + 1) === W.context) {
    let end = at + 2;
    while (walk.wordAt(end) === W.previous) end++;
    const variable = walk.hasEdge(end) ? walk.edgeTextAt(end) : '';
    if (walk.typeAt(end) === Edge.context && (variable === 'value' || `.${variable}` === property)) {
      walk.push(end, { hold: 'part', edge: property, ...walk.prefixed(property) });
      return end + 1;
    }
  }
  walk.push(at, { hold: 'part', edge: `${name.slice(0, 3)}ter of ${property.replace(/^\./, '')}` });
  return at + 1;
}

export const readProperty: Reader = (walk, at) => {
  const { graph } = walk.index;
  const node = walk.nodes[at]!;
  const name = walk.edgeTextAt(at);
  // Node's own link from an open handle to the program's object.
  if (/^<symbol (?:node:)?owner_symbol>$/.test(name)) {
    walk.push(at, { hold: 'part', edge: 'owner' });
    return at + 1;
  }
  if (walk.kindAt(at + 1) === K.closure && /^[gs]et ./s.test(name)) return readAccessor(walk, at, name);
  const text = propertyText(name);
  const hold: Hold = name.startsWith('#') ? 'private-field' : 'property';
  if (isDictionary(walk.index, node)) {
    const fanOut = graph.firstEdge[node + 1]! - graph.firstEdge[node]!;
    walk.push(at, { hold, edge: ENTRY, entry: text, identifier: name, fanOut, ...walk.prefixed(text) });
  } else walk.push(at, { hold, edge: text, identifier: name, ...walk.prefixed(text) });
  return at + 1;
};
