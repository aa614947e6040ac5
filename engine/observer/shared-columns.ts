// The memory that the probe writes and the companion reads: a ring of rows in columns, a ring of label characters, and a
// few cells of control. Preallocated once, so that observing an event costs a few stores and never an allocation.
// Used on both threads of the observed process; knows nothing of the protocol.

/** What a row tells: the low three bits of `meta`. */
export const RowKind = {
  registration: 1,
  /** A callback that has ended. */
  callback: 2,
  unregistration: 3,
  registry: 4,
  registryCollected: 5,
  /** A callback that runs, and within which another one starts. */
  callbackEntered: 6,
} as const;
export const KIND_BITS = 3;
/** The next seven bits: the length of a registration's label, or NUMBER_LABEL. */
export const LABEL_BITS = 7;
/** The other 22 bits: the site of a registration or registry; 1 in a callback that threw. */
export const DETAIL_SHIFT = KIND_BITS + LABEL_BITS;
/** Sites beyond this many are not recorded. */
export const MAXIMUM_SITE_ID = 2 ** (32 - DETAIL_SHIFT) - 1;

/** Cells of `control`. */
export const Cell = {
  /** A `State`. */
  state: 0,
  /** Rows written and timed since the start, modulo 2^32; written by the probe alone. */
  head: 1,
  /** Rows read since the start, modulo 2^32; written by the companion alone. */
  tail: 2,
  /** Rows written, with those whose time still waits for a reading of the clock; a plain store, not an atomic one. */
  writtenHead: 3,
  /** Label characters read since the start, modulo 2^32; written by the companion alone. */
  labelTail: 4,
  /** Registrations that were not observed and rows that were lost, because the companion did not keep up. */
  droppedRows: 5,
  /** Labels that were not recorded because their ring was full. */
  droppedLabels: 6,
  /** Exit code, once exiting. */
  exitCode: 7,
  /** 1 once the settle time is over; a process that ends before has been made to. */
  settled: 8,
  /** 1 once the program had nothing left to do. */
  settling: 9,
  /** 1 once the companion asks for the end of the settle time. */
  endSettling: 10,
  /** Megabytes that the probe allocates at each heartbeat, to make V8 collect by itself. */
  pressureMegabytes: 11,
  /** How often the probe had to wait for the companion. */
  waits: 12,
  /** Moves whenever the companion drains, and when a frame has left: the probe's cheap sign that time has passed. */
  tick: 13,
  /** A `SnapshotState`. */
  snapshot: 14,
  /** 1 once the program has begun, and `Clock.programStart` is set. */
  hasBegun: 15,
  /** Registration whose cleanup callback runs: set before it is entered, 0 after it. See docs/adr/0018. */
  runningCallback: 16,
} as const;

/** Cells of `clock`: milliseconds on the program thread's `performance.now`. */
export const Clock = {
  programStart: 0,
  /** `process.hrtime` minus `performance.now`, in ms: the same for the whole machine. */
  hrtimeOffset: 1,
  /** When the program's thread last turned its event loop. */
  heartbeat: 2,
  settlingSince: 3,
  /** Total time that the probe spent waiting for the companion. */
  waitedMs: 4,
  /** When the last collection that the probe itself had traced, before the program, had ended. */
  ownTraceEndedAt: 5,
  /** How many it had. */
  ownTraceLines: 6,
  /** When the last heap snapshot was begun, and when it was done. */
  snapshotStart: 7,
  snapshotEnd: 8,
  /** The number that the first registration has in its record; 0 stands for 1. */
  firstRecord: 9,
  /** From when to when the first registration waited for the companion to be connected. */
  connectWaitStart: 10,
  connectWaitEnd: 11,
  /** Since when V8 prints a line for each collection, for good. */
  tracedSince: 12,
  /** When the program had ended, as far as its own thread is concerned. */
  endedAt: 13,
  /** When the running callback was entered. In a burst: the last reading of the clock before that. */
  callbackStart: 14,
} as const;

/**
 * A heap snapshot that the companion asks for: who comes first, the program's thread that begins it or the companion that
 * has waited for long enough, moves it on from `wanted`.
 */
export const SnapshotState = { none: 0, wanted: 1, writing: 2 } as const;

/**
 * The observer's life. In a program that was launched for it, `starting` becomes `started` as soon as the companion has the
 * session's ear; the program runs meanwhile. In one that is only watched, the companion is `connected` first, and `ready`
 * when it has the program's inspector too; the program's thread answers with `started`. `flushed`: everything was sent, the inspector let go. `awaitsSnapshot`: the same, but the
 * program's thread is to write a last heap snapshot before it ends.
 */
export const State = {
  starting: 0,
  connected: 1,
  ready: 2,
  started: 3,
  exiting: 4,
  flushed: 5,
  unavailable: 6,
  awaitsSnapshot: 7,
} as const;

/** At 10 million rows a second, about as fast as a thread can register, the ring holds 26 ms. */
const ROWS = 1 << 18;
const LABEL_CHARACTERS = 1 << 20;
/** A longer label is cut to this many UTF-16 units. */
export const MAXIMUM_LABEL_LENGTH = 80;
/** Label length that says: the label is the number in `numbers`. */
export const NUMBER_LABEL = 2 ** LABEL_BITS - 1;

export interface SharedColumns {
  readonly buffer: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly clock: Float64Array;
  readonly rowMask: number;
  readonly labelMask: number;
  readonly meta: Uint32Array;
  /**
   * Registration id of a callback (ended or entered) or unregistration; registry id of a registration (whose own id is one more than that
   * of the registration before it) and of the two kinds of registry rows.
   */
  readonly ids: Uint32Array;
  readonly times: Float64Array;
  /** End of a callback; the label of a registration whose held value is a number. */
  readonly numbers: Float64Array;
  readonly labels: Uint16Array;
}

const aligned = (bytes: number) => (bytes + 63) & ~63;

/** Lays the columns over `buffer`, or over a new one. */
export function createSharedColumns(buffer?: SharedArrayBuffer): SharedColumns {
  let offset = 0;
  const place = (bytes: number) => {
    const start = offset;
    offset = aligned(offset + bytes);
    return start;
  };
  const control = place(32 * 4);
  const clock = place(16 * 8);
  const times = place(ROWS * 8);
  const numbers = place(ROWS * 8);
  const meta = place(ROWS * 4);
  const ids = place(ROWS * 4);
  const labels = place(LABEL_CHARACTERS * 2);
  const memory = buffer ?? new SharedArrayBuffer(offset);
  return {
    buffer: memory,
    control: new Int32Array(memory, control, 32),
    clock: new Float64Array(memory, clock, 16),
    rowMask: ROWS - 1,
    labelMask: LABEL_CHARACTERS - 1,
    meta: new Uint32Array(memory, meta, ROWS),
    ids: new Uint32Array(memory, ids, ROWS),
    times: new Float64Array(memory, times, ROWS),
    numbers: new Float64Array(memory, numbers, ROWS),
    labels: new Uint16Array(memory, labels, LABEL_CHARACTERS),
  };
}
