// What the thread that reads snapshots says to the session that started it. It is given an ExplainRequest as `workerData`.

import type { ExplainProgress, SnapshotExplanation } from './explanation.ts';

export type ExplainMessage =
  | ({ readonly type: 'progress' } & ExplainProgress)
  | { readonly type: 'explained'; readonly explanation: SnapshotExplanation }
  /** `message` is for a person; `isSnapshotError`: the file is at fault, not this program. */
  | { readonly type: 'failed'; readonly message: string; readonly isSnapshotError: boolean };
