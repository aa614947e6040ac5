import { describe, expect, it } from 'vitest';
import { capabilitiesOf } from './capabilities.ts';

const node24 = { v8: '13.6.233.10-node.30', tracesCollections: true };
const ALL_LIVE = { heap: 'live', external: 'live', collections: 'live', forcedGc: 'live' };

describe('what the observer can obtain', () => {
  it('is all of it where the inspector is connected, or is yet to be', () => {
    expect(capabilitiesOf({ ...node24, inspector: 'expected' })).toEqual(ALL_LIVE);
    expect(capabilitiesOf({ ...node24, inspector: 'connected', isRevealed: true })).toEqual(ALL_LIVE);
  });

  it('has no heap, no external memory and no forced collections where connecting failed', () => {
    expect(capabilitiesOf({ ...node24, inspector: 'missing' })).toEqual({
      heap: 'missing',
      external: 'missing',
      collections: 'live',
      forcedGc: 'missing',
    });
  });

  it('has the heap alone where the thread does not show what the observer calls', () => {
    const hidden = { ...node24, inspector: 'connected', isRevealed: false } as const;
    expect(capabilitiesOf(hidden)).toEqual({ ...ALL_LIVE, forcedGc: 'missing' });
    // Before V8 13, external memory is asked of the thread.
    expect(capabilitiesOf({ ...hidden, v8: '12.4.254.21-node.33' })).toEqual({
      ...ALL_LIVE,
      external: 'missing',
      forcedGc: 'missing',
    });
  });

  it('has collections only when the thread turns where V8 does not trace them', () => {
    expect(capabilitiesOf({ ...node24, inspector: 'connected', tracesCollections: false })).toMatchObject({
      collections: 'when-idle',
    });
  });
});
