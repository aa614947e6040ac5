// Reads the shared columns and makes batches of them. Companion's thread.

import type { ObservedBatch } from '../protocol/observer-message.ts';
import {
  Cell,
  Clock,
  DETAIL_SHIFT,
  KIND_BITS,
  MAXIMUM_LABEL_LENGTH,
  NUMBER_LABEL,
  RowKind,
  type SharedColumns,
} from './shared-columns.ts';

/** Bounds the size of a frame, and how long the probe may wait for its next place. */
const MAXIMUM_BATCH_ROWS = 32_768;
const KIND_MASK = (1 << KIND_BITS) - 1;

export interface ColumnDrain {
  /** Rows that are written and not sent yet. */
  waitingRows(): number;
  /** True if every registration that was drained had its callback, so that nothing of them can be left in the heap. */
  readonly isAllCalled: boolean;
  /** True if a callback that is not reported as entered runs now, and did when this was last asked. To be asked often. */
  isLongCallbackRunning(): boolean;
  /**
   * Sends everything that was written until now. Calls `beforeRows` once it is settled which rows these are: whatever they
   * refer to was told before they were written, so it can be fetched and sent then. A callback that runs is reported as
   * entered if it has been found running before, or if this is the last drain: most end before anyone can look.
   */
  drain(beforeRows: () => void, isLast: boolean): void;
}

/** `sendBatch` must be done with a batch's columns when it returns: they are used again for the next. */
export function createColumnDrain(columns: SharedColumns, sendBatch: (batch: ObservedBatch) => void): ColumnDrain {
  const { control, clock, rowMask, labelMask, meta, ids, times, numbers } = columns;
  const textEncoder = new TextEncoder();
  let labelTail = 0;
  let nextId = 1;
  let callbacksEnded = 0;
  let droppedRows = 0;
  let lastWrittenHead = 0;
  let lastTimeMs = clock[Clock.programStart]!;
  let droppedLabels = 0;
  /** The callback that ran when it was last looked for, and the last one that was reported as entered. */
  let seenCallback = 0;
  let enteredCallback = 0;

  // Scratch memory for one batch, so that one pass over the rows is enough.
  const atMs = new Float64Array(MAXIMUM_BATCH_ROWS);
  const registryId = new Uint32Array(MAXIMUM_BATCH_ROWS);
  const siteId = new Uint32Array(MAXIMUM_BATCH_ROWS);
  const labelEnd = new Uint32Array(MAXIMUM_BATCH_ROWS);
  // UTF-8 takes at most three bytes for a UTF-16 unit.
  const labelBytes = new Uint8Array(MAXIMUM_BATCH_ROWS * MAXIMUM_LABEL_LENGTH * 3);
  const callbackId = new Uint32Array(MAXIMUM_BATCH_ROWS);
  const startMs = new Float64Array(MAXIMUM_BATCH_ROWS);
  const durationMs = new Float64Array(MAXIMUM_BATCH_ROWS);
  const threw = new Uint8Array(MAXIMUM_BATCH_ROWS);
  const unregisteredId = new Uint32Array(MAXIMUM_BATCH_ROWS);
  const unregisteredAtMs = new Float64Array(MAXIMUM_BATCH_ROWS);
  const collectedId = new Uint32Array(MAXIMUM_BATCH_ROWS);
  const collectedAtMs = new Float64Array(MAXIMUM_BATCH_ROWS);

  /** Appends a number's text at `offset`; returns the new end. Integers, the usual ids, without making a string. */
  function writeNumber(value: number, offset: number): number {
    if (value >= 0 && value < 2 ** 31 && value === Math.trunc(value) && !Object.is(value, -0)) {
      let rest = value | 0;
      let digits = 1;
      for (let limit = 10; digits < 10 && rest >= limit; limit *= 10) digits++;
      for (let index = offset + digits - 1; index >= offset; index--) {
        const next = (rest / 10) | 0;
        labelBytes[index] = 48 + rest - next * 10;
        rest = next;
      }
      return offset + digits;
    }
    return offset + textEncoder.encodeInto(String(value), labelBytes.subarray(offset)).written;
  }

  /** Appends `length` characters from the labels' ring at `offset` as UTF-8; returns the new end. */
  function writeText(length: number, offset: number): number {
    let isAscii = true;
    for (let index = 0; index < length; index++) {
      const unit = columns.labels[(labelTail + index) & labelMask]!;
      if (unit > 0x7f) isAscii = false;
      labelBytes[offset + index] = unit;
    }
    let end = offset + length;
    if (!isAscii) {
      let text = '';
      for (let index = 0; index < length; index++) {
        text += String.fromCharCode(columns.labels[(labelTail + index) & labelMask]!);
      }
      end = offset + textEncoder.encodeInto(text, labelBytes.subarray(offset)).written;
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
    const newRegistries: { id: number; atMs: number; siteId: number }[] = [];
    let labelOffset = 0;
    let registrations = 0;
    let callbacks = 0;
    let unregistrations = 0;
    let registriesCollected = 0;
    for (let index = 0; index < count; index++) {
      const row = (tail + index) & rowMask;
      const about = meta[row]!;
      const id = ids[row]!;
      const isTimed = index < timedCount;
      if (isTimed) lastTimeMs = times[row]!;
      const timeMs = lastTimeMs - start;
      switch (about & KIND_MASK) {
        case RowKind.registration: {
          const length = (about >>> KIND_BITS) & NUMBER_LABEL;
          if (length === NUMBER_LABEL) labelOffset = writeNumber(numbers[row]!, labelOffset);
          else if (length > 0) labelOffset = writeText(length, labelOffset);
          atMs[registrations] = timeMs;
          registryId[registrations] = id;
          siteId[registrations] = about >>> DETAIL_SHIFT;
          labelEnd[registrations++] = labelOffset;
          break;
        }
        case RowKind.callback:
          callbackId[callbacks] = id;
          startMs[callbacks] = timeMs;
          durationMs[callbacks] = isTimed ? numbers[row]! - times[row]! : 0;
          threw[callbacks++] = about >>> DETAIL_SHIFT;
          callbacksEnded++;
          break;
        case RowKind.callbackEntered:
          callbackId[callbacks] = id;
          startMs[callbacks] = timeMs;
          durationMs[callbacks] = NaN;
          threw[callbacks++] = 0;
          break;
        case RowKind.unregistration:
          unregisteredId[unregistrations] = id;
          unregisteredAtMs[unregistrations++] = timeMs;
          break;
        case RowKind.registry:
          newRegistries.push({ id, atMs: timeMs, siteId: about >>> DETAIL_SHIFT });
          break;
        case RowKind.registryCollected:
          collectedId[registriesCollected] = id;
          collectedAtMs[registriesCollected++] = timeMs;
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
    if (registrations > 0) {
      sendBatch({
        type: 'registrations',
        firstId: nextId,
        atMs: atMs.subarray(0, registrations),
        registryId: registryId.subarray(0, registrations),
        siteId: siteId.subarray(0, registrations),
        labelEnd: labelEnd.subarray(0, registrations),
        labelBytes: labelBytes.subarray(0, labelOffset),
      });
      nextId += registrations;
    }
    if (callbacks > 0) {
      sendBatch({
        type: 'callbacks',
        id: callbackId.subarray(0, callbacks),
        startMs: startMs.subarray(0, callbacks),
        durationMs: durationMs.subarray(0, callbacks),
        threw: threw.subarray(0, callbacks),
      });
    }
    if (unregistrations > 0) {
      sendBatch({
        type: 'unregistrations',
        id: unregisteredId.subarray(0, unregistrations),
        atMs: unregisteredAtMs.subarray(0, unregistrations),
      });
    }
    if (registriesCollected > 0) {
      sendBatch({
        type: 'registries-collected',
        id: collectedId.subarray(0, registriesCollected),
        atMs: collectedAtMs.subarray(0, registriesCollected),
      });
    }
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

  const runningUnreported = () => {
    const id = control[Cell.runningCallback]!;
    return id === enteredCallback ? 0 : id;
  };

  /** Its end may have been sent already, if it has ended this moment: readers keep the end. */
  function reportEntered(isLast: boolean): void {
    const id = runningUnreported();
    if (id === 0 || !(isLast || id === seenCallback)) return;
    enteredCallback = id;
    sendBatch({
      type: 'callbacks',
      id: Uint32Array.of(id),
      startMs: Float64Array.of(clock[Clock.callbackStart]! - clock[Clock.programStart]!),
      durationMs: Float64Array.of(NaN),
      threw: Uint8Array.of(0),
    });
  }

  return {
    get isAllCalled() {
      return callbacksEnded === nextId - 1 && droppedRows === 0;
    },
    waitingRows: () => (control[Cell.writtenHead]! - Atomics.load(control, Cell.tail)) | 0,
    isLongCallbackRunning() {
      const id = runningUnreported();
      const isLong = id !== 0 && id === seenCallback;
      seenCallback = id;
      return isLong;
    },
    drain(beforeRows, isLast) {
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
      beforeRows();
      while (tail !== head) {
        const rows = Math.min((head - tail) | 0, MAXIMUM_BATCH_ROWS);
        const end = (tail + rows) | 0;
        sendRows(tail, end, timedHead);
        tail = end;
      }
      reportEntered(isLast);
      reportDropped();
    },
  };
}
