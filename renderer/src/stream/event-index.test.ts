import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALLBACK, COLLECTION, EventIndex, eventEntry, REGISTRATION, UNREGISTRATION } from './event-index.ts';

interface Told {
  readonly kind: number;
  readonly atMs: number;
}

/** More begin than end, so that the lowest is not always zero. */
const KINDS = [REGISTRATION, REGISTRATION, REGISTRATION, CALLBACK, UNREGISTRATION, COLLECTION];
/** Few different times, so that many events share one and many lie exactly on the edge of a pixel column. */
const batches = fc.array(
  fc.record({
    fromMs: fc.integer({ min: 0, max: 60 }),
    isSorted: fc.boolean(),
    // So many that whole groups of blocks lie within a pixel column.
    repeats: fc.constantFrom(1, 1, 1, 20),
    rows: fc.array(fc.record({ kind: fc.constantFrom(...KINDS), laterMs: fc.integer({ min: 0, max: 40 }) }), {
      maxLength: 90,
      size: 'max',
    }),
  }),
  { maxLength: 12, size: 'max' },
);

function columnsOf(count: number) {
  const column = () => new Uint32Array(count);
  return { registered: column(), finalized: column(), highestAlive: column(), lowestAlive: column() };
}

const aliveBy = (kind: number) => (kind === REGISTRATION ? 1 : kind === COLLECTION ? 0 : -1);
/** A failing property stops looking for a smaller example after this long. */
const LONGEST_MS = 20_000;

describe('EventIndex', () => {
  it('keeps any events in order of time and then of arrival, and their exact extremes in any pixel columns', () => {
    fc.assert(
      fc.property(
        batches,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: -5, max: 100 }),
        fc.integer({ min: 1, max: 110 }),
        (drafts, columnCount, fromMs, lengthMs) => {
          const rows: Told[] = [];
          const index = new EventIndex((entry) => rows[entry & 0xffff]?.atMs ?? NaN);
          const cursor = index.createCursor();
          let naive: { entry: number; told: Told }[] = [];
          for (const draft of drafts) {
            const told = Array.from({ length: draft.repeats }, () => draft.rows).flatMap((rowsOnce) =>
              rowsOnce.map(({ kind, laterMs }) => ({ kind, atMs: draft.fromMs + laterMs })),
            );
            if (draft.isSorted) told.sort((a, b) => a.atMs - b.atMs);
            const first = rows.length;
            rows.push(...told);
            const added = told.map((each, offset) => ({ entry: eventEntry(each.kind, first + offset), told: each }));
            // Room behind the batch must not matter.
            const entries = new Uint32Array(told.length + 3);
            added.forEach(({ entry }, offset) => (entries[offset] = entry));
            cursor.position = index.length;
            index.merge(entries, [...told.map(({ atMs }) => atMs), -1, -1, -1], told.length);
            const read = naive.slice(0, cursor.position);
            naive = [...naive, ...added].sort((a, b) => a.told.atMs - b.told.atMs);
            // What a reader has behind it stays where it is.
            expect(naive.slice(0, cursor.position)).toEqual(read);
            index.edges({ fromMs, toMs: fromMs + lengthMs }, columnCount);
          }
          expect(Array.from({ length: index.length }, (_, at) => index.entryAt(at))).toEqual(
            naive.map(({ entry }) => entry),
          );
          const toMs = fromMs + lengthMs;
          const columns = columnsOf(columnCount);
          index.density(fromMs, toMs, columns);
          expect(index.positionAfter(fromMs)).toBe(naive.filter(({ told }) => told.atMs <= fromMs).length);
          expect(index.positionBefore(fromMs)).toBe(naive.filter(({ told }) => told.atMs < fromMs).length);
          const edge = (column: number) => fromMs + ((toMs - fromMs) * column) / columnCount;
          for (let column = 0; column < columnCount; column++) {
            const before = naive.filter(({ told }) => told.atMs < edge(column));
            const within = naive.filter(({ told }) => told.atMs >= edge(column) && told.atMs < edge(column + 1));
            let alive = before.reduce((sum, { told }) => sum + aliveBy(told.kind), 0);
            let highest = alive;
            let lowest = alive;
            for (const { told } of within) {
              alive += aliveBy(told.kind);
              highest = Math.max(highest, alive);
              lowest = Math.min(lowest, alive);
            }
            const count = (kind: number) => within.filter(({ told }) => told.kind === kind).length;
            expect(columns.registered[column]).toBe(count(REGISTRATION));
            expect(columns.finalized[column]).toBe(count(CALLBACK));
            // Registrations may have been lost: there are never fewer than none alive.
            expect(columns.highestAlive[column]).toBe(Math.max(0, highest));
            expect(columns.lowestAlive[column]).toBe(Math.max(0, lowest));
          }
        },
      ),
      { numRuns: 120, interruptAfterTimeLimit: LONGEST_MS },
    );
  }, 60_000);

  it('shows a peak and a dip of one event among a million, whatever column they fall into', () => {
    const count = 1_000_000;
    const kinds = new Uint8Array(count + 4);
    const times = new Float64Array(count + 4);
    for (let row = 0; row < count; row++) {
      times[row] = row;
      // Five that stay, and then one that comes and goes.
      kinds[row] = row < 5 || row % 2 === 1 ? REGISTRATION : CALLBACK;
    }
    const entries = Uint32Array.from(kinds, (kind, row) => eventEntry(kind, row));
    const index = new EventIndex((entry) => times[entry & 0xf_ffff] ?? NaN);
    // In pieces, and looked at in between, as a run comes.
    for (let row = 0; row < count; row += 10_000) {
      index.merge(entries.slice(row, row + 10_000), times.subarray(row, row + 10_000));
      index.countsAt(row);
    }
    const peakMs = 777_775.5;
    const dipMs = 333_334.5;
    times.set([dipMs, dipMs, peakMs, peakMs], count);
    index.merge(
      Uint32Array.of(
        eventEntry(UNREGISTRATION, count),
        eventEntry(REGISTRATION, count + 1),
        eventEntry(REGISTRATION, count + 2),
        eventEntry(UNREGISTRATION, count + 3),
      ),
      times.subarray(count),
    );
    for (const columnCount of [1, 7, 1_000]) {
      const columns = columnsOf(columnCount);
      index.density(6, count, columns);
      const columnOf = (atMs: number) => Math.floor(((atMs - 6) / (count - 6)) * columnCount);
      const withValue = (values: Uint32Array, wanted: number) =>
        [...values.keys()].filter((column) => values[column] === wanted);
      expect(withValue(columns.highestAlive, 7)).toEqual([columnOf(peakMs)]);
      expect(withValue(columns.lowestAlive, 4)).toEqual([columnOf(dipMs)]);
      expect(withValue(columns.highestAlive, 6)).toHaveLength(columnCount - 1);
      expect(withValue(columns.lowestAlive, 5)).toHaveLength(columnCount - 1);
    }
  });
});
