// Writes rows into the shared columns, from the program's thread. The one hot path of the observer: no allocation, no
// message, and in bursts not even a reading of the clock for each event, since a reading costs more than `register()`.
// When the ring is full the program waits for the companion, a bounded time, rather than lose a row.
//
// Time in bursts: after STEADY events in a row at less than DENSE_MS each, up to SHARED - 1 events share the reading that
// follows them and are spread evenly between it and the one before. Whenever the companion's tick has moved, the reading
// turns out to lie further off than a burst explains, or the thread turns, the clock decides again. So a time is off by
// less than SHARED * DENSE_MS (32 µs) as a rule. Only where a program pauses inside a burst without turning its event
// loop, and the companion has not ticked meanwhile (every 2 ms in a long burst, 20 ms at its beginning, if it gets a
// processor), are up to SHARED - 1 events after the pause placed before it.

import { atomics, charCodeAt, promiseThen } from './intrinsics.ts';
import {
  Cell,
  Clock,
  DETAIL_SHIFT,
  KIND_BITS,
  MAXIMUM_LABEL_LENGTH,
  MAXIMUM_SITE_ID,
  NUMBER_LABEL,
  RowKind,
  State,
  type SharedColumns,
} from './shared-columns.ts';

/** Longest wait for one place in the ring. After it, rows are dropped and counted until the companion moves again. */
const MAXIMUM_WAIT_MS = 2_000;
const KIND_MASK = (1 << KIND_BITS) - 1;
const SHARED = 16;
const STEADY = 16;
const DENSE_MS = 0.002;
/** A longer stretch between two readings is a pause, not a burst: what came before it came at its beginning. */
const PAUSE_MS = 0.25;

export interface RowWriter {
  /** Makes sure that the next row has a place. False: it was counted as dropped and must not be written. */
  reserve(): boolean;
  registration(registryId: number, siteId: number, label: unknown): void;
  /**
   * To be called before a cleanup callback runs, then `callbackEnded` after it: the companion sees that it runs from here
   * on, whether or not it ever returns. @returns the callback that it runs within, for `callbackEnded`; 0: none
   */
  callbackStarts(id: number): number;
  callbackEnded(id: number, threw: boolean, outerId: number): void;
  unregistration(id: number): void;
  registry(id: number, siteId: number): void;
  registryCollected(id: number): void;
  /** Waits until the companion is connected, or for as long as is allowed; at once if it is. */
  waitForConnection(): void;
  /** True while events come so densely that they share readings of the clock. */
  isInBurst(): boolean;
  /** Publishes rows whose time still waits for a reading. Called when the thread turns, and at exit. */
  settleTimes(): void;
}

/**
 * @param now the program thread's clock, captured before the program could replace it
 * @param limits `maximumWaitMs`: for one row. `connectLimitMs`: how long the first registration or callback waits for a
 *   companion that is not connected yet, so that whatever ends the process then, little of what it did is lost.
 */
export function createRowWriter(
  columns: SharedColumns,
  now: () => number,
  { maximumWaitMs = MAXIMUM_WAIT_MS, connectLimitMs = 0 } = {},
): RowWriter {
  const { control, clock, rowMask, labelMask } = columns;
  const { meta, ids, times, numbers, labels } = columns;
  const capacity = rowMask + 1;
  const labelCapacity = labelMask + 1;
  let head = 0;
  /** Rows before this one have their times. */
  let timedHead = 0;
  let labelHead = 0;
  // Re-read only when the ring looks full, so that the common row costs no read of a line that the companion writes.
  let knownTail = 0;
  let knownLabelTail = 0;
  let isDropping = false;
  let isConnected = connectLimitMs === 0;

  // In an array: a variable would be given a new heap number with each reading.
  const reading = Float64Array.of(now());
  let denseReadings = 0;
  /** How many more rows may wait for a later reading, as long as the companion's tick does not move. */
  let sharesLeft = 0;
  let tick = 0;

  /** True between two callbacks of one cleanup task: the next starts where the last ended. */
  let isInCleanupTask = false;
  /** `head` when the running callback was entered: once it has moved, the last reading is not the callback's start. */
  let headAtCallback = 0;
  let endsWithTask = false;
  const resolved = Promise.resolve();
  /** Microtasks run when the task is over: what comes after it is timed by a reading of its own. */
  const endWithTask = () => {
    if (endsWithTask) return;
    endsWithTask = true;
    void promiseThen(resolved, () => {
      endsWithTask = false;
      isInCleanupTask = false;
      settleTimes();
      denseReadings = 0;
      sharesLeft = 0;
    });
  };

  const freeRows = () => capacity - ((head - knownTail) | 0);

  function waitForConnection(): void {
    if (isConnected) return;
    isConnected = true;
    const startedAt = now();
    if (atomics.load(control, Cell.state) !== State.starting) return;
    while (atomics.load(control, Cell.state) === State.starting && now() - startedAt < connectLimitMs) {
      atomics.wait(control, Cell.state, State.starting, 20);
    }
    clock[Clock.connectWaitStart] = startedAt;
    clock[Clock.connectWaitEnd] = now();
    control[Cell.waits]!++;
    clock[Clock.waitedMs]! += now() - startedAt;
  }

  function waitForPlace(): boolean {
    waitForConnection();
    knownTail = atomics.load(control, Cell.tail);
    if (freeRows() > 0) {
      isDropping = false;
      return true;
    }
    settleTimes();
    if (!isDropping && atomics.load(control, Cell.state) < State.flushed) {
      const startedAt = now();
      while (now() - startedAt < maximumWaitMs) {
        atomics.wait(control, Cell.tail, knownTail, 20);
        knownTail = atomics.load(control, Cell.tail);
        if (freeRows() > 0) {
          control[Cell.waits]!++;
          clock[Clock.waitedMs]! += now() - startedAt;
          return true;
        }
      }
    }
    isDropping = true;
    atomics.add(control, Cell.droppedRows, 1);
    return false;
  }

  const hasPlace = () => sharesLeft > 0 || (isConnected && freeRows() > 0) || waitForPlace();
  /** For what alone is no reason to wait for the companion: programs make registries while they load. */
  const hasPlaceUnconnected = () => sharesLeft > 0 || freeRows() > 0 || waitForPlace();

  /** Reads the clock and gives their times to the rows that waited for it. */
  function read(): number {
    const atMs = now();
    const elapsedMs = atMs - reading[0]!;
    const waitingRows = (head - timedHead) | 0;
    const isPause = elapsedMs > PAUSE_MS;
    if (waitingRows > 0) {
      // Before a pause the events came as densely as those before them; otherwise they share the stretch evenly.
      const stepMs = isPause ? DENSE_MS / 4 : elapsedMs / (waitingRows + 1);
      let boundaryMs = reading[0]!;
      for (let back = waitingRows; back > 0; back--) {
        const row = (head - back) & rowMask;
        if ((meta[row]! & KIND_MASK) === RowKind.callback) {
          times[row] = boundaryMs;
          boundaryMs += stepMs;
          numbers[row] = boundaryMs;
        } else {
          boundaryMs += stepMs;
          times[row] = boundaryMs;
        }
      }
      reading[0] = boundaryMs;
      timedHead = head;
    }
    denseReadings = !isPause && elapsedMs < DENSE_MS * (waitingRows + 1) ? denseReadings + 1 : 0;
    if (denseReadings === STEADY) endWithTask();
    tick = control[Cell.tick]!;
    return atMs;
  }

  /** Publishes the row at `head` and all before it, which have their times, and decides how many may wait next. */
  function publishTimed(): void {
    head = (head + 1) | 0;
    timedHead = head;
    control[Cell.writtenHead] = head;
    atomics.store(control, Cell.head, head);
    const places = freeRows();
    sharesLeft = denseReadings >= STEADY ? (places < SHARED ? places : SHARED - 1) : 0;
  }

  /** Leaves the row at `head` waiting. Its `writtenHead` lets the companion find it if no reading ever comes. */
  function publishWaiting(): void {
    sharesLeft--;
    head = (head + 1) | 0;
    control[Cell.writtenHead] = head;
  }

  /** Finishes a row that tells of a point in time. */
  function publishPoint(row: number): void {
    if (sharesLeft > 0 && control[Cell.tick] === tick) {
      publishWaiting();
      return;
    }
    const atMs = read();
    reading[0] = atMs;
    times[row] = atMs;
    publishTimed();
  }

  function settleTimes(): void {
    if (head === timedHead) return;
    reading[0] = read();
    atomics.store(control, Cell.head, head);
  }

  /** Copies the label's characters into their ring; returns its length, or 0 if there is no place. */
  function writeText(label: string): number {
    const length = label.length < MAXIMUM_LABEL_LENGTH ? label.length : MAXIMUM_LABEL_LENGTH;
    if (((labelHead + length - knownLabelTail) | 0) > labelCapacity) {
      knownLabelTail = atomics.load(control, Cell.labelTail);
      if (((labelHead + length - knownLabelTail) | 0) > labelCapacity) {
        atomics.add(control, Cell.droppedLabels, 1);
        return 0;
      }
    }
    for (let index = 0; index < length; index++)
      labels[(labelHead + index) & labelMask] = charCodeAt(label, index) as number;
    labelHead = (labelHead + length) | 0;
    return length;
  }

  function point(kind: number, id: number, detail: number): void {
    if (!hasPlaceUnconnected()) return;
    const row = head & rowMask;
    meta[row] = kind | (detail << DETAIL_SHIFT);
    ids[row] = id;
    publishPoint(row);
  }

  function enteredAt(id: number, startMs: number): void {
    if (!hasPlace()) return;
    settleTimes();
    const row = head & rowMask;
    meta[row] = RowKind.callbackEntered;
    ids[row] = id;
    times[row] = startMs;
    publishTimed();
  }

  return {
    reserve: hasPlace,
    registration(registryId, siteId, label) {
      const row = head & rowMask;
      let labelLength = 0;
      if (typeof label === 'number') {
        numbers[row] = label;
        labelLength = NUMBER_LABEL;
      } else if (typeof label === 'string') labelLength = writeText(label);
      const detail = siteId <= MAXIMUM_SITE_ID ? siteId : 0;
      meta[row] = RowKind.registration | (labelLength << KIND_BITS) | (detail << DETAIL_SHIFT);
      ids[row] = registryId;
      publishPoint(row);
    },
    callbackStarts(id) {
      const outerId = control[Cell.runningCallback]!;
      // Something in the outer callback runs the event loop. There is one cell: from here on a row speaks for it.
      if (outerId !== 0) enteredAt(outerId, clock[Clock.callbackStart]!);
      if (!isInCleanupTask) {
        isInCleanupTask = true;
        endWithTask();
        reading[0] = read();
        atomics.store(control, Cell.head, head);
      }
      clock[Clock.callbackStart] = reading[0]!;
      headAtCallback = head;
      control[Cell.runningCallback] = id;
      return outerId;
    },
    callbackEnded(id, threw, outerId) {
      control[Cell.runningCallback] = outerId;
      if (!hasPlace()) return;
      const row = head & rowMask;
      meta[row] = threw ? RowKind.callback | (1 << DETAIL_SHIFT) : RowKind.callback;
      ids[row] = id;
      if (sharesLeft > 0 && control[Cell.tick] === tick) {
        publishWaiting();
        return;
      }
      const endMs = read();
      times[row] = head === headAtCallback ? reading[0]! : clock[Clock.callbackStart]!;
      numbers[row] = endMs;
      reading[0] = endMs;
      publishTimed();
    },
    unregistration: (id) => point(RowKind.unregistration, id, 0),
    registry: (id, siteId) => point(RowKind.registry, id, siteId),
    registryCollected: (id) => point(RowKind.registryCollected, id, 0),
    waitForConnection,
    isInBurst: () => denseReadings >= STEADY,
    settleTimes,
  };
}
