import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAUSES, type Cause, VERDICTS } from '../../../engine/protocol/vocabulary.ts';
import {
  callbacksBatch,
  collectionsBatch,
  explanationsBatch,
  registrationsBatch,
  syntheticRun,
} from '../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from './create-run-stream.ts';
import {
  indexOfObjectRow,
  latencyMs,
  NO_FILTER,
  objectRowAt,
  queryObjects,
  RANGE_EVENTS,
  type ObjectFilter,
  type ObjectOrder,
  type ObjectRows,
} from './object-query.ts';
import type { RunStream } from './run-stream.ts';

const BY_TIME: ObjectOrder = { key: 'registered', isDescending: false };

function query(
  stream: RunStream,
  filter: Partial<ObjectFilter> = {},
  order: ObjectOrder = BY_TIME,
  wantsFacets = false,
): ObjectRows {
  const steps = queryObjects(stream, { ...NO_FILTER, ...filter }, order, wantsFacets);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
function labels(stream: RunStream, filter: Partial<ObjectFilter> = {}, order: ObjectOrder = BY_TIME): string[] {
  const rows = query(stream, filter, order);
  return Array.from({ length: rows.count }, (_, index) => stream.objectAt(objectRowAt(rows, index)).label);
}

/** a to f; a, c and d called back; of the others, the snapshot tells of b, e and f. */
function createStream(): RunStream {
  const stream = createRunStream();
  const site = (id: number, file: string, line: number) => ({ id, file, line, column: 3, functionName: 'load' });
  let sequence = 0;
  stream.apply(sequence++, { type: 'sites', items: [site(1, '/p/cache.js', 4), site(2, '/p/session.js', 9)] });
  stream.apply(
    sequence++,
    registrationsBatch(
      1,
      ['a', 'b', 'c', 'd', 'e', 'f'].map((label, row) => ({ atMs: row * 10, label, siteId: row < 3 ? 1 : 2 })),
    ),
  );
  stream.apply(
    sequence++,
    callbacksBatch([
      { id: 3, startMs: 100 },
      { id: 1, startMs: 101 },
      { id: 4, startMs: 202 },
    ]),
  );
  stream.apply(
    sequence++,
    explanationsBatch({
      atMs: 150,
      reasons: [
        { id: 7, cause: 'map-entry' },
        { id: 8, cause: 'timer' },
      ],
      rows: [
        { id: 2, reasonId: 7, retainedBytes: 500 },
        { id: 5, reasonId: 8, retainedBytes: 2_000 },
        { id: 6, reasonId: 7 },
        // Alive when the heap stood still, called back later.
        { id: 4, reasonId: 7, retainedBytes: 9_000 },
      ],
    }),
  );
  return stream;
}

describe('object query', () => {
  it('keeps the order of registration without allocating, or reverses it', () => {
    expect(query(createStream()).rows).toBeUndefined();
    expect(labels(createStream()).join('')).toBe('abcdef');
    expect(labels(createStream(), {}, { key: 'registered', isDescending: true }).join('')).toBe('fedcba');
  });

  it('filters by verdict, cause, reason, site and text, and by all of them together', () => {
    const stream = createStream();
    expect(labels(stream, { verdicts: ['finalized'] })).toEqual(['a', 'c', 'd']);
    expect(labels(stream, { causes: ['map-entry'] })).toEqual(['b', 'f']);
    expect(labels(stream, { causes: ['map-entry', 'timer'] })).toEqual(['b', 'e', 'f']);
    expect(labels(stream, { reasonId: 8 })).toEqual(['e']);
    expect(labels(stream, { sites: ['session.js:9:3'] })).toEqual(['d', 'e', 'f']);
    expect(labels(stream, { text: 'E' })).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(labels(stream, { text: 'cache' })).toEqual(['a', 'b', 'c']);
    expect(labels(stream, { text: 'F' })).toEqual(['f']);
    expect(labels(stream, { sites: ['session.js:9:3'], causes: ['map-entry'] })).toEqual(['f']);
    expect(labels(stream, { verdicts: ['alive'] })).toEqual([]);
  });

  it('filters by what happened in a range of time, edges included, wherever the callback that told of it lies', () => {
    const stream = createStream();
    const major = (startMs: number) => ({ startMs, pauseMs: 2, kind: 'major' as const });
    stream.apply(stream.nextSequence, collectionsBatch([major(20), major(90), major(190)]));
    stream.apply(stream.nextSequence, {
      type: 'unregistrations',
      id: Uint32Array.of(5),
      atMs: Float64Array.of(95),
    });
    const inRange = (fromMs: number, toMs: number) =>
      RANGE_EVENTS.map((what) => labels(stream, { range: { fromMs, toMs, what } }).join(''));
    expect(RANGE_EVENTS).toEqual(['any', 'registered', 'collected', 'finalized', 'lived']);
    // a and c are collected by the major GC at 90 and called back at 101 and 100, d by that at 190 and called back at 202.
    expect(inRange(10, 30)).toEqual(['bcd', 'bcd', '', '', 'abcd']);
    expect(inRange(92, 100)).toEqual(['ace', '', 'ac', 'c', 'abcdef']);
    expect(inRange(150, 192)).toEqual(['d', '', 'd', '', 'bdf']);
    expect(inRange(202, 900)).toEqual(['d', '', '', 'd', 'bdf']);
    expect(inRange(193, 193)).toEqual(['', '', '', '', 'bdf']);
  });

  it('sorts by latency and by retained size, what is not known last in either direction', () => {
    const stream = createStream();
    // Those that are still there have lived until the end of what is known, at 202 ms.
    expect(labels(stream, {}, { key: 'latency', isDescending: false }).join('')).toBe('cafedb');
    expect(labels(stream, { verdicts: ['finalized'] }, { key: 'latency', isDescending: true })).toEqual([
      'd',
      'a',
      'c',
    ]);
    expect(labels(stream, { causes: ['map-entry', 'timer'] }, { key: 'retained', isDescending: true })).toEqual([
      'e',
      'b',
      'f',
    ]);
    expect(labels(stream, { causes: ['map-entry', 'timer'] }, { key: 'retained', isDescending: false })).toEqual([
      'b',
      'e',
      'f',
    ]);
  });

  it('finds the index of a row, whatever the order', () => {
    const stream = createStream();
    for (const order of [
      BY_TIME,
      { key: 'registered', isDescending: true },
      { key: 'latency', isDescending: true },
    ] as const) {
      const rows = query(stream, { sites: ['session.js:9:3'] }, order);
      for (let index = 0; index < rows.count; index++)
        expect(indexOfObjectRow(rows, objectRowAt(rows, index))).toBe(index);
      expect(indexOfObjectRow(rows, 0)).toBeUndefined();
    }
  });

  it('counts for each facet what passes all the others', () => {
    const { facets, count } = query(createStream(), { sites: ['session.js:9:3'], causes: ['timer'] }, BY_TIME, true);
    expect(count).toBe(1);
    expect(Object.fromEntries(facets?.verdicts ?? [])).toEqual({ unknown: 1 });
    expect(Object.fromEntries(facets?.causes ?? [])).toEqual({ 'map-entry': 1, timer: 1 });
    expect(Object.fromEntries(facets?.sites ?? [])).toEqual({ 'session.js:9:3': 1 });
  });

  it('agrees with a plain filter, whatever is asked', () => {
    const stream = createRunStream();
    let sequence = 0;
    const options = { objects: 300, keptEvery: 5, throwsEvery: 7, unregisteredEvery: 11, sites: ['a.ts:1', 'b.ts:2'] };
    for (const { batch } of syntheticRun(options)) {
      if (batch.type === 'verdicts') {
        stream.apply(
          sequence++,
          explanationsBatch({
            atMs: 6_000,
            reasons: CAUSES.map((cause, id) => ({ id, cause })),
            rows: Array.from({ length: 300 }, (_, row) => ({
              id: row + 1,
              reasonId: row % CAUSES.length,
              retainedBytes: row * 7,
            })),
          }),
        );
      }
      stream.apply(sequence++, batch);
    }
    const all = Array.from({ length: stream.registrations.atMs.length }, (_, row) => row);
    fc.assert(
      fc.property(
        fc.record({
          text: fc.constantFrom('', 'HARBOR', 'a.ts', '-0', '.png', 'nowhere'),
          verdicts: fc.subarray([...VERDICTS]),
          causes: fc.subarray<Cause>(['timer', 'closure', 'unknown']),
          sites: fc.subarray(['a.ts:1:5', 'b.ts:2:5']),
          range: fc.option(
            fc
              .record({ fromMs: fc.nat(7_000), lengthMs: fc.nat(3_000), what: fc.constantFrom(...RANGE_EVENTS) })
              .map(({ fromMs, lengthMs, what }) => ({ fromMs, toMs: fromMs + lengthMs, what })),
            { nil: undefined },
          ),
        }),
        fc.record({ key: fc.constantFrom('registered', 'latency', 'retained'), isDescending: fc.boolean() }),
        (filter, order) => {
          const passes = (row: number, without?: 'verdicts' | 'causes' | 'sites') => {
            const object = stream.objectAt(row);
            const cause = stream.whyAlive(row)?.reason.cause;
            const text = filter.text.toLowerCase();
            const isIn = (atMs: number | undefined) =>
              filter.range === undefined ||
              (atMs !== undefined && atMs >= filter.range.fromMs && atMs <= filter.range.toMs);
            const happened = {
              registered: isIn(object.registeredAtMs),
              collected: isIn(stream.collectedAtMs(row)),
              finalized: isIn(object.callbackStartedAtMs),
              lived:
                filter.range === undefined ||
                (object.registeredAtMs <= filter.range.toMs && stream.endedAtMs(row) >= filter.range.fromMs),
            };
            const any =
              happened.registered || happened.collected || happened.finalized || isIn(object.unregisteredAtMs);
            return (
              { ...happened, any }[filter.range?.what ?? 'any'] &&
              (without === 'verdicts' || filter.verdicts.length === 0 || filter.verdicts.includes(object.verdict)) &&
              (without === 'causes' ||
                filter.causes.length === 0 ||
                (cause !== undefined && filter.causes.includes(cause))) &&
              (without === 'sites' || filter.sites.length === 0 || filter.sites.includes(object.site)) &&
              (object.label.toLowerCase().includes(text) || object.site.toLowerCase().includes(text))
            );
          };
          const keyOf = (row: number) => {
            if (order.key === 'registered') return row;
            if (order.key === 'latency') return latencyMs(stream, row);
            return stream.explanation?.retainedBytes.values[row] ?? NaN;
          };
          const expected = all
            .filter((row) => passes(row))
            .sort((a, b) => {
              const [left, right] = [keyOf(a), keyOf(b)];
              if (Number.isNaN(left) || Number.isNaN(right))
                return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b;
              return (left - right) * (order.isDescending ? -1 : 1) || a - b;
            });
          const rows = query(stream, { ...filter, reasonId: undefined }, order, true);
          expect(Array.from({ length: rows.count }, (_, index) => objectRowAt(rows, index))).toEqual(expected);
          const countOf = (facet: 'verdicts' | 'causes' | 'sites', matches: (row: number) => boolean) =>
            all.filter((row) => passes(row, facet) && matches(row)).length;
          for (const verdict of VERDICTS) {
            expect(rows.facets?.verdicts.get(verdict) ?? 0).toBe(
              countOf('verdicts', (row) => stream.objectAt(row).verdict === verdict),
            );
          }
          expect(rows.facets?.causes.get('timer') ?? 0).toBe(
            countOf('causes', (row) => stream.whyAlive(row)?.reason.cause === 'timer'),
          );
          expect(rows.facets?.sites.get('a.ts:1:5') ?? 0).toBe(
            countOf('sites', (row) => stream.objectAt(row).site === 'a.ts:1:5'),
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});
