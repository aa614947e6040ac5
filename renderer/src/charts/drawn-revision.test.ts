import { beforeEach, describe, expect, it } from 'vitest';
import type { RunStream } from '../stream/run-stream.ts';
import { createDrawnRevision } from './drawn-revision.ts';

describe('the revision that is drawn', () => {
  let nowMs: number;
  let stream: { revision: number; endMs: number; status: RunStream['status'] };
  let drawn: () => number;
  beforeEach(() => {
    nowMs = 1_000;
    stream = { revision: 1, endMs: 0, status: 'running' };
    const revisionOf = createDrawnRevision(() => nowMs);
    drawn = () => revisionOf(stream);
    expect(drawn()).toBe(1);
  });
  /** @returns whether what came is drawn in the next frame */
  const grow = (runMs: number): boolean => {
    nowMs += 16;
    stream.revision++;
    stream.endMs += runMs;
    return drawn() === stream.revision;
  };

  it('is the latest of a run that is live, also where its samples come in bursts', () => {
    expect([16, 16, 0, 32, 16].map(grow)).toEqual([true, true, true, true, true]);
  });

  it('is one now and then while a recording is read, and the latest once that is over', () => {
    const frames = Array.from({ length: 60 }, () => grow(10_000));
    expect(frames.filter(Boolean)).toHaveLength(3);
    expect(grow(16)).toBe(false);
    stream.status = 'ended';
    expect(drawn()).toBe(stream.revision);
  });

  it('is live again when a late client has caught up', () => {
    for (let frame = 0; frame < 10; frame++) grow(10_000);
    const frames = Array.from({ length: 40 }, () => grow(16));
    expect(frames.indexOf(true)).toBeLessThan(20);
    expect(frames.slice(-20)).toEqual(Array.from({ length: 20 }, () => true));
  });

  it('is that of another stream at once', () => {
    grow(10_000);
    expect(grow(10_000)).toBe(false);
    stream = { revision: 7, endMs: 5, status: 'running' };
    expect(drawn()).toBe(7);
  });
});
