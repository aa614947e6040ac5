import { describe, expect, it } from 'vitest';
import { Reading, type EventReader, type ReadingHost } from './reading.ts';

/** A clock that each step puts forward by a millisecond, and tasks that a test carries out. */
function createHost() {
  const tasks: (() => void)[] = [];
  let nowMs = 0;
  const host: ReadingHost = { now: () => nowMs, nextTask: (callback) => tasks.push(callback) };
  return { host, tasks, pass: (ms: number) => (nowMs += ms), now: () => nowMs };
}
function createReader(pass: (ms: number) => void, events: number) {
  const reader = {
    left: events,
    steps: 0,
    advance(most: number) {
      reader.steps += 1;
      pass(1);
      reader.left = Math.max(0, reader.left - most);
      return reader.left === 0;
    },
  };
  return reader satisfies EventReader;
}

describe('Reading', () => {
  it('reads what a frame can bear in the frame, and asks for no task', () => {
    const { host, tasks, pass } = createHost();
    const reader = createReader(pass, 5_000);
    const reading = new Reading(reader, host);
    expect(reading.readOn()).toBe(true);
    expect(reading.revision).toBe(0);
    expect(tasks).toHaveLength(0);
  });

  it('reads the rest between frames, keeps out of frames meanwhile, and says when it is worth drawing', () => {
    const { host, tasks, pass, now } = createHost();
    const reader = createReader(pass, 4_000_000);
    const reading = new Reading(reader, host);
    expect(reading.readOn()).toBe(false);
    const inFrame = reader.steps;
    expect(reading.readOn()).toBe(false);
    expect(reader.steps).toBe(inFrame);
    let taskCount = 0;
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      const startedAtMs = now();
      task();
      expect(now() - startedAtMs).toBeLessThanOrEqual(4);
      taskCount += 1;
    }
    expect(reader.left).toBe(0);
    // Some times in a second of reading, not once a task.
    expect(reading.revision).toBeGreaterThan(1);
    expect(reading.revision).toBeLessThan(taskCount / 10);
    expect(reading.readOn()).toBe(true);
  });

  it('reads no further once it is disposed of', () => {
    const { host, tasks, pass } = createHost();
    const reader = createReader(pass, 4_000_000);
    const reading = new Reading(reader, host);
    reading.readOn();
    reading[Symbol.dispose]();
    const { steps } = reader;
    tasks.shift()?.();
    expect(reader.steps).toBe(steps);
    expect(tasks).toHaveLength(0);
  });
});
