// Programs that nobody wrote, from a fixed seed, beside what is natively true and what the generator knows of each holder.
// `npm run test:generated` makes more of them.

import { describe, expect, it } from 'vitest';
import { OWN_RUNTIME, RUNTIMES } from '../runtimes.ts';
import type { Failure } from './judge.ts';
import { generatePrograms, judgeTogether } from './run-programs.ts';

const SEED = 26;
const PROGRAMS = generatePrograms(SEED, 60);
/** What shares a process could help or hide: these run alone as well. */
const ALONE = PROGRAMS.slice(0, 4);

const faultsOf = (failures: readonly Failure[]) =>
  failures.map(({ label, fault, message }) => `${label} ${fault}: ${message}`);

describe('of generated programs', () => {
  it.each(RUNTIMES)('counts, holders and fixes are right on $name', { timeout: 240_000 }, async (runtime) => {
    expect(runtime.isInstalled).toBe(true);
    const { failures } = await judgeTogether(PROGRAMS, runtime.nodePath);
    expect(faultsOf(failures)).toEqual([]);
  });

  it.each(ALONE.map((program) => [program.recipe.join('; '), program] as const))(
    'they are right in a process of its own: %s',
    { timeout: 120_000 },
    async (_recipe, program) => {
      const { failures } = await judgeTogether([program], OWN_RUNTIME.nodePath);
      expect(faultsOf(failures)).toEqual([]);
    },
  );

  it('the same seed makes the same ones, and another makes others', () => {
    const texts = (seed: number) => generatePrograms(seed, 5).map(({ files }) => [...files]);
    expect(texts(SEED)).toEqual(texts(SEED));
    expect(texts(SEED)).not.toEqual(texts(SEED + 1));
  });
});
