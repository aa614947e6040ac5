// Everything that happened in one run, in memory: appended by the run, read by clients from any sequence number.
// Append-only: a batch never changes, so that every client sees the same run, whenever it joins.

import { getHeapStatistics } from 'node:v8';
import { heldBytes, isColumn, type Column } from '../protocol/columns.ts';
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
  /** True if `batch` still fits into the budgets. @param keptFreeBytes what has to stay free of them, at most a quarter */
  hasRoomFor(batch: RunBatch, keptFreeBytes?: number): boolean;
  /**
   * Appends a batch, whatever it weighs, and returns its sequence. Sequences are gapless from 0. Of the memory that its columns
   * are views of, little more is kept than what they show.
   */
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

const columnsOf = (batch: RunBatch): Column[] => Object.values(batch).filter(isColumn);
const shownBytes = (columns: readonly Column[]): number => columns.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** What a small batch may keep besides its rows without being copied: the JSON of its frame. */
const SMALL_WASTE_BYTES = 1024;

interface Weight {
  /** Of the batch as it is kept. */
  readonly bytes: number;
  /** What of them lies in V8's heap. */
  readonly heapBytes: number;
  /** Whether its columns keep so much more in memory than they show that it is kept with copies of them. */
  readonly isWasteful: boolean;
}

function weigh(batch: RunBatch): Weight {
  const columns = columnsOf(batch);
  const shown = shownBytes(columns);
  const held = heldBytes(columns);
  const isWasteful = held - shown > Math.max(SMALL_WASTE_BYTES, shown / 4);
  const heapBytes = approximateBytes(batch) - shown;
  return { bytes: heapBytes + (isWasteful ? shown : held), heapBytes, isWasteful };
}

function withOwnColumns(batch: RunBatch): RunBatch {
  const fields = Object.entries(batch).map(([name, field]) => [name, isColumn(field) ? field.slice() : field]);
  return Object.fromEntries(fields) as RunBatch;
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
    hasRoomFor(batch, keptFreeBytes = 0) {
      const weight = weigh(batch);
      const roomOf = (budget: number): number => budget - Math.min(keptFreeBytes, budget / 4);
      return (
        recording.bytes + weight.bytes <= roomOf(budgetBytes) && heapBytes + weight.heapBytes <= roomOf(heapBudgetBytes)
      );
    },
    append(batch) {
      const weight = weigh(batch);
      bytesBefore.push(recording.bytes + weight.bytes);
      batches.push(weight.isWasteful ? withOwnColumns(batch) : batch);
      heapBytes += weight.heapBytes;
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
