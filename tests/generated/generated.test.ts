// Programs that nobody wrote, from a fixed seed, beside what is natively true and what the generator knows of each holder.
// `npm run test:generated` makes more of them.

import { describe, expect, it } from 'vitest';
import { OWN_RUNTIME, RUNTIMES } from '../runtimes.ts';
import type { Failure, Fault } from './judge.ts';
import { generatePrograms, judgeTogether } from './run-programs.ts';

const SEED = 26;
const PROGRAMS = generatePrograms(SEED, 60);
/** What shares a process could help or hide: these run alone as well. */
const ALONE = PROGRAMS.slice(0, 4);

/**
 * Right in every program. The cause and the sentence are not in all yet, above all where two hold the object and where a
 * container has no name of its own; so many programs are right in everything, and it may only become more.
 */
const ALWAYS_RIGHT: ReadonlySet<Fault> = new Set(['native', 'count', 'verdict', 'path', 'suspect', 'innocent']);
const RIGHT_IN_EVERYTHING = 34;

const faultsOf = (failures: readonly Failure[]) =>
  failures
    .filter(({ fault }) => ALWAYS_RIGHT.has(fault))
    .map(({ label, fault, message }) => `${label} ${fault}: ${message}`);

describe('of generated programs', () => {
  it.each(RUNTIMES)('counts, verdicts and paths are right on $name', { timeout: 120_000 }, async (runtime) => {
    expect(runtime.isInstalled).toBe(true);
    const { failures } = await judgeTogether(PROGRAMS, runtime.nodePath);
    expect(faultsOf(failures)).toEqual([]);
    const wrong = new Set(failures.map(({ program }) => program)).size;
    expect(PROGRAMS.length - wrong).toBeGreaterThanOrEqual(RIGHT_IN_EVERYTHING);
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
