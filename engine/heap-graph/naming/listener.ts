// Reads listeners: those of an EventEmitter, and those of an EventTarget.

import { Edge, K, W } from '../heap-words.ts';
import { countEntries, primitiveText, tableEntry } from './containers.ts';
import { isAbortSignal } from './describe-node.ts';
import { NOT_MINE, type PathWalk, type Reader } from './path-walk.ts';
import { readProperty } from './property.ts';
import { eventName, eventText } from './step-texts.ts';

/** Listeners of one event that are counted. */
const MOST_LISTENERS = 10_000;

/** Reads `_events` of an EventEmitter: one function for an event, or an array of them; each may be wrapped by `once`. */
export const readEmitter: Reader = (walk, at) => {
  if (walk.typeAt(at + 1) !== Edge.property) return NOT_MINE;
  const event = walk.edgeTextAt(at + 1);
  let end = at + 1;
  let fanOut = 1;
  if (walk.kindAt(end + 1) !== K.closure) {
    if (walk.typeAt(end + 1) !== Edge.element) return NOT_MINE;
    fanOut = countEntries(walk.index, walk.nodes[end + 1]!);
    end++;
  }
  const rawEdge = walk.edges[end]!;
  const isWrapped =
    walk.kindAt(end + 1) === K.closure && walk.wordAt(end + 1) === W.listener && walk.kindAt(end + 2) === K.closure;
  if (isWrapped) end++;
  walk.push(end, {
    ...(isFunctionOfNode(walk, walk.nodes[end + 1]!) ? { fix: 'It is kept until {holder} ends{close}' } : {}),
    hold: 'listener',
    edge: `listener for ${eventText(event)}`,
    identifier: eventName(event),
    fanOut,
    rawEdge,
  });
  return end + 1;
};

/** Reads the Map of an EventTarget, from the type of an event to a linked list of listeners. */
export const readEventTarget: Reader = (walk, at) => {
  const { index, nodes, edges } = walk;
  let end = at + 2;
  while (end < edges.length && walk.wordAt(end) !== W.listener && walk.wordAt(end) !== W.callback) end++;
  if (end >= edges.length) return readProperty(walk, at);
  const event = typeOfListeners(walk, at);
  walk.push(end, {
    hold: isAbortSignal(index, nodes[at]!) ? 'abort-listener' : 'listener',
    edge: `listener for ${event ?? 'an event'}`,
    // Everything that hangs on the listener's link goes with the edge to it.
    rawEdge: edges[end - 1]!,
    fanOut: countListeners(walk, at),
    ...(event === undefined ? {} : { identifier: event.replace(/^"|"$/g, '') }),
  });
  return end + 1;
};

/** Whether a function is one that Node adds itself, such as those of `pipe()` or `execFile()`. */
function isFunctionOfNode({ index, naming }: PathWalk, closure: number): boolean {
  const bound = index.targetOf(closure, W.bound_function);
  return naming.scopes.functionName(bound < 0 ? closure : bound).script.startsWith('node:');
}

function typeOfListeners({ index, nodes, edges }: PathWalk, at: number): string | undefined {
  const entry = edges[at + 2];
  const key = entry === undefined ? -1 : tableEntry(index, nodes[at + 2]!, entry).key;
  return primitiveText(index, key);
}

function countListeners({ index, nodes }: PathWalk, at: number): number {
  let links = 0;
  for (let link = nodes[at + 3] ?? -1; link >= 0 && links < MOST_LISTENERS; link = index.targetOf(link, W.next))
    links++;
  // The first link has no listener.
  return Math.max(1, links - 1);
}
