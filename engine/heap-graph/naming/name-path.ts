// Turns a path of a heap graph into steps in the program's own names: what V8 and Node need for one thing that a programmer
// knows (a map and its table, a function and its scope, an emitter and its list of listeners) becomes one step. One reader
// for each kind of holder; this file lists them and walks the path.

import { NO_EDGE } from '../cheapest-paths.ts';
import { Edge, K, W } from '../heap-words.ts';
import type { RawPath } from '../raw-path.ts';
import { readContextFrame, readStore } from './async-context.ts';
import { beginAtNode, beginAtRoot } from './begin.ts';
import { readErrorStack } from './error-stack.ts';
import { readArray, readClosure, readGenerator } from './function.ts';
import { readEmitter, readEventTarget } from './listener.ts';
import { readCell, readCommonJsModule, readModule } from './module.ts';
import { fileOf, type Hold, type NamedStep } from './named-step.ts';
import { NOT_MINE, PathWalk, type Naming, type Reader } from './path-walk.ts';
import { propertyName, readDisposableStack, readNodeApi } from './node-api.ts';
import { beginAtNodeVariable } from './node-variables.ts';
import { readWebStream } from './web-stream.ts';
import { readPromise, readReaction } from './promise.ts';
import { readProperty } from './property.ts';
import { readRegistry, readWeakCell } from './registry.ts';
import { readScope } from './scope.ts';
import { readElement, readHiddenElement, readIterator, readTable, readWeakMapEntry } from './table.ts';
import { readTimer, readTimersList } from './timer.ts';
import { propertyText } from './step-texts.ts';

/** What `fetch()` keeps its connections by is a global that only Node and undici know. */
const DISPATCHER = /^Symbol\(undici\.globalDispatcher\.\d+\)$/;

const readGlobal: Reader = (walk, at) => {
  if (walk.kindAt(at + 1) === K.global) return at + 1;
  if (walk.typeAt(at) !== Edge.property) return NOT_MINE;
  if (DISPATCHER.test(propertyName(walk, at))) {
    beginAtNode(walk);
    walk.push(at, { hold: 'part', edge: 'dispatcher of fetch()' });
    return at + 1;
  }
  const name = walk.edgeTextAt(at);
  const edge = propertyText(name);
  walk.push(at, { hold: 'global-variable', edge, identifier: name, expression: `globalThis${edge}` });
  return at + 1;
};

const readProxy: Reader = (walk, at) => {
  walk.push(at, {
    hold: 'part',
    edge: walk.edgeTextAt(at) === '0' ? 'handler' : 'target',
    ...walk.prefixed(''),
  });
  return at + 1;
};

const readTableEntry: Reader = (walk, at) => {
  const after = readStore(walk, at);
  return after === NOT_MINE ? readTable(walk, at) : after;
};

const pass: Reader = (_walk, at) => at + 1;

/** By the kind of the node that the path leaves. */
const READER_OF_KIND: ReadonlyMap<number, Reader> = new Map([
  [K.module, readModule],
  [K.cell, readCell],
  [K.context, readScope],
  [K.closure, readClosure],
  [K.table, readTableEntry],
  [K.array, readArray],
  [K.promise, readPromise],
  [K['promise-reaction'], readReaction],
  [K.generator, readGenerator],
  [K['finalization-registry'], readRegistry],
  [K['weak-cell'], readWeakCell],
  [K['timers-list'], readTimersList],
  [K.timeout, readTimer],
  [K.global, readGlobal],
  [K['commonjs-module'], readCommonJsModule],
  [K['property-cell'], pass],
  [K.proxy, readProxy],
]);

/** By the name and the type of the edge; of any object. */
const readByEdge: Reader = (walk, at) => {
  const word = walk.wordAt(at);
  const type = walk.typeAt(at);
  if (word === W._events && type === Edge.property) {
    const after = readEmitter(walk, at);
    if (after !== NOT_MINE) return after;
  }
  if (word === W.kEvents && type === Edge.property && walk.kindAt(at + 2) === K.table) return readEventTarget(walk, at);
  if (word === W.table && type === Edge.internal) return at + 1;
  if (word === W.elements && type === Edge.internal) return readHiddenElement(walk, at);
  if (type === Edge.property) return readProperty(walk, at);
  if (type === Edge.element) return readElement(walk, at);
  // An iterator reads the table of its map or set.
  if (type === Edge.hidden && walk.kindAt(at + 1) === K.table) return at + 1;
  return NOT_MINE;
};

/** Names the step that leaves `nodes[at]`; returns the position to go on from. */
function advance(walk: PathWalk, at: number): number {
  if (walk.edges[at] === NO_EDGE) {
    walk.pushGap(at);
    return at + 1;
  }
  for (const read of [
    readWeakMapEntry,
    readContextFrame,
    READER_OF_KIND.get(walk.kindAt(at)),
    readNodeApi,
    readWebStream,
    readErrorStack,
    readIterator,
    readDisposableStack,
    readByEdge,
  ]) {
    const next = read?.(walk, at) ?? NOT_MINE;
    if (next !== NOT_MINE) return next;
  }
  walk.pushInternal(at);
  return at + 1;
}

/** Returns the steps of `path`, root first. There is at least one. */
export function namePath(naming: Naming, path: RawPath): NamedStep[] {
  const walk = new PathWalk(naming, path);
  let at = beginAtRoot(walk);
  while (at < path.edges.length) at = advance(walk, at);
  return withoutInternals(beginAtNodeVariable(walk.steps));
}

const HOLDS_OF_DATA: ReadonlySet<Hold> = new Set<Hold>([
  'closure-variable',
  'module-variable',
  'property',
  'private-field',
  'array-element',
  'map-entry',
  'set-entry',
]);

/** The program cannot remove what Node keeps for itself: such steps become parts of what they lead to. */
function withoutInternals(steps: readonly NamedStep[]): NamedStep[] {
  let isInternal = false;
  return steps.map((step) => {
    if (step.owner !== undefined) isInternal = fileOf(step.owner).startsWith('node:');
    if (step.hold === 'suspended' || step.hold === 'promise' || step.hold === 'timer' || step.hold === 'node-api')
      isInternal = false;
    return !isInternal || !HOLDS_OF_DATA.has(step.hold) ? step : { ...step, hold: 'part' };
  });
}
