// A short run of every fuzzer, with a seed that stays. `npm run fuzz` goes on for longer, with others.

import { describe, expect, it } from 'vitest';
import { fuzz, FuzzFailure, type FuzzTarget } from './fuzz-target.ts';
import { FUZZ_TARGETS } from './targets.ts';

const SHORT = { seed: 20_261_201, iterations: 60, seconds: 8 };

describe('fuzzing', { timeout: 120_000 }, () => {
  it.each(FUZZ_TARGETS)('finds nothing in $name', async (target) => {
    const outcomes = await fuzz(target, SHORT);
    expect(outcomes.size).toBeGreaterThan(0);
  });

  it('finds an error that nothing expects, and says how to repeat it', async () => {
    const broken: FuzzTarget = {
      name: 'broken',
      open: () =>
        Promise.resolve({
          attempt: (random) => (random.below(5) === 3 ? Promise.reject(new Error('Lost.')) : Promise.resolve('fine')),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }),
    };
    const failure: unknown = await fuzz(broken, SHORT).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FuzzFailure);
    const { message } = failure as FuzzFailure;
    expect(message).toContain('Lost.');
    const [, seed = ''] = /--seed (\d+) --iterations 1$/.exec(message) ?? [];
    await expect(fuzz(broken, { seed: Number(seed), iterations: 1, seconds: 8 })).rejects.toThrow('Lost.');
  });
});
