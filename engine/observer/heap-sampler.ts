// Samples the program's heap and the process's memory, on the companion's thread.

import type { ObservedBatch } from '../protocol/observer-message.ts';
import type { ProgramInspector } from './program-inspector.ts';

/** Rows are sent together after so many, or when this time has passed since the first. */
const BATCH_ROWS = 8;
const BATCH_MS = 60;
/** A request without an answer for so long is written down as a row without heap figures: the process's memory is known. */
const UNANSWERED_MS = 100;

export interface HeapSampler {
  /** Asks once, unless the last question is still open. */
  sample(): void;
  flush(): void;
}

/** V8 counts no shared memory as external, so the observer's own columns do not show in the program's curve. */
export function createHeapSampler(context: {
  /** Without one, only the process's memory is known. */
  inspector: ProgramInspector | undefined;
  now: () => number;
  sendBatch: (batch: ObservedBatch) => void;
}): HeapSampler {
  const { inspector, now, sendBatch } = context;
  let rows: [atMs: number, used: number, total: number, external: number, rss: number][] = [];
  let isOpen = false;
  let askedAtMs = 0;

  function add(used: number, total: number, external: number): void {
    rows.push([now(), used, total, external, process.memoryUsage.rss()]);
    if (rows.length >= BATCH_ROWS || now() - (rows[0]?.[0] ?? 0) >= BATCH_MS) flush();
  }

  function flush(): void {
    if (rows.length === 0) return;
    const column = (index: 0 | 1 | 2 | 3 | 4) => Float64Array.from(rows, (row) => row[index]);
    sendBatch({
      type: 'samples',
      atMs: column(0),
      usedBytes: column(1),
      totalBytes: column(2),
      externalBytes: column(3),
      rssBytes: column(4),
    });
    rows = [];
  }

  return {
    sample() {
      if (inspector === undefined) {
        add(Number.NaN, Number.NaN, Number.NaN);
        return;
      }
      if (isOpen) {
        if (now() - askedAtMs < UNANSWERED_MS) return;
        askedAtMs = now();
        add(Number.NaN, Number.NaN, Number.NaN);
        return;
      }
      isOpen = true;
      askedAtMs = now();
      inspector.forgetConsole();
      inspector.readHeapUsage(({ usedSize, totalSize, backingStorageSize }) => {
        if (backingStorageSize !== undefined) {
          isOpen = false;
          add(usedSize, totalSize, backingStorageSize);
          return;
        }
        inspector.readExternalBytes((bytes) => {
          isOpen = false;
          add(usedSize, totalSize, bytes);
        });
      });
    },
    flush,
  };
}
