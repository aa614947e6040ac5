import { describe, expect, it } from 'vitest';
import type { RunBatch } from '../../../../engine/protocol/run-batch.ts';
import {
  callbacksBatch,
  collectionsBatch,
  registrationsBatch,
  samplesBatch,
} from '../../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../../stream/create-run-stream.ts';
import type { ComparedPair } from './compared-run.ts';
import { pairReadingsAt, summarizePair, tabulatePair } from './pair-readings.ts';

function streamOf(...batches: RunBatch[]) {
  const stream = createRunStream();
  batches.forEach((batch, sequence) => stream.apply(sequence, batch));
  return stream;
}

/** Sampled every 100 ms for a second; used memory grows by `stepBytes` from one sample to the next. */
const samples = (stepBytes: number) =>
  samplesBatch(
    Array.from({ length: 11 }, (_, index) => ({ atMs: index * 100, used: 1_000_000 + index * stepBytes, external: 5 })),
  );
const rows = (atMs: readonly number[]) =>
  registrationsBatch(
    1,
    atMs.map((at) => ({ atMs: at, label: '' })),
  );

/** B's mark came at 300 ms, A's at 100 ms: A is moved by 200 ms. */
const pair: ComparedPair = {
  a: {
    offsetMs: 200,
    stream: streamOf(
      samples(100_000),
      rows([50, 60]),
      collectionsBatch([{ startMs: 400, pauseMs: 2, kind: 'major', forced: true }]),
      callbacksBatch([{ id: 1, startMs: 405 }]),
    ),
  },
  b: {
    offsetMs: 0,
    stream: streamOf(
      samples(200_000),
      rows([50, 60, 70]),
      collectionsBatch([{ startMs: 601, pauseMs: 9, kind: 'major', forced: true }]),
      { type: 'blocked', startMs: Float64Array.of(500), endMs: Float64Array.of(620) },
    ),
  },
  originMs: 300,
};

describe('what the cursor reads of two runs', () => {
  it('are the figures of both at the same distance from the mark, and their difference', () => {
    expect(pairReadingsAt(pair, 900, 5, 'used')).toEqual([
      { name: 'used', a: '1.7 MB', b: '2.8 MB', change: '+1.1 MB' },
      { name: 'alive', a: '1', b: '3', change: '+2' },
      { name: 'finalized', a: '1', b: '0', change: '−1' },
    ]);
  });

  it('are dashes where a run has not begun or is over, never zero', () => {
    expect(pairReadingsAt(pair, 100, 5, 'used')).toEqual([
      { name: 'used', a: '–', b: '1.2 MB', change: '–' },
      { name: 'alive', a: '–', b: '3', change: '–' },
      { name: 'finalized', a: '–', b: '0', change: '–' },
    ]);
    expect(pairReadingsAt(pair, 1_170, 5, 'used')[0]).toEqual({ name: 'used', a: '2.0 MB', b: '–', change: '–' });
  });

  it('tell collections within reach and blocked stretches, whichever of the two has them', () => {
    expect(pairReadingsAt(pair, 602, 5, 'external').slice(3)).toEqual([
      { name: 'major GC, forced', a: '2.00 ms', b: '9.00 ms', change: '+7.00 ms' },
      { name: 'blocked', a: '–', b: '120 ms', change: '–' },
    ]);
  });
});

describe('what a comparison says to those who cannot see it', () => {
  it('is a sentence for each strip that names both runs', () => {
    expect(summarizePair(pair, { fromMs: 0, toMs: 1_200 }, 'used', { a: 2_000_000, b: 3_000_000 })).toEqual({
      overview: 'Overview of both runs: A 1.00 s; B 1.00 s; shown: −0.300 s to +0.900 s',
      heap: 'Heap, used: A at its end 2.0 MB, peak 2.0 MB; B at its end 3.0 MB, peak 3.0 MB',
      collections: 'Garbage collections: A 0 minor, 1 major, 1 forced; B 0 minor, 1 major, 1 forced',
      blocked: 'Blocked thread: A never for more than 50 ms; B 1 stretch, longest 120 ms',
      alive: 'Alive at the end: A 1 of 2; B 3 of 3',
      finalized: 'Finalized at the end: A 1 of 2; B 0 of 3',
    });
  });

  it('tells what the heap had at the last sample that was answered', () => {
    const unanswered = samplesBatch([{ atMs: 1_000, used: NaN, external: NaN }]);
    const busy = { ...pair, a: { ...pair.a, stream: streamOf(samples(100_000), unanswered) } };
    expect(summarizePair(busy, { fromMs: 0, toMs: 1_200 }, 'used', { a: 2_000_000, b: 3_000_000 }).heap).toBe(
      'Heap, used: A at its end 2.0 MB, peak 2.0 MB; B at its end 3.0 MB, peak 3.0 MB',
    );
  });

  it('is a table of the curves, over both runs', () => {
    const table = tabulatePair(pair, 'used');
    expect(table).toHaveLength(9);
    expect(table[0]).toEqual({ time: '−0.300 s', figures: ['–', '1.0 MB', '–', '0', '–', '0'] });
    expect(table.at(-1)).toEqual({ time: '+0.900 s', figures: ['2.0 MB', '–', '1', '–', '1', '–'] });
  });
});
