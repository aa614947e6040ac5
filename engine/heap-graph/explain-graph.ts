// From a heap graph to why each registered object is still alive.

import type { AliveReason, PathStep } from '../protocol/explanation.ts';
import { findCheapestPaths } from './cheapest-paths.ts';
import { findEdgeCosts } from './edge-costs.ts';
import { CELL_STATES, type CellState, type SnapshotExplanation } from './explanation.ts';
import { findRoots } from './find-roots.ts';
import { findSuspect } from './find-suspect.ts';
import { fixSentence } from './fix-sentence.ts';
import { indexGraph, type GraphIndex } from './graph-index.ts';
import type { HeapGraph } from './heap-graph.ts';
import { Edge, K, W } from './heap-words.ts';
import { ENTRY, namePath, type NamedStep, type Naming } from './name-path.ts';
import { groupPaths } from './path-groups.ts';
import { pathTo } from './raw-path.ts';
import { findReachable } from './reachable.ts';
import { findRegistrations, type Registrations } from './registrations.ts';
import { Scopes } from './scopes.ts';

export interface ExplainGraphOptions {
  readonly firstId: number;
  /** 0 to 1. */
  readonly onProgress?: (progress: number) => void;
  readonly signal?: AbortSignal;
}

const stateCode = (state: CellState) => CELL_STATES.indexOf(state);

export async function explainGraph(graph: HeapGraph, options: ExplainGraphOptions): Promise<SnapshotExplanation> {
  const index = indexGraph(graph);
  const registrations = findRegistrations(index, options.firstId);
  const scopes = new Scopes(index);
  const probeScript = findProbeScript(index, scopes, registrations);
  const cost = findEdgeCosts(index, scopes.findScopeOwners(probeScript));
  const isReached = findReachable(graph, cost);
  const { count, target } = registrations;
  const { roots, exportedCells } = findRoots(index, scopes, isReached, probeScript);
  const tree = findCheapestPaths(graph, cost, roots);
  const groups = groupPaths(index, tree, target);
  const naming: Naming = { index, scopes, exportedCells };
  const isTarget = new Uint8Array(graph.nodeCount);
  for (let row = 0; row < count; row++) if (target[row]! >= 0) isTarget[target[row]!] = 1;

  const reasons: AliveReason[] = [];
  for (let group = 0; group < groups.count; group++) {
    const node = target[groups.representative[group]!]!;
    const steps = namePath(naming, pathTo(tree, node));
    const { step: suspect, cause } = findSuspect(steps, (head) => isTarget[head] === 1);
    const size = groups.size[group]!;
    reasons.push({
      id: group + 1,
      cause,
      summary: summarize(steps),
      fix: fixSentence({ steps, suspect, cause, count: size }),
      count: size,
      paths: [steps.map((step, at) => protocolStep(step, at === suspect, size > 1))],
    });
  }

  const state = new Uint8Array(count);
  const reasonId = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    const node = target[row]!;
    state[row] = stateCode(node < 0 ? 'cleared' : isReached[node] === 1 ? 'reachable' : 'unreachable');
    const group = groups.groupOfRow[row]!;
    if (group < groups.count) reasonId[row] = group + 1;
  }
  return {
    id: registrations.id,
    state,
    reasonId,
    retainedBytes: new Float64Array(count).fill(Number.NaN),
    entryEnd: new Uint32Array(count),
    entryBytes: new Uint8Array(0),
    reasons,
    warnings: [],
  };
}

const withEntry = (step: NamedStep): string => step.edge.replace(ENTRY, () => step.entry ?? ENTRY);

function protocolStep(step: NamedStep, suspect: boolean, isShared: boolean): PathStep {
  const edge = isShared ? step.edge : withEntry(step);
  return { edge, node: step.node, suspect, ...(step.place === undefined ? {} : { place: step.place }) };
}

function summarize(steps: readonly NamedStep[]): string {
  return steps.map((step) => (step.edge === '' ? step.node : `${step.edge} → ${step.node}`)).join(' → ');
}

/** The script that the callback of an observed registry is in: the probe's. Empty if no registry is left. */
function findProbeScript(index: GraphIndex, scopes: Scopes, { registry, count }: Registrations): string {
  const { graph, kind, targetOf } = index;
  for (let row = 0; row < count; row++) {
    const node = registry[row]!;
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
