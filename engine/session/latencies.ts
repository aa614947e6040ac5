// How long after its registration each finalized object was called back: the percentiles of a report, exact, without a list of
// all latencies where there are too many to be sorted at once; and that list where an experiment asks for it.

import { createTurns, type TakeTurns } from './in-turns.ts';
import { WINDOW_ROWS, type RegistrationRows, type RegistrationTable } from './registration-rows.ts';

/** A sort of so many takes some 50 ms. */
const SORTED_AT_ONCE = 262_144;
/** Beyond so many, percentiles are found by going through the rows again instead of sorting a list of them. */
const MOST_LISTED = 1_048_576;

export interface Latencies {
  readonly count: number;
  /** In ms, in the order of the percentages asked for, by nearest rank: the smallest that so many percent are not above. */
  readonly percentilesMs: readonly (number | undefined)[];
  /** All in ms, ascending; empty if they were not asked for. */
  readonly ascendingMs: Float64Array;
}

/** @param isListed whether `ascendingMs` is asked for; @param mostListed tests make it small */
export async function sumUpLatencies(
  table: RegistrationTable,
  percentages: readonly number[],
  isListed: boolean,
  mostListed = MOST_LISTED,
): Promise<Latencies> {
  const takeTurns = createTurns();
  if (!isListed && table.callbackRows > mostListed) {
    const { count, values } = await selectRanks(table, percentages, takeTurns);
    return { count, percentilesMs: values, ascendingMs: new Float64Array(0) };
  }
  const listed = new Float64Array(Math.min(table.length, table.callbackRows));
  let count = 0;
  for (const rows of table.windows('callbacks-and-times')) {
    count += takeLatencies(rows, listed, count);
    await takeTurns();
  }
  const ascendingMs = await sortInTurns(listed.subarray(0, count), takeTurns);
  const percentilesMs = percentages.map((percentage) => ascendingMs[rankOf(percentage, count)]);
  return { count, percentilesMs, ascendingMs };
}

const rankOf = (percentage: number, count: number): number => Math.max(0, Math.ceil((percentage / 100) * count) - 1);

/** Writes the latencies of a window from `offset` on. @returns how many there are */
function takeLatencies(rows: RegistrationRows, into: Float64Array, offset: number): number {
  const { callbackStartMs, registeredAtMs, callbackThrew } = rows;
  let count = 0;
  for (let row = 0; row < rows.length; row += 1) {
    const latencyMs = callbackStartMs[row]! - registeredAtMs[row]!;
    if (Number.isNaN(latencyMs) || callbackThrew[row] === 1) continue;
    into[offset + count] = latencyMs;
    count += 1;
  }
  return count;
}

/** Sorts by merging parts that are sorted at once. @returns `values`, or as many others in their place */
async function sortInTurns(values: Float64Array, takeTurns: TakeTurns): Promise<Float64Array> {
  for (let from = 0; from < values.length; from += SORTED_AT_ONCE) {
    values.subarray(from, from + SORTED_AT_ONCE).sort();
    await takeTurns();
  }
  let [sorted, merged] = [values, values.length > SORTED_AT_ONCE ? new Float64Array(values.length) : values];
  for (let length = SORTED_AT_ONCE; length < values.length; length *= 2) {
    for (let from = 0; from < values.length; from += 2 * length) {
      const middle = Math.min(from + length, values.length);
      const end = Math.min(middle + length, values.length);
      let [left, right] = [from, middle];
      for (let at = from; at < end;) {
        for (const stop = Math.min(end, at + SORTED_AT_ONCE); at < stop; at += 1) {
          const isLeft = left < middle && (right >= end || (sorted[left] ?? 0) <= (sorted[right] ?? 0));
          merged[at] = (isLeft ? sorted[left++] : sorted[right++]) ?? NaN;
        }
        await takeTurns();
      }
    }
    [sorted, merged] = [merged, sorted];
  }
  return sorted;
}

/** The bits of a number are looked at from the highest on, so many at a time. */
const LEVELS = 4;
const BUCKETS = 1 << 16;
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** A rank that is looked for, and what is known by now of the bits of the number that has it. */
interface Wanted {
  /** Among the numbers that have the known bits. */
  rank: number;
  high: number;
  low: number;
}

/**
 * Finds the numbers of the percentages by counting all by their highest sixteen bits, then those that share these with a
 * wanted one by the next sixteen, and so on: exact, in four passes, and in a megabyte.
 */
async function selectRanks(
  table: RegistrationTable,
  percentages: readonly number[],
  takeTurns: TakeTurns,
): Promise<{ count: number; values: (number | undefined)[] }> {
  const wanted = percentages.map((): Wanted => ({ rank: 0, high: 0, low: 0 }));
  const values = new Float64Array(Math.min(table.length, WINDOW_ROWS));
  const bits = new Uint32Array(values.buffer);
  let count = 0;
  for (let level = 0; level < LEVELS; level += 1) {
    // Those that have the same known bits are counted together.
    const groups = wanted.map(({ high, low }) => wanted.findIndex((one) => one.high === high && one.low === low));
    const counts = wanted.map(() => new Uint32Array(BUCKETS));
    for (const rows of table.windows('callbacks-and-times')) {
      const taken = takeLatencies(rows, values, 0);
      if (level === 0) count += taken;
      for (const [index, { high, low }] of wanted.entries()) {
        if (groups[index] === index) countBuckets(bits, taken, level, high, low, counts[index]!);
      }
      await takeTurns();
    }
    if (count === 0) return { count, values: percentages.map(() => undefined) };
    for (const [index, one] of wanted.entries()) {
      const own = counts[groups[index]!]!;
      if (level === 0) one.rank = rankOf(percentages[index]!, count);
      let bucket = 0;
      for (; one.rank >= own[bucket]!; bucket += 1) one.rank -= own[bucket]!;
      if (level === 0) one.high = bucket << 16;
      else if (level === 1) one.high |= bucket;
      else if (level === 2) one.low = bucket << 16;
      else one.low |= bucket;
    }
  }
  return { count, values: wanted.map(({ high, low }) => numberOf(high, low)) };
}

/** Counts the numbers that have the bits known at the beginning of a level by those of the level. */
function countBuckets(
  bits: Uint32Array,
  numbers: number,
  level: number,
  wantedHigh: number,
  wantedLow: number,
  counts: Uint32Array,
): void {
  const highFirst = IS_LITTLE_ENDIAN ? 1 : 0;
  for (let at = 0; at < 2 * numbers; at += 2) {
    let high = bits[at + highFirst]! | 0;
    let low = bits[at + 1 - highFirst]! | 0;
    // Changed so that they have the order of the numbers.
    if (high < 0) {
      high = ~high;
      low = ~low;
    } else high ^= 0x8000_0000;
    if (level === 1 && high >>> 16 !== wantedHigh >>> 16) continue;
    if (level > 1 && high !== wantedHigh) continue;
    if (level === 3 && low >>> 16 !== wantedLow >>> 16) continue;
    const half = level < 2 ? high : low;
    counts[level % 2 === 0 ? half >>> 16 : half & 0xffff]! += 1;
  }
}

function numberOf(high: number, low: number): number {
  const isNegative = high >>> 31 === 0;
  const bits = isNegative ? [~low, ~high] : [low, high ^ 0x8000_0000];
  const view = new DataView(new ArrayBuffer(8));
  view.setInt32(0, bits[1] ?? 0);
  view.setInt32(4, bits[0] ?? 0);
  return view.getFloat64(0);
}
