// When the program said that it let go of what, found by the bytes of a label: millions of registrations are looked up, and
// no label is decoded for it. Filled and read by create-run-stream.ts; no Vue in here.

const HASH_START = 0x811c_9dc5;
const HASH_FACTOR = 0x0100_0193;
/** One byte for every so many hashes says whether any release has such a one: nearly all labels need no more than that. */
const FILTER_SIZE = 1 << 16;

interface Releases {
  readonly label: Uint8Array;
  /** In order of time. */
  readonly timesMs: number[];
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_START;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), HASH_FACTOR);
  return (hash ^ (hash >>> 15)) >>> 0;
}

export class ReleaseTimes {
  /** Labels of the same hash stand beside each other. */
  readonly #byHash = new Map<number, Releases[]>();
  readonly #filter = new Uint8Array(FILTER_SIZE);
  readonly #textEncoder = new TextEncoder();

  get isEmpty(): boolean {
    return this.#byHash.size === 0;
  }

  /** In any order of time. */
  add(label: string, atMs: number): void {
    const bytes = this.#textEncoder.encode(label);
    const hash = hashOf(bytes, 0, bytes.length);
    const known = this.#find(hash, bytes, 0, bytes.length);
    if (known !== undefined) {
      const { timesMs } = known;
      timesMs.push(atMs);
      if (atMs < (timesMs[timesMs.length - 2] ?? -Infinity)) timesMs.sort((a, b) => a - b);
      return;
    }
    this.#filter[hash % FILTER_SIZE] = 1;
    const others = this.#byHash.get(hash);
    const releases = { label: bytes, timesMs: [atMs] };
    if (others === undefined) this.#byHash.set(hash, [releases]);
    else others.push(releases);
  }

  /** The first release of the label [start, end) of `bytes` at or after `fromMs`; NaN if there is none. */
  firstSince(bytes: Uint8Array, start: number, end: number, fromMs: number): number {
    const hash = hashOf(bytes, start, end);
    if (this.#filter[hash % FILTER_SIZE] === 0) return NaN;
    const timesMs = this.#find(hash, bytes, start, end)?.timesMs;
    if (timesMs === undefined) return NaN;
    let low = 0;
    let high = timesMs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      // (Never true of a time that is not known: nothing is at or after it.)
      if ((timesMs[middle] ?? NaN) >= fromMs) high = middle;
      else low = middle + 1;
    }
    return timesMs[low] ?? NaN;
  }

  #find(hash: number, bytes: Uint8Array, start: number, end: number): Releases | undefined {
    return this.#byHash.get(hash)?.find(({ label }) => {
      if (label.length !== end - start) return false;
      for (let at = 0; at < label.length; at++) if (label[at] !== bytes[start + at]) return false;
      return true;
    });
  }
}
