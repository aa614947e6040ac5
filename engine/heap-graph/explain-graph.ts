// From a heap graph to why each registered object is still alive.

import type { AliveReason } from '../protocol/explanation.ts';
import { CELL_STATES, type CellState, type SnapshotExplanation } from './explanation.ts';
import { findEdgeCosts } from './edge-costs.ts';
import { indexGraph } from './graph-index.ts';
import type { HeapGraph } from './heap-graph.ts';
import { W } from './heap-words.ts';
import { findReachable } from './reachable.ts';
import { findRegistrations } from './registrations.ts';
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
  const owners = scopes.findScopeOwners('');
  const cost = findEdgeCosts(index, owners);
  const isReached = findReachable(graph, cost);
  const { count } = registrations;
  const state = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const target = registrations.target[row]!;
    state[row] = stateCode(target < 0 ? 'cleared' : isReached[target] === 1 ? 'reachable' : 'unreachable');
  }
  const reasons: AliveReason[] = [];
  void W;
  return {
    id: registrations.id,
    state,
    reasonId: new Uint32Array(count),
    retainedBytes: new Float64Array(count).fill(Number.NaN),
    entryEnd: new Uint32Array(count),
    entryBytes: new Uint8Array(0),
    reasons,
    warnings: [],
  };
}
