// Puts heap graphs together node by node, for tests of what a real process cannot show on demand.

import { EDGE_TYPES, NODE_TYPES, type EdgeType, type HeapGraph, type NodeType } from './heap-graph.ts';

/** A heap graph that is put together node by node. */
export class GraphMaker {
  readonly #strings: string[] = [];
  readonly #stringIndex = new Map<string, number>();
  readonly #type: number[] = [];
  readonly #name: number[] = [];
  readonly #bytes: number[] = [];
  readonly #edges: [type: number, name: number, target: number][][] = [];
  /** Node of the global object, which the root leads to. */
  readonly global: number;

  constructor() {
    const root = this.node('synthetic', '');
    this.global = this.node('object', 'global');
    this.edge(root, 'shortcut', 'global', this.global);
  }

  #string(text: string): number {
    let index = this.#stringIndex.get(text);
    if (index === undefined) {
      index = this.#strings.push(text) - 1;
      this.#stringIndex.set(text, index);
    }
    return index;
  }

  node(type: NodeType, name: string, bytes = 16): number {
    this.#type.push(NODE_TYPES.indexOf(type));
    this.#name.push(this.#string(name));
    this.#bytes.push(bytes);
    return this.#edges.push([]) - 1;
  }

  edge(from: number, type: EdgeType, name: string | number, to: number): void {
    const named = typeof name === 'number' ? name : this.#string(name);
    this.#edges[from]!.push([EDGE_TYPES.indexOf(type), named, to]);
  }

  object(name: string, bytes?: number): number {
    return this.node('object', name, bytes);
  }

  property(from: number, name: string, to: number): void {
    this.edge(from, 'property', name, to);
  }

  /** A registration by the probe, in a registry that `holder` has. `target` below 0: it was collected. */
  registration(
    id: number,
    target: number,
    { held, showsNumber = true }: { held?: number; showsNumber?: boolean } = {},
  ) {
    this.#registry ??= this.#makeRegistry();
    const cell = this.node('hidden', 'system / WeakCell');
    const record = this.object('Object');
    this.edge(this.#registry, 'hidden', 3, cell);
    this.edge(cell, 'hidden', 0, this.#registry);
    this.edge(cell, 'hidden', 2, record);
    if (target >= 0) this.edge(cell, 'weak', 'target', target);
    const number = this.node('number', 'smi number', 0);
    if (showsNumber) this.edge(number, 'internal', 'value', this.node('string', String(id)));
    this.property(record, 'heaplineId', number);
    this.property(record, 'held', held ?? this.node('string', `held ${id}`));
  }
  #registry: number | undefined;
  #makeRegistry(): number {
    const registry = this.object('FinalizationRegistry');
    this.property(this.global, 'registry', registry);
    return registry;
  }

  finish(): HeapGraph {
    const nodeCount = this.#edges.length;
    const all = this.#edges.flat();
    const firstEdge = new Uint32Array(nodeCount + 1);
    for (const [node, own] of this.#edges.entries()) firstEdge[node + 1] = firstEdge[node]! + own.length;
    const strings = this.#strings;
    const none = new Uint32Array(0);
    return {
      nodeCount,
      edgeCount: all.length,
      nodeType: Uint8Array.from(this.#type),
      nodeName: Uint32Array.from(this.#name),
      nodeId: Uint32Array.from({ length: nodeCount }, (_, node) => node * 2 + 1),
      nodeSelfBytes: Uint32Array.from(this.#bytes),
      firstEdge,
      edgeType: Uint8Array.from(all, ([type]) => type),
      edgeName: Uint32Array.from(all, ([, name]) => name),
      edgeTarget: Uint32Array.from(all, ([, , target]) => target),
      strings: {
        length: strings.length,
        at: (index) => strings[index]!,
        numberAt: (index) => (/^\d{1,15}$/.test(strings[index]!) ? Number(strings[index]) : -1),
        indexOf: (text) => strings.indexOf(text),
      },
      locations: { node: none, scriptId: none, line: none, column: none },
    };
  }
}
