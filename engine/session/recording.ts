// Everything that happened in one run, in memory: appended by the run, read by clients from any sequence number.
// Append-only: a batch never changes, so that every client sees the same run, whenever it joins.

import { getHeapStatistics } from 'node:v8';
import { isColumn } from '../protocol/columns.ts';
import type { RunBatch } from '../protocol/run-batch.ts';

/** What a recording may weigh before rows are dropped. Rows lie outside V8's heap, so this is not bound by its limit. */
export const DEFAULT_RECORDING_BUDGET_BYTES = 1_500 * 1024 * 1024;
/** What of it may lie in V8's heap: batches by the million, marks and registries would end the session before its rows do. */
const DEFAULT_HEAP_BUDGET_BYTES = getHeapStatistics().heap_size_limit / 4;

/** What an object costs in V8's heap, beside its strings; measured figures lie between 60 and 120. */
const OBJECT_BYTES = 96;
/** What a column costs in V8's heap, beside its rows; measured: 100 to 130. */
const COLUMN_BYTES = 128;

export interface Recording {
  /** The sequence that the next batch will have: the number of batches. */
  readonly length: number;
  readonly bytes: number;
  /** What of `bytes` lies in V8's heap. */
  readonly heapBytes: number;
  /** True if `batch` still fits into the budgets. */
  hasRoomFor(batch: RunBatch): boolean;
  /** Appends a batch, whatever it weighs, and returns its sequence. Sequences are gapless from 0. */
  append(batch: RunBatch): number;
  /** @throws RangeError if there is no such batch. */
  at(sequence: number): RunBatch;
  /** Approximate bytes of the batches from `fromSequence` up to, not including, `toSequence`. */
  bytesBetween(fromSequence: number, toSequence: number): number;
  /** All batches from `fromSequence` on that are there now. */
  read(fromSequence: number): Iterable<{ sequence: number; batch: RunBatch }>;
}

/** Approximate bytes that a batch takes, in memory and on the way to a client. */
export function approximateBytes(value: unknown): number {
  if (typeof value === 'string') return 2 * value.length;
  if (isColumn(value)) return COLUMN_BYTES + value.byteLength;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + approximateBytes(item), 16);
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).reduce<number>((sum, field) => sum + approximateBytes(field), OBJECT_BYTES);
  }
  return 8;
}

function rowBytes(batch: RunBatch): number {
  return Object.values(batch).reduce<number>((sum, field) => sum + (isColumn(field) ? field.byteLength : 0), 0);
}

/** @param budgetBytes what `hasRoomFor` measures against; and of it, `heapBudgetBytes` for what lies in V8's heap. */
export function createRecording(
  budgetBytes = DEFAULT_RECORDING_BUDGET_BYTES,
  heapBudgetBytes = DEFAULT_HEAP_BUDGET_BYTES,
): Recording {
  const batches: RunBatch[] = [];
  /** Bytes of all batches before each sequence, and of all of them at the end. */
  const bytesBefore: number[] = [0];
  let heapBytes = 0;
  const recording: Recording = {
    get length() {
      return batches.length;
    },
    get bytes() {
      return bytesBefore[batches.length] ?? 0;
    },
    get heapBytes() {
      return heapBytes;
    },
    hasRoomFor(batch) {
      const bytes = approximateBytes(batch);
      return recording.bytes + bytes <= budgetBytes && heapBytes + bytes - rowBytes(batch) <= heapBudgetBytes;
    },
    append(batch) {
      const bytes = approximateBytes(batch);
      bytesBefore.push(recording.bytes + bytes);
      batches.push(batch);
      heapBytes += bytes - rowBytes(batch);
      return batches.length - 1;
    },
    at(sequence) {
      const batch = batches[sequence];
      if (batch === undefined) throw new RangeError(`The recording has no batch ${sequence}.`);
      return batch;
    },
    bytesBetween: (fromSequence, toSequence) => (bytesBefore[toSequence] ?? 0) - (bytesBefore[fromSequence] ?? 0),
    *read(fromSequence) {
      for (let sequence = fromSequence; sequence < batches.length; sequence += 1) {
        yield { sequence, batch: recording.at(sequence) };
      }
    },
  };
  return recording;
}
