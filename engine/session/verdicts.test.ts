import { describe, expect, it } from 'vitest';
import { CELL_STATES, type CellState } from '../heap-graph/explanation.ts';
import { VERDICT_REASONS, VERDICTS } from '../protocol/vocabulary.ts';
import type { RegistrationRows, RegistrationTable } from './registration-rows.ts';
import type { Stretches } from './run-tally.ts';
import { decideVerdicts, type VerdictFacts } from './verdicts.ts';

const stretches = (...pairs: [number, number][]): Stretches => ({
  startMs: Float64Array.from(pairs, ([start]) => start),
  endMs: Float64Array.from(pairs, ([, end]) => end),
});

function rows(row: Partial<Record<keyof RegistrationRows, number>>): RegistrationTable {
  const only: RegistrationRows = {
    first: 0,
    length: 1,
    registeredAtMs: Float64Array.of(row.registeredAtMs ?? 10),
    registryId: Uint32Array.of(row.registryId ?? 1),
    siteId: Uint32Array.of(0),
    callbackStartMs: Float64Array.of(row.callbackStartMs ?? NaN),
    callbackMs: Float64Array.of(row.callbackMs ?? 1),
    callbackThrew: Uint8Array.of(row.callbackThrew ?? 0),
    unregistered: Uint8Array.of(row.unregistered ?? 0),
  };
  return { length: 1, callbackRows: 1, windows: () => [only], at: () => only, unusualCallbacks: () => [0] };
}

const settled: Omit<VerdictFacts, 'rows'> = {
  majorCollections: stretches(),
  clearingCollections: stretches(),
  blocked: stretches(),
  registryCollectedAtMs: () => undefined,
  droppedRows: 0,
  settled: true,
  processEnded: true,
  observationEnded: false,
  endedOrderly: true,
  settleTimeCompleted: true,
  lastEventMs: 1_000,
};
const killed = { settled: false, settleTimeCompleted: false, endedOrderly: false };
const blockedAfterMajor = {
  majorCollections: stretches([200, 205]),
  clearingCollections: stretches([200, 205]),
  blocked: stretches([100, 1_000]),
};

const shows = (state: CellState): NonNullable<VerdictFacts['snapshot']> => ({
  id: Uint32Array.of(1),
  state: Uint8Array.of(CELL_STATES.indexOf(state)),
  isComplete: true,
  atMs: 1_000,
  lastTurnMs: undefined,
  releasedAtMs: () => undefined,
});
const showsAnother = { ...shows('cleared'), id: Uint32Array.of(2) };

describe('decideVerdicts', () => {
  it.each<[string, string, string, Parameters<typeof rows>[0], Partial<VerdictFacts>]>([
    ['the callback ran', 'finalized', 'callback-ran', { callbackStartMs: 20 }, {}],
    [
      'the callback ran, then all went wrong',
      'finalized',
      'callback-ran',
      { callbackStartMs: 20 },
      { ...killed, droppedRows: 5 },
    ],
    ['the callback never returned', 'finalized', 'callback-not-returned', { callbackStartMs: 20, callbackMs: NaN }, {}],
    ['the callback threw', 'callback-threw', 'callback-threw-error', { callbackStartMs: 20, callbackThrew: 1 }, {}],
    ['it was unregistered', 'unregistered', 'token-unregistered', { unregistered: 1 }, {}],
    ['the observer was gone before the process', 'unknown', 'observation-ended', {}, { observationEnded: true }],
    ['rows were dropped', 'unknown', 'rows-were-dropped', {}, { droppedRows: 1 }],
    ['its own row was lost', 'unknown', 'rows-were-dropped', { registeredAtMs: NaN }, {}],
    [
      'its registry was collected',
      'registry-collected',
      'registry-was-collected',
      {},
      { registryCollectedAtMs: (id) => (id === 1 ? 50 : undefined) },
    ],
    [
      'another registry was collected',
      'alive',
      'no-major-gc',
      { registryId: 2 },
      { registryCollectedAtMs: (id) => (id === 1 ? 50 : undefined) },
    ],
    [
      'no major collection came after it',
      'alive',
      'no-major-gc',
      { registeredAtMs: 300 },
      { majorCollections: stretches([200, 205]) },
    ],
    ['it survived a major collection', 'alive', 'survived-major-gc', {}, { majorCollections: stretches([200, 205]) }],
    [
      'it was registered just before a collection whose start is rounded',
      'alive',
      'survived-major-gc',
      { registeredAtMs: 200.4 },
      { majorCollections: stretches([200, 205]) },
    ],
    [
      'it was registered just after a collection whose end is rounded',
      'alive',
      'no-major-gc',
      { registeredAtMs: 204.6 },
      { majorCollections: stretches([200, 205]) },
    ],
    [
      'the process ended of another callback, right after the collection',
      'exited-first',
      'process-ended-before-settling',
      {},
      { settleTimeCompleted: false, majorCollections: stretches([980, 985]) },
    ],
    [
      'the process died in its settle time before any collection',
      'exited-first',
      'process-ended-before-settling',
      {},
      { settleTimeCompleted: false },
    ],
    [
      'the process may still be running, and no collection came',
      'alive',
      'no-major-gc',
      {},
      { settleTimeCompleted: false, processEnded: false },
    ],
    ['the process ended first', 'exited-first', 'process-ended-before-settling', {}, { settled: false }],
    [
      'the process was killed',
      'exited-first',
      'process-ended-before-settling',
      {},
      { ...killed, majorCollections: stretches([200, 205]) },
    ],
    [
      'the thread never turned after the collection',
      'unknown',
      'thread-blocked-after-gc',
      {},
      { ...killed, ...blockedAfterMajor, lastEventMs: 1_200 },
    ],
    [
      'the thread never turned after a minor collection that clears registrations',
      'unknown',
      'thread-blocked-after-gc',
      {},
      { ...killed, ...blockedAfterMajor, majorCollections: stretches(), lastEventMs: 1_200 },
    ],
    [
      'the thread turned again after the collection',
      'exited-first',
      'process-ended-before-settling',
      {},
      { ...killed, ...blockedAfterMajor, lastEventMs: 2_000 },
    ],
    [
      'the thread blocked only after the collection',
      'exited-first',
      'process-ended-before-settling',
      {},
      {
        ...killed,
        majorCollections: stretches([50, 55]),
        clearingCollections: stretches([50, 55]),
        blocked: stretches([100, 1_000]),
      },
    ],
    [
      'the thread was blocked, and registered after the last collection',
      'exited-first',
      'process-ended-before-settling',
      { registeredAtMs: 500 },
      { ...killed, ...blockedAfterMajor },
    ],
    [
      'the thread was blocked at the end of the settle time',
      'unknown',
      'thread-blocked-after-gc',
      {},
      { ...blockedAfterMajor, settleTimeCompleted: false },
    ],
    [
      'a late heartbeat came with a collection near the end of the settle time',
      'alive',
      'survived-major-gc',
      {},
      {
        ...blockedAfterMajor,
        majorCollections: stretches([200, 205], [980, 985]),
        clearingCollections: stretches([200, 205], [980, 985]),
      },
    ],
    // With a snapshot of the end.
    ['a path reaches it', 'alive', 'reachable-in-snapshot', {}, { snapshot: shows('reachable') }],
    [
      'a path reaches it, and the process ended first',
      'alive',
      'reachable-in-snapshot',
      {},
      { ...killed, snapshot: shows('reachable') },
    ],
    [
      'a path reaches it, and the thread was blocked',
      'alive',
      'reachable-in-snapshot',
      {},
      { ...killed, ...blockedAfterMajor, snapshot: shows('reachable') },
    ],
    [
      'a path reaches it, and rows were dropped',
      'alive',
      'reachable-in-snapshot',
      {},
      { droppedRows: 1, snapshot: shows('reachable') },
    ],
    [
      'its cell is cleared, and rows were dropped',
      'unknown',
      'rows-were-dropped',
      {},
      { droppedRows: 1, snapshot: shows('cleared') },
    ],
    [
      'a path reaches it, but its callback ran',
      'unknown',
      'facts-contradict',
      { callbackStartMs: 20 },
      { snapshot: shows('reachable') },
    ],
    [
      'its cell is there, but it was unregistered',
      'unknown',
      'facts-contradict',
      { unregistered: 1 },
      { snapshot: shows('unreachable') },
    ],
    [
      'a path reaches it, but its registry was collected',
      'unknown',
      'facts-contradict',
      {},
      { registryCollectedAtMs: () => 50, snapshot: shows('reachable') },
    ],
    [
      'its cell is cleared, and the thread never turned after the collection',
      'callback-pending',
      'cleared-in-snapshot',
      {},
      { ...killed, ...blockedAfterMajor, snapshot: shows('cleared') },
    ],
    [
      'its cell is cleared, but it was registered after the last collection',
      'exited-first',
      'process-ended-before-settling',
      { registeredAtMs: 500 },
      { ...killed, ...blockedAfterMajor, snapshot: shows('cleared') },
    ],
    [
      'its cell is cleared, but it was let go after the last collection',
      'exited-first',
      'process-ended-before-settling',
      {},
      { ...killed, ...blockedAfterMajor, snapshot: { ...shows('cleared'), releasedAtMs: () => 300 } },
    ],
    [
      'its cell is cleared, and the process ended in the task of the collection',
      'callback-pending',
      'cleared-in-snapshot',
      {},
      { settled: false, majorCollections: stretches([900, 905]), snapshot: { ...shows('cleared'), lastTurnMs: 890 } },
    ],
    [
      'its cell is cleared, and the thread turned after the collection',
      'exited-first',
      'process-ended-before-settling',
      {},
      { settled: false, majorCollections: stretches([900, 905]), snapshot: { ...shows('cleared'), lastTurnMs: 950 } },
    ],
    [
      'its cell is cleared by the snapshot of a settled program',
      'alive',
      'survived-major-gc',
      {},
      { majorCollections: stretches([200, 205]), snapshot: { ...shows('cleared'), lastTurnMs: 990 } },
    ],
    [
      'nothing reaches it, and its cell is not cleared, though the thread was blocked after a collection',
      'exited-first',
      'process-ended-before-settling',
      {},
      { ...killed, ...blockedAfterMajor, snapshot: shows('unreachable') },
    ],
    [
      'the snapshot does not show it, and the thread was blocked',
      'unknown',
      'thread-blocked-after-gc',
      {},
      { ...killed, ...blockedAfterMajor, snapshot: showsAnother },
    ],
    ['the snapshot does not show it', 'registry-collected', 'registry-was-collected', {}, { snapshot: showsAnother }],
    [
      'the snapshot does not show it, though it survived a major collection',
      'registry-collected',
      'registry-was-collected',
      {},
      { majorCollections: stretches([200, 205]), snapshot: showsAnother },
    ],
    [
      'the snapshot does not show it, and may not show all',
      'alive',
      'no-major-gc',
      {},
      { snapshot: { ...showsAnother, isComplete: false } },
    ],
    [
      'the snapshot was taken before it was registered',
      'alive',
      'no-major-gc',
      { registeredAtMs: 1_001 },
      { snapshot: showsAnother },
    ],
    [
      'the snapshot does not show it, and rows were dropped',
      'unknown',
      'rows-were-dropped',
      {},
      { droppedRows: 1, snapshot: showsAnother },
    ],
    [
      'the snapshot does not show it, and the process ended first',
      'exited-first',
      'process-ended-before-settling',
      {},
      { settled: false, snapshot: showsAnother },
    ],
    [
      'the snapshot does not show it, and it was unregistered',
      'unregistered',
      'token-unregistered',
      { unregistered: 1 },
      { snapshot: showsAnother },
    ],
  ])('%s: %s, %s', async (_case, verdict, reason, row, facts) => {
    const decided = await decideVerdicts({ ...settled, ...facts, rows: rows(row) });
    expect([VERDICTS[decided.verdictAt(0)], VERDICT_REASONS[decided.reasonAt(0)]]).toEqual([verdict, reason]);
  });
});
