// Reads what an AsyncLocalStorage keeps: the stores of an async context, and what carries that context. From Node 24 on a
// context is an AsyncContextFrame (a Map from the AsyncLocalStorage to its store); before, each resource has the store itself.

import { Edge, K } from '../heap-words.ts';
import { tableEntry } from './containers.ts';
import type { NamedStep } from './named-step.ts';
import { NOT_MINE, type PathWalk, type Reader } from './path-walk.ts';
import { propertyName } from './node-api.ts';

const FRAME = 'AsyncContextFrame';

/** Reads the edge from a carrier to its context. */
export const readContextFrame: Reader = (walk, at) => {
  const { index, nodes } = walk;
  if (index.words.nodeText(nodes[at + 1]!) === FRAME && index.kind[nodes[at]!] !== K.table) {
    walk.push(at, { hold: 'part', edge: 'async context' });
    return at + 1;
  }
  if (walk.typeAt(at) !== Edge.property || propertyName(walk, at) !== 'Symbol(kResourceStore)') return NOT_MINE;
  pushStore(walk, at, undefined);
  return at + 1;
};

/** Reads an entry of a context's table. */
export const readStore: Reader = (walk, at) => {
  const { index, nodes, edges, naming } = walk;
  if (index.words.nodeText(nodes[at - 1] ?? nodes[at]!) !== FRAME) return NOT_MINE;
  const { role, key } = tableEntry(index, nodes[at]!, edges[at]!);
  if (role !== 'map-value') return NOT_MINE;
  pushStore(walk, at, key < 0 ? undefined : naming.expressionOf(key));
  return at + 1;
};

function pushStore(walk: PathWalk, at: number, storage: string | undefined): void {
  const name = storage === undefined ? '' : ` ${storage}`;
  const { carrier, release } = findCarrier(walk.steps);
  walk.push(at, {
    hold: 'node-api',
    edge: `store of AsyncLocalStorage${name}`,
    ...(storage === undefined ? {} : { identifier: storage }),
    fix: `The async context of ${carrier} keeps {value} as the store of ${storage === undefined ? 'an AsyncLocalStorage' : `the AsyncLocalStorage \`${storage}\``}: ${release}`,
  });
}

/** Tells what has the context from the steps that lead to it, innermost first. */
function findCarrier(steps: readonly NamedStep[]): { carrier: string; release: string } {
  for (const { edge, node, expression } of steps.toReversed()) {
    const timer = /^(setTimeout|setInterval|setImmediate)\b/.exec(edge)?.[1];
    if (timer !== undefined) {
      return {
        carrier: `a timer of \`${timer}\` that is still running`,
        release: `stop it with \`${timer.replace('set', 'clear')}\`, or start it outside the storage’s \`run()\``,
      };
    }
    const named = expression === undefined ? '' : ` \`${expression}\``;
    if (node === 'AsyncResource' && edge !== 'variable resource of bind()') {
      return { carrier: `the AsyncResource${named}`, release: 'release the resource when its work is done' };
    }
    if (node === 'function bound' || edge === 'bound function') {
      return {
        carrier: `the function${named} that \`snapshot()\` or \`bind()\` made`,
        release: 'release the function when its work is done',
      };
    }
    if (node === 'Promise') {
      return {
        carrier: `the promise${named}`,
        release: 'settle it in every case, or make it outside the storage’s `run()`',
      };
    }
    if (/Handle|^(?:TCP|Pipe|UDP|Process|FSEvent|HTTP\w*|\w*Wrap)$/.test(node)) {
      return { carrier: `the ${node} request or handle`, release: 'end it when its work is done' };
    }
  }
  return {
    carrier: 'the code that runs',
    release: 'enter it with `run()`, which leaves it again, or replace it with `enterWith(undefined)`',
  };
}
