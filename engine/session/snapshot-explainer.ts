// Has a heap snapshot read in a worker thread, so that the session goes on serving its clients meanwhile.
// Runs in the session; used by runs that are to explain what is still alive.

import { Worker } from 'node:worker_threads';
import { assertNever } from '../protocol/vocabulary.ts';
import type { ExplainMessage } from '../heap-graph/explain-message.ts';
import type { ExplainProgress, ExplainRequest, SnapshotExplanation } from '../heap-graph/explanation.ts';

export interface SnapshotExplainer {
  /**
   * Reads a snapshot.
   * @throws Error if it cannot be read (the message says why, for a person), or `signal` is aborted
   */
  explain(
    request: ExplainRequest,
    options: { readonly onProgress: (progress: ExplainProgress) => void; readonly signal: AbortSignal },
  ): Promise<SnapshotExplanation>;
}

/** @param workerPath the built `explain-worker` */
export function createSnapshotExplainer(workerPath: string): SnapshotExplainer {
  return {
    explain(request, { onProgress, signal }) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new Error('Stopped.'));
        const worker = new Worker(workerPath, { workerData: request, execArgv: [], name: 'heapline-explain' });
        const stop = (): void => settle(() => reject(new Error('Stopped.')));
        let isSettled = false;
        const settle = (report: () => void): void => {
          if (isSettled) return;
          isSettled = true;
          signal.removeEventListener('abort', stop);
          // What it holds is let go at once, whatever it was doing. A failure to end it leaves nothing to be done.
          void worker.terminate().then(report, report);
        };
        signal.addEventListener('abort', stop, { once: true });
        worker.on('message', (message: ExplainMessage) => {
          switch (message.type) {
            case 'progress':
              return onProgress(message);
            case 'explained':
              return settle(() => resolve(message.explanation));
            case 'failed':
              return settle(() => reject(new Error(message.message)));
            default:
              return assertNever(message);
          }
        });
        // Out of memory in that thread alone, for example: the session goes on.
        worker.on('error', (error) => settle(() => reject(error)));
        worker.on('exit', () => settle(() => reject(new Error('The thread that read it ended without a word.'))));
      });
    },
  };
}
