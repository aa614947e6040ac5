// Reads scopes: variables of modules, scripts, functions and blocks, and the scopes that V8 itself makes for promises.

import type { Place } from '../../protocol/explanation.ts';
import { Edge, K, W } from '../heap-words.ts';
import type { ScopeOwner } from '../scopes.ts';
import { generatorFunction } from './describe-node.ts';
import { fileOf } from './named-step.ts';
import type { PathWalk, Reader, StepParts } from './path-walk.ts';
import { shorten } from './step-texts.ts';

/** A variable of a block that V8 does not name may be one of several; more are not listed. */
const MOST_CANDIDATES = 4;
/** The parameters that Node gives every CommonJS module. */
const WRAPPER_NAMES: ReadonlySet<string> = new Set(['exports', 'require', 'module', '__filename', '__dirname']);

export const declaredAt = (place: Place | undefined): { place?: Place } => (place === undefined ? {} : { place });

export const readScope: Reader = (walk, at) => {
  const isInternal = walk.typeAt(at) === Edge.internal;
  if (isInternal && walk.wordAt(at) === W.previous) {
    // An outer scope belongs to the outer function, not to the waiting one.
    walk.generator = -1;
    return at + 1;
  }
  if (isInternal && walk.wordAt(at) === W.extension) return readExtension(walk, at);
  const name = variableName(walk, at);
  if (name === '') return readInternalScope(walk, at);
  pushVariable(walk, at, name);
  return at + 1;
};

/** V8 keeps an awaiting function as the extension of the scope of the closures that resume it. */
function readExtension(walk: PathWalk, at: number): number {
  const target = walk.nodes[at + 1]!;
  if (walk.index.kind[target] !== K.generator) return at + 1;
  const { name, place } = generatorFunction(walk.index, walk.naming.scopes, target);
  walk.push(at, {
    hold: 'suspended',
    edge: 'awaited by',
    ...(name === '' ? {} : { identifier: name }),
    ...declaredAt(place),
  });
  return at + 1;
}

function variableName({ index, naming, nodes, edges }: PathWalk, at: number): string {
  const node = nodes[at]!;
  const edge = edges[at]!;
  const type = index.graph.edgeType[edge];
  if (type === Edge.context) return index.words.edgeText(edge);
  if (type !== Edge.hidden || naming.scopes.ownerOf(node).type === 'internal') return '';
  return naming.scopes.blockVariables(node, edge).slice(0, MOST_CANDIDATES).join(' or ');
}

/** A settled promise that a pending one would settle is what came of a race. */
const RACE =
  '{holder} has not settled, and keeps the result of every `Promise.race()` with it: settle it, or race against a promise made for each race';

const isSettled = (walk: PathWalk, at: number): boolean =>
  walk.wordAt(at) === W.reactions_or_result && walk.kindAt(at + 1) !== K['promise-reaction'];

/** V8's own scopes: those of the functions that settle a promise, and of those that `Promise.all` waits with. */
function readInternalScope(walk: PathWalk, at: number): number {
  switch (walk.kindAt(at + 1)) {
    case K.promise:
      if (walk.isInPendingPromise && isSettled(walk, at + 1)) {
        walk.push(at, { hold: 'promise', edge: 'result of Promise.race()', fix: RACE });
      } else walk.push(at, { hold: 'part', edge: 'promise' });
      break;
    case K.array:
      walk.push(at, { hold: 'promise', edge: 'values', node: 'results so far' });
      break;
    case K.closure:
      // Behind the function that V8 made for `finally`.
      if (walk.isInPendingPromise) walk.push(at, { hold: 'promise', edge: 'finally callback' });
      else walk.push(at, { hold: 'part', edge: 'callback' });
      break;
    default:
      walk.pushInternal(at);
  }
  return at + 1;
}

function pushVariable(walk: PathWalk, at: number, name: string): void {
  const owner = ownerOfVariable(walk, walk.nodes[at]!, name);
  const { closure } = walk;
  const variable = `variable ${shorten(name)}`;
  const shared = {
    identifier: name,
    // A program cannot write the variables of Node's own modules.
    ...(fileOf(owner).startsWith('node:') ? {} : { expression: shorten(name) }),
    owner,
    ...declaredAt(declarationOf(walk, owner, name)),
  };
  switch (owner.type) {
    case 'module':
      walk.push(at, { hold: 'module-variable', edge: variable, ...shared });
      break;
    case 'script':
      walk.push(at, { hold: 'global-variable', edge: variable, ...shared });
      break;
    case 'function': {
      const isWaiting = walk.generator >= 0;
      walk.push(at, {
        hold: isWaiting ? 'suspended' : 'closure-variable',
        edge: `${variable}${owner.name === '' ? '' : ` of ${shorten(owner.name)}()`}`,
        ...shared,
        ...(closure >= 0 && !isWaiting ? enteredBy(walk, at, name) : {}),
      });
      break;
    }
    case 'module-block':
    case 'internal':
      walk.push(at, {
        hold: 'closure-variable',
        edge: variable,
        ...shared,
        ...(closure < 0 ? {} : enteredBy(walk, at, name)),
      });
  }
}

/** The closure whose scope the path is in. One that reaches the variable by `eval` lets go of all of its scope without that. */
function enteredBy({ naming, nodes, edges, closure }: PathWalk, at: number, name: string): Partial<StepParts> {
  const { place } = naming.scopes.functionName(closure);
  if (place === undefined || !naming.sources.reachesByEval(place, name)) return { closure };
  return { closure, isByEval: true, rawEdge: edges[nodes.lastIndexOf(closure, at)]! };
}

function ownerOfVariable({ naming, index }: PathWalk, scope: number, name: string): ScopeOwner {
  const owner = naming.scopes.ownerOf(scope);
  if (owner.type !== 'module' || WRAPPER_NAMES.has(name)) return owner;
  // A function at the top level of a CommonJS module looks the same where the module has no variables of its own.
  if (naming.sources.isTopLevel(owner.file, name) !== false) return owner;
  const isModule = index.kind[index.targetOf(scope, W.extension)] === K.module;
  return isModule ? owner : { type: 'function', name: '', file: owner.file, isBlock: false };
}

function declarationOf({ naming, closure }: PathWalk, owner: ScopeOwner, name: string): Place | undefined {
  const { scopes, sources } = naming;
  switch (owner.type) {
    case 'internal':
    case 'script':
      return undefined;
    case 'module':
      return sources.topLevelDeclaration(owner.file, name);
    case 'module-block':
    case 'function': {
      const place = closure < 0 ? undefined : scopes.functionName(closure).place;
      if (place !== undefined) return sources.declarationAround(place, name);
      return owner.type === 'function' && owner.place !== undefined
        ? sources.declarationWithin(owner.place, name)
        : undefined;
    }
  }
}
