import { describe, expect, it } from 'vitest';
import { callbacksBatch, registrationsBatch } from '../../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../../stream/create-run-stream.ts';
import { createTimeScale, type TimeScale } from '../time-scale.ts';
import { createLifeCurves, type LifeCurve } from './life-curves.ts';

/** Ten registered at 100, 200 … 1,000 ms; the first five called back together at 1,050 ms; over at 1,200 ms. */
function stream() {
  const created = createRunStream();
  created.apply(
    0,
    registrationsBatch(
      1,
      Array.from({ length: 10 }, (_, index) => ({ atMs: 100 * (index + 1), label: '' })),
    ),
  );
  created.apply(1, callbacksBatch([1, 2, 3, 4, 5].map((id) => ({ id, startMs: 1_050 }))));
  created.apply(2, { type: 'status', status: 'stopping', atMs: 1_200 });
  return created;
}

const read = createLifeCurves();

/** Lowest and highest at a time of the axis. */
function extentsAt({ low, high }: LifeCurve, scale: TimeScale, axisMs: number): [number, number] {
  const column = Math.floor((scale.x(axisMs) / scale.width) * low.length);
  return [low[column] ?? NaN, high[column] ?? NaN];
}

describe('life curves of a compared run', () => {
  it('tell the counts at every time, to a pixel', () => {
    const scale = createTimeScale(0, 1_200, 600);
    const { alive, finalized } = read({ stream: stream(), offsetMs: 0 }, scale);
    for (const [atMs, living, called] of [
      [50, 0, 0],
      [150, 1, 0],
      [950, 9, 0],
      [1_030, 10, 0],
      [1_100, 5, 5],
    ] as const) {
      expect([atMs, extentsAt(alive, scale, atMs), extentsAt(finalized, scale, atMs)]).toEqual([
        atMs,
        [living, living],
        [called, called],
      ]);
    }
    // A step has both of its ends in one column.
    expect(extentsAt(alive, scale, 1_050)).toEqual([5, 10]);
    expect(extentsAt(finalized, scale, 1_050)).toEqual([0, 5]);
    expect([alive.highest, alive.last, finalized.highest, finalized.last]).toEqual([10, 5, 5, 5]);
  });

  it('are moved along with the run, and begin and end with it', () => {
    const scale = createTimeScale(0, 2_000, 1_000);
    const { alive, finalized } = read({ stream: stream(), offsetMs: 400 }, scale);
    for (const { low } of [alive, finalized]) {
      const drawn = [...low.keys()].filter((column) => !Number.isNaN(low[column]));
      expect([drawn[0], drawn.at(-1), drawn.length]).toEqual([200, 800, 601]);
    }
    expect(extentsAt(alive, scale, 1_350)).toEqual([9, 9]);
    expect(extentsAt(alive, scale, 1_500)).toEqual([5, 5]);
    expect(extentsAt(finalized, scale, 1_500)).toEqual([5, 5]);
  });

  it('know what was before a window that begins within the run', () => {
    const { alive, finalized } = read({ stream: stream(), offsetMs: 0 }, createTimeScale(1_100, 1_200, 300));
    for (const { low, high } of [alive, finalized]) expect(new Set([...low, ...high])).toEqual(new Set([5]));
  });

  it('keep a peak that lasts less than a pixel, and end where the count does', () => {
    const brief = createRunStream();
    brief.apply(0, registrationsBatch(1, [{ atMs: 500, label: '' }]));
    brief.apply(1, callbacksBatch([{ id: 1, startMs: 500.01 }]));
    brief.apply(2, { type: 'status', status: 'stopping', atMs: 1_000 });
    const scale = createTimeScale(0, 1_000, 100);
    const { alive } = read({ stream: brief, offsetMs: 0 }, scale);
    expect(alive.highest).toBe(1);
    expect(extentsAt(alive, scale, 500)).toEqual([0, 1]);
    expect(extentsAt(alive, scale, 999)).toEqual([0, 0]);
    expect(alive.last).toBe(0);
  });

  it('are nowhere where the run is out of sight', () => {
    const run = { stream: stream(), offsetMs: 5_000 };
    for (const [fromMs, toMs] of [
      [0, 1_000],
      [7_000, 8_000],
    ] as const) {
      const { alive, finalized } = read(run, createTimeScale(fromMs, toMs, 100));
      for (const { low, high, highest, last } of [alive, finalized]) {
        expect([...low, ...high].every(Number.isNaN)).toBe(true);
        expect([highest, last]).toEqual([0, NaN]);
      }
    }
  });
});
