// What is worth knowing once a run is over, from what was recorded: warnings that the evidence has overtaken are withdrawn,
// and rules over the whole run are applied, in turns with everything else. Called when a run is concluded. A warning is known
// by its key.

import type { RunBatchOf } from '../protocol/run-batch.ts';
import { VERDICTS } from '../protocol/vocabulary.ts';
import { createTurns } from './in-turns.ts';
import type { RunTally } from './run-tally.ts';
import type { VerdictColumns } from './verdicts.ts';

type Warning = RunBatchOf<'warning'>;

/** A thread that is blocked for less than this does not starve its callbacks. */
const STARVED_MS = 1_000;
/** A callback that starts within this of a blocked stretch's end had waited for it. */
const TURN_MS = 100;

/** In the order in which they are to be recorded. */
export async function warningsAtEnd(tally: RunTally, verdicts: VerdictColumns, durationMs: number): Promise<Warning[]> {
  const overtaken = await overtakenHeldValues(tally, verdicts);
  return [...overtaken, ...(await starvedCallbacks(tally, verdicts, durationMs))];
}

const OVER = new Set(['finalized', 'callback-threw', 'unregistered']);
const IS_OVER = VERDICTS.map((verdict) => OVER.has(verdict));

/** A held value may keep its object for a while only: an object that was finalized or unregistered proves that it did. */
async function overtakenHeldValues(tally: RunTally, verdicts: VerdictColumns): Promise<Warning[]> {
  const overtaken = tally.keyedWarnings.flatMap((warning) => {
    const row = (warning.registrationId ?? 0) - 1;
    if (warning.code !== 'held-value-reaches-target' || row < 0 || row >= verdicts.length) return [];
    if (IS_OVER[verdicts.verdictAt(row)] !== true) return [];
    return [{ warning, siteId: tally.rows.at(row).siteId[0] ?? 0 }];
  });
  if (overtaken.length === 0) return [];
  /** Objects that did not end, by the site of a warning; 0 is no site. */
  const othersAt = new Map(overtaken.map(({ siteId }) => [siteId, 0]));
  othersAt.delete(0);
  const takeTurns = createTurns();
  let chunk = 0;
  for (const { siteId, length } of tally.rows.windows('registrations')) {
    const verdict = verdicts.chunks[chunk]?.verdict;
    for (let row = 0; row < length; row += 1) {
      if (IS_OVER[verdict?.[row] ?? 0] === true) continue;
      const others = othersAt.get(siteId[row] ?? 0);
      if (others !== undefined) othersAt.set(siteId[row] ?? 0, others + 1);
    }
    chunk += 1;
    await takeTurns();
  }
  return overtaken.map(({ warning, siteId }): Warning => {
    const others = othersAt.get(siteId) ?? 0;
    const softened =
      `An object was registered here with a held value that held it, and was let go of later. ` +
      `${others.toLocaleString('en-US')} other${others === 1 ? ' object that was' : 's that were'} registered here did not end: ` +
      `look whether their held values hold them.`;
    return { ...warning, message: others === 0 ? '' : softened };
  });
}

interface Starved {
  readonly startMs: number;
  readonly endMs: number;
  readonly lengthMs: number;
  readonly waitedMs: number;
  readonly collectedMs: number;
  readonly nextMajorMs: number;
  /** True if the run ended with it. */
  readonly isOpen: boolean;
  count: number;
}

/** Blocked stretches, in order, in which V8 had collected long before the thread could call back. */
function findStarved(tally: RunTally, durationMs: number): Starved[] {
  const blocked = tally.blocked();
  const majors = tally.majorCollections();
  const snapshots = tally.marks.filter(({ kind }) => kind === 'heap-snapshot');
  const found: Starved[] = [];
  for (let stretch = 0; stretch < blocked.startMs.length; stretch += 1) {
    const startMs = blocked.startMs[stretch] ?? NaN;
    const endMs = Math.min(blocked.endMs[stretch] ?? NaN, durationMs);
    const isSnapshot = snapshots.some(
      ({ atMs, durationMs: lengthMs = 0 }) => atMs < endMs && atMs + lengthMs > startMs,
    );
    if (!(endMs - startMs >= STARVED_MS) || isSnapshot) continue;
    // The last collection before the stretch ended: whatever is called back right after was collected by then.
    const last = majors.endMs.findLastIndex((majorEndMs) => majorEndMs <= endMs);
    const collectedMs = majors.endMs[last] ?? NaN;
    const waitedMs = endMs - Math.max(collectedMs, startMs);
    if (!(waitedMs >= STARVED_MS)) continue;
    found.push({
      startMs,
      endMs,
      lengthMs: endMs - startMs,
      waitedMs,
      collectedMs,
      nextMajorMs: majors.startMs[last + 1] ?? Infinity,
      isOpen: durationMs - endMs < TURN_MS,
      count: 0,
    });
  }
  return found;
}

/** Blocked stretches in which V8 had collected objects long before the thread could call back. */
async function starvedCallbacks(tally: RunTally, verdicts: VerdictColumns, durationMs: number): Promise<Warning[]> {
  const starved = findStarved(tally, durationMs);
  if (starved.length === 0) return [];
  const pendingCode = VERDICTS.indexOf('callback-pending');
  const open = starved.filter(({ isOpen }) => isOpen);
  const takeTurns = createTurns();
  let chunk = 0;
  for (const { registeredAtMs, callbackStartMs, length } of tally.rows.windows('callbacks-and-times')) {
    const verdict = verdicts.chunks[chunk]?.verdict;
    for (let row = 0; row < length; row += 1) {
      const atMs = callbackStartMs[row] ?? NaN;
      const registeredMs = registeredAtMs[row] ?? NaN;
      if (Number.isNaN(atMs)) {
        if (verdict?.[row] !== pendingCode) continue;
        for (const stretch of open) if (registeredMs < stretch.collectedMs) stretch.count += 1;
        continue;
      }
      // Stretches are longer than a turn, so that a callback comes right after one of them at most.
      const stretch = starved[countEnded(starved, atMs + TURN_MS / 2) - 1];
      if (stretch === undefined || !(registeredMs < stretch.collectedMs)) continue;
      if (atMs < Math.min(stretch.endMs + TURN_MS, stretch.nextMajorMs)) stretch.count += 1;
    }
    chunk += 1;
    await takeTurns();
  }
  const found = starved.filter(({ count }) => count > 0);
  const worst = found.toSorted((one, other) => other.waitedMs - one.waitedMs)[0];
  if (worst === undefined) return [];
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const callbacks =
    worst.count === 1 ? 'the callback of an object' : `the callbacks of ${worst.count.toLocaleString('en-US')} objects`;
  const again = found.length === 1 ? '' : ` This happened ${found.length} times; the longest is shown.`;
  return [
    {
      type: 'warning',
      code: 'callbacks-starved',
      key: 'callbacks-starved',
      message:
        `The thread was blocked for ${seconds(worst.lengthMs)} from ${seconds(Math.max(0, worst.startMs))} on, while ${callbacks} ` +
        `that V8 had collected waited at least ${seconds(worst.waitedMs)}. Callbacks run only when the event loop turns.${again}`,
      atMs: worst.startMs,
    },
  ];
}

/** How many of the stretches ended by then. */
function countEnded(stretches: readonly Starved[], atMs: number): number {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stretches[middle]?.endMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
