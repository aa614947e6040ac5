import { describe, expect, it } from 'vitest';
import { inTurns } from './in-turns.ts';

function* work(steps: number, onStep: (step: number) => void): Generator<void, string> {
  for (let step = 0; step < steps; step++) {
    onStep(step);
    yield;
  }
  return 'done';
}

describe('work in turns with the page', () => {
  it('pauses whenever its slice of time is used up, and brings the result', async () => {
    let clockMs = 0;
    let pauses = 0;
    const result = await inTurns(
      work(100, () => (clockMs += 1)),
      {
        signal: new AbortController().signal,
        now: () => clockMs,
        pause: () => {
          pauses += 1;
          return Promise.resolve();
        },
      },
    );
    expect(result).toBe('done');
    // Slices of six: 100 steps need 16 pauses.
    expect(pauses).toBe(16);
  });

  it('does nothing more once it is aborted, and brings nothing', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    let clockMs = 0;
    const result = await inTurns(
      work(1_000, (step) => steps.push(step)),
      {
        signal: controller.signal,
        now: () => (clockMs += 10),
        pause: () => {
          if (steps.length >= 3) controller.abort();
          return Promise.resolve();
        },
      },
    );
    expect(result).toBeUndefined();
    expect(steps).toEqual([0, 1, 2]);
  });

  it('lets other tasks in between, in a real page or process', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const busy = (ms: number) => {
      const untilMs = performance.now() + ms;
      while (performance.now() < untilMs);
    };
    await inTurns(
      work(20, () => busy(4)),
      { signal: new AbortController().signal },
    );
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });
});
