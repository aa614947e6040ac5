// Numbers the nodes of a tree so that "is below" is a comparison of two numbers: for the tree of cheapest paths and for that
// of dominators.

import { NO_NODE } from './dominators.ts';

/** `inner` is `outer` or below it if its `enter` lies in the range of `outer`: from `enter` to `leave` (exclusive). */
export interface TreeRanges {
  /** 0 for what is not in the tree. */
  readonly enter: Uint32Array;
  readonly leave: Uint32Array;
}

/**
 * @param parent the node itself, or NO_NODE, at roots
 * @param order all nodes of the tree, parents before their children
 */
export function numberTree(parent: Uint32Array, order: Uint32Array): TreeRanges {
  const enter = new Uint32Array(parent.length);
  const leave = new Uint32Array(parent.length);
  const isRoot = (node: number): boolean => parent[node] === node || parent[node] === NO_NODE;
  // First the size of what is below each node, then where its range begins.
  const size = leave;
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!;
    size[node]!++;
    if (!isRoot(node)) size[parent[node]!]! += size[node]!;
  }
  const free = new Uint32Array(parent.length);
  let next = 1;
  for (let at = 0; at < order.length; at++) {
    const node = order[at]!;
    const above = isRoot(node) ? -1 : parent[node]!;
    const from = above < 0 ? next : free[above]!;
    const to = from + size[node]!;
    if (above < 0) next = to;
    else free[above] = to;
    enter[node] = from;
    free[node] = from + 1;
    leave[node] = to;
  }
  return { enter, leave };
}

export const isBelow = ({ enter, leave }: TreeRanges, inner: number, outer: number): boolean =>
  enter[inner]! >= enter[outer]! && enter[inner]! < leave[outer]!;
