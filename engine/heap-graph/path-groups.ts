// Groups targets by the pattern of their cheapest path, so that objects share a group only if the same named holder keeps
// them (see path-patterns.ts), and counts how many observed objects hang below each node on the way.

import { NO_EDGE, UNREACHED, type PathTree } from './cheapest-paths.ts';
import type { GraphIndex } from './graph-index.ts';
import { PathPatterns } from './path-patterns.ts';
import type { RawPath } from './raw-path.ts';

export interface PathGroups {
  readonly count: number;
  /** Of each row its group; NO_GROUP where the target is not reached. */
  readonly groupOfRow: Uint32Array;
  /** Row whose path is the shortest of each group. */
  readonly representative: Uint32Array;
  readonly size: Uint32Array;
  /** By group, the last node that the paths of all its objects go through. */
  readonly holder: readonly number[];
  /** By node, for those on paths to targets: the pattern of the path to it. 0 elsewhere. */
  readonly pattern: Uint32Array;
  /** By node: observed objects whose path goes through it, itself among them. */
  readonly observedBelow: Uint32Array;
  /** The pattern of a path that is not one of the tree's. */
  patternOf(path: RawPath): number;
  /** The last node that all paths of that pattern go through. */
  holderOf(path: RawPath): number;
}

export const NO_GROUP = 0xffff_ffff;

/** @param target node of each row's target; below 0 where it has none. */
export function groupPaths(index: GraphIndex, tree: PathTree, target: Int32Array): PathGroups {
  const { nodeCount } = index.graph;
  const { parent, parentEdge, order, distance } = tree;
  const patterns = new PathPatterns(index);
  const pattern = new Uint32Array(nodeCount);
  const observedBelow = new Uint32Array(nodeCount);

  // Nodes on paths to targets; a walk ends where one went before.
  const isOnPath = new Uint8Array(nodeCount);
  let onPath = 0;
  for (let row = 0; row < target.length; row++) {
    let node = target[row]!;
    if (node < 0 || distance[node] === UNREACHED) continue;
    // An object that is registered twice is one object.
    observedBelow[node] = 1;
    while (isOnPath[node] === 0) {
      isOnPath[node] = 1;
      onPath++;
      node = parent[node]!;
    }
  }

  const visited = new Uint32Array(onPath);
  onPath = 0;
  for (let at = 0; at < order.length; at++) {
    const node = order[at]!;
    if (isOnPath[node] === 0) continue;
    visited[onPath++] = node;
    const edge = parentEdge[node]!;
    pattern[node] =
      edge === NO_EDGE ? patterns.ofRoot(node) : patterns.of(pattern[parent[node]!]!, parent[node]!, edge);
  }
  const canonical = patterns.canonical();
  for (let at = onPath - 1; at >= 0; at--) {
    const node = visited[at]!;
    pattern[node] = canonical[pattern[node]!]!;
    if (parentEdge[node] === NO_EDGE) continue;
    observedBelow[parent[node]!]! += observedBelow[node]!;
  }

  const groupOfPattern = new Uint32Array(patterns.size).fill(NO_GROUP);
  const groupOfRow = new Uint32Array(target.length).fill(NO_GROUP);
  const representative: number[] = [];
  const size: number[] = [];
  const holder: number[] = [];
  for (let row = 0; row < target.length; row++) {
    const node = target[row]!;
    if (node < 0 || pattern[node] === 0) continue;
    let group = groupOfPattern[pattern[node]!]!;
    if (group === NO_GROUP) {
      group = groupOfPattern[pattern[node]!] = size.length;
      representative.push(row);
      size.push(0);
      holder.push(patterns.holderOf(pattern[node]!));
    }
    groupOfRow[row] = group;
    size[group]!++;
    if (distance[node]! < distance[target[representative[group]!]!]!) representative[group] = row;
  }

  const patternOf = ({ nodes, edges }: RawPath): number => {
    let number = patterns.ofRoot(nodes[0]!);
    for (const [position, edge] of edges.entries()) {
      if (edge !== NO_EDGE) number = patterns.of(number, nodes[position]!, edge);
    }
    return canonical[number] ?? number;
  };

  return {
    count: size.length,
    groupOfRow,
    representative: Uint32Array.from(representative),
    size: Uint32Array.from(size),
    holder,
    pattern,
    observedBelow,
    patternOf,
    holderOf: (path) => patterns.holderOf(patternOf(path)),
  };
}
