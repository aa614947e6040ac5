// What is worth knowing once a run is over, from what was recorded: warnings that the evidence has overtaken are withdrawn,
// and rules over the whole run are applied. Pure; called when a run is concluded. A warning is known by its key.

import type { RunBatchOf } from '../protocol/run-batch.ts';
import { VERDICTS } from '../protocol/vocabulary.ts';
import type { RunTally } from './run-tally.ts';
import type { VerdictColumns } from './verdicts.ts';

type Warning = RunBatchOf<'warning'>;

/** A thread that is blocked for less than this does not starve its callbacks. */
const STARVED_MS = 1_000;
/** A callback that starts within this of a blocked stretch's end had waited for it. */
const TURN_MS = 100;

/** In the order in which they are to be recorded. */
export function warningsAtEnd(tally: RunTally, verdicts: VerdictColumns, durationMs: number): Warning[] {
  return [...overtakenHeldValues(tally, verdicts), ...starvedCallbacks(tally, verdicts, durationMs)];
}

/** A held value may keep its object for a while only: an object that was finalized or unregistered proves that it did. */
function overtakenHeldValues(tally: RunTally, { verdict }: VerdictColumns): Warning[] {
  const isOver = (row: number) =>
    ['finalized', 'callback-threw', 'unregistered'].includes(VERDICTS[verdict[row] ?? 0] ?? '');
  const { siteId } = tally.rows;
  return tally.keyedWarnings.flatMap((warning): Warning[] => {
    const row = (warning.registrationId ?? 0) - 1;
    if (warning.code !== 'held-value-reaches-target' || row < 0 || !isOver(row)) return [];
    let others = 0;
    for (let other = 0; other < siteId.length; other += 1) {
      if (siteId[row] !== 0 && siteId[other] === siteId[row] && !isOver(other)) others += 1;
    }
    const softened =
      `An object was registered here with a held value that held it, and was let go of later. ` +
      `${others.toLocaleString('en-US')} other${others === 1 ? ' object that was' : 's that were'} registered here did not end: ` +
      `look whether their held values hold them.`;
    return [{ ...warning, message: others === 0 ? '' : softened }];
  });
}

/** Blocked stretches in which V8 had collected objects long before the thread could call back. */
function starvedCallbacks(tally: RunTally, { verdict }: VerdictColumns, durationMs: number): Warning[] {
  const { rows } = tally;
  const blocked = tally.blocked();
  const majors = tally.majorCollections();
  const snapshots = tally.marks.filter(({ kind }) => kind === 'heap-snapshot');
  const pendingCode = VERDICTS.indexOf('callback-pending');
  const found: { startMs: number; lengthMs: number; waitedMs: number; count: number }[] = [];
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
    const nextMajorMs = majors.startMs[last + 1] ?? Infinity;
    const isOpen = durationMs - endMs < TURN_MS;
    let count = 0;
    for (let row = 0; row < rows.length; row += 1) {
      if (!((rows.registeredAtMs[row] ?? NaN) < collectedMs)) continue;
      const atMs = rows.callbackStartMs[row] ?? NaN;
      const isPending = isOpen && Number.isNaN(atMs) && verdict[row] === pendingCode;
      if (isPending || (atMs >= endMs - TURN_MS / 2 && atMs < Math.min(endMs + TURN_MS, nextMajorMs))) count += 1;
    }
    if (count > 0) found.push({ startMs, lengthMs: endMs - startMs, waitedMs, count });
  }
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
