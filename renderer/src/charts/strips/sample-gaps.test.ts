import { expect, it } from 'vitest';
import { samplesBatch } from '../../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../../stream/create-run-stream.ts';
import { clearGaps, createSampleGaps } from './sample-gaps.ts';

it('finds where nothing was sampled, where samples have no figure, and where they end before the run does', () => {
  const stream = createRunStream();
  const gaps = createSampleGaps();
  gaps.setStream(stream);
  const rows = Array.from({ length: 100 }, (_, row) => ({ atMs: row * 20, used: row >= 50 && row < 70 ? NaN : 1e6 }));
  stream.apply(0, samplesBatch(rows.slice(0, 20)));
  expect(gaps.within({ fromMs: 0, toMs: 5000 })).toEqual([]);
  stream.apply(1, samplesBatch(rows.slice(35)));
  stream.apply(2, { type: 'blocked', startMs: Float64Array.of(2000), endMs: Float64Array.of(3000) });
  expect(gaps.within({ fromMs: 0, toMs: 5000 })).toEqual([
    { fromMs: 380, toMs: 700 },
    { fromMs: 980, toMs: 1400 },
    { fromMs: 1980, toMs: 3000 },
  ]);
  expect(gaps.within({ fromMs: 750, toMs: 900 })).toEqual([]);
});

it('leaves the columns of the overview empty that lie in a gap altogether', () => {
  const columns = new Float64Array(10).fill(1);
  const gaps = [
    { fromMs: 150, toMs: 420 },
    { fromMs: 610, toMs: 690 },
    { fromMs: 900, toMs: 1_000 },
    { fromMs: -500, toMs: 90 },
  ];
  clearGaps(columns, gaps, 1_000);
  expect([...columns]).toEqual([1, 1, NaN, NaN, 1, 1, 1, 1, 1, NaN]);
});
