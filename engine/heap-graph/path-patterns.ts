// Numbers the ways of being held: two paths have the same pattern if they go through the very same named holders and differ
// only in the index or the key of an entry of one collection, in what is alike below such entries, and in how often a part
// repeats (as `.next` in a linked list). docs/adr/0019 says what counts as a collection.
//
// A pattern is determined by its parent's pattern and the last edge, so that all are found in one pass over the nodes on
// paths, with no object for a registration.

import { isDictionary } from './dictionaries.ts';
import type { GraphIndex } from './graph-index.ts';
import { Edge, K, W } from './heap-words.ts';
import { PairNumbers } from './pair-numbers.ts';

/** Parts of up to this many edges that repeat count as one. Six: a map, its table, its value, that one's field. */
const LONGEST_REPEATED_PART = 6;

/** Steps that are alike in all collections of one kind; other steps count from 16. */
const Step = { element: 1, hidden: 2, index: 3, timer: 4, key: 5, reaction: 6 } as const;

/** Tells which edges lead to one of many, and numbers edges and nodes so that those that are alike have the same number. */
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

  /** Names of the snapshot's strings come after those made here. */
  readonly #nameBase = 1 << 20;

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

  /** Whether `edge` is one of Node's two lists of arguments of a timer's callback: each argument is one of its own. */
  #isArgument(cameBy: number): boolean {
    return cameBy === W._timerArgs || cameBy === W._argv;
  }

  #isKeyed(from: number, edge: number, cameBy: number): boolean {
    return (
      this.#index.graph.edgeType[edge] === Edge.property &&
      cameBy !== W._events &&
      cameBy !== W.exports &&
      this.#index.words.ofEdge(edge) !== W._events &&
      this.#isDictionary(from)
    );
  }

  /**
   * Whether the edge leads to an entry of a collection.
   *
   * @param isKeptApart the collection is Node's own, and its keys are holders that the program names.
   */
  isEntry(from: number, edge: number, cameBy: number, isKeptApart: boolean): boolean {
    const { graph, kind, words } = this.#index;
    const to = kind[graph.edgeTarget[edge]!]!;
    const type = graph.edgeType[edge]!;
    switch (kind[from]) {
      case K.synthetic:
      case K['timers-list']:
      case K['finalization-registry']:
      case K['weak-cell']:
        return true;
      case K.timeout: {
        const word = words.ofEdge(edge);
        return word === W._idleNext || word === W._idlePrev;
      }
      case K.promise:
      case K['promise-reaction']:
        return to === K['promise-reaction'];
      case K.table:
        return words.ofEdge(edge) === W.index && !isKeptApart;
      case K.array:
        return words.ofEdge(edge) === W.index && to !== K.cell && cameBy !== W.parameters_and_registers;
      default:
        if (type === Edge.element) return !this.#isArgument(cameBy);
        return this.#isKeyed(from, edge, cameBy);
    }
  }

  #ofEdge(from: number, edge: number, cameBy: number): number {
    const { graph, kind, words } = this.#index;
    const type = graph.edgeType[edge]!;
    if (kind[graph.edgeTarget[edge]!] === K['promise-reaction']) return Step.reaction;
    if (type === Edge.element && !this.#isArgument(cameBy)) return Step.element;
    if (type === Edge.element || (type === Edge.hidden && kind[from] === K.context)) {
      // Variables of a block's scope are hidden edges.
      return 16 + this.#ofName(`slot ${graph.edgeName[edge]}`) * 8;
    }
    // Which other hidden edge it is matters nowhere; cells of a registry are chained by two of them.
    if (type === Edge.hidden) return Step.hidden;
    const word = words.ofEdge(edge);
    if (word === W.index) {
      return cameBy === W.parameters_and_registers
        ? 16 + this.#ofName(`register ${words.edgeText(edge)}`) * 8
        : Step.index;
    }
    if (word === W.ephemeron) {
      const table = /\(table @(\d+)\)/.exec(words.edgeText(edge))?.[1] ?? '';
      return 16 + this.#ofName(`weak map ${table}`) * 8;
    }
    if ((word === W._idleNext || word === W._idlePrev) && kind[from] !== K.object) return Step.timer;
    if (this.#isKeyed(from, edge, cameBy)) return Step.key;
    return 16 + (graph.edgeName[edge]! + this.#nameBase) * 8 + (type & 7);
  }

  #ofNode(node: number): number {
    const { graph, kind, targetOf } = this.#index;
    switch (kind[node]) {
      case K.closure:
      case K.generator: {
        // Functions by where they are defined: anonymous ones are not all the same.
        const closure = kind[node] === K.closure ? node : targetOf(node, W.function);
        const shared = targetOf(closure, W.shared);
        if (shared >= 0) return shared * 4 + (kind[node] === K.closure ? 1 : 2);
        break;
      }
      case K.context: {
        const scope = targetOf(node, W.scope_info);
        if (scope >= 0) return scope * 4 + 2;
        break;
      }
      case K.global:
      case K['commonjs-module']:
      case K.module:
        return node * 4 + 3;
      default:
        break;
    }
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

/** In place of the step of a pattern that stands for one node alone. */
const EXACT = 1;
const PLURAL = 2;

export class PathPatterns {
  readonly #index: GraphIndex;
  readonly #steps: StepNumbers;
  // By pattern; 0 is no pattern.
  readonly #parent: number[] = [0];
  readonly #step: number[] = [0];
  /** The last edge's word. */
  readonly #word: number[] = [W.other];
  /** A node that has it; the only one where it is exact. */
  readonly #node: number[] = [0];
  readonly #kind: number[] = [PLURAL];
  readonly #alike = new PairNumbers();
  readonly #exact = new PairNumbers();

  constructor(index: GraphIndex) {
    this.#index = index;
    this.#steps = new StepNumbers(index);
  }

  /** How many patterns there are, and one: they count from 1. */
  get size(): number {
    return this.#parent.length;
  }

  ofRoot(node: number): number {
    const step = this.#steps.ofRoot(node);
    // The lists of timers, one for each duration, are one collection.
    if (this.#index.kind[node] === K['timers-list']) return this.#find(this.#alike, 0, step, step, node, PLURAL);
    return this.#find(this.#exact, 0, node, step, node, EXACT);
  }

  /** The pattern of the path that goes on from a node of pattern `before` along `edge`. */
  of(before: number, from: number, edge: number): number {
    const cameBy = this.#word[before]!;
    const node = this.#index.graph.edgeTarget[edge]!;
    const step = this.#steps.of(from, edge, cameBy);
    const word = this.#index.words.ofEdge(edge);
    const isKeptApart = this.#index.kind[from] === K.table && this.#isKeptApart(before);
    if (this.#kind[before] === PLURAL || this.#steps.isEntry(from, edge, cameBy, isKeptApart)) {
      const known = this.#alike.get(before, step);
      if (known !== 0) return known;
      return (
        this.#repeated(before, step, (found) => this.#alike.set(before, step, found)) ??
        this.#find(this.#alike, before, step, step, node, PLURAL, word)
      );
    }
    const known = this.#exact.get(before, edge);
    if (known !== 0) return known;
    return (
      this.#repeated(before, step, (found) => {
        // It repeats: what hangs below the first is like what hangs below the others.
        this.#kind[found] = PLURAL;
        this.#exact.set(before, edge, found);
      }) ?? this.#find(this.#exact, before, edge, step, node, EXACT, word)
    );
  }

  #find(
    numbers: PairNumbers,
    before: number,
    key: number,
    step: number,
    node: number,
    kind: number,
    word: number = W.other,
  ): number {
    const known = numbers.get(before, key);
    if (known !== 0) return known;
    const number = this.#parent.push(before) - 1;
    this.#step.push(step);
    this.#node.push(node);
    this.#kind.push(kind);
    this.#word.push(word);
    numbers.set(before, key, number);
    return number;
  }

  /** The map from events to listeners of an EventTarget, and the map of an async context from storages to their values. */
  #isKeptApart(table: number): boolean {
    const map = this.#parent[table]!;
    return this.#word[map] === W.kEvents || this.#index.words.nodeText(this.#node[map]!) === 'AsyncContextFrame';
  }

  /** The pattern that ends with one part where `before` and `step` would end with two; undefined: none repeats. */
  #repeated(before: number, step: number, onFound: (pattern: number) => void): number | undefined {
    const [parent, stepOf] = [this.#parent, this.#step];
    for (let length = 1; length <= LONGEST_REPEATED_PART; length++) {
      // Compares the last `length` steps with as many before them.
      let late = before;
      let lateStep = step;
      let early = before;
      for (let back = 0; back < length - 1 && early !== 0; back++) early = parent[early]!;
      if (early === 0) return undefined;
      const end = early;
      let isSame = true;
      for (let back = 0; back < length; back++) {
        if (early === 0 || stepOf[early] !== lateStep) {
          isSame = false;
          break;
        }
        lateStep = stepOf[late]!;
        late = parent[late]!;
        early = parent[early]!;
      }
      if (!isSame) continue;
      onFound(end);
      return end;
    }
    return undefined;
  }

  /**
   * Of each pattern the one that it is the same as, once all are known: below a part that turned out to repeat, patterns
   * that were found before it did may be told apart although they are alike.
   */
  canonical(): Uint32Array {
    const count = this.size;
    const canonical = new Uint32Array(count);
    for (let pattern = 1; pattern < count; pattern++) {
      const before = canonical[this.#parent[pattern]!]!;
      if (before === 0 || this.#kind[before] !== PLURAL) {
        canonical[pattern] = pattern;
        continue;
      }
      const same = this.#alike.get(before, this.#step[pattern]!);
      const isFirst = same === 0 || same >= pattern;
      canonical[pattern] = isFirst ? pattern : canonical[same]!;
      if (isFirst) this.#alike.set(before, this.#step[pattern]!, pattern);
      this.#kind[pattern] = PLURAL;
    }
    return canonical;
  }

  /** The last node that all paths of a pattern go through by name: the object itself where it is held alone. */
  holderOf(pattern: number): number {
    let at = pattern;
    while (at !== 0 && this.#kind[at] === PLURAL) at = this.#parent[at]!;
    return at === 0 ? -1 : this.#node[at]!;
  }
}
