// Latencies of cleanup callbacks, counted into bars of one width. Pure; reads a million rows in a few milliseconds.

export interface LatencyBins {
  /** Callbacks with a latency in [i · binMs, (i + 1) · binMs); the last one holds all longer ones too. */
  readonly counts: Uint32Array;
  readonly binMs: number;
  readonly total: number;
}

const MAXIMUM_BINS = 16;
const ROUND_STEPS = [1, 2, 2.5, 5, 10];

/** The smallest of 1, 2, 2.5 or 5 times a power of ten with which `maximumMs` needs at most MAXIMUM_BINS bins. */
export function roundBinMs(maximumMs: number): number {
  const least = maximumMs / MAXIMUM_BINS;
  if (!(least > 0)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(least));
  return (ROUND_STEPS.find((step) => step * magnitude >= least) ?? 10) * magnitude;
}

/** Counts `callbackStartMs − registeredMs` of the first `length` rows; rows without a callback (NaN) are left out. */
export function binLatencies(registeredMs: Float64Array, callbackStartMs: Float64Array, length: number): LatencyBins {
  let maximumMs = 0;
  let total = 0;
  for (let row = 0; row < length; row += 1) {
    const latencyMs = (callbackStartMs[row] ?? NaN) - (registeredMs[row] ?? NaN);
    if (Number.isNaN(latencyMs)) continue;
    total += 1;
    if (latencyMs > maximumMs) maximumMs = latencyMs;
  }
  const binMs = roundBinMs(maximumMs);
  const counts = new Uint32Array(total === 0 ? 0 : Math.min(MAXIMUM_BINS, Math.floor(maximumMs / binMs) + 1));
  for (let row = 0; row < length; row += 1) {
    const latencyMs = (callbackStartMs[row] ?? NaN) - (registeredMs[row] ?? NaN);
    if (Number.isNaN(latencyMs)) continue;
    const bin = Math.min(counts.length - 1, Math.max(0, Math.floor(latencyMs / binMs)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { counts, binMs, total };
}
