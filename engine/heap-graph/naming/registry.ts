// Reads what a FinalizationRegistry keeps: the held values of its registrations, and its cleanup callback.

import { Edge, K, W } from '../heap-words.ts';
import { NOT_MINE, type PathWalk, type Reader } from './path-walk.ts';

/** The probe's callback reaches the program's over at most this many scopes. */
const MOST_SCOPES_OF_PROBE = 6;

export const readRegistry: Reader = (walk, at) => {
  const to = walk.kindAt(at + 1);
  if (to === K['weak-cell']) return at + 1;
  return to === K.closure && walk.typeAt(at) === Edge.hidden ? readCleanup(walk, at) : NOT_MINE;
};

export const readWeakCell: Reader = (walk, at) => {
  const to = walk.kindAt(at + 1);
  if (to === K['weak-cell'] || to === K['finalization-registry']) return at + 1;
  const type = walk.typeAt(at);
  if (type !== Edge.hidden && type !== Edge.internal) return NOT_MINE;
  // The probe's record stands for the program's held value.
  const isRecord = walk.index.targetOf(walk.nodes[at + 1]!, W.heaplineId) >= 0 && walk.wordAt(at + 1) === W.held;
  const end = isRecord ? at + 1 : at;
  walk.push(end, { hold: 'held-value', edge: 'held value' });
  return end + 1;
};

/** The probe's own callback stands before the program's, which is in its scope. */
function readCleanup(walk: PathWalk, at: number): number {
  const { nodes, edges, index } = walk;
  let end = at;
  if (index.words.nodeText(nodes[at + 1]!) === 'observedCleanup' && walk.wordAt(at + 1) === W.context) {
    for (let next = at + 2; next < edges.length && next < at + 2 + MOST_SCOPES_OF_PROBE; next++) {
      if (walk.wordAt(next) === W.cleanup) {
        end = next;
        break;
      }
      if (walk.wordAt(next) !== W.previous) break;
    }
  }
  walk.push(end, { hold: 'cleanup', edge: 'cleanup callback', rawEdge: edges[at]! });
  return end + 1;
}
