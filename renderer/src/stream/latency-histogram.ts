// Bars of one histogram of latencies: between round times, all of one width, or each a step of 1, 2, 5 … where the longest
// are so long that all others would share one bar. Pure, in steps for inTurns; used by latency.ts.

/** Everything of a bin is at or above its lower edge and below its upper one; the last bin has its upper edge too. */
export interface Histogram {
  readonly isLogarithmic: boolean;
  /** Ascending, one more than there are bins. Bins are drawn equally wide. */
  readonly edgesMs: Float64Array;
  readonly counts: Uint32Array;
}

const MOST_BINS = 16;
const ROUND_STEPS = [1, 2, 2.5, 5, 10];
/** Where the longest takes so many times as long as the median, equal widths would show two bars. */
const LOGARITHMIC_SPREAD = 50;
/** A logarithmic axis does not go further below the median than this: single short ones would take half of it. */
const LOWEST_SHARE = 1 / 1000;
/** Less than this is no latency that a clock of ours could tell from another. */
const SHORTEST_TOLD_MS = 0.001;
/** What lies this close together, against its size, is not seen on an axis that begins at 0. */
const NARROW_SHARE = 0.2;
const NARROW_COUNT = 20;
const SHORTEST_NARROW_MS = 0.01;
const STEP_VALUES = 1 << 14;

/** The smallest of 1, 2, 2.5 or 5 times a power of ten of which MOST_BINS are at least `rangeMs`. */
export function roundBinMs(rangeMs: number): number {
  const least = rangeMs / MOST_BINS;
  if (!(least > 0)) return 1;
  const exponent = Math.floor(Math.log10(least));
  // A power of ten below 1 as a quotient: it is the nearest number to what it stands for, a product is not always.
  const scaled = (step: number) => (exponent < 0 ? step / 10 ** -exponent : step * 10 ** exponent);
  return scaled(ROUND_STEPS.find((step) => scaled(step) >= least) ?? 10);
}

function linearEdges(minimumMs: number, maximumMs: number, count: number): Float64Array {
  const rangeMs = maximumMs - minimumMs;
  const isNarrow = count >= NARROW_COUNT && rangeMs > SHORTEST_NARROW_MS && rangeMs < NARROW_SHARE * maximumMs;
  let binMs = roundBinMs(isNarrow ? rangeMs : maximumMs < SHORTEST_TOLD_MS ? 0 : maximumMs);
  let first = isNarrow ? Math.floor(minimumMs / binMs) : 0;
  // Beginning at a round time may cost a bin.
  if (isNarrow && Math.ceil(maximumMs / binMs) - first > MOST_BINS) {
    binMs = roundBinMs(rangeMs * 1.25);
    first = Math.floor(minimumMs / binMs);
  }
  const bins = Math.max(1, Math.ceil(maximumMs / binMs) - first);
  const perMs = 1 / binMs;
  return Float64Array.from({ length: bins + 1 }, (_, edge) =>
    perMs > 1 && Number.isInteger(perMs) ? (first + edge) / perMs : (first + edge) * binMs,
  );
}

/** What is shorter than `shortestMs` has a bin of its own, from 0 on. */
function logarithmicEdges(minimumMs: number, shortestMs: number, maximumMs: number): Float64Array {
  const decades = Math.log10(maximumMs / shortestMs);
  const steps = decades > 4 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7];
  const edges: number[] = [];
  for (let exponent = Math.floor(Math.log10(shortestMs)); ; exponent++) {
    for (const step of steps) {
      const edgeMs = exponent < 0 ? step / 10 ** -exponent : step * 10 ** exponent;
      // The lowest edge is the last one that is not above the shortest.
      if (edges.length === 1 && edgeMs <= shortestMs) edges.pop();
      edges.push(edgeMs);
      if (edgeMs < maximumMs || edges.length < 2) continue;
      return Float64Array.from(minimumMs < (edges[0] ?? 0) ? [0, ...edges] : edges);
    }
  }
}

/** `values` have the figures given, and none is NaN or negative. Undefined where there are none. */
export function* createHistogram(
  values: Float64Array,
  { p50Ms, maximumMs }: { readonly p50Ms: number; readonly maximumMs: number },
): Generator<void, Histogram | undefined> {
  if (values.length === 0) return undefined;
  let minimumMs = Infinity;
  let shortestMs = Infinity;
  for (let from = 0; from < values.length; from += STEP_VALUES) {
    const to = Math.min(values.length, from + STEP_VALUES);
    for (let index = from; index < to; index++) {
      const value = values[index] ?? NaN;
      if (value < minimumMs) minimumMs = value;
      if (value >= SHORTEST_TOLD_MS && value < shortestMs) shortestMs = value;
    }
    yield;
  }
  const isLogarithmic = maximumMs > LOGARITHMIC_SPREAD * p50Ms && maximumMs > 10 * shortestMs;
  const edgesMs = isLogarithmic
    ? logarithmicEdges(minimumMs, Math.max(shortestMs, p50Ms * LOWEST_SHARE), maximumMs)
    : linearEdges(Math.max(0, minimumMs), maximumMs, values.length);
  const counts = new Uint32Array(edgesMs.length - 1);
  const lastBin = counts.length - 1;
  for (let from = 0; from < values.length; from += STEP_VALUES) {
    const to = Math.min(values.length, from + STEP_VALUES);
    for (let index = from; index < to; index++) counts[Math.min(lastBin, binAt(edgesMs, values[index] ?? 0))]! += 1;
    yield;
  }
  return { isLogarithmic, edgesMs, counts };
}

/** The last edge that is not above `valueMs`; the first for what is below all. */
function binAt(edgesMs: Float64Array, valueMs: number): number {
  let low = 0;
  let high = edgesMs.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((edgesMs[middle] ?? Infinity) <= valueMs) low = middle;
    else high = middle;
  }
  return low;
}

/** Where a time is on the axis, from 0 at its beginning to 1 at its end. */
export function placeOnAxis({ edgesMs, counts, isLogarithmic }: Histogram, valueMs: number): number {
  const bin = Math.min(counts.length - 1, binAt(edgesMs, valueMs));
  const from = edgesMs[bin] ?? 0;
  const to = edgesMs[bin + 1] ?? from;
  const share =
    isLogarithmic && from > 0 ? Math.log(valueMs / from) / Math.log(to / from) : (valueMs - from) / (to - from);
  return (bin + Math.min(1, Math.max(0, share))) / counts.length;
}
