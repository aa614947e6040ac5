// Gathers what the graph says of the steps of one path: how much of each collection is observed, whose code they are, and
// what cutting them would free. Used by the search for suspects.

import { NO_EDGE } from './cheapest-paths.ts';
import type { Cuts } from './cuts.ts';
import { isEntryStep, type Evidence } from './find-suspect.ts';
import type { GraphIndex } from './graph-index.ts';
import { Edge, K } from './heap-words.ts';
import type { NamedStep } from './naming/named-step.ts';
import { findPackages } from './ownership.ts';
import type { PathGroups } from './path-groups.ts';
import { findPlatformSteps } from './platform.ts';
import type { RawPath } from './raw-path.ts';
import type { Scopes } from './scopes.ts';

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
  return {
    isRegistered,
    frees(step) {
      const edge = steps[step]!.rawEdge;
      return edge !== NO_EDGE && cuts.isSoleWay(edge, object);
    },
    isOwn: (step) => packages[step] === undefined,
    isPlatform: (step) => platform.has(step),
    share(step) {
      const { rawEdge, fanOut } = steps[step]!;
      if (rawEdge === NO_EDGE || !isEntryStep(steps[step]!)) return 1;
      const used = entriesThatLeadToObserved(index, groups, cuts.sourceOf(rawEdge));
      return Math.min(1, Math.max(1, used) / Math.max(1, fanOut));
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

function hasFunctions({ graph, kind }: GraphIndex, node: number): boolean {
  if (kind[node] === K.closure) return true;
  for (let edge = graph.firstEdge[node]!, end = graph.firstEdge[node + 1]!; edge < end; edge++) {
    if (graph.edgeType[edge] === Edge.property && kind[graph.edgeTarget[edge]!] === K.closure) return true;
  }
  return false;
}
