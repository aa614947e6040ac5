import { describe, expect, it } from 'vitest';
import { describeSnapshotEstimate, needsConfirmation } from './snapshot-estimate.ts';

describe('a heap snapshot of a live process', () => {
  it('is always confirmed where the process was started elsewhere', () => {
    for (const heapUsedBytes of [undefined, NaN, 5e6, 5e9])
      expect(needsConfirmation('target', heapUsedBytes)).toBe(true);
  });

  it('is confirmed for a program that Heapline launched only where the pause may be long', () => {
    for (const heapUsedBytes of [undefined, NaN, 5e6, 90e6])
      expect(needsConfirmation('file', heapUsedBytes)).toBe(false);
    expect(needsConfirmation('file', 110e6)).toBe(true);
    expect(needsConfirmation('scenario', 5e9)).toBe(true);
  });

  it('says that nothing is known where the heap used is not', () => {
    const format = (bytes: number) => `${bytes / 1e6} MB`;
    expect(describeSnapshotEstimate(NaN, format)).toContain('is not known');
    expect(describeSnapshotEstimate(20e6, format)).toContain('of 20 MB pauses the process for about 0.4 to 2.3 s');
  });
});
