// What became of each registration, decided once the process has ended. Pure: facts in, codes out; called by the run.
//
// The rules, the first that applies:
//   the callback threw                                   callback-threw      callback-threw-error
//   the callback ran                                     finalized           callback-ran
//   unregister() removed it                              unregistered        token-unregistered
//   rows were dropped, which may have told more          unknown             rows-were-dropped
//   its registry was collected                           registry-collected  registry-was-collected
//   a major GC came after it, and the thread never
//     turned again: collected or not, nobody was told    unknown             thread-blocked-after-gc
//   the process ended before the program was done        exited-first        process-ended-before-settling
//   no major GC came after it: it may be unreachable     alive               no-major-gc
//   otherwise                                            alive               survived-major-gc

import { VERDICT_REASONS, VERDICTS, type Verdict, type VerdictReason } from '../protocol/vocabulary.ts';
import type { RegistrationRows, Stretches } from './run-tally.ts';

/** A blocked stretch is told in pieces; the last piece of a process that was killed may be missing. */
const MISSING_PIECE_MS = 300;
/** At an orderly end the stretch is told up to the end; this much passes between the two. */
const ORDERLY_END_MS = 60;

/** A collection this close to the end of a settled run may have cleared objects whose callbacks had no turn any more. */
const CALLBACK_DELAY_MS = 30;

export interface VerdictFacts {
  readonly rows: RegistrationRows;
  readonly majorCollections: Stretches;
  readonly blocked: Stretches;
  readonly registryCollectedAtMs: (registryId: number) => number | undefined;
  readonly droppedRows: number;
  /** True if the program had nothing left to do before the process ended. */
  readonly settled: boolean;
  /** True if it was then kept for the whole settle time. */
  readonly settleTimeCompleted: boolean;
  /** True if the observer told everything up to the end. */
  readonly endedOrderly: boolean;
  /** Latest time that anything is known of. */
  readonly lastEventMs: number;
}

/** Codes for VERDICTS and VERDICT_REASONS; row i is registration i + 1. */
export interface VerdictColumns {
  readonly verdict: Uint8Array<ArrayBuffer>;
  readonly reason: Uint8Array<ArrayBuffer>;
}

/** @returns one verdict and one reason for each row of `facts.rows`. */
export function decideVerdicts(facts: VerdictFacts): VerdictColumns {
  const { rows } = facts;
  const verdict = new Uint8Array(rows.length);
  const reason = new Uint8Array(rows.length);
  const code = (name: Verdict, because: VerdictReason) =>
    [VERDICTS.indexOf(name), VERDICT_REASONS.indexOf(because)] as const;
  const threw = code('callback-threw', 'callback-threw-error');
  const finalized = code('finalized', 'callback-ran');
  const unregistered = code('unregistered', 'token-unregistered');
  const dropped = code('unknown', 'rows-were-dropped');
  const registryCollected = code('registry-collected', 'registry-was-collected');
  const blocked = code('unknown', 'thread-blocked-after-gc');
  const exitedFirst = code('exited-first', 'process-ended-before-settling');
  const noMajor = code('alive', 'no-major-gc');
  const survived = code('alive', 'survived-major-gc');

  const lastMajorMs = lastMiddleMs(facts.majorCollections, Infinity);
  const isBlockedAfterMajor = lastMajorMs >= openBlockedSinceMs(facts);
  const lastHeededMajorMs = lastMiddleMs(facts.majorCollections, facts.lastEventMs - CALLBACK_DELAY_MS);

  const decide = (row: number): readonly [number, number] => {
    if (!Number.isNaN(rows.callbackStartMs[row])) return rows.callbackThrew[row] === 1 ? threw : finalized;
    if (rows.unregistered[row] === 1) return unregistered;
    if (facts.droppedRows > 0 || Number.isNaN(rows.registeredAtMs[row])) return dropped;
    if (facts.registryCollectedAtMs(rows.registryId[row] ?? 0) !== undefined) return registryCollected;
    const registeredAtMs = rows.registeredAtMs[row] ?? Infinity;
    // The settle time ends by a timer of the thread's: it has just turned then, whatever a late heartbeat says.
    if (!facts.settleTimeCompleted && isBlockedAfterMajor && lastMajorMs > registeredAtMs) return blocked;
    if (!facts.settled) return exitedFirst;
    return lastHeededMajorMs > registeredAtMs ? survived : noMajor;
  };
  for (let row = 0; row < rows.length; row += 1) {
    const [verdictCode, reasonCode] = decide(row);
    verdict[row] = verdictCode;
    reason[row] = reasonCode;
  }
  return { verdict, reason };
}

/**
 * The middle of the last collection that ended before `beforeMs`. The program stands still during one, so that a registration is before its start or
 * after its end; the middle tells which even where V8's whole milliseconds put the start or end on the wrong side.
 */
function lastMiddleMs({ startMs, endMs }: Stretches, beforeMs: number): number {
  for (let last = endMs.length - 1; last >= 0; last -= 1) {
    const end = endMs[last] ?? Infinity;
    if (end <= beforeMs) return ((startMs[last] ?? -Infinity) + end) / 2;
  }
  return -Infinity;
}

/** Since when the thread had not turned when the process ended; Infinity if it was turning. */
function openBlockedSinceMs({ blocked, endedOrderly, lastEventMs }: VerdictFacts): number {
  const lastEndMs = blocked.endMs.at(-1);
  if (lastEndMs === undefined) return Infinity;
  const toleranceMs = endedOrderly ? ORDERLY_END_MS : MISSING_PIECE_MS;
  return lastEndMs >= lastEventMs - toleranceMs ? (blocked.startMs.at(-1) ?? Infinity) : Infinity;
}
