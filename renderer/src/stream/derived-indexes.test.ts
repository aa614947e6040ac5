// What is derived from a run's events as they come, against naive versions that look at everything: the backlog, lanes by
// group, and the search for the living. All of them must agree whatever the order in which batches arrive.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callbacksBatch, collectionsBatch, registrationsBatch } from '../../../tests/fixtures/synthetic-run.ts';
import type { RunBatch } from '../../../engine/protocol/run-batch.ts';
import { Backlog } from './backlog.ts';
import { createRunStream } from './create-run-stream.ts';
import { LaneCounts, LaneGroups, labelKind, MOST_GROUPS } from './lane-counts.ts';
import { LifeIndex } from './life-index.ts';
import type { DensityColumns, RunStream } from './run-stream.ts';

/** A failing property stops looking for a smaller example after this long. */
const LONGEST_MS = 20_000;

/** Times differ by at least a hundredth, and majors lie between all others, so that no order is left to chance. */
const program = fc.record({
  registrations: fc.array(
    fc.record({ stepMs: fc.integer({ min: 0, max: 40 }), site: fc.integer({ min: 1, max: 12 }) }),
    {
      maxLength: 300,
      size: 'max',
    },
  ),
  majorEveryMs: fc.integer({ min: 20, max: 400 }),
  /** Which of the majors after its registration collects an object, and how long its callback waits then; none: kept. */
  fates: fc.array(
    fc.option(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 180 })), { nil: undefined }),
    {
      minLength: 1,
      maxLength: 40,
    },
  ),
  drainMs: fc.integer({ min: 5, max: 300 }),
  collections: fc.constantFrom('first' as const, 'last' as const, 'swapped' as const),
  pieces: fc.integer({ min: 1, max: 700 }),
});
type Program = typeof program extends fc.Arbitrary<infer Value> ? Value : never;

interface Life {
  readonly atMs: number;
  readonly site: number;
  readonly calledAtMs: number | undefined;
}

function livesOf({ registrations, majorEveryMs, fates }: Program): Life[] {
  let atMs = 0.25;
  return registrations.map(({ stepMs, site }, row) => {
    atMs += stepMs;
    const fate = fates[row % fates.length];
    const major = fate === undefined ? 0 : (Math.floor(atMs / majorEveryMs) + 1 + fate[0]) * majorEveryMs;
    return { atMs, site, calledAtMs: fate === undefined ? undefined : major + 2 + fate[1] + (row % 50) / 100 };
  });
}

function batchesOf(given: Program): RunBatch[] {
  const lives = livesOf(given);
  const lastMs = Math.max(0, ...lives.map(({ atMs, calledAtMs }) => calledAtMs ?? atMs)) + given.majorEveryMs;
  let heldBack: RunBatch[] = [];
  const batches: RunBatch[] = [
    {
      type: 'sites',
      items: Array.from({ length: 12 }, (_, index) => ({
        id: index + 1,
        file: '/a.js',
        line: index + 1,
        column: 1,
        functionName: '',
      })),
    },
  ];
  for (let from = 0; from <= lastMs; from += given.drainMs) {
    const isIn = (atMs: number | undefined) => atMs !== undefined && atMs >= from && atMs < from + given.drainMs;
    const firstRow = lives.findIndex(({ atMs }) => isIn(atMs));
    const registered = lives.filter(({ atMs }) => isIn(atMs));
    const called = lives
      .map((life, row) => ({ id: row + 1, startMs: life.calledAtMs ?? NaN, durationMs: 0 }))
      .filter(({ startMs }) => isIn(startMs))
      .sort((one, other) => one.startMs - other.startMs);
    const majors: { startMs: number; pauseMs: number; kind: 'major' }[] = [];
    for (let at = given.majorEveryMs; at <= lastMs; at += given.majorEveryMs) {
      if (isIn(at)) majors.push({ startMs: at, pauseMs: 0.5, kind: 'major' });
    }
    const collections = majors.length === 0 ? [] : [collectionsBatch(majors)];
    if (given.collections === 'first') batches.push(...collections);
    if (registered.length > 0)
      batches.push(
        registrationsBatch(
          firstRow + 1,
          registered.map(({ atMs, site }) => ({
            atMs,
            label: `thing ${site}`,
            siteId: site,
            registryId: (site % 3) + 1,
          })),
        ),
      );
    if (called.length > 0) batches.push(callbacksBatch(called));
    if (given.collections === 'last') batches.push(...collections);
    if (given.collections !== 'swapped') continue;
    if (heldBack.length === 0) {
      heldBack = collections;
      continue;
    }
    batches.push(...collections, ...heldBack);
    heldBack = [];
  }
  batches.push(...heldBack);
  return batches;
}

/** Applies all batches, and lets the index read a piece after each, as a frame does. */
function streamed(given: Program, create: (stream: RunStream) => { advance(most: number): boolean }) {
  const stream = createRunStream();
  const index = create(stream);
  for (const batch of batchesOf(given)) {
    stream.apply(stream.nextSequence, batch);
    index.advance(given.pieces);
  }
  while (!index.advance(given.pieces));
  return stream;
}

const window = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
const columnsOf = (count: number): DensityColumns => ({
  registered: new Uint32Array(count),
  finalized: new Uint32Array(count),
  highestAlive: new Uint32Array(count),
  lowestAlive: new Uint32Array(count),
});

describe('Backlog', () => {
  it('has the true extremes of what waits in every pixel column, whatever comes late', () => {
    fc.assert(
      fc.property(program, window, fc.integer({ min: 1, max: 40 }), (given, [one, other], count) => {
        let backlog!: Backlog;
        const stream = streamed(given, (created) => (backlog = new Backlog(created)));
        const end = stream.endMs + 1;
        const range = { fromMs: Math.min(one, other) * end, toMs: Math.max(one, other) * end + 0.5 };
        const density = columnsOf(count);
        stream.density(range.fromMs, range.toMs, density);
        const columns = {
          highest: new Uint32Array(count),
          lowest: new Uint32Array(count),
          highestPossible: new Uint32Array(count),
        };
        backlog.read(range, density, columns);

        // Naive: every object waits from the end of its last possible major to its callback.
        const waits: { from: number; possibleFrom: number; to: number }[] = [];
        for (let row = 0; row < stream.registrations.atMs.length; row++) {
          const majors = stream.collectingMajors(row);
          if (majors === undefined) continue;
          waits.push({
            from: stream.majors.endMs.values[majors[1]]!,
            possibleFrom: stream.majors.endMs.values[majors[0]]!,
            to: stream.registrations.callbackStartMs.values[row]!,
          });
        }
        const at = (timeMs: number) => waits.filter(({ from, to }) => from <= timeMs && timeMs < to).length;
        const possibleAt = (timeMs: number) =>
          waits.filter(({ possibleFrom, to }) => possibleFrom <= timeMs && timeMs < to).length;
        const moments = waits.flatMap(({ from, possibleFrom, to }) => [from, possibleFrom, to]);
        for (let column = 0; column < count; column++) {
          const start = range.fromMs + ((range.toMs - range.fromMs) * column) / count;
          const edge =
            column + 1 === count ? range.toMs : range.fromMs + ((range.toMs - range.fromMs) * (column + 1)) / count;
          const inside = moments.filter((moment) => moment >= start && moment < edge);
          const atStart = waits.filter(({ from, to }) => from < start && start <= to).length;
          const possibleAtStart = waits.filter(({ possibleFrom, to }) => possibleFrom < start && start <= to).length;
          const values = [atStart, ...inside.map(at)];
          expect(columns.highest[column]).toBe(Math.max(...values));
          expect(columns.lowest[column]).toBe(Math.min(...values));
          expect(columns.highestPossible[column]).toBe(Math.max(possibleAtStart, ...inside.map(possibleAt)));
        }
        for (const moment of [range.fromMs, range.toMs, ...moments.slice(0, 20)]) {
          expect(backlog.at(moment)).toEqual({ certain: at(moment), possible: possibleAt(moment) });
        }
      }),
      { interruptAfterTimeLimit: LONGEST_MS, numRuns: 150 },
    );
  });
});

describe('LaneCounts', () => {
  it('counts every group in every pixel column', () => {
    fc.assert(
      fc.property(
        program,
        window,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(1, 2, 3),
        fc.constantFrom('site' as const, 'registry' as const, 'label' as const),
        (given, [one, other], pixelColumns, together, grouping) => {
          const count = Math.ceil(pixelColumns / together);
          let counts!: LaneCounts;
          const stream = streamed(
            given,
            (created) => (counts = new LaneCounts(created, new LaneGroups(created, grouping))),
          );
          const end = stream.endMs + 1;
          const range = { fromMs: Math.min(one, other) * end, toMs: Math.max(one, other) * end + 0.5 };
          const { groups } = counts;
          const columns = {
            registered: Array.from({ length: groups.titles.length }, () => new Uint32Array(count)),
            called: Array.from({ length: groups.titles.length }, () => new Uint32Array(count)),
          };
          counts.read(range, pixelColumns, together, columns);
          const expected = {
            registered: columns.registered.map(() => new Uint32Array(count)),
            called: columns.called.map(() => new Uint32Array(count)),
          };
          const edges = Array.from({ length: count }, (_, column) =>
            column + 1 === count
              ? range.toMs
              : range.fromMs + ((range.toMs - range.fromMs) * (column + 1) * together) / pixelColumns,
          );
          const columnOf = (timeMs: number) =>
            timeMs < range.fromMs || timeMs >= range.toMs ? -1 : edges.findIndex((edge) => timeMs < edge);
          const { atMs, callbackStartMs, siteId, registryId } = stream.registrations;
          const titles: string[] = [];
          for (let row = 0; row < atMs.length; row++) {
            const title = {
              site: `a.js:${siteId.values[row]}`,
              registry: `registry ${registryId.values[row]}`,
              label: labelKind(`thing ${siteId.values[row]}`),
            }[grouping];
            if (!titles.includes(title)) titles.push(title);
            const group = Math.min(titles.indexOf(title), MOST_GROUPS - 1);
            const registered = columnOf(atMs.values[row]!);
            if (registered >= 0) expected.registered[group]![registered]! += 1;
            const called = columnOf(callbackStartMs.values[row]!);
            if (called >= 0) expected.called[group]![called]! += 1;
          }
          expect(columns).toEqual(expected);
          expect(groups.isShared).toBe(titles.length > MOST_GROUPS);
        },
      ),
      { interruptAfterTimeLimit: LONGEST_MS, numRuns: 150 },
    );
  });

  it('gives the lanes of a run that is there already to its largest groups', () => {
    const stream = createRunStream();
    const rows = Array.from({ length: 2000 }, (_, row) => ({
      atMs: row,
      label: row < 40 ? `rare ${String.fromCharCode(97 + (row % 20))}` : `often ${row % 2 === 0 ? 'x' : 'y'}`,
    }));
    stream.apply(0, registrationsBatch(1, rows));
    const groups = new LaneGroups(stream, 'label');
    expect(groups.titles).toHaveLength(MOST_GROUPS);
    expect(groups.titles).toEqual(expect.arrayContaining(['often x', 'often y', '15 others']));
    expect(groups.titles[groups.groupOf(1999)]).toBe('often y');
  });
});

describe('LifeIndex', () => {
  it('finds exactly those that lived in the window, or says that they are too many', () => {
    fc.assert(
      fc.property(program, window, fc.integer({ min: 0, max: 120 }), (given, [one, other], most) => {
        let index!: LifeIndex;
        const stream = streamed(given, (created) => (index = new LifeIndex(created)));
        const end = stream.endMs + 1;
        const snapped = (share: number) => {
          const times = stream.registrations.atMs;
          // Half of the edges lie exactly where something happens.
          return share < 0.5 || times.length === 0
            ? share * end
            : times.values[Math.floor((share - 0.5) * times.length)]!;
        };
        const edges = [snapped(one), snapped(other)].sort((a, b) => a - b);
        const range = { fromMs: edges[0]!, toMs: edges[1]! };
        const expected: number[] = [];
        for (let row = 0; row < stream.registrations.atMs.length; row++) {
          const start = stream.registrations.atMs.values[row]!;
          if (start <= range.toMs && stream.endedAtMs(row) >= range.fromMs) expected.push(row);
        }
        expect(index.find(range, most)).toEqual(expected.length > most ? undefined : expected);
      }),
      { interruptAfterTimeLimit: LONGEST_MS, numRuns: 150 },
    );
  });

  it('finds the few that live long among very many', () => {
    const stream = createRunStream();
    const index = new LifeIndex(stream);
    const rows = Array.from({ length: 40_000 }, (_, row) => ({ atMs: row, label: '' }));
    stream.apply(0, registrationsBatch(1, rows));
    const lives = rows.map((_, row) => ({
      id: row + 1,
      startMs: row + (row % 1999 === 7 ? 30_000 : 1 + (row % 13)) + 0.5,
    }));
    index.advance(Infinity);
    const called = lives.toSorted((one, other) => one.startMs - other.startMs);
    stream.apply(1, callbacksBatch(called.slice(0, 20_000)));
    index.advance(Infinity);
    stream.apply(2, callbacksBatch(called.slice(20_000)));
    index.advance(Infinity);
    for (let fromMs = 0; fromMs < 72_000; fromMs += 997) {
      const toMs = fromMs + 3;
      const expected = lives.flatMap(({ startMs }, row) => (row <= toMs && startMs >= fromMs ? [row] : []));
      expect(index.find({ fromMs, toMs }, 100)).toEqual(expected);
    }
  });

  it('passes over rows that were dropped and never filled', () => {
    const stream = createRunStream();
    const index = new LifeIndex(stream);
    stream.apply(0, registrationsBatch(1, [{ atMs: 1, label: '' }]));
    stream.apply(1, registrationsBatch(200, [{ atMs: 5, label: '' }]));
    stream.apply(2, callbacksBatch([{ id: 200, startMs: 9 }]));
    while (!index.advance(1));
    expect(index.find({ fromMs: 0, toMs: 4 }, 10)).toEqual([0]);
    expect(index.find({ fromMs: 4, toMs: 20 }, 10)).toEqual([0, 199]);
    expect(index.find({ fromMs: 10, toMs: 20 }, 10)).toEqual([0]);
  });
});
