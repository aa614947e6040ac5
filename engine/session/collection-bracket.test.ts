import { describe, expect, it } from 'vitest';
import { createCollectionBrackets } from './collection-bracket.ts';
import type { Stretches } from './run-tally.ts';

const stretches = (...pairs: [number, number][]): Stretches => ({
  startMs: Float64Array.from(pairs, ([start]) => start),
  endMs: Float64Array.from(pairs, ([, end]) => end),
});
const none = stretches();

const collectedBetween = (
  facts: Parameters<typeof createCollectionBrackets>[0],
  letGoAtMs: number,
  callbackStartMs: number,
) => createCollectionBrackets(facts)(letGoAtMs, callbackStartMs);

describe('collection brackets', () => {
  const three = stretches([100, 110], [500, 510], [900, 910]);

  it('is the only major collection between letting go and callback', () => {
    expect(collectedBetween({ clearingCollections: three, blocked: none }, 200, 512)).toEqual([500, 510]);
  });

  it('is the last one, since after an earlier one the callback would have run', () => {
    expect(collectedBetween({ clearingCollections: three, blocked: none }, 50, 912)).toEqual([900, 910]);
  });

  it('may be an earlier one if the thread did not turn between them', () => {
    const blocked = stretches([400, 950]);
    expect(collectedBetween({ clearingCollections: three, blocked }, 50, 960)).toEqual([500, 910]);
  });

  it('may be either of two that are too close to tell', () => {
    const close = stretches([100, 110], [500, 510], [520, 530]);
    expect(collectedBetween({ clearingCollections: close, blocked: none }, 50, 532)).toEqual([500, 530]);
  });

  it('may be a short one that whole milliseconds put before the object was let go', () => {
    const short = stretches([99.9, 100.2], [106.6, 106.9]);
    expect(collectedBetween({ clearingCollections: short, blocked: none }, 107, 116)).toEqual([107, 107]);
  });

  it('is none that came before the object was let go, or after the callback', () => {
    expect(collectedBetween({ clearingCollections: three, blocked: none }, 600, 800)).toBeUndefined();
    expect(collectedBetween({ clearingCollections: none, blocked: none }, 0, 1_000)).toBeUndefined();
  });
});
