// Reads properties and fields of the program's objects.

import { isDictionary } from '../dictionaries.ts';
import { ENTRY, type Hold } from './named-step.ts';
import type { Reader } from './path-walk.ts';
import { propertyText } from './step-texts.ts';

export const readProperty: Reader = (walk, at) => {
  const { graph } = walk.index;
  const node = walk.nodes[at]!;
  const name = walk.edgeTextAt(at);
  // Node's own link from an open handle to the program's object.
  if (/^<symbol (?:node:)?owner_symbol>$/.test(name)) {
    walk.push(at, { hold: 'part', edge: 'owner' });
    return at + 1;
  }
  const text = propertyText(name);
  const hold: Hold = name.startsWith('#') ? 'private-field' : 'property';
  if (isDictionary(walk.index, node)) {
    const fanOut = graph.firstEdge[node + 1]! - graph.firstEdge[node]!;
    walk.push(at, { hold, edge: ENTRY, entry: text, identifier: name, fanOut, ...walk.prefixed(text) });
  } else walk.push(at, { hold, edge: text, identifier: name, ...walk.prefixed(text) });
  return at + 1;
};
