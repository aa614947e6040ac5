import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReleaseTimes } from './release-times.ts';

describe('ReleaseTimes', () => {
  it('finds the first release of a label since any time, as a search through all of them does', () => {
    const label = fc.constantFrom('', 'a', 'b', 'ab', 'ü', 'Image: /käse.png', '12345', '1234');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(label, fc.integer({ min: 0, max: 50 }))),
        fc.array(fc.tuple(label, fc.integer({ min: -1, max: 51 }))),
        (released, asked) => {
          const times = new ReleaseTimes();
          for (const [name, atMs] of released) times.add(name, atMs);
          expect(times.isEmpty).toBe(released.length === 0);
          for (const [name, fromMs] of asked) {
            const bytes = new TextEncoder().encode(`before ${name} behind`);
            const naive = released.filter(([other, atMs]) => other === name && atMs >= fromMs).map(([, atMs]) => atMs);
            const found = times.firstSince(bytes, 7, bytes.length - 7, fromMs);
            expect(found).toBe(naive.length === 0 ? NaN : Math.min(...naive));
          }
        },
      ),
    );
  });
});
