// Reads the stack trace of an error: until its text is asked for, V8 keeps the functions of the calls and their `this`.

import { K } from '../heap-words.ts';
import { propertyName } from './node-api.ts';
import { NOT_MINE, type Reader } from './path-walk.ts';

/** V8's own symbol for the stack of an error has no name in a snapshot; some versions give one. */
const STACK = /^Symbol\((?:error_stack_symbol)?\)$/;
const KINDS_INSIDE: ReadonlySet<number> = new Set([K.array, K.hidden, K.code, K.shape]);

export const readErrorStack: Reader = (walk, at) => {
  if (!STACK.test(propertyName(walk, at)) || !KINDS_INSIDE.has(walk.kindAt(at + 1))) return NOT_MINE;
  let end = at;
  while (end < walk.edges.length && KINDS_INSIDE.has(walk.kindAt(end + 1))) end++;
  if (end >= walk.edges.length) return NOT_MINE;
  const what = walk.kindAt(end + 1) === K.closure ? 'function' : '`this`';
  walk.push(end, {
    hold: 'property',
    edge: `${what} of a call in the stack trace`,
    identifier: 'stack',
    rawEdge: walk.edges[at]!,
    fix: '{holder} keeps the functions of the calls in its stack trace, and their `this`: read its `stack` once, after which V8 keeps the text alone, or release the error',
  });
  return end + 1;
};
