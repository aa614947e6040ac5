// Reads promises: what waits for one that has not settled, and the value of one that has.

import { K, W } from '../heap-words.ts';
import { generatorFunction } from './describe-node.ts';
import { NOT_MINE, type PathWalk, type Reader } from './path-walk.ts';

export const readPromise: Reader = (walk, at) => {
  if (walk.wordAt(at) !== W.reactions_or_result) return NOT_MINE;
  if (walk.kindAt(at + 1) === K['promise-reaction']) walk.isInPendingPromise = true;
  else walk.push(at, { hold: 'part', edge: 'settled value' });
  return at + 1;
};

export const readReaction: Reader = (walk, at) => {
  const target = walk.nodes[at + 1]!;
  switch (walk.index.kind[target]) {
    case K['promise-reaction']:
      return at + 1;
    case K.closure:
      return readCallback(walk, at);
    case K.promise:
      walk.push(at, { hold: 'part', edge: 'derived promise' });
      return at + 1;
    case K.generator: {
      const { name } = generatorFunction(walk.index, walk.naming.scopes, target);
      walk.push(at, { hold: 'suspended', edge: 'awaited by', ...(name === '' ? {} : { identifier: name }) });
      return at + 1;
    }
    default:
      if (at + 1 < walk.edges.length) return at + 1;
      walk.push(at, { hold: 'promise', edge: 'reaction' });
      return at + 1;
  }
};

function readCallback(walk: PathWalk, at: number): number {
  const sharedInfo = walk.index.targetOf(walk.nodes[at + 1]!, W.shared);
  const isOwn = sharedInfo >= 0 && walk.naming.scopes.scriptOf(sharedInfo) !== '';
  // V8's own closures lead to the waiting function; their scope names it.
  if (!isOwn && walk.wordAt(at + 1) === W.context) {
    walk.isInPendingPromise = true;
    return at + 2;
  }
  walk.push(at, { hold: 'promise', edge: isOwn ? 'then callback' : 'reaction' });
  return at + 1;
}
