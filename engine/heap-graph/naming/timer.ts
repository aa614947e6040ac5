// Reads timers: the lists in which Node keeps those that wait equally long, and what one keeps.

import { Edge, K, W } from '../heap-words.ts';
import type { GraphIndex } from '../graph-index.ts';
import { Node } from '../heap-words.ts';
import { primitiveText } from './containers.ts';
import type { PathWalk, Reader } from './path-walk.ts';
import { readProperty } from './property.ts';
import { propertyText } from './step-texts.ts';

export const readTimersList: Reader = (walk, at) => {
  if (walk.kindAt(at + 1) === K.timeout) pushTimer(walk, at);
  return at + 1;
};

export const readTimer: Reader = (walk, at) => {
  const node = walk.nodes[at]!;
  const word = walk.wordAt(at);
  const to = walk.kindAt(at + 1);
  if ((word === W._idleNext || word === W._idlePrev) && (to === K.timeout || to === K['timers-list'])) {
    // In the list of those that wait equally long, the last of a chain is the one.
    if (to === K.timeout && walk.last?.head === node && walk.isAtTimer) walk.steps.pop();
    if (to === K.timeout) pushTimer(walk, at);
    return at + 1;
  }
  // A timer that has run is in no list, and keeps its callback no more than any object would.
  const isImmediate = walk.index.words.nodeText(node) === 'Immediate';
  if (!isImmediate && !isWaiting(walk.index, node)) return readProperty(walk, at);

  const timer = { hold: 'timer', identifier: timerText(walk.index, node).split(' ')[0] ?? 'setTimeout' } as const;
  const promised = isPromised(walk, node) ? { fix: PROMISED.replace('*', timer.identifier) } : {};
  if (word === W._onTimeout || word === W._onImmediate) {
    walk.push(at, { ...timer, edge: 'fix' in promised ? 'promise' : 'callback', ...promised });
    return at + 1;
  }
  if ((word === W._timerArgs || word === W._argv) && walk.typeAt(at + 1) === Edge.element) {
    const number = Number(walk.edgeTextAt(at + 1)) + 1;
    const edge = 'fix' in promised ? 'value' : `callback argument ${number}`;
    walk.push(at + 1, { ...timer, edge, ...promised });
    return at + 2;
  }
  walk.push(at, { ...timer, edge: propertyText(walk.edgeTextAt(at)) });
  return at + 1;
};

const PROMISED =
  'A promised `*` (of `node:timers/promises`, or by `util.promisify`) that is still running keeps {value}: abort it by its `signal` option when it is no longer needed';

/** Whether the timer's callback is V8's function that settles a promise. */
function isPromised({ index, naming }: PathWalk, timer: number): boolean {
  const { graph, kind, targetOf, words } = index;
  const callback = targetOf(timer, words.nodeText(timer) === 'Immediate' ? W._onImmediate : W._onTimeout);
  if (callback < 0 || kind[callback] !== K.closure || naming.scopes.functionName(callback).script !== '') return false;
  const scope = targetOf(callback, W.context);
  if (scope < 0) return false;
  for (let edge = graph.firstEdge[scope]!, end = graph.firstEdge[scope + 1]!; edge < end; edge++) {
    if (kind[graph.edgeTarget[edge]!] === K.promise) return true;
  }
  return false;
}

function isWaiting({ kind, targetOf }: GraphIndex, timer: number): boolean {
  const next = kind[targetOf(timer, W._idleNext)];
  return next === K.timeout || next === K['timers-list'];
}

function pushTimer(walk: PathWalk, at: number): void {
  walk.push(at, { hold: 'part', edge: timerText(walk.index, walk.nodes[at + 1]!) });
  walk.isAtTimer = true;
}

/** Returns `setTimeout of 1,000 ms`. */
function timerText(index: GraphIndex, timer: number): string {
  const { graph, words, targetOf } = index;
  if (words.nodeText(timer) === 'Immediate') return 'setImmediate';
  const repeat = targetOf(timer, W._repeat);
  const milliseconds = Number(primitiveText(index, targetOf(timer, W._idleTimeout)) ?? Number.NaN);
  const name = repeat >= 0 && graph.nodeType[repeat] === Node.number ? 'setInterval' : 'setTimeout';
  return Number.isFinite(milliseconds) ? `${name} of ${milliseconds.toLocaleString('en-US')} ms` : name;
}
