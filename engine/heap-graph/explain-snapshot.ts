// From the file of a heap snapshot to why each registered object is still alive. Runs in a thread of its own (see
// explain-worker.ts); started by the session.

import type { ExplainProgress, ExplainRequest, SnapshotExplanation } from './explanation.ts';
import { explainGraph } from './explain-graph.ts';
import { readSnapshot } from './read-snapshot.ts';

export interface ExplainOptions {
  readonly onProgress?: (progress: ExplainProgress) => void;
  readonly signal?: AbortSignal;
}

/** @throws SnapshotError if the file is no heap snapshot; what `signal` was aborted with, if it was. */
export async function explainSnapshot(
  request: ExplainRequest,
  { onProgress, signal }: ExplainOptions = {},
): Promise<SnapshotExplanation> {
  const graph = await readSnapshot(request.snapshotPath, {
    ...(signal === undefined ? {} : { signal }),
    onProgress: (progress) => onProgress?.({ step: 'reading-snapshot', progress }),
  });
  const explanation = await explainGraph(graph, {
    firstId: request.firstId,
    onProgress: (progress) => onProgress?.({ step: 'finding-paths', progress }),
    ...(signal === undefined ? {} : { signal }),
  });
  const { missing = [] } = graph;
  if (missing.length === 0) return explanation;
  // A registration may be among what is missing.
  return { ...explanation, isComplete: false, warnings: [...missing, ...explanation.warnings] };
}
