// Gathers what the graph says of the steps of one path: how much of each collection is observed, whose code they are, and
// what cutting them would free. Used by the search for suspects.

import { NO_EDGE } from './cheapest-paths.ts';
import type { Cuts } from './cuts.ts';
import { isEntryStep, type Evidence } from './find-suspect.ts';
import type { GraphIndex } from './graph-index.ts';
import { Edge, K, W } from './heap-words.ts';
import { tableEntry } from './naming/containers.ts';
import type { NamedStep } from './naming/named-step.ts';
import { findPackages } from './ownership.ts';
import type { PathGroups } from './path-groups.ts';
import { findPlatformSteps } from './platform.ts';
import type { RawPath } from './raw-path.ts';
import type { Scopes } from './scopes.ts';

/** Entries of a collection that are looked at one by one. */
const MOST_ENTRIES = 100;

export interface EvidenceTools {
  readonly index: GraphIndex;
  readonly scopes: Scopes;
  readonly groups: PathGroups;
  readonly cuts: Cuts;
  readonly isRegistered: (node: number) => boolean;
}

/** @param spread of each step that is an entry of a collection, where the path is that of a group; see Evidence. */
export function gatherEvidence(
  { index, scopes, groups, cuts, isRegistered }: EvidenceTools,
  path: RawPath,
  steps: readonly NamedStep[],
  spread: ReadonlyMap<number, number> = new Map(),
): Evidence {
  const packages = findPackages(index, scopes, steps);
  const platform = findPlatformSteps(index, scopes, steps);
  const object = path.nodes.at(-1)!;
  const shares = new Map<number, number>();
  const shareOf = (step: number): number => {
    const { rawEdge, fanOut } = steps[step]!;
    if (rawEdge === NO_EDGE || !isEntryStep(steps[step]!)) return 1;
    const used = entriesThatLeadToObserved(index, groups, cuts.sourceOf(rawEdge));
    const share = Math.min(1, Math.max(1, used) / Math.max(1, fanOut));
    // The tree's path to an object that several hold may come by another of them.
    return share === 1 ? share : Math.max(share, shareOfAlike(index, path, rawEdge, isRegistered));
  };
  return {
    isRegistered,
    frees(step) {
      const edge = steps[step]!.rawEdge;
      return edge !== NO_EDGE && cuts.isSoleWay(edge, object);
    },
    keeps(step, later) {
      const [edge, after] = [steps[step]!.rawEdge, steps[later]!.rawEdge];
      return edge !== NO_EDGE && after !== NO_EDGE && cuts.isSoleWay(edge, cuts.sourceOf(after));
    },
    isOwn: (step) => packages[step] === undefined,
    isPlatform: (step) => platform.has(step),
    share(step) {
      const known = shares.get(step);
      if (known !== undefined) return known;
      const share = shareOf(step);
      shares.set(step, share);
      return share;
    },
    spread: (step) => spread.get(step) ?? 1,
    isService: (step) => hasFunctions(index, steps[step]!.head),
  };
}

/** Entries of a collection on a path to observed objects, whether that path comes by the collection or not. */
function entriesThatLeadToObserved({ graph }: GraphIndex, { observedBelow }: PathGroups, collection: number): number {
  let used = 0;
  for (let edge = graph.firstEdge[collection]!, end = graph.firstEdge[collection + 1]!; edge < end; edge++) {
    if (observedBelow[graph.edgeTarget[edge]!]! > 0) used++;
  }
  return used;
}

/** The share of a collection's entries from which the path's own way on leads to an observed object as well. */
function shareOfAlike(index: GraphIndex, path: RawPath, edge: number, isRegistered: (node: number) => boolean): number {
  const { graph, kind, words } = index;
  const at = path.edges.indexOf(edge);
  if (at < 0 || path.edges.includes(NO_EDGE, at)) return 0;
  const collection = path.nodes[at]!;
  const rest = path.edges.slice(at + 1);
  // A table has the keys of a Map beside its values.
  const roleOf = (entry: number): string =>
    kind[collection] === K.table ? tableEntry(index, collection, entry).role : 'entry';
  const isAlike = (other: number): boolean =>
    graph.edgeType[other] === graph.edgeType[edge] &&
    words.ofEdge(other) !== W.__proto__ &&
    roleOf(other) === roleOf(edge);
  let looked = 0;
  let found = 0;
  for (let other = graph.firstEdge[collection]!, end = graph.firstEdge[collection + 1]!; other < end; other++) {
    if (!isAlike(other)) continue;
    if (looked++ === MOST_ENTRIES) break;
    const head = rest.reduce((node, along) => (node < 0 ? node : follow(index, node, along)), graph.edgeTarget[other]!);
    if (head >= 0 && isRegistered(head)) found++;
  }
  return looked === 0 ? 0 : found / Math.min(looked, MOST_ENTRIES);
}

/** The node that an edge like `along` leads to from `node`; -1 if there is none. */
function follow({ graph, words }: GraphIndex, node: number, along: number): number {
  const type = graph.edgeType[along];
  const table = words.ofEdge(along) === W.ephemeron ? tableOf(words.edgeText(along)) : undefined;
  for (let edge = graph.firstEdge[node]!, end = graph.firstEdge[node + 1]!; edge < end; edge++) {
    if (graph.edgeType[edge] !== type) continue;
    const isSame =
      table === undefined
        ? graph.edgeName[edge] === graph.edgeName[along]
        : words.ofEdge(edge) === W.ephemeron && tableOf(words.edgeText(edge)) === table;
    if (isSame) return graph.edgeTarget[edge]!;
  }
  return -1;
}

/** The table of the WeakMap that an edge from a key tells of. */
const tableOf = (name: string): string => /\(table @\d+\)$/.exec(name)?.[0] ?? '';

function hasFunctions({ graph, kind }: GraphIndex, node: number): boolean {
  if (kind[node] === K.closure) return true;
  for (let edge = graph.firstEdge[node]!, end = graph.firstEdge[node + 1]!; edge < end; edge++) {
    if (graph.edgeType[edge] === Edge.property && kind[graph.edgeTarget[edge]!] === K.closure) return true;
  }
  return false;
}
