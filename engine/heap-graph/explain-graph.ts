// From a heap graph to why each registered object is still alive: state, reason, retained bytes and own path of each. Runs
// in the thread that explains snapshots.

import type { AliveReason } from '../protocol/explanation.ts';
import { analyzeGraph, MAXIMUM_REASONS, type GraphAnalysis } from './analyze-graph.ts';
import { CELL_STATES, type CellState, type SnapshotExplanation } from './explanation.ts';
import { fixSentence } from './naming/fix-sentence.ts';
import { indexGraph } from './graph-index.ts';
import type { HeapGraph } from './heap-graph.ts';
import { NO_GROUP } from './path-groups.ts';
import { findRegistrations } from './registrations.ts';
import { retainedOfGroups } from './retained-groups.ts';
import { SourceTexts } from './source-text.ts';
import { writeReasons } from './write-reasons.ts';

export interface ExplainGraphOptions {
  readonly firstId: number;
  /** 0 to 1. */
  readonly onProgress?: (progress: number) => void;
  readonly signal?: AbortSignal;
  /** Reads the program's files; tests give their own. */
  readonly sources?: SourceTexts;
}

const stateCode = (state: CellState) => CELL_STATES.indexOf(state);

/** @throws what `signal` was aborted with, if it was. */
export async function explainGraph(graph: HeapGraph, options: ExplainGraphOptions): Promise<SnapshotExplanation> {
  const { firstId, onProgress, signal, sources = new SourceTexts() } = options;
  /** Between parts the thread turns, so that an abort is noticed. */
  const done = async (progress: number): Promise<void> => {
    onProgress?.(progress);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  };
  const index = indexGraph(graph);
  const registrations = findRegistrations(index, firstId);
  const { count, target, unreadable } = registrations;
  const isComplete = unreadable === 0;
  const warnings: string[] = [];
  if (unreadable > 0) {
    warnings.push(`The snapshot does not show the numbers of ${unreadable} registrations; those are left out.`);
  }
  if (count === 0) return { ...nothing(), isComplete, warnings };
  await done(0.15);

  const analysis = await analyzeGraph(index, registrations, { sources, done });
  const { drafts, isReached, formOfRow, entryEnd, entryBytes } = analysis;
  warnings.push(...warningsOf(analysis));
  const written = await writeReasons(analysis, (number) => done(0.9 + (0.1 * number) / drafts.length));

  const reasonOfRow = new Uint32Array(count).fill(NO_GROUP);
  const form = formOfRow.slice();
  for (const [number, { rows }] of drafts.entries()) {
    for (const row of rows) {
      reasonOfRow[row] = written.reasonOfDraft[number]!;
      if (form[row] !== 0) form[row]! += written.formsBefore[number]!;
    }
  }
  const { retainedBytes, ofReasons } = retainedOf(analysis, reasonOfRow, written.reasons.length);
  const reasons = written.reasons.map(({ forms, ...reason }, number): AliveReason => {
    const retained = ofReasons?.[number];
    return {
      id: number + 1,
      ...reason,
      ...(forms.length > 0 && { forms: [...forms] }),
      ...(retained !== undefined && { retainedBytes: retained }),
    };
  });

  const state = new Uint8Array(count);
  const reasonId = new Uint32Array(count);
  let unreached = 0;
  const unreachedId = reasons.length + 1;
  for (let row = 0; row < count; row++) {
    const node = target[row]!;
    if (node < 0) state[row] = stateCode('cleared');
    else if (isReached[node] === 0) {
      state[row] = stateCode('unreachable');
      reasonId[row] = unreachedId;
      unreached++;
    } else {
      state[row] = stateCode('reachable');
      if (reasonOfRow[row] !== NO_GROUP) reasonId[row] = reasonOfRow[row]! + 1;
    }
  }
  if (unreached > 0) reasons.push(notCollectedYet(unreachedId, unreached));
  await done(1);
  return {
    id: registrations.id,
    isComplete,
    state,
    reasonId,
    retainedBytes,
    form,
    entryEnd,
    entryBytes,
    reasons,
    warnings,
  };
}

const nothing = (): Omit<SnapshotExplanation, 'warnings' | 'isComplete'> => ({
  id: new Uint32Array(0),
  state: new Uint8Array(0),
  reasonId: new Uint32Array(0),
  retainedBytes: new Float64Array(0),
  form: new Uint32Array(0),
  entryEnd: new Uint32Array(0),
  entryBytes: new Uint8Array(0),
  reasons: [],
});

function warningsOf({ left, dominators, index }: GraphAnalysis): string[] {
  const warnings: string[] = [];
  if (left.groups > 0) {
    warnings.push(
      `${left.objects} objects are alive for ${left.groups} further reasons, which are not listed: only the ${MAXIMUM_REASONS} that keep the most objects are.`,
    );
  }
  if (dominators === undefined) {
    warnings.push(`The snapshot has ${index.graph.nodeCount} nodes, too many to tell what each object retains.`);
  }
  return warnings;
}

/** Bytes by row, NaN where they are not known, and by reason what its objects retain together. */
function retainedOf(
  { dominators, registrations: { count, target } }: GraphAnalysis,
  reasonOfRow: Uint32Array,
  reasons: number,
): { retainedBytes: Float64Array; ofReasons?: Float64Array } {
  const retainedBytes = new Float64Array(count).fill(Number.NaN);
  if (dominators === undefined) return { retainedBytes };
  for (let row = 0; row < count; row++) {
    if (reasonOfRow[row] !== NO_GROUP) retainedBytes[row] = dominators.retainedBytes[target[row]!]!;
  }
  return { retainedBytes, ofReasons: retainedOfGroups(dominators, target, reasonOfRow, reasons) };
}

function notCollectedYet(id: number, count: number): AliveReason {
  const cause = 'not-collected-yet';
  const summary = 'nothing reaches it, and it is not collected yet';
  const fix = fixSentence({ steps: [], suspect: -1, cause, isOneOfMany: false });
  return { id, cause, summary, fix, count, paths: [] };
}
