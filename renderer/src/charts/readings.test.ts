import { describe, expect, it } from 'vitest';
import type { RunBatch } from '../../../engine/protocol/run-batch.ts';
import {
  callbacksBatch,
  collectionsBatch,
  registrationsBatch,
  samplesBatch,
} from '../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../stream/create-run-stream.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { HIDDEN_AT_FIRST, type HeapSeriesKey } from './heap-series.ts';
import { readingsAt } from './readings.ts';
import { summarize, tabulate } from './summaries.ts';
import { clockFormat, RELATIVE_TIME, type TimeFormat } from './time-scale.ts';
import { createMarkReader } from './timeline-marks.ts';
import { parseHiddenSeries } from './use-hidden-series.ts';

function exampleRun(): RunStream {
  const stream = createRunStream();
  const batches: RunBatch[] = [
    samplesBatch([
      { atMs: 0, used: 10e6, external: 5e6, total: 20e6 },
      { atMs: 20, used: 12e6, external: NaN, total: 20e6 },
    ]),
    registrationsBatch(1, [
      { atMs: 5, label: 'one' },
      { atMs: 15, label: 'two' },
    ]),
    collectionsBatch([{ startMs: 10, pauseMs: 3, kind: 'major', forced: true, beforeBytes: 10e6 }]),
    callbacksBatch([{ id: 1, startMs: 14 }]),
    { type: 'blocked', startMs: Float64Array.of(1), endMs: Float64Array.of(9) },
    {
      type: 'marks',
      items: [
        { kind: 'release', name: 'one', atMs: 8 },
        { kind: 'gc-requested', name: 'major', atMs: 9.5 },
        { kind: 'user-mark', name: 'half-way', atMs: 10 },
        { kind: 'settle-started', name: '', atMs: 18 },
      ],
    },
  ];
  batches.forEach((batch, sequence) => stream.apply(sequence, batch));
  return stream;
}

describe('readingsAt', () => {
  const readMarks = createMarkReader();
  const read = (
    stream: RunStream,
    timeMs: number,
    hidden: readonly HeapSeriesKey[] = HIDDEN_AT_FIRST,
    format: TimeFormat = RELATIVE_TIME,
  ) =>
    Object.fromEntries(
      readingsAt(stream, timeMs, {
        reachMs: 1,
        hidden: new Set(hidden),
        marks: readMarks(stream).all,
        format,
        waiting: { certain: 0, possible: 0 },
      }).map(({ name, figure }) => [name, figure]),
    );

  it('reads every strip at the time of the cursor', () => {
    const stream = exampleRun();
    expect(read(stream, 8.5)).toEqual({
      used: '10.0 MB',
      external: '5.0 MB',
      total: '20.0 MB',
      'not finalized': '1 of 1',
      'thread blocked': '8.00 ms',
    });
    expect(read(stream, 10.5)).toMatchObject({
      'major GC, forced': '3.00 ms',
      heap: '10.0 MB → 7.0 MB',
      'half-way': '0.010 s',
    });
    expect(read(stream, 16)).toMatchObject({ 'not finalized': '1 of 2' });
  });

  it('shows a dash, never a zero, for what is not known', () => {
    const stream = exampleRun();
    expect(read(stream, 20)).toMatchObject({ used: '12.0 MB', external: '–' });
    expect(read(stream, 5000)).toEqual({ used: '–', external: '–', total: '–', 'not finalized': '–' });
  });

  it('tells when a mark was as the axis does', () => {
    const noon = clockFormat(new Date(2026, 0, 1, 12, 3, 11, 250).getTime());
    expect(read(exampleRun(), 10.5, HIDDEN_AT_FIRST, noon)).toMatchObject({ 'half-way': '12:03:11.260' });
  });

  it('leaves out hidden series', () => {
    expect(Object.keys(read(exampleRun(), 5, ['used', 'rss']))).not.toContain('used');
  });
});

describe('createMarkReader', () => {
  it('keeps releases and requests apart from the marks on the axis, and starts anew with another run', () => {
    const readMarks = createMarkReader();
    const stream = exampleRun();
    expect(readMarks(stream).all.map(({ title }) => title)).toEqual(['half-way', 'program ended']);
    expect(readMarks(stream).requestedMs).toEqual([9.5]);
    expect(readMarks(stream).all.length).toBe(2);
    expect(readMarks(undefined).all).toEqual([]);
  });
});

describe('summarize', () => {
  it('says in words what each strip shows', () => {
    const stream = exampleRun();
    const summaries = summarize(stream, { fromMs: 0, toMs: 20 }, { usedBytes: 12e6, externalBytes: 5e6, waiting: 3 });
    expect(summaries.heap).toBe('Heap: used 12.0 MB, external – at 0.020 s; peak used 12.0 MB, peak external 5.0 MB');
    expect(summaries.collections).toContain('0 minor, 1 major, 1 forced; longest pause 3.00 ms');
    expect(summaries.phases).toBe('Phases and marks: 1 mark and 0 measured stretches of the program');
    expect(summaries.lifelines).toBe('Lifelines: 2 registrations, 1 called back, 0 unregistered, 1 alive');
    expect(
      summarize(undefined, { fromMs: 0, toMs: 1 }, { usedBytes: NaN, externalBytes: NaN, waiting: NaN }).heap,
    ).toContain('no run yet');
  });
});

describe('summarize, of what the observation did', () => {
  it('tells what others see drawn: snapshots, waits, lost rows and gaps between samples', () => {
    const stream = exampleRun();
    const items = [
      { kind: 'heap-snapshot', name: '', atMs: 20, durationMs: 300 },
      { kind: 'observer-waited', name: '', atMs: 12, durationMs: 1 },
      { kind: 'observer-waited', name: '', atMs: 14, durationMs: 1 },
    ] as const;
    const batches: RunBatch[] = [
      { type: 'marks', items: [...items] },
      { type: 'dropped', what: 'rows', count: 1_200, message: 'Lost.' },
      { type: 'dropped', what: 'unknown-tail', count: 0, message: 'The end may be missing.' },
      samplesBatch([{ atMs: 420, used: 12e6, external: 1e6 }]),
    ];
    for (const batch of batches) stream.apply(stream.nextSequence, batch);
    const summaries = summarize(stream, { fromMs: 0, toMs: 420 }, { usedBytes: 12e6, externalBytes: 5e6, waiting: 0 });
    expect(summaries.phases).toContain(
      '; of the observation: 1 heap snapshot, 2 waits for the observer, 1,200 lost rows, the last moments lost',
    );
    expect(summaries.heap).toContain('; without a sample for up to 400 ms');
  });
});

describe('tabulate', () => {
  it('tells the window in stretches, with a dash for what is not known', () => {
    const stream = exampleRun();
    const { columns, rows } = tabulate(stream, { fromMs: 0, toMs: 24 }, RELATIVE_TIME, (timeMs) =>
      timeMs === 12 ? { certain: 1, possible: 2 } : undefined,
    );
    const told = rows.map((row) => Object.fromEntries(row.map((cell, index) => [columns[index], cell])));
    // The run has come to 20 ms: nothing is told of what lies behind.
    expect(told).toHaveLength(11);
    expect(told[0]).toMatchObject({ from: '0.000 s', 'used heap': '10.0 MB', registered: '0', 'not finalized': '0' });
    expect(told[5]).toMatchObject({ 'major GCs': '1', 'collected and waiting': '–' });
    expect(told[6]).toMatchObject({ from: '0.012 s', 'not finalized': '1', 'collected and waiting': '1 to 2' });
    expect(told[7]).toMatchObject({ registered: '1', 'called back': '1' });
  });
});

describe('parseHiddenSeries', () => {
  it('takes what it knows and leaves the rest', () => {
    expect(parseHiddenSeries('rss,used,anything')).toEqual(['rss', 'used']);
    expect(parseHiddenSeries('')).toEqual([]);
  });
});
