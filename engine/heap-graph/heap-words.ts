// The names in a snapshot that mean something to the search for causes, as small numbers: each string is decoded once, and
// only if an edge or a node that is looked at has it. Runs in the thread that explains snapshots.

import { EDGE_TYPES, NODE_TYPES, type EdgeType, type HeapGraph, type NodeType } from './heap-graph.ts';

/** Codes of `edgeType` columns. */
export const Edge = Object.fromEntries(EDGE_TYPES.map((name, code) => [name, code])) as Record<EdgeType, number>;
/** Codes of `nodeType` columns. */
export const Node = Object.fromEntries(NODE_TYPES.map((name, code) => [name, code])) as Record<NodeType, number>;

/** Names of edges. V8's own are those that its `HeapSnapshotGenerator` gives; the others are Node's. */
const EDGE_WORDS = [
  'other',
  /** A number: one of many alike. */
  'index',
  /** `part of key (…) -> value (…) pair in WeakMap (table @…)`: on the key, and once more on the table. */
  'ephemeron',
  'map',
  '__proto__',
  'constructor',
  'prototype',
  'properties',
  'elements',
  'table',
  'target',
  'value',
  'held',
  'heaplineId',
  'context',
  'previous',
  'extension',
  'scope_info',
  'shared',
  'name_or_scope_info',
  'raw_outer_scope_info_or_feedback_metadata',
  'script',
  'script_or_debug_info',
  'name',
  'feedback_cell',
  'code',
  'initial_map',
  'bound_function',
  'bound_this',
  'bound_argument',
  'bindings',
  'reactions_or_result',
  'parameters_and_registers',
  'function',
  'cleanup',
  'exports',
  'filename',
  '_events',
  '_idleNext',
  '_idlePrev',
  '_onTimeout',
  '_onImmediate',
  '_timerArgs',
  '_argv',
  '_repeat',
  '_idleTimeout',
  '_destroyed',
  'kEvents',
  'kAborted',
  'receiver',
  'next',
  'listener',
  'callback',
  'length',
  'first',
  'second',
  'parent',
  'script_context_table',
  'module_parent',
  'module_first_parent',
  'module_last_parent',
  'children',
  'global_object',
  'global_proxy_object',
] as const;
export type EdgeWord = (typeof EDGE_WORDS)[number];
export const W = Object.fromEntries(EDGE_WORDS.map((word, code) => [word, code])) as Record<EdgeWord, number>;

/** What a node is to the search. */
const NODE_KINDS = [
  'object',
  'closure',
  'context',
  'native-context',
  'weak-cell',
  'finalization-registry',
  'array',
  'table',
  'leaf',
  'shape',
  'code',
  'hidden',
  'native',
  'synthetic',
  'cell',
  'property-cell',
  'module',
  'commonjs-module',
  /** Named `Module`: a CommonJS module, or the namespace of an ES module. */
  'some-module',
  'generator',
  'promise',
  'promise-reaction',
  'timers-list',
  'timeout',
  'global',
  'proxy',
  'process-object',
] as const;
export type NodeKind = (typeof NODE_KINDS)[number];
export const K = Object.fromEntries(NODE_KINDS.map((kind, code) => [kind, code])) as Record<NodeKind, number>;

const KIND_BY_NAME: ReadonlyMap<string, number> = new Map([
  ['system / Context', K.context],
  ['system / NativeContext', K['native-context']],
  ['system / WeakCell', K['weak-cell']],
  ['FinalizationRegistry', K['finalization-registry']],
  ['system / Cell', K.cell],
  ['system / PropertyCell', K['property-cell']],
  ['system / SourceTextModule', K.module],
  ['system / SyntheticModule', K.module],
  ['system / PromiseReaction', K['promise-reaction']],
  ['system / JSProxy', K.proxy],
  ['Promise', K.promise],
  ['TimersList', K['timers-list']],
  ['ImmediateList', K['timers-list']],
  ['Timeout', K.timeout],
  ['Immediate', K.timeout],
  ['process', K['process-object']],
  ['Module', K['some-module']],
]);

const NODE_SYMBOLS: ReadonlySet<string> = new Set([
  'kEvents',
  'kAborted',
  'module_parent',
  'module_first_parent',
  'module_last_parent',
]);
const ROOT_NAME = /^\d+ \/ /;

/** A text that was cut from another is said to be a part of it. */
export interface StringText {
  readonly text: string;
  /** True if `text` is what it was cut from. */
  readonly isPart: boolean;
}
/** A name is shown with fewer, and a program may append a million times. */
const MAXIMUM_JOINED_CHARACTERS = 200;
const MAXIMUM_JOINED_PARTS = 100_000;
/** Of all strings together: less than a second's work. */
const MAXIMUM_PARTS_LOOKED_AT = 5_000_000;

export class HeapWords {
  readonly #graph: HeapGraph;
  // 0: not looked at yet; otherwise the word's code and one.
  readonly #edgeWord: Uint8Array;
  readonly #nodeWord: Uint8Array;
  #partsLeft = MAXIMUM_PARTS_LOOKED_AT;
  readonly #codes: ReadonlyMap<string, number> = new Map(EDGE_WORDS.map((word, code) => [word, code]));

  constructor(graph: HeapGraph) {
    this.#graph = graph;
    this.#edgeWord = new Uint8Array(graph.strings.length);
    this.#nodeWord = new Uint8Array(graph.strings.length);
  }

  /** The word of a string that names an edge. */
  ofEdgeName(stringIndex: number): number {
    const known = this.#edgeWord[stringIndex]!;
    if (known !== 0) return known - 1;
    const { strings } = this.#graph;
    // The indices of large tables are most names of a large heap.
    const word = strings.numberAt(stringIndex) >= 0 ? W.index : this.#classify(strings.at(stringIndex));
    this.#edgeWord[stringIndex] = word + 1;
    return word;
  }

  #classify(name: string): number {
    const first = name.charCodeAt(0);
    if (first >= 0x30 && first <= 0x39) {
      if (name.includes(' / part of key (')) return W.ephemeron;
      return W.index;
    }
    if (name.startsWith('<symbol ')) {
      // Symbols that Node keeps for itself; its versions differ in the prefix.
      const inner = name.slice(8, -1).replace(/^node:/, '');
      return NODE_SYMBOLS.has(inner) ? (this.#codes.get(inner) ?? W.other) : W.other;
    }
    if (name.startsWith('bound_argument')) return W.bound_argument;
    return this.#codes.get(name) ?? W.other;
  }

  /** The word of any edge: `index` for `element` and `hidden` edges, whose names are numbers. */
  ofEdge(edge: number): number {
    const type = this.#graph.edgeType[edge];
    if (type === Edge.element || type === Edge.hidden) return W.index;
    return this.ofEdgeName(this.#graph.edgeName[edge]!);
  }

  /** What kind of node a name alone tells of; 255: nothing. */
  #kindOfName(stringIndex: number): number {
    const known = this.#nodeWord[stringIndex]!;
    if (known !== 0) return known - 1;
    const kind = KIND_BY_NAME.get(this.#graph.strings.at(stringIndex)) ?? 254;
    this.#nodeWord[stringIndex] = kind + 1;
    return kind;
  }

  /** The kind that a node's type and name tell; edges may tell more (see classifyNodes). */
  kindOf(node: number): number {
    const { nodeType, nodeName } = this.#graph;
    switch (nodeType[node]) {
      case Node.object: {
        const kind = this.#kindOfName(nodeName[node]!);
        return kind === 254 ? K.object : kind;
      }
      case Node.closure:
        return K.closure;
      case Node.hidden: {
        const kind = this.#kindOfName(nodeName[node]!);
        return kind === 254 ? K.hidden : kind;
      }
      case Node.array:
        return K.array;
      case Node.native:
        return K.native;
      case Node.synthetic:
        return K.synthetic;
      case Node.code:
        return K.code;
      case Node['object shape']:
        return K.shape;
      case Node.regexp:
        return K.object;
      case Node.string:
      case Node['concatenated string']:
      case Node['sliced string']:
      case Node.number:
      case Node.bigint:
        return K.leaf;
      case Node.symbol:
        return K.object;
      default:
        return K.hidden;
    }
  }

  /** The number that an edge has for a name; -1 if it has none. */
  edgeNumber(edge: number): number {
    const { edgeType, edgeName, strings } = this.#graph;
    const type = edgeType[edge];
    return type === Edge.element || type === Edge.hidden ? edgeName[edge]! : strings.numberAt(edgeName[edge]!);
  }

  /** Text of an edge's name; the number for `element` and `hidden` edges. */
  edgeText(edge: number): string {
    const { edgeType, edgeName, strings } = this.#graph;
    const type = edgeType[edge];
    if (type === Edge.element || type === Edge.hidden) return String(edgeName[edge]);
    const text = strings.at(edgeName[edge]!);
    return type === Edge.internal ? text.replace(ROOT_NAME, '') : text;
  }

  nodeText(node: number): string {
    return this.#graph.strings.at(this.#graph.nodeName[node]!);
  }

  /**
   * The text of a string, as far as the snapshot tells: of one that V8 put together from others, their texts; of one that is a
   * part of another, that one, since which part is nowhere said.
   */
  stringText(node: number): StringText {
    const { nodeType } = this.#graph;
    if (nodeType[node] !== Node['sliced string']) return { text: this.#joinedText(node), isPart: false };
    const parent = this.#internalTarget(node, W.parent);
    return parent < 0 ? { text: '', isPart: true } : { text: this.#joinedText(parent), isPart: true };
  }

  /** The texts of the leaves of a concatenation, from left to right, as many as are shown. */
  #joinedText(root: number): string {
    const { nodeType } = this.#graph;
    const waiting = [root];
    let text = '';
    const most = Math.min(MAXIMUM_JOINED_PARTS, this.#partsLeft);
    for (let looked = 0; looked < most && text.length < MAXIMUM_JOINED_CHARACTERS; looked++) {
      this.#partsLeft--;
      const node = waiting.pop();
      if (node === undefined) return text;
      if (nodeType[node] === Node['concatenated string']) {
        for (const word of [W.second, W.first]) {
          const part = this.#internalTarget(node, word);
          // An empty part is none of the snapshot's nodes.
          if (part >= 0) waiting.push(part);
        }
      } else if (nodeType[node] === Node['sliced string']) text += '…';
      else text += this.nodeText(node);
    }
    return waiting.length === 0 ? text : `${text}…`;
  }

  #internalTarget(node: number, word: number): number {
    const { edgeType, edgeName, edgeTarget, firstEdge } = this.#graph;
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      if (edgeType[edge] === Edge.internal && this.ofEdgeName(edgeName[edge]!) === word) return edgeTarget[edge]!;
    }
    return -1;
  }
}
