// Keeps a recording within what memory and frames may hold: what does not fit is counted, and the count is recorded.
// Runs in the session, one for each run.

import { encodeFrame, FrameError, MAXIMUM_FRAME_BYTES } from '../protocol/frame-codec.ts';
import type { RunBatch } from '../protocol/run-batch.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import type { Clock } from './clock.ts';
import { CONSOLE_BUDGET_BYTES } from './console-collector.ts';
import { approximateBytes, type Recording } from './recording.ts';

/** Sent on as one frame, with its envelope: well below what a frame may have. */
export const MAXIMUM_BATCH_BYTES = 56 * 1024 * 1024;
/** Beside the batch: its envelope, and what it is joined with. */
const ENVELOPE_BYTES = 4 * 1024 * 1024;
/** As a frame it has at most three times as many bytes as are reckoned in memory. */
const SURELY_SENT_BYTES = 8 * 1024 * 1024;
const DROPPED_INTERVAL_MS = 1_000;
/**
 * Of the budgets only what the program writes may use this much: how it ended stands in its last lines, and a program that
 * registers without end must not push them out. Twice the console's own budget, which counts text alone.
 */
const KEPT_FOR_CONSOLE_BYTES = 2 * CONSOLE_BUDGET_BYTES;

/** What a program can produce without bound. The rest is little, and without it a run could not be understood. */
function isDroppable(batch: RunBatch): boolean {
  switch (batch.type) {
    case 'registrations':
    case 'callbacks':
    case 'unregistrations':
    case 'registries':
    case 'registries-collected':
    case 'collections':
    case 'sites':
    case 'marks':
    case 'console':
    case 'picture':
      return true;
    case 'started':
    case 'runtime':
    case 'status':
    case 'samples':
    case 'blocked':
    case 'dropped':
    case 'warning':
    case 'verdicts':
    case 'explanations':
    case 'ended':
      return false;
    default:
      return assertNever(batch);
  }
}

/** Whether a batch that was not made here, and may be anything, can be sent on to clients as one frame. */
export function canBeSent(batch: RunBatch): boolean {
  const bytes = approximateBytes(batch);
  if (bytes <= SURELY_SENT_BYTES || bytes > MAXIMUM_BATCH_BYTES) return bytes <= SURELY_SENT_BYTES;
  try {
    return encodeFrame({ batch }).length <= MAXIMUM_FRAME_BYTES - ENVELOPE_BYTES;
  } catch (error) {
    if (error instanceof FrameError) return false;
    throw error;
  }
}

export interface Overflow {
  /** Keeps a batch if there is room for it, and counts it if there is not. */
  append(batch: RunBatch): void;
  flush(): void;
}

/** Counts what is not kept, and says so in `dropped` batches: at once, then once a second, and at the end. */
export function createOverflow(
  recording: Pick<Recording, 'hasRoomFor'>,
  keep: (batch: RunBatch) => void,
  clock: Clock,
): Overflow {
  let rows = 0;
  let lines = 0;
  let message = '';
  let toldAtMs = -Infinity;
  const flush = (): void => {
    if (rows > 0) keep({ type: 'dropped', what: 'rows', count: rows, message });
    if (lines > 0) keep({ type: 'dropped', what: 'console-lines', count: lines, message });
    rows = 0;
    lines = 0;
    toldAtMs = clock.monotonicMs();
  };
  const drop = (batch: RunBatch, why: string): void => {
    message = why;
    if (batch.type === 'console') lines += batch.entries.reduce((sum, entry) => sum + entry.lines, 0);
    else rows += countRows(batch);
    if (clock.monotonicMs() - toldAtMs >= DROPPED_INTERVAL_MS) flush();
  };
  return {
    append(batch) {
      if (!isDroppable(batch)) keep(batch);
      else if (approximateBytes(batch) > MAXIMUM_BATCH_BYTES) drop(batch, 'A batch was too large to be sent on.');
      else if (!recording.hasRoomFor(batch, batch.type === 'console' ? 0 : KEPT_FOR_CONSOLE_BYTES))
        drop(batch, 'The recording is full; what came after was not kept.');
      else keep(batch);
    },
    flush,
  };
}

function countRows(batch: RunBatch): number {
  switch (batch.type) {
    case 'registrations':
      return batch.atMs.length;
    case 'callbacks':
    case 'unregistrations':
    case 'registries-collected':
      return batch.id.length;
    case 'collections':
      return batch.startMs.length;
    case 'registries':
    case 'sites':
    case 'marks':
      return batch.items.length;
    default:
      return 1;
  }
}
