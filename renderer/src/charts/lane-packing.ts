// Which lane of the lifelines each registration gets. Lanes are taken in turn, so that objects of one kind form the
// staircase that the eye reads as "one after the other", and a lane is free again once its object has ended.

/** One registration as the packing needs it; `endMs` is Infinity while it has not ended. */
export interface PackedLife {
  readonly row: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly group: number;
}

export interface LanePacking {
  /** Lane of each life, in the order given. */
  readonly lanes: Uint16Array;
  /** First lane of each group, and the end of the last. */
  readonly groupStart: readonly number[];
  readonly laneCount: number;
}

/** Most lives that overlap at any time, by group: fewer lanes cannot hold them. Undefined beyond `capacity` in all. */
function leastLanes(
  lives: readonly PackedLife[],
  groupCount: number,
  { gapMs, capacity }: { readonly gapMs: number; readonly capacity: number },
): number[] | undefined {
  const needed = new Array<number>(groupCount).fill(0);
  let neededInAll = 0;
  const ends: number[][] = Array.from({ length: groupCount }, () => []);
  for (const { startMs, endMs, group } of lives) {
    const busy = ends[group];
    if (busy === undefined) continue;
    // Any lane that is free will do here: only their number matters.
    const free = busy.findIndex((end) => end + gapMs <= startMs);
    if (free === -1) {
      busy.push(endMs);
      if (++neededInAll > capacity) return undefined;
    } else {
      busy[free] = endMs;
    }
    needed[group] = busy.length;
  }
  return needed;
}

/**
 * Packs lives (in order of start) into at most `capacity` lanes, or tells that they do not fit (undefined).
 * `gapMs` is kept between two lives of one lane. With `comfortable` lanes or fewer needed, groups share `comfortable`.
 */
export function packLanes(
  lives: readonly PackedLife[],
  groupCount: number,
  options: { readonly capacity: number; readonly comfortable: number; readonly gapMs: number },
): LanePacking | undefined {
  const { comfortable, gapMs } = options;
  const needed = leastLanes(lives, groupCount, options);
  if (needed === undefined) return undefined;
  const neededInAll = needed.reduce((sum, count) => sum + count, 0);
  const sizes = new Array<number>(groupCount).fill(0);
  for (const { group } of lives) sizes[group] = (sizes[group] ?? 0) + 1;
  const spare = Math.max(0, comfortable - neededInAll);
  const livesInAll = Math.max(1, lives.length);
  const granted = needed.map((count, group) => {
    const share = groupCount === 1 ? spare : Math.floor((spare * (sizes[group] ?? 0)) / livesInAll);
    return Math.max(count, Math.min(sizes[group] ?? 0, count + share));
  });
  const groupStart: number[] = [];
  let laneCount = 0;
  for (const count of granted) {
    groupStart.push(laneCount);
    laneCount += count;
  }
  groupStart.push(laneCount);

  const busyUntil = new Float64Array(laneCount).fill(-Infinity);
  const nextLane = new Array<number>(groupCount).fill(0);
  const lanes = new Uint16Array(lives.length);
  lives.forEach(({ startMs, endMs, group }, index) => {
    const first = groupStart[group] ?? 0;
    const count = granted[group] ?? 1;
    const start = nextLane[group] ?? 0;
    let offset = 0;
    while (offset < count && (busyUntil[first + ((start + offset) % count)] ?? 0) + gapMs > startMs) offset++;
    const lane = (start + (offset === count ? 0 : offset)) % count;
    busyUntil[first + lane] = endMs;
    nextLane[group] = (lane + 1) % count;
    lanes[index] = first + lane;
  });
  return { lanes, groupStart, laneCount };
}
