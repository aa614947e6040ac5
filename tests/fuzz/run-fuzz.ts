// `npm run fuzz [-- --target recordings --seed 7 --seconds 60 --iterations 1000]`: tries what nobody sends, with chance that
// follows from the seed. Prints what came of it; ends with status 1, and with the words that repeat it, at the first failure.

import { parseArgs } from 'node:util';
import { fuzz, FuzzFailure } from './fuzz-target.ts';
import { FUZZ_TARGETS } from './targets.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_007) },
    seconds: { type: 'string', default: '60' },
    iterations: { type: 'string', default: '1000000' },
  },
});
const chosen = FUZZ_TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
const [seed, seconds, iterations] = [values.seed, values.seconds, values.iterations].map(Number);
if (chosen.length === 0 || ![seed, seconds, iterations].every(Number.isFinite)) {
  console.error(`Allowed: --target ${FUZZ_TARGETS.map(({ name }) => name).join('|')}, and numbers.`);
  process.exit(2);
}
console.log(`seed ${seed}`);
for (const target of chosen) {
  try {
    const outcomes = await fuzz(target, { seed: seed!, seconds: seconds!, iterations: iterations! });
    const words = Array.from(outcomes, ([outcome, count]) => `${count} ${outcome}`);
    console.log(`${target.name.padEnd(12)} ${words.join(', ')}`);
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
process.exit(0);
