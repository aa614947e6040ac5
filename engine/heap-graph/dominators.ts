// Which node alone holds which: immediate dominators over the edges that retain, and the bytes that would go with each node.
// Called when causes are found, in the thread that explains snapshots.
//
// The algorithm is that of T. Lengauer and R. E. Tarjan, "A fast algorithm for finding dominators in a flowgraph" (1979),
// in its simple form: O(edges × log nodes) whatever the shape, also for lists of millions of links, and no recursion.

import { NOT_RETAINING } from './not-retaining.ts';
import type { HeapGraph } from './heap-graph.ts';

/** In place of a node's number: there is none. */
export const NO_NODE = 0xffff_ffff;

export interface Dominators {
  /** The last node that every path from the root to this one goes through; NO_NODE for the root and what it cannot reach. */
  readonly immediateDominator: Uint32Array;
  /** Own bytes, and those of all nodes that only this one keeps alive; NaN for what the root cannot reach. */
  readonly retainedBytes: Float64Array;
  /** Whether every path from the root to `node` goes through `through`. Both must be reached. */
  isThrough(node: number, through: number): boolean;
  /** Whether all paths to a node come by one edge. */
  hasOneEntry(node: number): boolean;
}

/** What can be reached from the root, numbered in the order in which a depth-first search comes upon it. */
interface SearchTree {
  readonly size: number;
  /** NO_NODE for what was not reached. */
  readonly orderOf: Uint32Array;
  readonly nodeAt: Uint32Array;
  /** By order, in order; the root is its own. */
  readonly parent: Uint32Array;
}

function searchDepthFirst({ nodeCount, firstEdge, edgeTarget }: HeapGraph, edgeCost: Uint8Array): SearchTree {
  const orderOf = new Uint32Array(nodeCount).fill(NO_NODE);
  const nodeAt = new Uint32Array(nodeCount);
  const parent = new Uint32Array(nodeCount);
  const nextEdge = new Uint32Array(nodeCount);
  orderOf[0] = 0;
  nextEdge[0] = firstEdge[0]!;
  let size = 1;
  let order = 0;
  let edge = nextEdge[0]!;
  let end = firstEdge[1]!;
  for (;;) {
    if (edge < end) {
      const target = edgeTarget[edge]!;
      if (edgeCost[edge++] === NOT_RETAINING || orderOf[target] !== NO_NODE) continue;
      nextEdge[order] = edge;
      orderOf[target] = size;
      nodeAt[size] = target;
      parent[size] = order;
      order = size++;
      edge = firstEdge[target]!;
      end = firstEdge[target + 1]!;
    } else if (order === 0) {
      return { size, orderOf, nodeAt, parent };
    } else {
      order = parent[order]!;
      edge = nextEdge[order]!;
      end = firstEdge[nodeAt[order]! + 1]!;
    }
  }
}

/** The reached nodes' predecessors, all by order: those of w are `source[first[w]]` to `source[first[w + 1]]` (exclusive). */
function findPredecessors(
  { firstEdge, edgeTarget }: HeapGraph,
  edgeCost: Uint8Array,
  { size, orderOf, nodeAt }: SearchTree,
): { first: Uint32Array; source: Uint32Array } {
  const first = new Uint32Array(size + 1);
  for (let order = 0; order < size; order++) {
    const node = nodeAt[order]!;
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      if (edgeCost[edge] !== NOT_RETAINING) first[orderOf[edgeTarget[edge]!]!]!++;
    }
  }
  let total = 0;
  for (let order = 0; order <= size; order++) first[order] = total += first[order]!;
  // From the end of each node's part to its beginning, which is where `first` then points.
  const source = new Uint32Array(total);
  for (let order = size - 1; order >= 0; order--) {
    const node = nodeAt[order]!;
    for (let edge = firstEdge[node]!, end = firstEdge[node + 1]!; edge < end; edge++) {
      if (edgeCost[edge] === NOT_RETAINING) continue;
      const target = orderOf[edgeTarget[edge]!]!;
      source[--first[target]!] = order;
    }
  }
  return { first, source };
}

/** The immediate dominator of each reached node, both by order. */
function dominatorsByOrder(
  size: number,
  parent: Uint32Array,
  { first, source }: { first: Uint32Array; source: Uint32Array },
): Uint32Array {
  const semidominator = new Uint32Array(size);
  // The node with the least semidominator on the way to the forest's root, as far as paths were compressed.
  const label = new Uint32Array(size);
  for (let order = 0; order < size; order++) semidominator[order] = label[order] = order;
  const ancestor = parent.slice(0, size);
  const path = new Uint32Array(size);
  // Nodes whose semidominator is this one, as lists; 0 ends them, since the root has no semidominator.
  const firstInBucket = new Uint32Array(size);
  const nextInBucket = new Uint32Array(size);
  const dominator = new Uint32Array(size);

  /** Nodes from `linked` on are linked to their parents in the forest; those before it are roots. */
  const evaluate = (node: number, linked: number): number => {
    if (ancestor[node]! < linked) return label[node]!;
    let depth = 0;
    let top = node;
    do {
      path[depth++] = top;
      top = ancestor[top]!;
    } while (ancestor[top]! >= linked);
    const root = ancestor[top]!;
    let best = label[top]!;
    while (depth > 0) {
      const below = path[--depth]!;
      ancestor[below] = root;
      if (semidominator[best]! < semidominator[label[below]!]!) label[below] = best;
      else best = label[below]!;
    }
    return best;
  };

  for (let node = size - 1; node > 0; node--) {
    let least = node;
    for (let index = first[node]!, end = first[node + 1]!; index < end; index++) {
      const candidate = semidominator[evaluate(source[index]!, node + 1)]!;
      if (candidate < least) least = candidate;
    }
    semidominator[node] = least;
    nextInBucket[node] = firstInBucket[least]!;
    firstInBucket[least] = node;
    // From here on the node is linked to its parent.
    const above = parent[node]!;
    for (let member = firstInBucket[above]!; member !== 0; member = nextInBucket[member]!) {
      const best = evaluate(member, node);
      dominator[member] = semidominator[best]! < semidominator[member]! ? best : above;
    }
    firstInBucket[above] = 0;
  }
  for (let node = 1; node < size; node++) {
    if (dominator[node] !== semidominator[node]) dominator[node] = dominator[dominator[node]!]!;
  }
  return dominator;
}

/**
 * Ranges of the tree of dominators, by order: what a node dominates lies in its range, from `enter` to `leave` (exclusive).
 * Found when first asked for.
 */
function createRanges(size: number, dominator: Uint32Array): () => { enter: Uint32Array; leave: Uint32Array } {
  let ranges: { enter: Uint32Array; leave: Uint32Array } | undefined;
  return () => {
    if (ranges !== undefined) return ranges;
    const enter = new Uint32Array(size);
    const leave = new Uint32Array(size).fill(1);
    // First the size of what each dominates; then where its range begins, taken from the free end of its dominator's.
    for (let order = size - 1; order > 0; order--) leave[dominator[order]!]! += leave[order]!;
    const free = new Uint32Array(size);
    free[0] = 1;
    for (let order = 1; order < size; order++) {
      const above = dominator[order]!;
      const from = free[above]!;
      free[above] = from + leave[order]!;
      enter[order] = from;
      free[order] = from + 1;
      leave[order]! += from;
    }
    return (ranges = { enter, leave });
  };
}

/** @param edgeCost of each edge; NOT_RETAINING leaves it out. */
export function findDominators(graph: HeapGraph, edgeCost: Uint8Array): Dominators {
  const { nodeCount, nodeSelfBytes } = graph;
  const tree = searchDepthFirst(graph, edgeCost);
  const { size, nodeAt, parent } = tree;
  const predecessors = findPredecessors(graph, edgeCost, tree);
  const dominator = dominatorsByOrder(size, parent, predecessors);
  const immediateDominator = new Uint32Array(nodeCount).fill(NO_NODE);
  const retainedBytes = new Float64Array(nodeCount).fill(Number.NaN);
  for (let order = 0; order < size; order++) retainedBytes[nodeAt[order]!] = nodeSelfBytes[nodeAt[order]!]!;
  // A dominator comes before what it dominates.
  for (let order = size - 1; order > 0; order--) {
    const node = nodeAt[order]!;
    const above = nodeAt[dominator[order]!]!;
    immediateDominator[node] = above;
    retainedBytes[above]! += retainedBytes[node]!;
  }
  const { orderOf } = tree;
  const { first, source } = predecessors;
  const rangesOf = createRanges(size, dominator);
  const isBelow = (order: number, above: number): boolean => {
    const { enter, leave } = rangesOf();
    return enter[order]! >= enter[above]! && enter[order]! < leave[above]!;
  };
  return {
    immediateDominator,
    retainedBytes,
    isThrough: (node, through) => isBelow(orderOf[node]!, orderOf[through]!),
    hasOneEntry(node) {
      const order = orderOf[node]!;
      let entries = 0;
      for (let index = first[order]!, end = first[order + 1]!; index < end; index++) {
        if (!isBelow(source[index]!, order) && ++entries > 1) return false;
      }
      return entries === 1;
    },
  };
}
