// Lifelines: which registrations are in the window, whether they are drawn one by one or as a density, and where.
// No canvas in here; draw-lifelines.ts draws the plan, create-timeline.ts finds what the pointer is on.

import { upperBound } from '../stream/growable-column.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { packLanes, type LanePacking, type PackedLife } from './lane-packing.ts';
import type { TimeScale } from './time-scale.ts';

/** Packed as a whole, so that no lane changes while the user moves about, up to this many registrations. */
const PACKED_AS_A_WHOLE = 3000;
/** More in one window than this are drawn as a density: lines would be too close to tell apart. */
const MOST_LIFELINES = 1200;
const COMFORTABLE_PITCH_PX = 11;
const SMALLEST_PITCH_PX = 5;
const MOST_GROUPS = 8;
/** Two lives in one lane keep this share of the axis between them. */
const LANE_GAP_SHARE = 0.012;

export interface PlacedLife extends PackedLife {
  /** Middle of its lane in CSS pixels. */
  readonly y: number;
}

export interface LaneGroup {
  readonly title: string;
  readonly topPx: number;
}

export interface LanesPlan {
  readonly kind: 'lanes';
  readonly lives: readonly PlacedLife[];
  readonly pitchPx: number;
  readonly groups: readonly LaneGroup[];
}

export type LifelinePlan =
  { readonly kind: 'empty' } | { readonly kind: 'density'; readonly registrations: number } | LanesPlan;

/** Rows that lived at some time in the window, in order of registration; undefined if there are more than `most`. */
function rowsInWindow(stream: RunStream, fromMs: number, toMs: number, most: number): number[] | undefined {
  const { atMs } = stream.registrations;
  const rows: number[] = [];
  const end = upperBound(atMs, toMs);
  for (let row = 0; row < end; row++) {
    // A gap row has no time and so is on no lane.
    if (!((atMs.values[row] ?? NaN) <= toMs) || stream.endedAtMs(row) < fromMs) continue;
    if (rows.push(row) > most) return undefined;
  }
  return rows;
}

interface Grouping {
  readonly titles: string[];
  readonly groupOf: (row: number) => number;
}

/** Groups by the place of registration, or by registry where that was not recorded; the ninth and later share one. */
function createGrouping(stream: RunStream): Grouping {
  const groups = new Map<string, number>();
  const titles: string[] = [];
  const { siteId, registryId } = stream.registrations;
  return {
    titles,
    groupOf(row) {
      const site = siteId.values[row] ?? 0;
      const title = stream.siteText(site) || `registry ${registryId.values[row] ?? 0}`;
      let group = groups.get(title);
      if (group === undefined) {
        group = Math.min(titles.length, MOST_GROUPS - 1);
        groups.set(title, group);
        titles[group] = group < titles.length ? 'other places' : title;
      }
      return group;
    },
  };
}

export interface LifelinePlanner {
  plan(stream: RunStream | undefined, scale: TimeScale, extentMs: number, heightPx: number): LifelinePlan;
}

/** Remembers the packing of the last call, so that panning over a finished run packs nothing. */
export function createLifelinePlanner(): LifelinePlanner {
  let whole: {
    stream: RunStream;
    key: string;
    lives: PackedLife[];
    packing: LanePacking | undefined;
    titles: string[];
  };

  function livesOf(stream: RunStream, rows: Iterable<number>): { lives: PackedLife[]; titles: string[] } {
    const grouping = createGrouping(stream);
    const lives: PackedLife[] = [];
    for (const row of rows) {
      const startMs = stream.registrations.atMs.values[row] ?? NaN;
      if (Number.isNaN(startMs)) continue;
      lives.push({ row, startMs, endMs: stream.endedAtMs(row), group: grouping.groupOf(row) });
    }
    // Registrations are in order of time already, but for rows that filled a gap later.
    lives.sort((a, b) => a.startMs - b.startMs || a.row - b.row);
    return { lives, titles: grouping.titles };
  }

  function place(
    lives: readonly PackedLife[],
    packing: LanePacking,
    titles: readonly string[],
    scale: TimeScale,
    heightPx: number,
  ): LifelinePlan {
    const pitchPx = Math.min(COMFORTABLE_PITCH_PX, heightPx / Math.max(1, packing.laneCount));
    const placed: PlacedLife[] = [];
    lives.forEach((life, index) => {
      if (life.startMs > scale.toMs || life.endMs + LANE_GAP_SHARE * (scale.toMs - scale.fromMs) < scale.fromMs) return;
      placed.push({ ...life, y: ((packing.lanes[index] ?? 0) + 0.5) * pitchPx });
    });
    const groups = titles.map((title, group) => ({ title, topPx: (packing.groupStart[group] ?? 0) * pitchPx }));
    return { kind: 'lanes', lives: placed, pitchPx, groups };
  }

  return {
    plan(stream, scale, extentMs, heightPx) {
      if (stream === undefined || stream.counters.registered === 0) return { kind: 'empty' };
      const registrations = stream.counters.registered;
      const capacity = Math.max(1, Math.floor(heightPx / SMALLEST_PITCH_PX));
      const comfortable = Math.max(1, Math.floor(heightPx / COMFORTABLE_PITCH_PX));
      const { length } = stream.registrations.atMs;
      if (length <= PACKED_AS_A_WHOLE) {
        const key = `${stream.revision} ${capacity} ${extentMs}`;
        if (whole?.stream !== stream || whole.key !== key) {
          const { lives, titles } = livesOf(stream, Array(length).keys());
          const packing = packLanes(lives, titles.length, { capacity, comfortable, gapMs: extentMs * LANE_GAP_SHARE });
          whole = { stream, key, lives, packing, titles };
        }
        if (whole.packing !== undefined) {
          const plan = place(whole.lives, whole.packing, whole.titles, scale, heightPx);
          if (plan.kind === 'lanes' && plan.lives.length <= MOST_LIFELINES) return plan;
        }
      }
      // At least as many as are alive at either edge must be drawn: no need to look for them if they are too many.
      const aliveAtStart = stream.countsAt(scale.fromMs);
      const enteredInWindow = stream.countsAt(scale.toMs).registered - aliveAtStart.registered;
      if (aliveAtStart.alive > capacity || aliveAtStart.alive + enteredInWindow > MOST_LIFELINES) {
        return { kind: 'density', registrations };
      }
      const rows = rowsInWindow(stream, scale.fromMs, scale.toMs, MOST_LIFELINES);
      if (rows === undefined) return { kind: 'density', registrations };
      const { lives, titles } = livesOf(stream, rows);
      const gapMs = (scale.toMs - scale.fromMs) * LANE_GAP_SHARE;
      const packing = packLanes(lives, titles.length, { capacity, comfortable, gapMs });
      if (packing === undefined) return { kind: 'density', registrations };
      return place(lives, packing, titles, scale, heightPx);
    },
  };
}
