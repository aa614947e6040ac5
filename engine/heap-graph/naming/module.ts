// Reads modules: the cells of an ES module's exports, and `exports` of a CommonJS module.

import { beginAtModule } from './begin.ts';
import { Edge, K, W } from '../heap-words.ts';
import { NOT_MINE, type Reader } from './path-walk.ts';
import { declaredAt } from './scope.ts';
import { propertyText, shorten } from './step-texts.ts';

const KINDS_INSIDE_A_MODULE: ReadonlySet<number> = new Set([K.module, K.array, K.generator, K.context, K.cell]);

export const readModule: Reader = (walk, at) => (KINDS_INSIDE_A_MODULE.has(walk.kindAt(at + 1)) ? at + 1 : NOT_MINE);

export const readCell: Reader = (walk, at) => {
  const { exportedCells, scopes, sources } = walk.naming;
  const exported = exportedCells.get(walk.nodes[at]!);
  if (exported === undefined) return NOT_MINE;
  const file = scopes.fileOfModule(exported.module);
  // A path may come to another module's variable by the module that imports it.
  if (walk.steps.length === 1) beginAtModule(walk, exported.module);
  // A variable has one name in the source, however many it is exported by.
  const name = sources.localName(file, exported.name) ?? exported.name;
  walk.push(at, {
    hold: 'module-variable',
    edge: name === 'default' ? 'default export' : `variable ${shorten(name)}`,
    identifier: name,
    expression: name,
    owner: { type: 'module', file },
    ...declaredAt(sources.topLevelDeclaration(file, name)),
  });
  return at + 1;
};

/** Names `exports` together with the property of it that the path goes on by. */
export const readCommonJsModule: Reader = (walk, at) => {
  if (walk.wordAt(at) !== W.exports || walk.steps.length !== 1) return NOT_MINE;
  const word = walk.wordAt(at + 1);
  const isNamed = word !== W._events && word !== W.kEvents && word !== W.__proto__;
  if (walk.typeAt(at + 1) === Edge.property && walk.kindAt(at + 1) === K.object && isNamed) {
    const name = walk.edgeTextAt(at + 1);
    const text = `exports${propertyText(name)}`;
    walk.push(at + 1, { hold: 'module-variable', edge: text, identifier: name, expression: text });
    return at + 2;
  }
  walk.push(at, {
    hold: 'module-variable',
    edge: 'module.exports',
    identifier: 'exports',
    expression: 'module.exports',
  });
  return at + 1;
};
