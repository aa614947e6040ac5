// Lifelines: which registrations are in the window, whether they are drawn one by one or as a density, and where.
// No canvas in here; draw-lifelines.ts draws the plan, create-timeline.ts finds what the pointer is on.

import type { Disposable } from '../../../engine/protocol/port.ts';
import type { LaneGroups } from '../stream/lane-counts.ts';
import { LifeIndex } from '../stream/life-index.ts';
import { Reading } from '../stream/reading.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { packLanes, type LanePacking, type PackedLife } from './lane-packing.ts';
import type { TimeScale } from './time-scale.ts';

/** Packed as a whole, so that no lane changes while the user moves about, up to this many registrations. */
const PACKED_AS_A_WHOLE = 3000;
/** More in one window than this are drawn as a density: lines would be too close to tell apart. */
const MOST_LIFELINES = 1200;
const COMFORTABLE_PITCH_PX = 11;
const SMALLEST_PITCH_PX = 5;
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

export interface LifelinePlanner extends Disposable {
  /** Grows as more has been read between the frames. */
  readonly revision: number;
  /** False while there are events that were not looked through yet: another plan may then be drawn in the next frame. */
  readonly isReady: boolean;
  plan(
    stream: RunStream | undefined,
    groups: LaneGroups | undefined,
    scale: TimeScale,
    size: { readonly extentMs: number; readonly heightPx: number },
  ): LifelinePlan;
}

/** Remembers the packing of the last call, so that panning over a finished run packs nothing. */
export function createLifelinePlanner(): LifelinePlanner {
  let whole:
    | {
        groups: LaneGroups;
        key: string;
        lives: PackedLife[];
        packing: LanePacking | undefined;
        titles: readonly string[];
      }
    | undefined;
  let index: { readonly stream: RunStream; readonly lives: LifeIndex; readonly reading: Reading } | undefined;
  let isReady = true;

  function livesOf(stream: RunStream, groups: LaneGroups, rows: Iterable<number>): PackedLife[] {
    const lives: PackedLife[] = [];
    for (const row of rows) {
      const startMs = stream.registrations.atMs.values[row] ?? NaN;
      // A gap row has no time and so is on no lane.
      if (Number.isNaN(startMs)) continue;
      lives.push({ row, startMs, endMs: stream.endedAtMs(row), group: groups.groupOf(row) });
    }
    // Registrations are in order of time already, but for rows that filled a gap later.
    lives.sort((a, b) => a.startMs - b.startMs || a.row - b.row);
    return lives;
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
    lives.forEach((life, place) => {
      if (life.startMs > scale.toMs || life.endMs + LANE_GAP_SHARE * (scale.toMs - scale.fromMs) < scale.fromMs) return;
      placed.push({ ...life, y: ((packing.lanes[place] ?? 0) + 0.5) * pitchPx });
    });
    // A group without a life in the packing has no lane, and so no title.
    const laneGroups = titles.flatMap((title, group) => {
      const [start = 0, end = 0] = [packing.groupStart[group], packing.groupStart[group + 1]];
      return end > start ? [{ title, topPx: start * pitchPx }] : [];
    });
    return { kind: 'lanes', lives: placed, pitchPx, groups: laneGroups };
  }

  return {
    get isReady() {
      return isReady;
    },
    get revision() {
      return index?.reading.revision ?? 0;
    },
    plan(stream, groups, scale, { extentMs, heightPx }) {
      isReady = true;
      if (stream === undefined || groups === undefined || stream.counters.registered === 0) return { kind: 'empty' };
      const registrations = stream.counters.registered;
      const capacity = Math.max(1, Math.floor(heightPx / SMALLEST_PITCH_PX));
      const comfortable = Math.max(1, Math.floor(heightPx / COMFORTABLE_PITCH_PX));
      const { length } = stream.registrations.atMs;
      if (length <= PACKED_AS_A_WHOLE) {
        const key = `${stream.revision} ${capacity} ${extentMs}`;
        if (whole?.groups !== groups || whole.key !== key) {
          const lives = livesOf(stream, groups, Array(length).keys());
          const { titles } = groups;
          const packing = packLanes(lives, titles.length, { capacity, comfortable, gapMs: extentMs * LANE_GAP_SHARE });
          whole = { groups, key, lives, packing, titles: [...titles] };
        }
        if (whole.packing !== undefined) {
          const plan = place(whole.lives, whole.packing, whole.titles, scale, heightPx);
          if (plan.kind === 'lanes' && plan.lives.length <= MOST_LIFELINES) return plan;
        }
      }
      if (index?.stream !== stream) {
        index?.reading[Symbol.dispose]();
        const lives = new LifeIndex(stream);
        index = { stream, lives, reading: new Reading(lives) };
      }
      isReady = index.reading.readOn();
      // At least as many as are alive at either edge must be drawn: no need to look for them if they are too many.
      const aliveAtStart = stream.countsAt(scale.fromMs);
      const enteredInWindow = stream.countsAt(scale.toMs).registered - aliveAtStart.registered;
      if (!isReady || aliveAtStart.alive > capacity || aliveAtStart.alive + enteredInWindow > MOST_LIFELINES) {
        return { kind: 'density', registrations };
      }
      const rows = index.lives.find(scale, MOST_LIFELINES);
      if (rows === undefined) return { kind: 'density', registrations };
      const lives = livesOf(stream, groups, rows);
      const gapMs = (scale.toMs - scale.fromMs) * LANE_GAP_SHARE;
      const packing = packLanes(lives, groups.titles.length, { capacity, comfortable, gapMs });
      if (packing === undefined) return { kind: 'density', registrations };
      return place(lives, packing, groups.titles, scale, heightPx);
    },
    [Symbol.dispose]() {
      index?.reading[Symbol.dispose]();
    },
  };
}
