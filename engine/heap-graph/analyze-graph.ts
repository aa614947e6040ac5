// From a heap graph to what keeps each registered object: paths, groups, and the edges that would free it. In numbers of
// nodes and edges; explain-graph.ts makes words of it. Runs in the thread that explains snapshots.

import { findCheapestPaths, type PathTree } from './cheapest-paths.ts';
import { createCuts, type Cuts } from './cuts.ts';
import { findDominators, NO_NODE, type Dominators } from './dominators.ts';
import { findEdgeCosts } from './edge-costs.ts';
import {} from './not-retaining.ts';
import { findRoots } from './find-roots.ts';
import type { GraphIndex } from './graph-index.ts';
import { Edge, K, W } from './heap-words.ts';
import { namePath } from './naming/name-path.ts';
import type { Naming } from './naming/path-walk.ts';
import { groupPaths, type PathGroups } from './path-groups.ts';
import { pathTo } from './raw-path.ts';
import { findReachable } from './reachable.ts';
import { draftReasons, type ReasonDrafts } from './reason-drafts.ts';
import type { Registrations } from './registrations.ts';
import { findRowPaths, type RowPaths } from './row-paths.ts';
import { Scopes } from './scopes.ts';
import type { SourceTexts } from './source-text.ts';
import { createWeakMapFinder } from './weak-maps.ts';

export interface GraphAnalysis extends ReasonDrafts, RowPaths {
  readonly index: GraphIndex;
  readonly registrations: Registrations;
  /** By edge; NOT_RETAINING for what keeps nothing alive. */
  readonly cost: Uint8Array;
  /** 1 for each node that the root reaches. */
  readonly isReached: Uint8Array;
  /** Undefined where the graph is too large for them. */
  readonly dominators: Dominators | undefined;
  readonly tree: PathTree;
  readonly groups: PathGroups;
  readonly cuts: Cuts;
  readonly naming: Naming;
  /** Groups, and the objects in them, of further reasons than are listed. */
  readonly left: { readonly groups: number; readonly objects: number };
}

export interface AnalyzeGraphOptions {
  readonly sources: SourceTexts;
  /** Is called between parts, with 0 to 1. */
  readonly done: (progress: number) => Promise<void>;
}

/** Objects of further reasons are told to be alive without one. */
export const MAXIMUM_REASONS = 5_000;
/** Finding dominators takes some forty bytes a node; beyond this many, retained bytes are not told. */
const MAXIMUM_NODES_FOR_DOMINATORS = 60_000_000;

export async function analyzeGraph(
  index: GraphIndex,
  registrations: Registrations,
  { sources, done }: AnalyzeGraphOptions,
): Promise<GraphAnalysis> {
  const { graph } = index;
  const { count, target } = registrations;
  const scopes = new Scopes(index);
  const probeScript = findProbeScript(index, scopes, registrations);
  const cost = findEdgeCosts(index, scopes.findScopeOwners(probeScript));
  await done(0.35);
  const dominators = graph.nodeCount <= MAXIMUM_NODES_FOR_DOMINATORS ? findDominators(graph, cost) : undefined;
  const isReached = dominators === undefined ? findReachable(graph, cost) : reachedOf(dominators);
  await done(0.55);
  const { roots, exportedCells } = findRoots(index, scopes, isReached, probeScript);
  const tree = findCheapestPaths(graph, cost, roots);
  await done(0.7);
  const groups = groupPaths(index, tree, target);
  const isTarget = new Uint8Array(graph.nodeCount);
  for (let row = 0; row < count; row++) if (target[row]! >= 0) isTarget[target[row]!] = 1;
  const isRegistered = (node: number): boolean => isTarget[node] === 1;
  await done(0.8);

  const naming = createNaming(index, scopes, exportedCells, sources, tree);
  const cuts = createCuts(index, cost, tree, dominators);
  const chosen = chooseGroups(groups, tree, target);
  const tools = { index, scopes, groups, cuts, isRegistered, naming, tree, target };
  const drafts = draftReasons(tools, chosen);
  await done(0.9);
  const rowPaths = findRowPaths(tools, drafts.drafts);
  const objects =
    groups.size.reduce((sum, size) => sum + size, 0) - chosen.reduce((sum, group) => sum + groups.size[group]!, 0);
  const left = { groups: groups.count - chosen.length, objects };
  return {
    index,
    registrations,
    cost,
    isReached,
    dominators,
    tree,
    groups,
    cuts,
    naming,
    left,
    ...drafts,
    ...rowPaths,
  };
}

/** 1 for each node that the root reaches: those have a dominator. */
function reachedOf({ immediateDominator }: Dominators): Uint8Array {
  const isReached = new Uint8Array(immediateDominator.length);
  for (let node = 0; node < isReached.length; node++) isReached[node] = immediateDominator[node] === NO_NODE ? 0 : 1;
  isReached[0] = 1;
  return isReached;
}

function createNaming(
  index: GraphIndex,
  scopes: Scopes,
  exportedCells: Naming['exportedCells'],
  sources: SourceTexts,
  tree: PathTree,
): Naming {
  const findWeakMap = createWeakMapFinder(index);
  const names = new Map<number, string | undefined>();
  const naming: Naming = {
    index,
    scopes,
    exportedCells,
    sources,
    expressionOf(node) {
      if (!names.has(node)) {
        // Set before it is named: a map may be the value of an entry of its own.
        names.set(node, undefined);
        names.set(node, namePath(naming, pathTo(tree, node)).at(-1)?.expression);
      }
      return names.get(node);
    },
    weakMapOf(edge) {
      const map = findWeakMap(edge);
      return map < 0 ? undefined : naming.expressionOf(map);
    },
  };
  return naming;
}

/** The groups that become reasons, those of most objects first. */
function chooseGroups(groups: PathGroups, tree: PathTree, target: Int32Array): number[] {
  const distance = (group: number): number => tree.distance[target[groups.representative[group]!]!]!;
  return Array.from({ length: groups.count }, (_, group) => group)
    .sort((one, other) => groups.size[other]! - groups.size[one]! || distance(one) - distance(other) || one - other)
    .slice(0, MAXIMUM_REASONS);
}

/** The script that the callback of an observed registry is in: the probe's. Empty if no registry is left. */
function findProbeScript(index: GraphIndex, scopes: Scopes, { registry, count }: Registrations): string {
  const { graph, kind, targetOf } = index;
  for (const node of new Set(registry.subarray(0, count))) {
    if (node < 0) continue;
    for (let edge = graph.firstEdge[node]!, end = graph.firstEdge[node + 1]!; edge < end; edge++) {
      const callback = graph.edgeTarget[edge]!;
      if (graph.edgeType[edge] !== Edge.hidden || kind[callback] !== K.closure) continue;
      const sharedInfo = targetOf(callback, W.shared);
      if (sharedInfo >= 0) return scopes.scriptOf(sharedInfo);
    }
  }
  return '';
}
