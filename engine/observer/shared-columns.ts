// The memory that the probe writes and the companion reads: a ring of rows in columns, a ring of label characters, and a
// few cells of control. Preallocated once, so that observing an event costs a few stores and never an allocation.
// Used on both threads of the observed process; knows nothing of the protocol.

/** What a row tells. */
export const RowKind = { registration: 1, callback: 2, unregistration: 3, registry: 4, registryCollected: 5 } as const;

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
  /** Moves whenever the companion drains: the probe's cheap sign that time has passed. */
  tick: 13,
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
  firstTraceLineEndedAt: 5,
} as const;

/** The observer's life. `ready`: the companion may be relied upon. `flushed`: everything was sent, the inspector let go. */
export const State = { starting: 0, ready: 1, started: 2, exiting: 3, flushed: 4, unavailable: 5 } as const;

/** At 5 million rows a second, what a full second core can register, the ring holds 52 ms. */
const ROWS = 1 << 18;
const LABEL_CHARACTERS = 1 << 21;
/** A longer label is cut to this many UTF-16 units. */
export const MAXIMUM_LABEL_LENGTH = 80;
/** Value of `labelLength` that says: the label is the number in `numbers`. */
export const NUMBER_LABEL = 0xffff;

export interface SharedColumns {
  readonly buffer: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly clock: Float64Array;
  readonly rowMask: number;
  readonly labelMask: number;
  readonly kinds: Uint8Array;
  /** Registration id; registry id for the two kinds of registry rows. */
  readonly ids: Uint32Array;
  /** Registry id of a registration. */
  readonly registries: Uint32Array;
  /** Site id of a registration or registry; 1 in a callback that threw. */
  readonly details: Uint32Array;
  readonly times: Float64Array;
  /** End of a callback; the label of a registration whose held value is a number. */
  readonly numbers: Float64Array;
  readonly labelLengths: Uint16Array;
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
  const control = place(16 * 4);
  const clock = place(16 * 8);
  const times = place(ROWS * 8);
  const numbers = place(ROWS * 8);
  const ids = place(ROWS * 4);
  const registries = place(ROWS * 4);
  const details = place(ROWS * 4);
  const labelLengths = place(ROWS * 2);
  const kinds = place(ROWS);
  const labels = place(LABEL_CHARACTERS * 2);
  const memory = buffer ?? new SharedArrayBuffer(offset);
  return {
    buffer: memory,
    control: new Int32Array(memory, control, 16),
    clock: new Float64Array(memory, clock, 16),
    rowMask: ROWS - 1,
    labelMask: LABEL_CHARACTERS - 1,
    kinds: new Uint8Array(memory, kinds, ROWS),
    ids: new Uint32Array(memory, ids, ROWS),
    registries: new Uint32Array(memory, registries, ROWS),
    details: new Uint32Array(memory, details, ROWS),
    times: new Float64Array(memory, times, ROWS),
    numbers: new Float64Array(memory, numbers, ROWS),
    labelLengths: new Uint16Array(memory, labelLengths, ROWS),
    labels: new Uint16Array(memory, labels, LABEL_CHARACTERS),
  };
}
