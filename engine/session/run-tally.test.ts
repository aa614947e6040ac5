import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunBatch, RunBatchOf } from '../protocol/run-batch.ts';
import { WINDOW_ROWS, type RegistrationRows } from './registration-rows.ts';
import { createRunTally } from './run-tally.ts';

interface PlainRegistration {
  atMs: number;
  registryId: number;
  siteId: number;
  label: string;
  callback?: { startMs: number; durationMs: number; threw: number };
  unregistered: boolean;
}

const encoder = new TextEncoder();
function registrationsBatch(firstId: number, rows: readonly PlainRegistration[]): RunBatchOf<'registrations'> {
  const labels = rows.map(({ label }) => encoder.encode(label));
  let end = 0;
  return {
    type: 'registrations',
    firstId,
    atMs: Float64Array.from(rows, ({ atMs }) => atMs),
    registryId: Uint32Array.from(rows, ({ registryId }) => registryId),
    siteId: Uint32Array.from(rows, ({ siteId }) => siteId),
    labelEnd: Uint32Array.from(labels, ({ length }) => (end += length)),
    labelBytes: Uint8Array.from(labels.flatMap((label) => [...label])),
  };
}
function callbacksBatch(rows: readonly { id: number; startMs: number; durationMs: number; threw: number }[]): RunBatch {
  return {
    type: 'callbacks',
    id: Uint32Array.from(rows, ({ id }) => id),
    startMs: Float64Array.from(rows, ({ startMs }) => startMs),
    durationMs: Float64Array.from(rows, ({ durationMs }) => durationMs),
    threw: Uint8Array.from(rows, ({ threw }) => threw),
  };
}

/** The longest chain of a registry's callbacks, in the obvious way. */
function longestStall(callbacks: readonly { startMs: number; durationMs: number }[]): number {
  let longest = 0;
  for (let first = 0; first < callbacks.length; first += 1) {
    let last = first;
    const endOf = (row: number) => (callbacks[row]?.startMs ?? NaN) + (callbacks[row]?.durationMs ?? NaN);
    while (last + 1 < callbacks.length && (callbacks[last + 1]?.startMs ?? NaN) - endOf(last) < 0.5) last += 1;
    longest = Math.max(longest, endOf(last) - (callbacks[first]?.startMs ?? NaN));
  }
  return longest;
}

/** One row of a window, as a window of its own. */
const rowOf = (rows: RegistrationRows, row: number): RegistrationRows => ({
  first: row,
  length: 1,
  registeredAtMs: rows.registeredAtMs.slice(row, row + 1),
  registryId: rows.registryId.slice(row, row + 1),
  siteId: rows.siteId.slice(row, row + 1),
  callbackStartMs: rows.callbackStartMs.slice(row, row + 1),
  callbackMs: rows.callbackMs.slice(row, row + 1),
  callbackThrew: rows.callbackThrew.slice(row, row + 1),
  unregistered: rows.unregistered.slice(row, row + 1),
});

const runtimeBatch = (v8: string): RunBatchOf<'runtime'> => ({
  type: 'runtime',
  node: '26.10.0',
  v8,
  host: 'node',
  pid: 1,
  capabilities: { heap: 'live', external: 'live', collections: 'live', forcedGc: 'live' },
});

describe('run tally', () => {
  it.each([
    ['13.6.233.17-node.43', [100, 300]],
    ['14.6.202.34-node.12', [100, 200, 300]],
  ])('knows which collections of V8 %s can have cleared registrations', (v8, starts) => {
    const tally = createRunTally();
    tally.apply(runtimeBatch(v8));
    tally.apply({
      type: 'collections',
      startMs: Float64Array.of(100, 200, 300),
      pauseMs: Float64Array.of(5, 1, 5),
      kind: Uint8Array.of(1, 0, 1),
      forced: Uint8Array.of(0, 0, 0),
      beforeBytes: Float64Array.of(2, 2, 2),
      afterBytes: Float64Array.of(1, 1, 1),
      reason: Uint8Array.of(0, 0, 0),
      reasons: ['task'],
    });
    expect([...tally.clearingCollections().startMs]).toEqual(starts);
    expect([...tally.majorCollections().startMs]).toEqual([100, 300]);
  });

  it('adds up what a plain list of objects adds up to, however the rows are cut into batches', () => {
    const registration = fc.record({
      gapMs: fc.double({ min: 0, max: 2, noNaN: true }),
      registryId: fc.integer({ min: 1, max: 3 }),
      siteId: fc.nat(2),
      label: fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: 6 })),
      fate: fc.constantFrom('callback', 'callback', 'callback', 'threw', 'unregistered', 'nothing'),
      callbackGapMs: fc.double({ min: 0, max: 1, noNaN: true }),
      durationMs: fc.double({ min: 0, max: 1, noNaN: true }),
      cutAfter: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(registration, { maxLength: 80 }), fc.boolean(), (rows, callbacksComeFirst) => {
        let atMs = 0;
        let callbackMs = 1_000;
        const plain: PlainRegistration[] = [];
        const callbacks: { id: number; startMs: number; durationMs: number; threw: number }[] = [];
        const unregistrations: number[] = [];
        const batches: RunBatch[] = [];
        let cutFrom = 0;
        for (const [row, given] of rows.entries()) {
          atMs += given.gapMs;
          const entry: PlainRegistration = { ...given, atMs, unregistered: given.fate === 'unregistered' };
          if (given.fate === 'callback' || given.fate === 'threw') {
            callbackMs += given.callbackGapMs;
            entry.callback = {
              startMs: callbackMs,
              durationMs: given.durationMs,
              threw: Number(given.fate === 'threw'),
            };
            callbacks.push({ id: row + 1, ...entry.callback });
            callbackMs += given.durationMs;
          }
          if (entry.unregistered) unregistrations.push(row + 1);
          plain.push(entry);
          if (given.cutAfter || row === rows.length - 1) {
            batches.push(registrationsBatch(cutFrom + 1, plain.slice(cutFrom)));
            cutFrom = row + 1;
          }
        }
        const half = Math.floor(callbacks.length / 2);
        const callbackBatches = [callbacksBatch(callbacks.slice(0, half)), callbacksBatch(callbacks.slice(half))];
        const all = callbacksComeFirst ? [...callbackBatches, ...batches] : [...batches, ...callbackBatches];

        const tally = createRunTally();
        for (const batch of all) tally.apply(batch);
        // A row that comes twice counts once.
        for (const batch of callbackBatches) tally.apply(batch);
        tally.apply({
          type: 'unregistrations',
          id: Uint32Array.from(unregistrations),
          atMs: new Float64Array(unregistrations.length),
        });

        expect(tally.rows.length).toBe(plain.length);
        expect(tally.droppedRows).toBe(0);
        const [rowsOfAll = tally.rows.at(0)] = tally.rows.windows();
        for (const [row, entry] of plain.entries()) {
          expect(tally.rows.at(row)).toEqual(rowOf(rowsOfAll, row));
          expect(rowsOfAll.registeredAtMs[row]).toBe(entry.atMs);
          expect(rowsOfAll.registryId[row]).toBe(entry.registryId);
          expect(rowsOfAll.siteId[row]).toBe(entry.siteId);
          expect(rowsOfAll.callbackStartMs[row]).toBe(entry.callback?.startMs ?? NaN);
          expect(rowsOfAll.callbackMs[row]).toBe(entry.callback?.durationMs ?? NaN);
          expect(rowsOfAll.callbackThrew[row]).toBe(entry.callback?.threw ?? 0);
          expect(rowsOfAll.unregistered[row]).toBe(Number(entry.unregistered));
          expect(tally.labelAt(row)).toBe(entry.label === '' ? null : entry.label);
        }
        const ids = [...new Set(plain.map(({ registryId }) => registryId))].sort();
        expect(tally.registries().map(({ id }) => id)).toEqual(ids);
        for (const registry of tally.registries()) {
          const own = plain.filter(({ registryId }) => registryId === registry.id);
          const ownCallbacks = own.flatMap(({ callback }) => (callback === undefined ? [] : [callback]));
          expect(registry.registrations).toBe(own.length);
          expect(registry.finalized).toBe(ownCallbacks.filter(({ threw }) => threw === 0).length);
          expect(registry.callbackTotalMs).toBeCloseTo(
            ownCallbacks.reduce((sum, { durationMs }) => sum + durationMs, 0),
            6,
          );
          expect(registry.longestStallMs).toBeCloseTo(longestStall(ownCallbacks), 6);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes a million registrations and callbacks', () => {
    const tally = createRunTally();
    const rows = 10_000;
    for (let firstId = 1; firstId < 1_000_000; firstId += rows) {
      const labelBytes = encoder.encode('x'.repeat(rows));
      tally.apply({
        type: 'registrations',
        firstId,
        atMs: new Float64Array(rows).fill(firstId),
        registryId: new Uint32Array(rows).fill(1),
        siteId: new Uint32Array(rows),
        labelEnd: Uint32Array.from({ length: rows }, (_, row) => row + 1),
        labelBytes,
      });
      tally.apply({
        type: 'callbacks',
        id: Uint32Array.from({ length: rows }, (_, row) => firstId + row),
        startMs: new Float64Array(rows).fill(firstId + 1),
        durationMs: new Float64Array(rows),
        threw: new Uint8Array(rows),
      });
    }
    expect(tally.rows.length).toBe(1_000_000);
    let row = 0;
    for (const rows of tally.rows.windows()) {
      expect(rows.first).toBe(row);
      expect(rows.callbackStartMs.findIndex(Number.isNaN)).toBe(-1);
      row += rows.length;
    }
    expect(row).toBe(1_000_000);
    expect(tally.registries()).toMatchObject([{ id: 1, registrations: 1_000_000, finalized: 1_000_000 }]);
  });

  it('keeps rows where they belong, across windows, gaps and batches', () => {
    const tally = createRunTally();
    const timesFrom = (firstId: number, rows: number) => Float64Array.from({ length: rows }, (_, row) => firstId + row);
    const registrations = (firstId: number, rows: number): RunBatchOf<'registrations'> => ({
      type: 'registrations',
      firstId,
      atMs: timesFrom(firstId, rows),
      registryId: new Uint32Array(rows).fill(1),
      siteId: new Uint32Array(rows).fill(firstId),
      labelEnd: new Uint32Array(rows),
      labelBytes: new Uint8Array(0),
    });
    const lastId = 3 * WINDOW_ROWS;
    tally.apply(registrations(1, WINDOW_ROWS - 10));
    tally.apply(registrations(WINDOW_ROWS + 5, lastId - WINDOW_ROWS - 4));
    const called = [1, WINDOW_ROWS - 10, WINDOW_ROWS + 5, 2 * WINDOW_ROWS, 2 * WINDOW_ROWS + 1, lastId];
    const callbacks = called.toReversed().map((id) => ({ id, startMs: 2 * id, durationMs: 1, threw: id % 2 }));
    tally.apply(callbacksBatch(callbacks.slice(0, 4)));
    tally.apply(callbacksBatch(callbacks.slice(4)));
    const unregistered = [7, 2 * WINDOW_ROWS + 3];
    tally.apply({ type: 'unregistrations', id: Uint32Array.from(unregistered), atMs: new Float64Array(2) });
    expect(tally.rows.length).toBe(lastId);
    let wrong = 0;
    for (const rows of tally.rows.windows()) {
      for (let row = 0; row < rows.length; row += 1) {
        const id = rows.first + row + 1;
        const isGap = id > WINDOW_ROWS - 10 && id < WINDOW_ROWS + 5;
        const isCalled = called.includes(id);
        const isRight =
          Object.is(rows.registeredAtMs[row], isGap ? NaN : id) &&
          rows.siteId[row] === (isGap ? 0 : id <= WINDOW_ROWS ? 1 : WINDOW_ROWS + 5) &&
          Object.is(rows.callbackStartMs[row], isCalled ? 2 * id : NaN) &&
          rows.callbackThrew[row] === (isCalled ? id % 2 : 0) &&
          rows.unregistered[row] === Number(unregistered.includes(id));
        if (!isRight) wrong += 1;
      }
    }
    expect(wrong).toBe(0);
    // What comes a second time cannot be right.
    tally.apply(registrations(lastId, 4));
    expect(tally.droppedRows).toBe(4);
  });

  it('joins the two rows of a callback that was told before it had ended', () => {
    const tally = createRunTally();
    tally.apply(registrationsBatch(1, [{ atMs: 1, registryId: 1, siteId: 0, label: '', unregistered: false }]));
    tally.apply(callbacksBatch([{ id: 1, startMs: 10, durationMs: NaN, threw: 0 }]));
    expect(tally.rows.at(0)).toMatchObject({ callbackStartMs: Float64Array.of(10), callbackMs: Float64Array.of(NaN) });
    tally.apply(callbacksBatch([{ id: 1, startMs: 12, durationMs: 3, threw: 1 }]));
    expect(tally.rows.at(0)).toMatchObject({
      callbackStartMs: Float64Array.of(10),
      callbackMs: Float64Array.of(5),
      callbackThrew: Uint8Array.of(1),
    });
    expect(tally.registries()).toMatchObject([{ finalized: 0, callbackTotalMs: 5 }]);
  });

  it('does not believe ids that cannot be right', () => {
    const tally = createRunTally();
    tally.apply(callbacksBatch([{ id: 4_000_000_000, startMs: 1, durationMs: 1, threw: 0 }]));
    tally.apply(callbacksBatch([{ id: 0, startMs: 1, durationMs: 1, threw: 0 }]));
    expect(tally.droppedRows).toBe(2);
    expect(tally.warnings).toHaveLength(1);
  });

  it('finds the release that belongs to a registration', () => {
    const tally = createRunTally();
    const mark = (name: string, atMs: number) => ({ kind: 'release' as const, name, atMs });
    tally.apply({ type: 'marks', items: [mark('a', 5), mark('a', 15), mark('b', 7)] });
    expect(tally.releasedAtMs('a', 1)).toBe(5);
    expect(tally.releasedAtMs('a', 10)).toBe(15);
    expect(tally.releasedAtMs('a', 20)).toBeUndefined();
    expect(tally.releasedAtMs(null, 0)).toBeUndefined();
  });

  it('joins the pieces of a blocked stretch', () => {
    const tally = createRunTally();
    tally.apply({ type: 'blocked', startMs: Float64Array.of(100, 300, 900), endMs: Float64Array.of(300, 500, 1_000) });
    expect(tally.blocked()).toEqual({ startMs: Float64Array.of(100, 900), endMs: Float64Array.of(500, 1_000) });
    // Of a single turn between two of them it is not known whether a callback found its turn in it.
    tally.apply({ type: 'blocked', startMs: Float64Array.of(1_000.001), endMs: Float64Array.of(1_200) });
    expect(tally.blocked()).toEqual({ startMs: Float64Array.of(100, 900), endMs: Float64Array.of(500, 1_200) });
  });
});
