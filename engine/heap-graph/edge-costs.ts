// Which edges keep something alive, and how gladly a path goes along each: a path that a person understands runs through
// the program's own objects, variables and functions rather than through V8's and Node's. Runs in the thread that explains.

import type { GraphIndex } from './graph-index.ts';
import { Edge, K, W } from './heap-words.ts';
import { NOT_RETAINING } from './not-retaining.ts';
import { SCOPE_OF_NODE, SCOPE_OF_PROBE } from './scopes.ts';
import { isBackingWord, markToldTwice } from './told-twice.ts';

/** The costs of edges; the sum along a path is its length. */
const Cost = {
  /** Inside one thing of the program's: a function and its scope, a map and its table. */
  within: 1,
  /** From one thing of the program's to another. */
  step: 2,
  /** As good, but a person would rather hear of the step. */
  indirect: 6,
  prototype: 24,
  /** Node's own modules. */
  internals: 30,
  handle: 60,
  /** The same edge is told in a plainer way as well, or is V8's bookkeeping: only where there is nothing else. */
  bookkeeping: 110,
  stack: 200,
} as const;

/** Paths along edges that cost as much say nothing that a plainer one does not. */
export const BOOKKEEPING_COST: number = Cost.bookkeeping;

/**
 * Costs of all edges. Left out: weak edges; of an entry of a WeakMap the table's edge, so that its value is kept by the
 * key alone; and what an object's own edges tell by name, of the arrays behind it. The probe's scopes are avoided.
 *
 * @param scopeOwner of each context whose it is; see findScopeOwners.
 */
export function findEdgeCosts(index: GraphIndex, scopeOwner: Uint8Array): Uint8Array {
  const { graph, words, kind } = index;
  const { nodeCount, edgeCount, firstEdge, edgeType, edgeName, edgeTarget } = graph;
  const cost = new Uint8Array(edgeCount);
  const backing: number[] = [];

  for (let node = 0; node < nodeCount; node++) {
    const from = kind[node]!;
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      const target = edgeTarget[edge]!;
      // Nearly all edges are one of these.
      cost[edge] =
        kind[target] === K.leaf && edgeType[edge] !== Edge.weak ? Cost.step : costOf(node, from, edge, target);
    }
  }
  markToldTwice(index, backing, cost);
  return cost;

  function costOf(node: number, from: number, edge: number, target: number): number {
    const type = edgeType[edge]!;
    if (type === Edge.weak) return NOT_RETAINING;
    const to = kind[target]!;
    if (from === K.synthetic) return rootCost(node);
    // What everything reaches says nothing.
    if (to === K['native-context'] || to === K.global) return Cost.stack;
    switch (type) {
      case Edge.element:
        return Cost.step;
      case Edge.context:
        // The probe's closures are in the program's hands (`register`): what they hold is not the program's doing.
        return scopeOwner[node] === SCOPE_OF_PROBE && words.ofEdge(edge) !== W.cleanup ? Cost.stack : Cost.step;
      case Edge.property: {
        const word = words.ofEdgeName(edgeName[edge]!);
        if (word === W.__proto__ || word === W.constructor || word === W.prototype) return Cost.prototype;
        if (word === W._idleNext || word === W._idlePrev) {
          return from === K['timers-list'] || from === K.timeout ? 0 : Cost.step;
        }
        if (
          word === W.module_parent ||
          word === W.module_first_parent ||
          word === W.module_last_parent ||
          word === W.children
        ) {
          return from === K['commonjs-module'] ? Cost.internals : Cost.step;
        }
        return Cost.step;
      }
      case Edge.shortcut:
        return Cost.step;
      case Edge.hidden:
        if (to === K['weak-cell']) return from === K['weak-cell'] ? 0 : Cost.within;
        if (from === K['weak-cell'] || from === K['finalization-registry']) return Cost.within;
        if (from === K.context) return scopeOwner[node] === SCOPE_OF_PROBE ? Cost.stack : Cost.within;
        if (from === K['promise-reaction'] || from === K.proxy) return Cost.within;
        if (from === K.module) return Cost.within;
        if (from === K.object) return Cost.step;
        if (from === K.shape || from === K.code || to === K.code || to === K.shape) return Cost.bookkeeping;
        return Cost.indirect;
      default:
        return internalCost(from, edge, target, to);
    }
  }

  function internalCost(from: number, edge: number, target: number, to: number): number {
    const word = words.ofEdge(edge);
    if (isBackingWord(word)) backing.push(edge);
    switch (word) {
      case W.ephemeron:
        // On the table the pair is told a second time: from there alone the value is not kept.
        return from === K.table || from === K.array ? NOT_RETAINING : Cost.indirect;
      case W.index:
        if (from === K.table || from === K.array) return Cost.step;
        return from === K.native || from === K.object ? Cost.indirect : Cost.bookkeeping;
      case W.table:
      case W.previous:
      case W.reactions_or_result:
      case W.parameters_and_registers:
        return Cost.within;
      case W.context:
        return scopeOwner[target] === SCOPE_OF_NODE ? Cost.internals : Cost.within;
      case W.extension:
        return to === K.generator ? Cost.within : Cost.bookkeeping;
      case W.bound_this:
      case W.bound_argument:
      case W.bound_function:
        return Cost.step;
      case W.value:
        return from === K.cell ? Cost.step : Cost.bookkeeping;
      case W.function:
        return Cost.indirect;
      case W.map:
      case W.properties:
      case W.elements:
      case W.shared:
      case W.feedback_cell:
      case W.code:
      case W.initial_map:
      case W.bindings:
      case W.scope_info:
        return Cost.bookkeeping;
      default:
        return from === K['native-context'] || from === K.shape || from === K.code ? Cost.bookkeeping : Cost.indirect;
    }
  }

  function rootCost(node: number): number {
    if (node === 0) return Cost.within;
    switch (words.nodeText(node)) {
      case '(GC roots)':
        return Cost.within;
      case '(Micro tasks)':
        return Cost.step;
      case '(Global handles)':
      case 'Node / Environment':
      case 'C++ Persistent roots':
      case 'C++ CrossThreadPersistent roots':
      case 'C++ native stack roots':
        return Cost.handle;
      case '(Stack roots)':
      case '(Handle scope)':
        return Cost.stack;
      default:
        return Cost.bookkeeping;
    }
  }
}
