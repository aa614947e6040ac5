// All events of a run in order of time: four bytes an event, and a summary of every 64 of them, from which the counts of
// any pixel column follow. Part of the run's stream in the page; filled by create-run-stream.ts.

import { float64Column, uint32Column } from './growable-column.ts';
import { columnEdgeMs } from './pixel-columns.ts';
import type { DensityColumns, EventCursor, EventOrder, EventView, LifeCounts, TimeRange } from './run-stream.ts';

/** The order is the code in an entry's upper three bits. */
export const EVENT_KINDS = [
  'registration',
  'callback',
  'unregistration',
  'collection',
  'mark',
  'warning',
  'blocked',
] as const satisfies readonly EventView['kind'][];
export const REGISTRATION = 0;
export const CALLBACK = 1;
export const UNREGISTRATION = 2;
export const COLLECTION = 3;
export const MARK = 4;
export const WARNING = 5;
export const BLOCKED = 6;

const ROW_BITS = 29;
const ROW_MASK = 2 ** ROW_BITS - 1;
/** Rows of one kind that an entry can name. */
export const MAXIMUM_EVENT_ROWS = ROW_MASK + 1;

export const eventEntry = (kind: number, row: number) => ((kind << ROW_BITS) | row) >>> 0;
export const entryKind = (entry: number) => entry >>> ROW_BITS;
export const entryRow = (entry: number) => entry & ROW_MASK;

const BLOCK_SHIFT = 6;
const BLOCK_EVENTS = 1 << BLOCK_SHIFT;
/** Blocks are summarized once more by so many: pixel columns of a long run hold hundreds of them. */
const GROUP_SHIFT = 4;
const GROUP_EVENTS = BLOCK_EVENTS << GROUP_SHIFT;
/** The time of every eighth event lies at hand, those of a block in one line of the processor's cache. */
const TIMED_SHIFT = 3;
const TIMED_PER_BLOCK = BLOCK_EVENTS >> TIMED_SHIFT;

interface PixelEdges {
  readonly fromMs: number;
  readonly toMs: number;
  /** Number of pixel columns. */
  readonly length: number;
  /** How many merges there had been. */
  readonly merges: number;
  readonly positions: Uint32Array;
}

/** `timeOf` must give the same answer for an entry ever after, and never NaN. */
export class EventIndex implements EventOrder {
  readonly #entries = uint32Column();
  readonly #timeOf: (entry: number) => number;
  #lastTime = -Infinity;

  /** Everybody who has read a part of the events, to be told of what is put among them. */
  readonly #cursors: EventCursor[] = [];

  // Summaries of whole blocks: their first time, counts before them, and the extremes of "alive" after each of their
  // events. The first #summarizedBlocks are valid; a merge into older events takes some of them back.
  #summarizedBlocks = 0;
  /** Found when a block is first searched; 0: not yet. */
  readonly #timedMs = float64Column();
  readonly #blockStartMs = float64Column();
  readonly #registeredBefore = uint32Column();
  readonly #finalizedBefore = uint32Column();
  readonly #unregisteredBefore = uint32Column();
  readonly #highestAlive = uint32Column();
  readonly #lowestAlive = uint32Column();
  /** Extremes of whole groups of blocks. */
  readonly #highestOfGroup = uint32Column();
  readonly #lowestOfGroup = uint32Column();

  /** Of the window that was asked for last, since several strips draw it. */
  #edges: PixelEdges = { fromMs: NaN, toMs: NaN, length: 0, merges: -1, positions: new Uint32Array(0) };
  #merges = 0;

  constructor(timeOf: (entry: number) => number) {
    this.#timeOf = timeOf;
  }

  get length(): number {
    return this.#entries.length;
  }

  entryAt(position: number): number {
    return this.#entries.at(position);
  }

  timeAt(position: number): number {
    return this.#timeOf(this.#entries.at(position));
  }

  createCursor(): EventCursor {
    const cursor = { position: 0 };
    this.#cursors.push(cursor);
    return cursor;
  }

  /**
   * Merges the first `count` entries in; nearly always they belong at the end. `times` are those of `added`, which are
   * sorted in place if they are not in order. Both may be used again afterwards.
   */
  merge(added: Uint32Array, times: ArrayLike<number>, count = added.length): void {
    if (count === 0) return;
    this.#merges++;
    const firstTime = times[0] ?? 0;
    let lastTime = firstTime;
    for (let index = 1; index < count; index++) {
      const time = times[index] ?? 0;
      if (time < lastTime) return this.#mergeUnsorted(added, count);
      lastTime = time;
    }
    this.#mergeSorted(added, times, count, firstTime, lastTime);
  }

  #mergeUnsorted(added: Uint32Array, count: number): void {
    const timeOf = this.#timeOf;
    const sorted = added.subarray(0, count).sort((a, b) => timeOf(a) - timeOf(b));
    const times = Float64Array.from(sorted, timeOf);
    this.#mergeSorted(sorted, times, count, times[0] ?? 0, times[count - 1] ?? 0);
  }

  #mergeSorted(added: Uint32Array, times: ArrayLike<number>, count: number, firstTime: number, lastTime: number): void {
    const column = this.#entries;
    let read = column.length;
    column.append(added.subarray(0, count));
    if (firstTime >= this.#lastTime) {
      this.#lastTime = lastTime;
      return;
    }
    const { values } = column;
    let write = column.length;
    // From the back: what is later than the next entry is moved behind it in one piece, so that each is moved once, and
    // entries of the same time stay in order of arrival.
    for (let take = count - 1; take >= 0; take--) {
      const start = this.#positionAfterWithin(times[take] ?? 0, read);
      const later = read - start;
      if (later > 0) {
        write -= later;
        values.copyWithin(write, start, read);
        read = start;
      }
      values[--write] = added[take] ?? 0;
    }
    const firstChanged = read >> BLOCK_SHIFT;
    if (firstChanged < this.#summarizedBlocks) {
      this.#summarizedBlocks = firstChanged;
      this.#timedMs.values.fill(0, firstChanged * TIMED_PER_BLOCK, this.#timedMs.length);
    }
    for (const cursor of this.#cursors) cursor.position = Math.min(cursor.position, read);
    this.#lastTime = Math.max(this.#lastTime, lastTime);
  }

  /** Number of events at or before `timeMs` among the first `length`, looked for from the back: what comes late is recent. */
  #positionAfterWithin(timeMs: number, length: number): number {
    const { values } = this.#entries;
    const timeOf = this.#timeOf;
    let high = length;
    let step = 1;
    while (high - step >= 0 && timeOf(values[high - step] ?? 0) > timeMs) {
      high -= step;
      step *= 2;
    }
    let low = high - step < 0 ? 0 : high - step + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (timeOf(values[middle] ?? 0) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Number of events at or before `timeMs`. */
  positionAfter(timeMs: number): number {
    const { values, length } = this.#entries;
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timeOf(values[middle] ?? 0) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  positionBefore(timeMs: number): number {
    this.#summarize();
    return this.#positionBefore(timeMs, 0);
  }

  edges(range: TimeRange, columnCount: number): Uint32Array {
    const { fromMs, toMs } = range;
    const kept = this.#edges;
    const isKept = kept.fromMs === fromMs && kept.toMs === toMs && kept.length === columnCount;
    if (isKept && kept.merges === this.#merges) return kept.positions;
    this.#summarize();
    const positions = kept.positions.length === columnCount + 1 ? kept.positions : new Uint32Array(columnCount + 1);
    let position = this.#positionBefore(fromMs, 0);
    positions[0] = position;
    for (let column = 1; column <= columnCount; column++) {
      position = this.#positionBefore(columnEdgeMs(range, column, columnCount), position);
      positions[column] = position;
    }
    this.#edges = { fromMs, toMs, length: columnCount, merges: this.#merges, positions };
    return positions;
  }

  /** How many had been registered, finalized and unregistered at `timeMs`, that moment included. */
  countsAt(timeMs: number): LifeCounts {
    return this.#countsBefore(this.positionAfter(timeMs));
  }

  countsBefore(timeMs: number): LifeCounts {
    return this.#countsBefore(this.positionBefore(timeMs));
  }

  #countsBefore(position: number): LifeCounts {
    this.#summarize();
    const block = Math.min(position >> BLOCK_SHIFT, this.#summarizedBlocks - 1);
    let registered = block < 0 ? 0 : this.#registeredBefore.at(block);
    let finalized = block < 0 ? 0 : this.#finalizedBefore.at(block);
    let unregistered = block < 0 ? 0 : this.#unregisteredBefore.at(block);
    const scanFrom = Math.max(0, block) << BLOCK_SHIFT;
    const { values } = this.#entries;
    for (let index = scanFrom; index < position; index++) {
      const kind = (values[index] ?? 0) >>> ROW_BITS;
      if (kind === REGISTRATION) registered++;
      else if (kind === CALLBACK) finalized++;
      else if (kind === UNREGISTRATION) unregistered++;
    }
    return { registered, finalized, unregistered, alive: registered - finalized - unregistered };
  }

  #summarize(): void {
    const { values, length } = this.#entries;
    const wholeBlocks = length >> BLOCK_SHIFT;
    if (this.#summarizedBlocks === wholeBlocks) return;
    const from = this.#summarizedBlocks === 0 ? 0 : this.#summarizedBlocks - 1;
    const summaries = [
      this.#registeredBefore,
      this.#finalizedBefore,
      this.#unregisteredBefore,
      this.#highestAlive,
      this.#lowestAlive,
    ];
    for (const column of summaries) column.fillTo(wholeBlocks, 0);
    this.#blockStartMs.fillTo(wholeBlocks, 0);
    // Its memory is zero, and stays untouched where nobody searches.
    this.#timedMs.reserve(wholeBlocks * TIMED_PER_BLOCK);
    this.#timedMs.length = wholeBlocks * TIMED_PER_BLOCK;
    const blockStartMs = this.#blockStartMs.values;
    const registeredBefore = this.#registeredBefore.values;
    const finalizedBefore = this.#finalizedBefore.values;
    const unregisteredBefore = this.#unregisteredBefore.values;
    const highestAlive = this.#highestAlive.values;
    const lowestAlive = this.#lowestAlive.values;
    let registered = from === 0 ? 0 : (registeredBefore[from] ?? 0);
    let finalized = from === 0 ? 0 : (finalizedBefore[from] ?? 0);
    let unregistered = from === 0 ? 0 : (unregisteredBefore[from] ?? 0);
    for (let block = from; block < wholeBlocks; block++) {
      blockStartMs[block] = this.#timeOf(values[block << BLOCK_SHIFT] ?? 0);
      registeredBefore[block] = registered;
      finalizedBefore[block] = finalized;
      unregisteredBefore[block] = unregistered;
      let highest = 0;
      let lowest = Infinity;
      const end = (block + 1) << BLOCK_SHIFT;
      for (let index = block << BLOCK_SHIFT; index < end; index++) {
        const kind = (values[index] ?? 0) >>> ROW_BITS;
        if (kind === REGISTRATION) registered++;
        else if (kind === CALLBACK) finalized++;
        else if (kind === UNREGISTRATION) unregistered++;
        const alive = registered - finalized - unregistered;
        if (alive > highest) highest = alive;
        if (alive < lowest) lowest = alive;
      }
      highestAlive[block] = highest;
      lowestAlive[block] = Math.max(0, lowest);
    }
    this.#summarizedBlocks = wholeBlocks;
    const wholeGroups = wholeBlocks >> GROUP_SHIFT;
    this.#highestOfGroup.fillTo(wholeGroups, 0);
    this.#lowestOfGroup.fillTo(wholeGroups, 0);
    for (let group = from >> GROUP_SHIFT; group < wholeGroups; group++) {
      let highest = 0;
      let lowest = Infinity;
      const end = (group + 1) << GROUP_SHIFT;
      for (let block = group << GROUP_SHIFT; block < end; block++) {
        highest = Math.max(highest, highestAlive[block] ?? 0);
        lowest = Math.min(lowest, lowestAlive[block] ?? 0);
      }
      this.#highestOfGroup.values[group] = highest;
      this.#lowestOfGroup.values[group] = lowest;
    }
  }

  /**
   * Counts for `columns.length` pixel columns over [fromMs, toMs). Exact: within each column the highest and lowest
   * "alive" are those after any of its events or at its start, however many events fall into it.
   */
  density(fromMs: number, toMs: number, columns: DensityColumns): void {
    this.#summarize();
    const columnCount = columns.registered.length;
    const edges = this.edges({ fromMs, toMs }, columnCount);
    const { values } = this.#entries;
    const registeredBefore = this.#registeredBefore.values;
    const finalizedBefore = this.#finalizedBefore.values;
    const unregisteredBefore = this.#unregisteredBefore.values;
    const highestAlive = this.#highestAlive.values;
    const lowestAlive = this.#lowestAlive.values;
    const highestOfGroup = this.#highestOfGroup.values;
    const lowestOfGroup = this.#lowestOfGroup.values;
    let position = edges[0] ?? 0;
    let { registered, finalized, unregistered } = this.#countsBefore(position);
    for (let column = 0; column < columnCount; column++) {
      const end = edges[column + 1] ?? position;
      const registeredAtStart = registered;
      const finalizedAtStart = finalized;
      let alive = registered - finalized - unregistered;
      let highest = alive;
      let lowest = alive;
      while (position < end) {
        const block = position >> BLOCK_SHIFT;
        const isAtBlock = (position & (BLOCK_EVENTS - 1)) === 0;
        // A block or a group is passed over where the counts after it are known.
        if (isAtBlock && position + BLOCK_EVENTS <= end && block + 1 < this.#summarizedBlocks) {
          const isAtGroup = (position & (GROUP_EVENTS - 1)) === 0;
          const nextGroup = block + (1 << GROUP_SHIFT);
          const isGroup = isAtGroup && position + GROUP_EVENTS <= end && nextGroup < this.#summarizedBlocks;
          const group = block >> GROUP_SHIFT;
          highest = Math.max(highest, (isGroup ? highestOfGroup[group] : highestAlive[block]) ?? 0);
          lowest = Math.min(lowest, (isGroup ? lowestOfGroup[group] : lowestAlive[block]) ?? 0);
          const next = isGroup ? nextGroup : block + 1;
          registered = registeredBefore[next] ?? 0;
          finalized = finalizedBefore[next] ?? 0;
          unregistered = unregisteredBefore[next] ?? 0;
          position = next << BLOCK_SHIFT;
          continue;
        }
        const kind = (values[position++] ?? 0) >>> ROW_BITS;
        if (kind === REGISTRATION) registered++;
        else if (kind === CALLBACK) finalized++;
        else if (kind === UNREGISTRATION) unregistered++;
        alive = registered - finalized - unregistered;
        if (alive > highest) highest = alive;
        if (alive < lowest) lowest = alive;
      }
      columns.registered[column] = registered - registeredAtStart;
      columns.finalized[column] = finalized - finalizedAtStart;
      // Below zero where registrations were lost and their callbacks were not.
      columns.highestAlive[column] = Math.max(0, highest);
      columns.lowestAlive[column] = Math.max(0, lowest);
    }
  }

  /** First event at or after `timeMs`, looked for from position `from` on; summaries must be up to date. */
  #positionBefore(timeMs: number, from: number): number {
    const { values, length } = this.#entries;
    const starts = this.#blockStartMs.values;
    const blocks = this.#summarizedBlocks;
    // Galloping over the starts of blocks: neighboring pixel columns end in the same block or in one nearby.
    let before = from >> BLOCK_SHIFT;
    let step = 1;
    while (before + step < blocks && (starts[before + step] ?? Infinity) < timeMs) {
      before += step;
      step *= 2;
    }
    for (; step >= 1; step = Math.floor(step / 2)) {
      if (before + step < blocks && (starts[before + step] ?? Infinity) < timeMs) before += step;
    }
    let low = before << BLOCK_SHIFT;
    // The next block begins at or after the time, unless the rest is not summarized yet.
    let high = before + 1 < blocks ? low + BLOCK_EVENTS : length;
    if (before < blocks) {
      const timedMs = this.#timedMs.values;
      const first = before * TIMED_PER_BLOCK;
      if (timedMs[first + 1] === 0) {
        for (let timed = first; timed < first + TIMED_PER_BLOCK; timed++) {
          timedMs[timed] = this.#timeOf(values[timed << TIMED_SHIFT] ?? 0);
        }
      }
      let timed = 1;
      while (timed < TIMED_PER_BLOCK && (timedMs[first + timed] ?? Infinity) < timeMs) timed++;
      if (timed < TIMED_PER_BLOCK) high = low + (timed << TIMED_SHIFT);
      low += (timed - 1) << TIMED_SHIFT;
    }
    low = Math.max(from, low);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timeOf(values[middle] ?? 0) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
