// The whole library, as it ships, in real processes with a heap snapshot at the end of each: every prediction holds. And
// every prediction can fail: each is asked again about what was observed, with one thing of it changed.

import { availableParallelism } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { engineLocations } from '../../cli/engine-locations.ts';
import type { RunReport } from '../../engine/protocol/run-report.ts';
import { CAUSES, type Cause } from '../../engine/protocol/vocabulary.ts';
import type { PredictionFacts, Scenario } from '../../engine/scenarios/define-scenario.ts';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { createEngine } from '../../engine/session/engine.ts';
import { attachTestClient } from '../../engine/session/fake-observer.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { runProgram } from '../run-program.ts';
import { OTHER_RUNTIMES } from '../runtimes.ts';

/** Predictions see every object, and the explanations of as many as are listed. */
const REPORTED_OBJECTS = 20_000;
const LIBRARY_TIMEOUT_MS = 300_000;

interface Configuration {
  readonly name: string;
  readonly scenario: Scenario;
  readonly parameters: Readonly<Record<string, string>>;
}
const configurations = SCENARIOS.flatMap((scenario): Configuration[] => {
  const { id, pair } = scenario;
  if (pair === undefined) return [{ name: id, scenario, parameters: {} }];
  return [pair.broken, pair.fixed].map((half) => ({
    name: `${id}, ${half}`,
    scenario,
    parameters: { [pair.parameter]: half },
  }));
});

interface Observed {
  readonly report: RunReport;
  readonly facts: PredictionFacts;
}
const observed = new Map<string, Observed>();

/** One engine runs one program at a time: each of these workers has its own. */
async function observeAll(queue: Configuration[]): Promise<void> {
  let facts: PredictionFacts | undefined;
  const engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath }),
    host: { kind: 'headless', version: '0', node: '', v8: '', platform: process.platform },
    scenarios: SCENARIOS.map((scenario) => ({
      ...scenario,
      predict(given) {
        facts = { ...given, objects: [...given.objects] };
        return scenario.predict(given);
      },
    })),
    locations: engineLocations,
    reportedObjects: REPORTED_OBJECTS,
  });
  const client = attachTestClient(engine);
  try {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      facts = undefined;
      const program = { kind: 'scenario', id: next.scenario.id, parameters: next.parameters } as const;
      const report = await client.follow(await client.start({ program, explain: true }));
      if (facts !== undefined) observed.set(next.name, { report, facts });
    }
  } finally {
    await engine.close();
  }
}

beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  const queue = [...configurations];
  await Promise.all(Array.from({ length: availableParallelism() }, () => observeAll(queue)));
}, LIBRARY_TIMEOUT_MS);

/** Facts with another verdict or another cause for some objects. */
function withOther(
  facts: PredictionFacts,
  change: (object: RunReport['objects'][number]) => Partial<RunReport['objects'][number]>,
): PredictionFacts {
  const objects = [...facts.objects].map((object) => ({ ...object, ...change(object) }));
  return { ...facts, objects };
}

const holds = (scenario: Scenario, facts: PredictionFacts) => scenario.predict(facts).every(({ held }) => held);

// Minor collections clear registrations in some versions of V8: what is predicted and bracketed of them follows.
describe.each(OTHER_RUNTIMES)('on $name', ({ nodePath, isInstalled }) => {
  it.skipIf(!isInstalled).each(['minor-and-major', 'timing'])('%s goes as predicted', async (id) => {
    const { report } = await runProgram({ program: { kind: 'scenario', id, parameters: {} }, nodePath });
    expect(report.prediction?.checks.filter(({ held }) => !held)).toEqual([]);
    expect(report.prediction).toMatchObject({ held: true });
    const unbracketed = report.objects.filter(
      ({ verdict, collectedBetweenMs }) => verdict === 'finalized' && collectedBetweenMs === undefined,
    );
    expect(unbracketed).toEqual([]);
  });
});

describe.each(configurations)('$name', ({ name, scenario }) => {
  it('went as predicted, to the answer of its question', () => {
    const run = observed.get(name);
    expect(run?.report.prediction?.checks.filter(({ held }) => !held)).toEqual([]);
    expect(run?.report.prediction).toMatchObject({ held: true });
    expect(run?.report.prediction?.ending?.observed).toBe(run?.report.prediction?.ending?.expected);
  });

  it('would not have held, had the objects of any verdict ended otherwise', () => {
    const { facts } = observed.get(name)!;
    const verdicts = [...new Set([...facts.objects].map(({ verdict }) => verdict))];
    const unnoticed = verdicts.filter((changed) =>
      holds(
        scenario,
        withOther(facts, ({ verdict }) => (verdict === changed ? { verdict: 'unknown' } : {})),
      ),
    );
    expect(unnoticed).toEqual([]);
  });

  it('would not have held, had something else kept what stays alive', () => {
    const { facts } = observed.get(name)!;
    const causes = [...new Set([...facts.objects].flatMap(({ why }) => (why === undefined ? [] : [why.cause])))];
    const unnoticed = causes.filter((changed) => {
      const other: Cause = CAUSES.find((cause) => cause !== changed)!;
      const changedFacts = withOther(facts, ({ why }) =>
        why?.cause === changed ? { why: { ...why, cause: other } } : {},
      );
      return holds(scenario, changedFacts);
    });
    expect(unnoticed).toEqual([]);
  });
});
