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

/**
 * What can be reached from the root, numbered in the order in which a depth-first search comes upon it. All columns but
 * `orderOf` are by order.
 */
interface SearchTree {
  readonly size: number;
  /** NO_NODE for what was not reached. */
  readonly orderOf: Uint32Array;
  readonly nodeAt: Uint32Array;
  /** In order; the root is its own. */
  readonly parent: Uint32Array;
  /** The first of the predecessors that come before the node: those are never dominated by it. */
  readonly leastBefore: Uint32Array;
  /** 1 where more than one edge comes from before. */
  readonly hasMoreBefore: Uint8Array;
  readonly after: LaterPredecessors;
  /** Of `nodeCount`; free from here on. */
  readonly spare: Uint32Array;
}

/** Predecessors that come after their node, as lists: a third of all edges, mostly of those from objects to their classes. */
interface LaterPredecessors {
  /** By order, one of `link`; 0 is none. */
  readonly first: Uint32Array;
  /** At `link` a predecessor, by order, and behind it the next link. */
  readonly list: Uint32Array;
}

function searchDepthFirst(
  { nodeCount, edgeCount, firstEdge, edgeTarget }: HeapGraph,
  edgeCost: Uint8Array,
): SearchTree {
  const orderOf = new Uint32Array(nodeCount).fill(NO_NODE);
  const nodeAt = new Uint32Array(nodeCount);
  const parent = new Uint32Array(nodeCount);
  const leastBefore = new Uint32Array(nodeCount);
  const hasMoreBefore = new Uint8Array(nodeCount);
  const first = new Uint32Array(nodeCount);
  // What is never written takes no memory.
  const list = new Uint32Array(2 * edgeCount + 2);
  let link = 2;
  const nextEdge = new Uint32Array(nodeCount);
  orderOf[0] = 0;
  let size = 1;
  let order = 0;
  let edge = firstEdge[0]!;
  let end = firstEdge[1]!;
  for (;;) {
    if (edge < end) {
      const target = edgeTarget[edge]!;
      if (edgeCost[edge++] === NOT_RETAINING) continue;
      const known = orderOf[target]!;
      if (known === NO_NODE) {
        nextEdge[order] = edge;
        orderOf[target] = size;
        nodeAt[size] = target;
        parent[size] = leastBefore[size] = order;
        order = size++;
        edge = firstEdge[target]!;
        end = firstEdge[target + 1]!;
      } else if (known > order) {
        hasMoreBefore[known] = 1;
        if (order < leastBefore[known]!) leastBefore[known] = order;
      } else if (known < order) {
        list[link] = order;
        list[link + 1] = first[known]!;
        first[known] = link;
        link += 2;
      }
    } else if (order === 0) {
      const after = { first, list };
      return { size, orderOf, nodeAt, parent, leastBefore, hasMoreBefore, after, spare: nextEdge };
    } else {
      order = parent[order]!;
      edge = nextEdge[order]!;
      end = firstEdge[nodeAt[order]! + 1]!;
    }
  }
}

interface OrderedDominators {
  /** The immediate dominator of each reached node, both by order. */
  readonly dominator: Uint32Array;
  /** By order, 1 for a node that all paths come to by one edge. */
  readonly hasOneEntry: Uint8Array;
  /** Each of `nodeCount`; free from here on. */
  readonly spare: readonly [Uint32Array, Uint32Array, Uint32Array];
}

/**
 * To save memory, several columns share one array: the first use of a slot ends when its node is looked at, the second begins
 * there. Nodes are looked at from the last to the first.
 */
function dominatorsByOrder(tree: SearchTree, nodeCount: number): OrderedDominators {
  const { size, leastBefore, hasMoreBefore, spare: path } = tree;
  const { first, list } = tree.after;
  const semidominator = leastBefore;
  const ancestor = tree.parent;
  // Nodes whose semidominator is this one, as lists; 0 ends them, since the root has no semidominator. They are empty once
  // the node itself is looked at, and it has a dominator only after that.
  const dominator = new Uint32Array(size);
  const firstInBucket = dominator;
  const nextInBucket = first;
  // The node with the least semidominator on the way to the forest's root, as far as paths were compressed.
  const label = new Uint32Array(nodeCount);
  for (let order = 0; order < size; order++) label[order] = order;
  const hasOneEntry = new Uint8Array(size);

  /** Of a node that is linked. Nodes from `linked` on are linked to their parents in the forest; those before it are roots. */
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
    const above = ancestor[node]!;
    // A predecessor that comes before is not linked yet, and so its own semidominator.
    let least = leastBefore[node]!;
    let isOnlyEntry = hasMoreBefore[node] === 0;
    for (let link = first[node]!; link !== 0; link = list[link + 1]!) {
      const candidate = semidominator[evaluate(list[link]!, node + 1)]!;
      if (candidate >= node) continue;
      // The predecessor can be reached past the node; otherwise its candidate would not come before the node.
      isOnlyEntry = false;
      if (candidate < least) least = candidate;
    }
    if (isOnlyEntry) hasOneEntry[node] = 1;
    semidominator[node] = least;
    nextInBucket[node] = firstInBucket[least]!;
    firstInBucket[least] = node;
    // From here on the node is linked to its parent.
    for (let member = firstInBucket[above]!; member !== 0; member = nextInBucket[member]!) {
      const best = evaluate(member, node);
      dominator[member] = semidominator[best]! < semidominator[member]! ? best : above;
    }
    firstInBucket[above] = 0;
  }
  for (let node = 1; node < size; node++) {
    if (dominator[node] !== semidominator[node]) dominator[node] = dominator[dominator[node]!]!;
  }
  return { dominator, hasOneEntry, spare: [leastBefore, first, label] };
}

/** @param edgeCost of each edge; NOT_RETAINING leaves it out. */
export function findDominators(graph: HeapGraph, edgeCost: Uint8Array): Dominators {
  const { nodeCount, nodeSelfBytes } = graph;
  const tree = searchDepthFirst(graph, edgeCost);
  const { size, nodeAt, orderOf: enter, spare: leave } = tree;
  const { dominator, hasOneEntry, spare } = dominatorsByOrder(tree, nodeCount);
  const [rangeEnd, free, immediateDominator] = spare;
  immediateDominator.fill(NO_NODE);
  const retainedBytes = new Float64Array(nodeCount).fill(Number.NaN);
  const isEntered = new Uint8Array(nodeCount);
  for (let order = 0; order < size; order++) {
    retainedBytes[nodeAt[order]!] = nodeSelfBytes[nodeAt[order]!]!;
    rangeEnd[order] = 1;
  }
  // A dominator comes before what it dominates.
  for (let order = size - 1; order > 0; order--) {
    const node = nodeAt[order]!;
    const above = nodeAt[dominator[order]!]!;
    immediateDominator[node] = above;
    retainedBytes[above]! += retainedBytes[node]!;
    rangeEnd[dominator[order]!]! += rangeEnd[order]!;
    isEntered[node] = hasOneEntry[order]!;
  }
  // Ranges of the tree of dominators: what a node dominates lies in its own, which is taken from the free end of its
  // dominator's. By node, in columns that are not needed otherwise any more.
  enter[0] = 0;
  leave[0] = size;
  free[0] = 1;
  for (let order = 1; order < size; order++) {
    const above = dominator[order]!;
    const node = nodeAt[order]!;
    const from = free[above]!;
    const to = from + rangeEnd[order]!;
    free[above] = to;
    free[order] = from + 1;
    enter[node] = from;
    leave[node] = to;
  }
  return {
    immediateDominator,
    retainedBytes,
    isThrough: (node, through) => enter[node]! >= enter[through]! && enter[node]! < leave[through]!,
    hasOneEntry: (node) => isEntered[node] === 1,
  };
}
