// Reads web streams: what their queues and the callbacks of their sources and sinks keep, as one step instead of the many
// objects of Node's implementation.

import { Edge, K, W } from '../heap-words.ts';
import { propertyName } from './node-api.ts';
import { NOT_MINE, type PathWalk, type Reader } from './path-walk.ts';

const CLASS = /^(?:(?:Readable|Writable|Transform)(?:Byte)?Stream|ReadableStreamBYOB)\w*$/;
const WAY_INSIDE: ReadonlySet<string> = new Set([
  'Symbol(kState)',
  'controller',
  'stream',
  'reader',
  'writer',
  'readable',
  'writable',
  'closedPromise',
]);

export const readWebStream: Reader = (walk, at) => {
  if (!CLASS.test(walk.index.words.nodeText(walk.nodes[at]!))) return NOT_MINE;
  if (!isWayInside(walk, at)) return NOT_MINE;
  let end = at;
  while (isWayInside(walk, end)) end++;
  const name = propertyName(walk, end);
  if (name === 'queue') return readQueue(walk, at, end + 1);
  if (name.endsWith('Algorithm')) return readAlgorithm(walk, end);
  walk.push(end - 1, { hold: 'part', edge: 'inside', ...walk.prefixed('') });
  return end;
};

function isWayInside(walk: PathWalk, at: number): boolean {
  if (walk.wordAt(at) === W.bound_this) return true;
  const name = propertyName(walk, at);
  return WAY_INSIDE.has(name) || name.startsWith('Symbol(nodejs.webstream');
}

/** @param at position of the edge that leaves the queue. */
function readQueue(walk: PathWalk, start: number, at: number): number {
  let end = at;
  while (walk.typeAt(end) === Edge.property) end++;
  if (walk.typeAt(end) !== Edge.element) {
    walk.push(at - 1, { hold: 'part', edge: 'queue' });
    return at;
  }
  const rawEdge = walk.edges[end]!;
  // Where the list itself is the queue, an element is a record of the chunk.
  if (end === at && propertyName(walk, end + 1) === 'value') end++;
  const isWritable = /^Writable/.test(walk.index.words.nodeText(walk.nodes[start]!));
  walk.push(end, {
    hold: 'node-api',
    rawEdge,
    edge: isWritable ? 'chunk to be written' : 'unread chunk',
    fix: isWritable
      ? '{holder} keeps every chunk that waits to be written: settle the promise of the sink’s `write()`, or call `abort()`'
      : '{holder} keeps every chunk that has not been read: read it, or call `cancel()`',
  });
  return end + 1;
}

/** The program's callback is in the scope of Node's. */
function readAlgorithm(walk: PathWalk, at: number): number {
  const isWrapped =
    walk.kindAt(at + 1) === K.closure && walk.wordAt(at + 1) === W.context && walk.typeAt(at + 2) === Edge.context;
  const end = isWrapped ? at + 2 : at;
  walk.push(end, {
    hold: 'part',
    edge: `${propertyName(walk, at).replace(/Algorithm$/, '')} callback`,
  });
  return end + 1;
}
