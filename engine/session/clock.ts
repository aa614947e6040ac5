// The time that the session reads, injected so that tests can set it.

/** `monotonicMs` is the machine's monotonic clock, the one behind every process's `process.hrtime`. */
export interface Clock {
  monotonicMs(): number;
  /** Wall-clock time, ISO 8601. */
  isoTime(): string;
}

export const systemClock: Clock = {
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  isoTime: () => new Date().toISOString(),
};
