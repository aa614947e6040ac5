import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunBatch } from '../protocol/run-batch.ts';
import { approximateBytes, createRecording } from './recording.ts';
import { createRunFollower } from './run-follower.ts';

const samples = (rows: number): RunBatch => ({
  type: 'samples',
  atMs: new Float64Array(rows),
  usedBytes: new Float64Array(rows),
  totalBytes: new Float64Array(rows),
  externalBytes: new Float64Array(rows),
  rssBytes: new Float64Array(rows),
});

describe('recording', () => {
  it('numbers batches from 0 without a gap, and reads them from any number', () => {
    const recording = createRecording();
    const batches = [samples(1), samples(2), samples(3)];
    expect(batches.map((batch) => recording.append(batch))).toEqual([0, 1, 2]);
    expect(Array.from(recording.read(1))).toEqual([
      { sequence: 1, batch: batches[1] },
      { sequence: 2, batch: batches[2] },
    ]);
    expect(() => recording.at(3)).toThrow(RangeError);
  });

  it('knows what it weighs, and when its budget is spent', () => {
    const recording = createRecording(10_000);
    expect(recording.hasRoomFor(samples(100))).toBe(true);
    recording.append(samples(200));
    expect(recording.bytes).toBeGreaterThanOrEqual(8_000);
    expect(recording.bytesBetween(0, 1)).toBe(recording.bytes);
    expect(recording.hasRoomFor(samples(100))).toBe(false);
  });

  it('has a budget of its own for what lies in V8’s heap: many small batches weigh more than their rows', () => {
    const recording = createRecording(1e9, 100_000);
    expect(recording.hasRoomFor(samples(1_000_000))).toBe(true);
    for (let count = 0; count < 500; count += 1) recording.append(samples(1));
    expect(recording.hasRoomFor(samples(1))).toBe(false);
  });
});

describe('run follower', () => {
  it('sends everything in order, never more than its window and one batch or group, whatever the client does', () => {
    const windowBytes = 5_000;
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), rows: fc.nat(60) }),
      fc.record({ do: fc.constant('acknowledge' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(10), fc.boolean(), (steps, appendedBefore, joins) => {
        const recording = createRecording();
        for (let count = 0; count < appendedBefore; count += 1) recording.append(samples(count));
        const received: number[] = [];
        let acknowledged = -1;
        const inFlight = () => recording.bytesBetween(acknowledged + 1, received.length);
        const follower = createRunFollower(
          recording,
          0,
          ({ sequence, count, batches }) => {
            expect(inFlight()).toBeLessThan(windowBytes);
            if (!joins) expect(batches).toEqual([recording.at(sequence)]);
            for (let each = 0; each < count; each++) received.push(sequence + each);
          },
          { windowBytes, joins },
        );
        const acknowledge = (sequence: number): void => {
          acknowledged = Math.max(acknowledged, sequence);
          follower.acknowledge(sequence);
        };
        follower.pump();
        for (const action of steps) {
          if (action.do === 'append') {
            recording.append(samples(action.rows));
            follower.pump();
          } else if (received.length > 0) {
            acknowledge(Math.floor(action.share * (received.length - 1)));
          }
        }
        while (received.length < recording.length) acknowledge(received.length - 1);
        expect(received).toEqual(Array.from({ length: recording.length }, (_, sequence) => sequence));
      }),
    );
  });

  it('sends a batch that is larger than the window', () => {
    const recording = createRecording();
    recording.append(samples(1_000));
    const received: number[] = [];
    createRunFollower(recording, 0, ({ sequence }) => received.push(sequence), { windowBytes: 100 }).pump();
    expect(approximateBytes(recording.at(0))).toBeGreaterThan(100);
    expect(received).toEqual([0]);
  });

  it('is not fooled by an acknowledgement of what was never sent', () => {
    const recording = createRecording();
    for (let count = 0; count < 10; count += 1) recording.append(samples(10));
    const received: number[] = [];
    const follower = createRunFollower(recording, 0, ({ sequence }) => received.push(sequence), { windowBytes: 1 });
    follower.pump();
    follower.acknowledge(1_000_000);
    expect(received).toEqual([0, 1]);
  });
});
