// The cheapest path from a set of roots to every node (Dijkstra's algorithm with one bucket for each distance, after Dial:
// costs are small integers). Typed arrays throughout, so that millions of nodes take a fraction of a second.

import type { HeapGraph } from './heap-graph.ts';
import { COST_LIMIT, NOT_RETAINING } from './not-retaining.ts';

export interface Root {
  readonly node: number;
  readonly cost: number;
}

export interface PathTree {
  /** The edge by which the cheapest path comes; NO_EDGE at roots and where no path leads. */
  readonly parentEdge: Uint32Array;
  /** The node that edge leaves; the node itself at roots and where no path leads. */
  readonly parent: Uint32Array;
  /** UNREACHED where no path leads. */
  readonly distance: Uint32Array;
  /** All reached nodes, parents before their children. */
  readonly order: Uint32Array;
}

export const NO_EDGE = 0xffff_ffff;
export const UNREACHED = 0xffff_ffff;

/** Larger than any cost, and a power of two, so that a mask finds the bucket. */
const BUCKETS = 256;
const NONE = 0xffff_ffff;

/** @param cost of each edge, below COST_LIMIT, or NOT_RETAINING. */
export function findCheapestPaths(graph: HeapGraph, cost: Uint8Array, roots: Iterable<Root>): PathTree {
  const { nodeCount, firstEdge, edgeTarget } = graph;
  const parentEdge = new Uint32Array(nodeCount).fill(NO_EDGE);
  const parent = new Uint32Array(nodeCount);
  const distance = new Uint32Array(nodeCount).fill(UNREACHED);
  const order = new Uint32Array(nodeCount);
  // Each bucket is a list that runs through the nodes themselves, so a node is in at most one and can be taken out.
  const head = new Uint32Array(BUCKETS).fill(NONE);
  const next = new Uint32Array(nodeCount);
  const before = new Uint32Array(nodeCount);
  const isSettled = new Uint8Array(nodeCount);
  let waiting = 0;

  const put = (node: number, at: number): void => {
    const bucket = at & (BUCKETS - 1);
    const first = head[bucket]!;
    next[node] = first;
    before[node] = NONE;
    if (first !== NONE) before[first] = node;
    head[bucket] = node;
    waiting++;
  };
  const take = (node: number, at: number): void => {
    const after = next[node]!;
    const previous = before[node]!;
    if (previous === NONE) head[at & (BUCKETS - 1)] = after;
    else next[previous] = after;
    if (after !== NONE) before[after] = previous;
    waiting--;
  };
  const offer = (node: number, at: number, edge: number, from: number): void => {
    const known = distance[node]!;
    if (at >= known || isSettled[node] === 1) return;
    if (known !== UNREACHED) take(node, known);
    distance[node] = at;
    parentEdge[node] = edge;
    parent[node] = from;
    put(node, at);
  };

  for (const root of roots) offer(root.node, Math.min(root.cost, COST_LIMIT - 1), NO_EDGE, root.node);
  let reached = 0;
  for (let now = 0; waiting > 0; now++) {
    const bucket = now & (BUCKETS - 1);
    for (let node = head[bucket]!; node !== NONE; node = head[bucket]!) {
      take(node, now);
      isSettled[node] = 1;
      order[reached++] = node;
      for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
        const price = cost[edge]!;
        if (price !== NOT_RETAINING) offer(edgeTarget[edge]!, now + price, edge, node);
      }
    }
  }
  for (let node = 0; node < nodeCount; node++) if (distance[node] === UNREACHED) parent[node] = node;
  return { parentEdge, parent, distance, order: order.subarray(0, reached) };
}
