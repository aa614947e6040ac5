// `npm run soak:scenarios [-- --rounds 20 --only simple,stall --gc major --node 20]`: whether every prediction holds every
// time, each half of each pair, one process after the other beside one that keeps a core busy. Prints a line a scenario and
// ends with status 1 if one was missed.

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { openHeadlessEngine } from '../../cli/headless-engine.ts';
import { GC_POLICY_KINDS } from '../../engine/protocol/vocabulary.ts';
import type { RunReport } from '../../engine/protocol/run-report.ts';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { ensureBuilt } from '../../scripts/built-parts.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    only: { type: 'string' },
    gc: { type: 'string' },
    node: { type: 'string' },
  },
});
const rounds = v.parse(v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(1)), values.rounds);
const gcKind = v.parse(v.optional(v.picklist(GC_POLICY_KINDS)), values.gc);
const wanted = values.only?.split(',');

if (!(await ensureBuilt('engine'))) process.exit(1);
const configurations = SCENARIOS.filter(({ id }) => wanted?.includes(id) ?? true).flatMap(({ id, pair }) =>
  pair === undefined
    ? [{ name: id, id, parameters: {} }]
    : [pair.broken, pair.fixed].map((half) => ({ name: `${id} ${half}`, id, parameters: { [pair.parameter]: half } })),
);

const burner = spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' });
const startedAtMs = performance.now();
let missed = 0;
try {
  await using engine = await openHeadlessEngine({ givesInputAway: false, reportedObjects: 1_000 });
  const { client } = engine;
  await client.hello();
  for (const { name, id, parameters } of configurations) {
    const misses: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { runId = '' } = await client.request({
        type: 'start-run',
        program: { kind: 'scenario', id, parameters },
        explain: true,
        ...(gcKind !== undefined && { gcPolicy: { kind: gcKind, intervalMs: 500 } }),
        ...(values.node !== undefined && { nodePath: values.node }),
      });
      let report: RunReport | undefined;
      await client.follow(runId, (batch) => {
        if (batch.type === 'ended') report = batch.report;
      });
      if (report?.prediction?.held !== true) {
        misses.push(`round ${round}: ${report?.prediction?.details ?? report?.outcome.message ?? 'no report'}`);
      }
    }
    missed += misses.length;
    console.log(`${name.padEnd(32)} ${rounds - misses.length} of ${rounds}`);
    for (const miss of misses) console.log(`  ${miss}`);
  }
} finally {
  burner.kill();
}
const minutes = ((performance.now() - startedAtMs) / 60_000).toFixed(1);
console.log(`${configurations.length * rounds - missed} of ${configurations.length * rounds} held, in ${minutes} min`);
process.exit(missed === 0 ? 0 : 1);
