// Reads one heap snapshot and tells what keeps the registered objects alive, in a thread of its own beside the session:
// minutes of work and gigabytes of columns for a large file. Started by snapshot-explainer.ts, which ends it to stop it.

import { parentPort, workerData } from 'node:worker_threads';
import type { ExplainMessage } from './explain-message.ts';
import { explainSnapshot } from './explain-snapshot.ts';
import type { ExplainRequest } from './explanation.ts';
import { SnapshotError } from './heap-graph.ts';

const tell = (message: ExplainMessage) => parentPort?.postMessage(message);

try {
  const explanation = await explainSnapshot(workerData as ExplainRequest, {
    onProgress: (progress) => tell({ type: 'progress', ...progress }),
    // This thread is ended from outside.
    signal: new AbortController().signal,
  });
  tell({ type: 'explained', explanation });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  tell({ type: 'failed', message, isSnapshotError: error instanceof SnapshotError });
}
