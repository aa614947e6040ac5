// Finds single places of a sorted order without sorting: five million figures in some tens of milliseconds, in steps that
// leave the page its turns. No Vue in here; used by the latencies of callbacks.

/** Figures looked at between two steps. */
const STEP_VALUES = 1 << 15;
/** So many are sorted at once: well below a millisecond. */
const MOST_SORTED = 1 << 12;
const DIGIT_BITS = 16;
const DIGIT_COUNT = 1 << DIGIT_BITS;
const DIGITS = 64 / DIGIT_BITS;
const SIGN = 0x8000_0000;

/** A digit of 16 bits, the highest being 0, of floating point bits turned so that they are in order as whole numbers. */
function digitOf(words: Uint32Array, index: number, digit: number): number {
  const high = words[2 * index + 1] ?? 0;
  const isNegative = (high & SIGN) !== 0;
  if (digit < 2) {
    const rising = isNegative ? ~high : high ^ SIGN;
    return (rising >>> (digit === 0 ? DIGIT_BITS : 0)) & (DIGIT_COUNT - 1);
  }
  const low = words[2 * index] ?? 0;
  return ((isNegative ? ~low : low) >>> (digit === 2 ? DIGIT_BITS : 0)) & (DIGIT_COUNT - 1);
}

/**
 * What would stand at each of the ascending `ranks` (from 0) if `values` were sorted. Without NaN; `values` are
 * reordered. Iterate it to its end for the result.
 */
export function* selectRanks(
  values: Float64Array,
  ranks: readonly number[],
  firstDigit = 0,
): Generator<void, number[]> {
  if (values.length <= MOST_SORTED) {
    values.sort();
    return ranks.map((rank) => values[rank] ?? NaN);
  }
  if (firstDigit === DIGITS) return ranks.map(() => values[0] ?? NaN);
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  const counts = new Uint32Array(DIGIT_COUNT);
  for (let from = 0; from < values.length; from += STEP_VALUES) {
    const to = Math.min(values.length, from + STEP_VALUES);
    for (let index = from; index < to; index++) counts[digitOf(words, index, firstDigit)]! += 1;
    yield;
  }
  const found: number[] = [];
  let bucket = 0;
  let before = 0;
  for (let next = 0; next < ranks.length;) {
    while (bucket < DIGIT_COUNT && before + (counts[bucket] ?? 0) <= (ranks[next] ?? 0))
      before += counts[bucket++] ?? 0;
    if (bucket === DIGIT_COUNT) throw new RangeError(`No rank ${ranks[next]} among ${values.length} figures.`);
    const size = counts[bucket] ?? 0;
    const inBucket: number[] = [];
    for (; next < ranks.length && (ranks[next] ?? 0) < before + size; next++)
      inBucket.push((ranks[next] ?? 0) - before);
    // Those of the bucket change places with what is at the front: fresh memory for millions would cost a long step.
    let taken = 0;
    for (let from = 0; taken < size && size < values.length; from += STEP_VALUES) {
      const to = Math.min(values.length, from + STEP_VALUES);
      for (let index = from; index < to; index++) {
        if (digitOf(words, index, firstDigit) !== bucket) continue;
        const value = values[index] ?? NaN;
        values[index] = values[taken] ?? NaN;
        values[taken++] = value;
      }
      yield;
    }
    found.push(...(yield* selectRanks(values.subarray(0, size), inBucket, firstDigit + 1)));
  }
  return found;
}
