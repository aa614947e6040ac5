// Reads what a function keeps beside the variables of its scope: the parts of a bound function, and what a suspended one
// has in its registers.

import { Edge, K, W } from '../heap-words.ts';
import { generatorFunction, isTopLevelCode } from './describe-node.ts';
import { NOT_MINE, type Reader } from './path-walk.ts';
import { shorten, shortFile } from './step-texts.ts';

export const readClosure: Reader = (walk, at) => {
  switch (walk.wordAt(at)) {
    case W.context:
      walk.closure = walk.nodes[at]!;
      return at + 1;
    case W.bound_this:
      walk.push(at, { hold: 'closure-variable', edge: 'bound this' });
      return at + 1;
    case W.bound_argument:
      walk.push(at, { hold: 'closure-variable', edge: 'bound argument' });
      return at + 1;
    case W.bound_function:
      walk.push(at, { hold: 'part', edge: 'bound function' });
      return at + 1;
    default:
      return NOT_MINE;
  }
};

/**
 * A generator keeps the value that it was last resumed with, which V8 forgets where it is suspended again (`input_or_debug_pos`
 * of JSGeneratorObject): of a module whose code has ended, that of its last top-level `await`. Its other field without a name
 * is the promise of an async function.
 */
const readInput: Reader = (walk, at) => {
  if (walk.typeAt(at) !== Edge.hidden || walk.kindAt(at + 1) === K.promise) return NOT_MINE;
  const { name, place } = generatorFunction(walk.index, walk.naming.scopes, walk.nodes[at]!);
  if (place !== undefined && isTopLevelCode(name, place)) {
    walk.push(at, {
      hold: 'module-variable',
      edge: 'value of the last top-level await',
      fix: `The module ${shortFile(place.file)} keeps the value that its last top-level \`await\` gave, {value}, as long as it is loaded: await it in a function instead`,
    });
  } else {
    walk.push(at, {
      hold: 'suspended',
      edge: 'value that it was last given',
      fix: '{holder} keeps the value that it was last given, {value}: release it when it has come to its end',
    });
  }
  return at + 1;
};

export const readGenerator: Reader = (walk, at) => {
  switch (walk.wordAt(at)) {
    case W.index:
      return readInput(walk, at);
    case W.receiver:
      walk.push(at, { hold: 'suspended', edge: 'this' });
      return at + 1;
    case W.context:
    case W.parameters_and_registers:
      walk.generator = walk.nodes[at]!;
      return at + 1;
    default:
      return NOT_MINE;
  }
};

export const readArray: Reader = (walk, at) => {
  if (walk.generator >= 0) {
    const { name, place } = generatorFunction(walk.index, walk.naming.scopes, walk.generator);
    if (place !== undefined && isTopLevelCode(name, place)) {
      const awaited = walk.naming.sources.topLevelAwait(place.file) ?? place;
      const line = awaited === place ? '' : `:${awaited.line}`;
      walk.push(at, {
        hold: 'suspended',
        edge: 'local variable of the top level',
        place: awaited,
        fix: `The top-level \`await\` of ${shortFile(place.file)}${line} has not come back, and keeps a local variable, {value}: settle what it waits for`,
      });
      return at + 1;
    }
    walk.push(at, {
      hold: 'suspended',
      edge: `local variable of ${name === '' ? 'the waiting function' : `${shorten(name)}()`}`,
      ...(name === '' ? {} : { identifier: name }),
    });
    return at + 1;
  }
  // Lists inside V8's modules, and the slots of `Promise.all`.
  const to = walk.kindAt(at + 1);
  if (to === K.cell || to === K.array) return at + 1;
  if (walk.last?.hold !== 'promise') return NOT_MINE;
  walk.push(at, { hold: 'promise', edge: 'settled value' });
  return at + 1;
};
