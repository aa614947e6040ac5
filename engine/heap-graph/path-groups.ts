// Groups targets whose paths are the same but for indices and keys, and but for how often a part repeats (as `.next` in a
// linked list). A path's pattern is a number that its parent's pattern and its last edge determine, so that all are found
// in one pass over the nodes on paths, with no object for a registration.

import type { PathTree } from './cheapest-paths.ts';
import { NO_EDGE } from './cheapest-paths.ts';
import type { GraphIndex } from './graph-index.ts';
import { Edge, K, W } from './heap-words.ts';
import { isDictionary } from './naming/containers.ts';

export interface PathGroups {
  readonly count: number;
  /** Of each row its group; NO_GROUP where the target is not reached. */
  readonly groupOfRow: Uint32Array;
  /** Row whose path is the shortest of each group. */
  readonly representative: Uint32Array;
  readonly size: Uint32Array;
  /** Pattern of a path that is not one of the tree's, as far as patterns are known: for comparing paths. */
  patternOf(nodes: readonly number[], edges: readonly number[]): string;
}

export const NO_GROUP = 0xffff_ffff;

/** Parts of up to this many edges that repeat count as one. Six: a map, its table, its value, that one's field. */
const LONGEST_REPEATED_PART = 6;

/** Numbers for pairs of numbers, given in the order in which the pairs are met. */
class PairNumbers {
  #first = new Uint32Array(1 << 12);
  #second = new Uint32Array(1 << 12);
  #number = new Uint32Array(1 << 12);
  #count = 0;

  /** @returns the pair's number, counted from 1; 0 if it has none. */
  get(first: number, second: number): number {
    const slot = this.#slot(first, second);
    return this.#number[slot]!;
  }

  set(first: number, second: number, number: number): void {
    if (this.#count * 2 >= this.#number.length) this.#grow();
    const slot = this.#slot(first, second);
    if (this.#number[slot] === 0) this.#count++;
    this.#first[slot] = first;
    this.#second[slot] = second;
    this.#number[slot] = number;
  }

  #slot(first: number, second: number): number {
    const mask = this.#number.length - 1;
    let slot = (Math.imul(first, 0x9e37_79b1) ^ Math.imul(second, 0x85eb_ca77)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    while (this.#number[slot] !== 0 && (this.#first[slot] !== first || this.#second[slot] !== second)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const [first, second, number] = [this.#first, this.#second, this.#number];
    this.#first = new Uint32Array(first.length * 2);
    this.#second = new Uint32Array(first.length * 2);
    this.#number = new Uint32Array(first.length * 2);
    for (let slot = 0; slot < number.length; slot++) {
      if (number[slot] === 0) continue;
      const free = this.#slot(first[slot]!, second[slot]!);
      this.#first[free] = first[slot]!;
      this.#second[free] = second[slot]!;
      this.#number[free] = number[slot]!;
    }
  }
}

/** Numbers for the steps of patterns: the same for two edges that differ in an index or a key only. */
class StepNumbers {
  readonly #index: GraphIndex;
  readonly #pairs = new PairNumbers();
  readonly #names = new Map<string, number>();
  /** 0: not looked at yet; 1: no; 2: yes. */
  readonly #dictionaries: Uint8Array;
  #count = 0;

  constructor(index: GraphIndex) {
    this.#index = index;
    this.#dictionaries = new Uint8Array(index.graph.nodeCount);
  }

  #ofName(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const number = this.#names.size + 1;
    this.#names.set(name, number);
    return number;
  }

  #isDictionary(node: number): boolean {
    if (this.#dictionaries[node] === 0) this.#dictionaries[node] = isDictionary(this.#index, node) ? 2 : 1;
    return this.#dictionaries[node] === 2;
  }

  #ofEdge(from: number, edge: number, cameBy: number): number {
    const { graph, kind, words } = this.#index;
    const type = graph.edgeType[edge]!;
    if (type === Edge.element || type === Edge.hidden) {
      // Which hidden edge it is matters nowhere; cells of a registry are chained by two of them.
      // But for the variables of a block's scope, which are hidden edges too.
      if (type === Edge.hidden && kind[from] === K.context)
        return 16 + this.#ofName(`slot ${graph.edgeName[edge]}`) * 8;
      return type === Edge.element ? 1 : 2;
    }
    const word = words.ofEdge(edge);
    if (word === W.index) return 3;
    if (word === W.ephemeron) {
      const table = /\(table @(\d+)\)/.exec(words.edgeText(edge))?.[1] ?? '';
      return 16 + this.#ofName(`weak map ${table}`) * 8;
    }
    if ((word === W._idleNext || word === W._idlePrev) && kind[from] !== K.object) return 4;
    if (type === Edge.property && word !== W._events && cameBy !== W._events && this.#isDictionary(from)) return 5;
    return 16 + (graph.edgeName[edge]! + this.#nameBase) * 8 + (type & 7);
  }

  /** Names of the snapshot's strings come after those made here. */
  readonly #nameBase = 1 << 20;

  #ofNode(node: number): number {
    const { graph, kind, targetOf } = this.#index;
    if (kind[node] === K.closure) {
      // Functions by where they are defined: anonymous ones are not all the same.
      const shared = targetOf(node, W.shared);
      if (shared >= 0) return shared * 4 + 1;
    }
    if (kind[node] === K.context) {
      const scope = targetOf(node, W.scope_info);
      if (scope >= 0) return scope * 4 + 2;
    }
    if (kind[node] === K.global || kind[node] === K['commonjs-module'] || kind[node] === K.module) return node * 4 + 3;
    return graph.nodeName[node]! * 4;
  }

  ofRoot(node: number): number {
    return this.#number(0, this.#ofNode(node));
  }

  of(from: number, edge: number, cameBy: number): number {
    return this.#number(this.#ofEdge(from, edge, cameBy), this.#ofNode(this.#index.graph.edgeTarget[edge]!));
  }

  #number(edge: number, node: number): number {
    const known = this.#pairs.get(edge, node);
    if (known !== 0) return known;
    this.#pairs.set(edge, node, ++this.#count);
    return this.#count;
  }
}

/** @param target node of each row's target; below 0 where it has none. */
export function groupPaths(index: GraphIndex, tree: PathTree, target: Int32Array): PathGroups {
  const { graph, words } = index;
  const { parent, parentEdge, order, distance } = tree;
  const steps = new StepNumbers(index);

  // Nodes on paths to targets; a walk ends where one went before.
  const isOnPath = new Uint8Array(graph.nodeCount);
  for (let row = 0; row < target.length; row++) {
    let node = target[row]!;
    if (node < 0 || distance[node] === 0xffff_ffff) continue;
    while (isOnPath[node] === 0) {
      isOnPath[node] = 1;
      node = parent[node]!;
    }
  }

  // Patterns: a tree of their own, in which a part that would follow on itself leads back.
  const patternParent: number[] = [0];
  const patternStep: number[] = [0];
  const patterns = new PairNumbers();
  const nextPattern = (before: number, step: number): number => {
    const known = patterns.get(before, step);
    if (known !== 0) return known;
    const found = repeated(before, step);
    if (found !== 0) {
      patterns.set(before, step, found);
      return found;
    }
    patternParent.push(before);
    patternStep.push(step);
    const number = patternParent.length - 1;
    patterns.set(before, step, number);
    return number;
  };
  /** The pattern that ends with one `part` where `before` and `step` would end with two; 0: it does not repeat. */
  const repeated = (before: number, step: number): number => {
    for (let length = 1; length <= LONGEST_REPEATED_PART; length++) {
      // Compares the last `length` steps with as many before them.
      let late = before;
      let lateStep = step;
      let early = before;
      for (let back = 0; back < length - 1 && early !== 0; back++) early = patternParent[early]!;
      if (early === 0) return 0;
      const end = early;
      let isSame = true;
      for (let back = 0; back < length; back++) {
        if (early === 0 || patternStep[early] !== lateStep) {
          isSame = false;
          break;
        }
        lateStep = patternStep[late]!;
        late = patternParent[late]!;
        early = patternParent[early]!;
      }
      if (isSame) return end;
    }
    return 0;
  };

  const pattern = new Uint32Array(graph.nodeCount);
  const cameBy = (node: number): number => (parentEdge[node] === NO_EDGE ? W.other : words.ofEdge(parentEdge[node]!));
  for (let at = 0; at < order.length; at++) {
    const node = order[at]!;
    if (isOnPath[node] === 0) continue;
    const edge = parentEdge[node]!;
    pattern[node] =
      edge === NO_EDGE
        ? nextPattern(0, steps.ofRoot(node))
        : nextPattern(pattern[parent[node]!]!, steps.of(parent[node]!, edge, cameBy(parent[node]!)));
  }

  const groupOfPattern = new Uint32Array(patternParent.length).fill(NO_GROUP);
  const groupOfRow = new Uint32Array(target.length).fill(NO_GROUP);
  const representative: number[] = [];
  const size: number[] = [];
  for (let row = 0; row < target.length; row++) {
    const node = target[row]!;
    if (node < 0 || pattern[node] === 0) continue;
    let group = groupOfPattern[pattern[node]!]!;
    if (group === NO_GROUP) {
      group = groupOfPattern[pattern[node]!] = size.length;
      representative.push(row);
      size.push(0);
    }
    groupOfRow[row] = group;
    size[group]!++;
    if (distance[node]! < distance[target[representative[group]!]!]!) representative[group] = row;
  }

  return {
    count: size.length,
    groupOfRow,
    representative: Uint32Array.from(representative),
    size: Uint32Array.from(size),
    patternOf(nodes, edges) {
      let number = nextPattern(0, steps.ofRoot(nodes[0]!));
      let came: number = W.other;
      for (const [position, edge] of edges.entries()) {
        if (edge === NO_EDGE) continue;
        number = nextPattern(number, steps.of(nodes[position]!, edge, came));
        came = words.ofEdge(edge);
      }
      return String(number);
    },
  };
}
