// Reads the shared columns and makes batches of them. Companion's thread.

import type { ObservedBatch } from '../protocol/observer-message.ts';
import { Cell, Clock, DETAIL_SHIFT, KIND_BITS, NUMBER_LABEL, RowKind, type SharedColumns } from './shared-columns.ts';

/** Bounds the size of a frame, and how long the probe may wait for its next place. */
const MAXIMUM_BATCH_ROWS = 32_768;
const KIND_MASK = (1 << KIND_BITS) - 1;

export interface ColumnDrain {
  /** Sends everything that was written until now; returns how many rows that was. */
  drain(): number;
}

export function createColumnDrain(columns: SharedColumns, sendBatch: (batch: ObservedBatch) => void): ColumnDrain {
  const { control, clock, rowMask, labelMask, meta, ids, times, numbers } = columns;
  const textEncoder = new TextEncoder();
  let labelTail = 0;
  let nextId = 1;
  let droppedRows = 0;
  let lastWrittenHead = 0;
  let lastTimeMs = clock[Clock.programStart]!;
  let droppedLabels = 0;

  /** Appends the label of `row` to `bytes` at `offset` as UTF-8; returns the new end. */
  function copyLabel(row: number, bytes: Uint8Array, offset: number): number {
    const length = (meta[row]! >>> KIND_BITS) & NUMBER_LABEL;
    if (length === NUMBER_LABEL) {
      const text = String(numbers[row]!);
      for (let index = 0; index < text.length; index++) bytes[offset + index] = text.charCodeAt(index);
      return offset + text.length;
    }
    let isAscii = true;
    for (let index = 0; index < length; index++) {
      const unit = columns.labels[(labelTail + index) & labelMask]!;
      if (unit > 0x7f) isAscii = false;
      bytes[offset + index] = unit;
    }
    let end = offset + length;
    if (!isAscii) {
      let text = '';
      for (let index = 0; index < length; index++)
        text += String.fromCharCode(columns.labels[(labelTail + index) & labelMask]!);
      end = offset + textEncoder.encodeInto(text, bytes.subarray(offset)).written;
    }
    labelTail = (labelTail + length) | 0;
    return end;
  }

  /** Sends the rows from `tail` to `end` (modulo 2^32), of which those before `timedEnd` have their times. */
  function sendRows(tail: number, end: number, timedEnd: number): void {
    const start = clock[Clock.programStart]!;
    const count = (end - tail) | 0;
    /** From this row on (counted from the tail) the times are not set yet: the last one known stands for them. */
    const timedCount = (timedEnd - tail) | 0;
    const timeOf = (index: number, row: number) => {
      if (index < timedCount) lastTimeMs = times[row]!;
      return lastTimeMs - start;
    };
    let registrationCount = 0;
    let callbackCount = 0;
    let unregistrationCount = 0;
    let registryCollectedCount = 0;
    let labelBound = 0;
    for (let index = 0; index < count; index++) {
      const row = (tail + index) & rowMask;
      switch (meta[row]! & KIND_MASK) {
        case RowKind.registration: {
          registrationCount++;
          const length = (meta[row]! >>> KIND_BITS) & NUMBER_LABEL;
          // UTF-8 takes at most three bytes for a UTF-16 unit; a number at most 24 characters.
          labelBound += length === NUMBER_LABEL ? 24 : length * 3;
          break;
        }
        case RowKind.callback:
          callbackCount++;
          break;
        case RowKind.unregistration:
          unregistrationCount++;
          break;
        case RowKind.registryCollected:
          registryCollectedCount++;
          break;
        default:
          break;
      }
    }
    const atMs = new Float64Array(registrationCount);
    const registryId = new Uint32Array(registrationCount);
    const siteId = new Uint32Array(registrationCount);
    const labelEnd = new Uint32Array(registrationCount);
    const labelBytes = new Uint8Array(labelBound);
    const callbackId = new Uint32Array(callbackCount);
    const startMs = new Float64Array(callbackCount);
    const durationMs = new Float64Array(callbackCount);
    const threw = new Uint8Array(callbackCount);
    const unregisteredId = new Uint32Array(unregistrationCount);
    const unregisteredAtMs = new Float64Array(unregistrationCount);
    const collectedId = new Uint32Array(registryCollectedCount);
    const collectedAtMs = new Float64Array(registryCollectedCount);
    const newRegistries: { id: number; atMs: number; siteId: number }[] = [];
    let labelOffset = 0;
    let registration = 0;
    let callback = 0;
    let unregistration = 0;
    let registryCollected = 0;
    for (let index = 0; index < count; index++) {
      const row = (tail + index) & rowMask;
      switch (meta[row]! & KIND_MASK) {
        case RowKind.registration:
          atMs[registration] = timeOf(index, row);
          registryId[registration] = ids[row]!;
          siteId[registration] = meta[row]! >>> DETAIL_SHIFT;
          labelOffset = copyLabel(row, labelBytes, labelOffset);
          labelEnd[registration++] = labelOffset;
          break;
        case RowKind.callback:
          callbackId[callback] = ids[row]!;
          startMs[callback] = timeOf(index, row);
          durationMs[callback] = index < timedCount ? numbers[row]! - times[row]! : 0;
          threw[callback++] = meta[row]! >>> DETAIL_SHIFT;
          break;
        case RowKind.unregistration:
          unregisteredId[unregistration] = ids[row]!;
          unregisteredAtMs[unregistration++] = timeOf(index, row);
          break;
        case RowKind.registry:
          newRegistries.push({ id: ids[row]!, atMs: timeOf(index, row), siteId: meta[row]! >>> DETAIL_SHIFT });
          break;
        case RowKind.registryCollected:
          collectedId[registryCollected] = ids[row]!;
          collectedAtMs[registryCollected++] = timeOf(index, row);
          break;
        default:
          break;
      }
    }
    // The rows have been copied: the probe may overwrite them while the batches are encoded.
    Atomics.store(control, Cell.labelTail, labelTail);
    Atomics.store(control, Cell.tail, end);
    Atomics.notify(control, Cell.tail);
    if (newRegistries.length > 0) sendBatch({ type: 'registries', items: newRegistries });
    if (registrationCount > 0) {
      const label = labelBytes.slice(0, labelOffset);
      sendBatch({ type: 'registrations', firstId: nextId, atMs, registryId, siteId, labelEnd, labelBytes: label });
      nextId += registrationCount;
    }
    if (callbackCount > 0) sendBatch({ type: 'callbacks', id: callbackId, startMs, durationMs, threw });
    if (unregistrationCount > 0) sendBatch({ type: 'unregistrations', id: unregisteredId, atMs: unregisteredAtMs });
    if (registryCollectedCount > 0) sendBatch({ type: 'registries-collected', id: collectedId, atMs: collectedAtMs });
  }

  function reportDropped(): void {
    const rows = Atomics.load(control, Cell.droppedRows);
    if (rows > droppedRows) {
      const message = 'The program was faster than the observer could send; these rows were not recorded.';
      sendBatch({ type: 'dropped', what: 'rows', count: rows - droppedRows, message });
      droppedRows = rows;
    }
    const labels = Atomics.load(control, Cell.droppedLabels);
    if (labels > droppedLabels) {
      const message = 'Labels came faster than they could be sent; these registrations have none.';
      sendBatch({ type: 'dropped', what: 'labels', count: labels - droppedLabels, message });
      droppedLabels = labels;
    }
  }

  return {
    drain() {
      let tail = Atomics.load(control, Cell.tail);
      const timedHead = Atomics.load(control, Cell.head);
      // Rows that still waited for a reading of the clock at the last drain, and still do: the burst they came in is
      // over and the thread has not turned since. They are taken now, at the time of the last row before them; the
      // timed head may then be behind the tail for a while.
      const writtenHead = control[Cell.writtenHead]!;
      const hasTimedRows = ((timedHead - tail) | 0) > 0;
      const head = hasTimedRows ? timedHead : writtenHead === lastWrittenHead ? writtenHead : tail;
      lastWrittenHead = writtenHead;
      Atomics.add(control, Cell.tick, 1);
      const rowCount = (head - tail) | 0;
      while (tail !== head) {
        const rows = Math.min((head - tail) | 0, MAXIMUM_BATCH_ROWS);
        const end = (tail + rows) | 0;
        sendRows(tail, end, timedHead);
        tail = end;
      }
      reportDropped();
      return rowCount;
    },
  };
}
