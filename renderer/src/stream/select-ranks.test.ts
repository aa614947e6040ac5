import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectRanks } from './select-ranks.ts';

function select(values: Float64Array, ranks: readonly number[]): { found: number[]; steps: number } {
  const work = selectRanks(values, ranks);
  for (let steps = 1; ; steps++) {
    const step = work.next();
    if (step.done === true) return { found: step.value, steps };
  }
}

/** Kinds of figures that share more or fewer of their upper bits. */
const FIGURES = {
  spread: (random: number) => 10 ** (random * 12 - 6),
  close: (random: number) => 1_000 + random * 1e-7,
  closeBelow: (random: number) => -1_000 - random * 1e-7,
  few: (random: number) => Math.floor(random * 3),
  same: () => 212.5,
  signed: (random: number) => (random - 0.5) * 1e4,
} as const;

describe('selectRanks', () => {
  it('finds what sorting would put there, however the figures are spread', () => {
    const someFigures = fc.record({
      kind: fc.constantFrom(...(Object.keys(FIGURES) as (keyof typeof FIGURES)[])),
      seed: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 }),
      count: fc.constantFrom(1, 2, 100, 4_096, 4_097, 9_000),
      shares: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(someFigures, ({ kind, seed, count, shares }) => {
        const values = Float64Array.from({ length: count }, (_, index) => {
          const random = ((seed[index % seed.length] ?? 0) + ((index * 0.618_033_988_7) % 1)) % 1;
          return FIGURES[kind](random);
        });
        const ranks = shares.map((share) => Math.floor(share * count)).sort((one, other) => one - other);
        const sorted = values.toSorted();
        expect(select(values, ranks).found).toEqual(ranks.map((rank) => sorted[rank]));
      }),
      { numRuns: 150 },
    );
  });

  it('works in steps where there are many figures', () => {
    const values = Float64Array.from({ length: 400_000 }, (_, index) => (index * 7_919) % 400_000);
    const { found, steps } = select(values, [199_999, 379_999, 399_999]);
    expect(found).toEqual([199_999, 379_999, 399_999]);
    expect(steps).toBeGreaterThan(12);
  });

  it('refuses a place that there is not', () => {
    expect(() => select(new Float64Array(5_000), [5_000])).toThrow(RangeError);
  });
});
