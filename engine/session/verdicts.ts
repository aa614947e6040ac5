// What became of each registration, decided once the process has ended. Facts in, codes out; called by the run.
//
// The rules, the first that applies:
//   the callback threw                                   callback-threw      callback-threw-error
//   the callback ran                                     finalized           callback-ran
//   the callback was entered and never returned          finalized           callback-not-returned
//   unregister() removed it                              unregistered        token-unregistered
//   a snapshot shows a path from a root to it            alive               reachable-in-snapshot
//   rows were dropped, which may have told more          unknown             rows-were-dropped
//   its registry was collected                           registry-collected  registry-was-collected
//   the observer was gone before the process was         unknown             observation-ended
//   a snapshot shows its weak cell cleared, and a major
//     GC came after it since when the thread has not
//     turned: it was collected by that one               callback-pending    cleared-in-snapshot
//   the program was done, and a snapshot that shows
//     every cell there is does not show its own          registry-collected  registry-was-collected
//   a callback that never returned, or that threw what
//     nobody caught, ended the process                   exited-first        process-ended-before-settling
//   a GC that clears registrations came after it, and
//     the thread never turned again: collected or not,
//     nobody was told                                    unknown             thread-blocked-after-gc
//     (a snapshot that shows its cell tells)
//   the process ended before the program was done        exited-first        process-ended-before-settling
//   a major GC came after it that callbacks had time
//     to follow                                          alive               survived-major-gc
//   only one came that they had no time to follow:
//     the program died of another callback, say          exited-first        process-ended-before-settling
//   none came, and the process died in its settle time   exited-first        process-ended-before-settling
//   no major GC came after it: it may be unreachable     alive               no-major-gc
// and before all of them: if a snapshot shows the cell of a registration that was called back, unregistered, or lost with
// its registry, then one of the two is wrong           unknown             facts-contradict
//
// A snapshot is taken when all that is recorded has been sent, and it begins with a mark-compact of its own. So a cleared
// cell alone does not say that the object was collected while the program ran: if the thread had turned after the program's
// last mark-compact, that one's callbacks would have run by then, and the snapshot's own has cleared the cell. Then the
// verdict is what it would be without a snapshot: let go, and not collected by the end.
//
// A callback that has not returned by the end is one of a cleanup task that was cut short: of its registry every object that
// the last mark-compact collected and that has not been called back was still to come, whenever the thread last turned.
//
// A cell lives as long as its registry. One that a whole snapshot does not show has lost its registry, by the snapshot's own
// mark-compact at the latest: no callback can run for it, however long the program goes on. A program that ended before it
// was done might still have needed its registry: there the end of the process is the reason, as without a snapshot.

import { VERDICT_REASONS, VERDICTS, type Verdict, type VerdictReason } from '../protocol/vocabulary.ts';
import { CELL_STATES, type CellState } from '../heap-graph/explanation.ts';
import { createTurns } from './in-turns.ts';
import { WINDOW_ROWS, type RegistrationRows, type RegistrationTable } from './registration-rows.ts';
import type { Stretches } from './run-tally.ts';

/** A blocked stretch is told in pieces; the last piece of a process that was killed may be missing. */
const MISSING_PIECE_MS = 300;
/** At an orderly end the stretch is told up to the end; this much passes between the two. */
const ORDERLY_END_MS = 60;

/** A collection this close to the end of a settled run may have cleared objects whose callbacks had no turn any more. */
const CALLBACK_DELAY_MS = 30;

export interface VerdictFacts {
  readonly rows: RegistrationTable;
  readonly majorCollections: Stretches;
  /** Those and, where the program's V8 lets them clear registrations, minor ones. */
  readonly clearingCollections: Stretches;
  readonly blocked: Stretches;
  readonly registryCollectedAtMs: (registryId: number) => number | undefined;
  readonly droppedRows: number;
  /** True if the program had nothing left to do before the process ended. */
  readonly settled: boolean;
  /** True if it was then kept for the whole settle time. */
  readonly settleTimeCompleted: boolean;
  /** False if the process is still running, or may be: it was watched for a while, or its recording was cut off. */
  readonly processEnded: boolean;
  /** When the exception that ended the process was thrown; absent: none did. */
  readonly diedOfErrorAtMs?: number;
  /** True if the process ran on without its observer. */
  readonly observationEnded: boolean;
  /** True if the observer told everything up to the end. */
  readonly endedOrderly: boolean;
  /** Latest time that anything is known of. */
  readonly lastEventMs: number;
  /** What the snapshot at the end showed; absent if there is none. */
  readonly snapshot?: SnapshotFacts;
}

export interface SnapshotFacts {
  /** Ids of registrations whose cell it holds, ascending, and the codes of their CELL_STATES. */
  readonly id: Uint32Array;
  readonly state: Uint8Array;
  /** True if there is no other cell of a registration made before `atMs`. */
  readonly isComplete: boolean;
  readonly atMs: number;
  /** When the thread last turned, where the observer has said so at an orderly end. */
  readonly lastTurnMs: number | undefined;
  /** When the program says that it let go of a registration's object, if it does. */
  readonly releasedAtMs: (row: number) => number | undefined;
}

/** Codes for VERDICTS and VERDICT_REASONS of consecutive registrations. */
export interface VerdictChunk {
  readonly verdict: Uint8Array<ArrayBuffer>;
  readonly reason: Uint8Array<ArrayBuffer>;
}

/** Row i is registration i + 1. In chunks of WINDOW_ROWS, each of memory of its own, as the recording takes them. */
export class VerdictColumns {
  readonly chunks: readonly VerdictChunk[];
  readonly length: number;

  constructor(chunks: readonly VerdictChunk[] = []) {
    this.chunks = chunks;
    this.length = chunks.reduce((sum, { verdict }) => sum + verdict.length, 0);
  }

  verdictAt(row: number): number {
    return this.chunks[Math.floor(row / WINDOW_ROWS)]?.verdict[row % WINDOW_ROWS] ?? 0;
  }

  reasonAt(row: number): number {
    return this.chunks[Math.floor(row / WINDOW_ROWS)]?.reason[row % WINDOW_ROWS] ?? 0;
  }
}

/** @returns one verdict and one reason for each row of `facts.rows`; takes turns with everything else */
export async function decideVerdicts(facts: VerdictFacts): Promise<VerdictColumns> {
  const takeTurns = createTurns();
  const cutShort = await registriesCutShort(facts);
  const decide = createDecider(facts, cutShort);
  const chunks: VerdictChunk[] = [];
  for (const rows of facts.rows.windows()) {
    const verdict = new Uint8Array(rows.length);
    const reason = new Uint8Array(rows.length);
    for (let row = 0; row < rows.length; row += 1) {
      const [verdictCode, reasonCode] = decide(rows, row);
      verdict[row] = verdictCode;
      reason[row] = reasonCode;
    }
    chunks.push({ verdict, reason });
    await takeTurns();
  }
  return new VerdictColumns(chunks);
}

/** Decides one row of a window; asked for ascending rows. */
type Decider = (rows: RegistrationRows, row: number) => readonly [verdict: number, reason: number];

function createDecider(facts: VerdictFacts, cutShort: ReadonlySet<number>): Decider {
  const code = (name: Verdict, because: VerdictReason) =>
    [VERDICTS.indexOf(name), VERDICT_REASONS.indexOf(because)] as const;
  const threw = code('callback-threw', 'callback-threw-error');
  const finalized = code('finalized', 'callback-ran');
  const notReturned = code('finalized', 'callback-not-returned');
  const unregistered = code('unregistered', 'token-unregistered');
  const dropped = code('unknown', 'rows-were-dropped');
  const unobserved = code('unknown', 'observation-ended');
  const registryCollected = code('registry-collected', 'registry-was-collected');
  const blocked = code('unknown', 'thread-blocked-after-gc');
  const exitedFirst = code('exited-first', 'process-ended-before-settling');
  const noMajor = code('alive', 'no-major-gc');
  const survived = code('alive', 'survived-major-gc');
  const reachable = code('alive', 'reachable-in-snapshot');
  const cleared = code('callback-pending', 'cleared-in-snapshot');
  const contradictory = code('unknown', 'facts-contradict');

  const lastMajorMs = lastMiddleMs(facts.majorCollections, Infinity);
  const lastClearingMs = lastMiddleMs(facts.clearingCollections, Infinity);
  const isBlockedAfterClearing = lastClearingMs >= openBlockedSinceMs(facts);
  const lastHeededMajorMs = lastMiddleMs(facts.majorCollections, facts.lastEventMs - CALLBACK_DELAY_MS);

  const cellState = createCellReader(facts.snapshot);
  /** Cells of registrations made before it are in the snapshot, or have gone. */
  const wholeSnapshotAtMs = facts.snapshot?.isComplete === true ? facts.snapshot.atMs : -Infinity;
  /** True if no callback can have run since the last major collection. */
  const isLastMajorUnheeded = lastMajorMs >= unheededSinceMs(facts);

  return (rows, row) => {
    const cell = cellState(rows.first + row + 1);
    const hasCell = cell === 'reachable' || cell === 'unreachable';
    if (!Number.isNaN(rows.callbackStartMs[row])) {
      if (hasCell) return contradictory;
      if (Number.isNaN(rows.callbackMs[row])) return notReturned;
      return rows.callbackThrew[row] === 1 ? threw : finalized;
    }
    if (rows.unregistered[row] === 1) return hasCell ? contradictory : unregistered;
    const isRegistryCollected = facts.registryCollectedAtMs(rows.registryId[row] ?? 0) !== undefined;
    if (isRegistryCollected && hasCell) return contradictory;
    // Nobody has to have been told: a registration that is still there has had no callback.
    if (cell === 'reachable') return reachable;
    if (facts.droppedRows > 0 || Number.isNaN(rows.registeredAtMs[row])) return dropped;
    if (isRegistryCollected) return registryCollected;
    if (facts.observationEnded) return unobserved;
    const registeredAtMs = rows.registeredAtMs[row] ?? Infinity;
    if (cell === 'cleared' && (isLastMajorUnheeded || cutShort.has(rows.registryId[row] ?? 0))) {
      const letGoAtMs = facts.snapshot?.releasedAtMs(rows.first + row) ?? registeredAtMs;
      if (lastMajorMs > letGoAtMs) return cleared;
    }
    if (cell === undefined && facts.settled && registeredAtMs < wholeSnapshotAtMs) return registryCollected;
    if (cutShort.size > 0 && facts.processEnded) return exitedFirst;
    // The settle time ends by a timer of the thread's: it has just turned then, whatever a late heartbeat says.
    const isBlocked = !facts.settleTimeCompleted && isBlockedAfterClearing && lastClearingMs > registeredAtMs;
    if (cell === undefined && isBlocked) return blocked;
    if (!facts.settled) return exitedFirst;
    if (lastHeededMajorMs > registeredAtMs) return survived;
    const diedSettling = !facts.settleTimeCompleted && facts.processEnded;
    return diedSettling || lastMajorMs > registeredAtMs ? exitedFirst : noMajor;
  };
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

/** Registries that had callbacks to run when the run ended: one of them had not returned, or threw what ended the process. */
async function registriesCutShort({ rows: table, diedOfErrorAtMs = NaN }: VerdictFacts): Promise<ReadonlySet<number>> {
  const takeTurns = createTurns();
  const registries = new Set<number>();
  for (const row of table.unusualCallbacks()) {
    if (row === undefined) {
      await takeTurns();
      continue;
    }
    const { registryId, callbackStartMs, callbackMs, callbackThrew } = table.at(row);
    const startMs = callbackStartMs[0] ?? NaN;
    if (Number.isNaN(startMs)) continue;
    const endMs = startMs + (callbackMs[0] ?? NaN);
    const isFatal = callbackThrew[0] === 1 && Math.abs(diedOfErrorAtMs - endMs) < CALLBACK_DELAY_MS;
    if (Number.isNaN(endMs) || isFatal) registries.add(registryId[0] ?? 0);
  }
  return registries;
}

/** Gives the state of a registration's cell to ever higher ids; undefined if the snapshot does not show it. */
function createCellReader(snapshot: SnapshotFacts | undefined): (id: number) => CellState | undefined {
  if (snapshot === undefined) return () => undefined;
  let next = 0;
  return (id) => {
    while ((snapshot.id[next] ?? Infinity) < id) next += 1;
    return snapshot.id[next] === id ? CELL_STATES[snapshot.state[next] ?? -1] : undefined;
  };
}

/** From when on no callback can have run for an object that was collected. */
function unheededSinceMs(facts: VerdictFacts): number {
  const turnedMs = facts.snapshot?.lastTurnMs ?? openBlockedSinceMs(facts);
  return Math.min(turnedMs, facts.lastEventMs - CALLBACK_DELAY_MS);
}

/** Since when the thread had not turned when the process ended; Infinity if it was turning. */
function openBlockedSinceMs({ blocked, endedOrderly, lastEventMs }: VerdictFacts): number {
  // What begins after the end is the observer's last snapshot.
  const last = blocked.startMs.findLastIndex((startMs) => startMs < lastEventMs);
  const lastEndMs = blocked.endMs[last];
  if (lastEndMs === undefined) return Infinity;
  const toleranceMs = endedOrderly ? ORDERLY_END_MS : MISSING_PIECE_MS;
  return lastEndMs >= lastEventMs - toleranceMs ? (blocked.startMs[last] ?? Infinity) : Infinity;
}
