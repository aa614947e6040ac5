// Numbers the nodes of the tree of cheapest paths, so that "is below" is a comparison of two numbers.

import type { PathTree } from './cheapest-paths.ts';

/** `inner` is `outer` or below it if its `enter` lies in the range of `outer`: from `enter` to `leave` (exclusive). */
export interface TreeRanges {
  /** 0 for what is not in the tree. */
  readonly enter: Uint32Array;
  readonly leave: Uint32Array;
}

export function numberTree({ parent, order }: PathTree): TreeRanges {
  const enter = new Uint32Array(parent.length);
  const leave = new Uint32Array(parent.length);
  const isRoot = (node: number): boolean => parent[node] === node;
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
