import { describe, expect, it } from 'vitest';
import { callbacksBatch, registrationsBatch } from '../../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../../stream/create-run-stream.ts';
import type { Point } from '../../stream/level-of-detail.ts';
import { createTimeScale } from '../time-scale.ts';
import { createLifeCurves } from './life-curves.ts';

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

/** The curve's height at a time, as a line from point to point goes. */
function heightAt(points: readonly Point[], x: number): number {
  const index = points.findLastIndex((point) => point.x <= x);
  const [from, to] = [points[index], points[index + 1]];
  if (from === undefined) return NaN;
  if (to === undefined) return from.x === x ? from.y : NaN;
  return to.x === from.x ? to.y : from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x);
}

const read = createLifeCurves();

describe('life curves of a compared run', () => {
  it('tell the counts at every time, to a pixel', () => {
    const { alive, finalized, highestAlive, highestFinalized } = read(
      { stream: stream(), offsetMs: 0 },
      createTimeScale(0, 1_200, 600),
    );
    for (const [atMs, living, called] of [
      [50, 0, 0],
      [150, 1, 0],
      [950, 9, 0],
      [1_030, 10, 0],
      [1_100, 5, 5],
    ] as const) {
      expect({ atMs, living: heightAt(alive, atMs), called: heightAt(finalized, atMs) }).toEqual({
        atMs,
        living,
        called,
      });
    }
    expect({ highestAlive, highestFinalized }).toEqual({ highestAlive: 10, highestFinalized: 5 });
  });

  it('are moved along with the run, and begin and end with it', () => {
    const { alive, finalized } = read({ stream: stream(), offsetMs: 400 }, createTimeScale(0, 2_000, 1_000));
    for (const points of [alive, finalized]) {
      expect(points[0]?.x).toBe(400);
      expect(points.at(-1)?.x).toBe(1_600);
    }
    expect(heightAt(alive, 1_350)).toBe(9);
    expect(heightAt(alive, 1_500)).toBe(5);
    expect(heightAt(finalized, 1_500)).toBe(5);
  });

  it('know what was before a window that begins within the run', () => {
    const { alive, finalized } = read({ stream: stream(), offsetMs: 0 }, createTimeScale(1_100, 1_200, 300));
    expect(alive.map(({ y }) => y)).toEqual([5, 5]);
    expect(finalized.map(({ y }) => y)).toEqual([5, 5]);
  });

  it('keep a peak that lasts less than a pixel, and end where the count does', () => {
    const brief = createRunStream();
    brief.apply(0, registrationsBatch(1, [{ atMs: 500, label: '' }]));
    brief.apply(1, callbacksBatch([{ id: 1, startMs: 500.01 }]));
    brief.apply(2, { type: 'status', status: 'stopping', atMs: 1_000 });
    const { alive, highestAlive } = read({ stream: brief, offsetMs: 0 }, createTimeScale(0, 1_000, 100));
    expect(highestAlive).toBe(1);
    expect(Math.max(...alive.map(({ y }) => y))).toBe(1);
    expect(alive.at(-1)).toEqual({ x: 1_000, y: 0 });
    expect(heightAt(alive, 900)).toBe(0);
  });

  it('have no points where the run is out of sight', () => {
    const run = { stream: stream(), offsetMs: 5_000 };
    expect(read(run, createTimeScale(0, 1_000, 100))).toMatchObject({ alive: [], finalized: [] });
    expect(read(run, createTimeScale(7_000, 8_000, 100))).toMatchObject({ alive: [], finalized: [] });
  });
});
