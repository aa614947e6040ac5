// Scenarios of one's own in an engine: listed to clients, run, judged; and every way in which a prediction can fail.

import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engineLocations, ownScenarioParts } from '../../cli/engine-locations.ts';
import { describeHost } from '../../cli/host-description.ts';
import type { EngineEvent, EngineEventOf } from '../../engine/protocol/event.ts';
import type { OwnScenario } from '../../engine/protocol/own-scenario.ts';
import type { PredictionResult } from '../../engine/protocol/run-report.ts';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { createEngine, type Engine } from '../../engine/session/engine.ts';
import { attachTestClient, type TestClient } from '../../engine/session/fake-observer.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { RUNTIMES } from '../runtimes.ts';
import { createOwnFolder, GOOD, goodExcept, processesOf, type OwnFolder } from './own-scenario-files.ts';

const PREDICT =
  "return [{ expectation: 'One is registered', observed: String(objects.length), held: objects.length === 1 }];";
const JUDGED_MS = 1_500;

let folder: OwnFolder;
let engine: Engine;
let client: TestClient;

function open(nodePath = process.execPath): void {
  engine = createEngine({
    launcher: createNodeLauncher({ nodePath }),
    host: describeHost('headless'),
    scenarios: SCENARIOS,
    locations: engineLocations,
    ownScenarios: { ...ownScenarioParts, folder: folder.path, loadDeadlineMs: 3_000, judgeDeadlineMs: JUDGED_MS },
  });
  client = attachTestClient(engine);
}

beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
});
beforeEach(() => {
  folder = createOwnFolder();
  open();
});
afterEach(async () => {
  await engine.close();
  expect(await processesOf(folder.path)).toEqual([]);
  folder[Symbol.dispose]();
});

const scenario = (id: string, parameters = {}) => ({ program: { kind: 'scenario' as const, id, parameters } });
const runOf = async (id: string, parameters = {}) => client.follow(await client.start(scenario(id, parameters)));

describe('an engine with scenarios of one’s own', () => {
  it('tells clients what it finds, at the welcome and whenever it changes', async () => {
    const listed = (wanted: (own: readonly OwnScenario[]) => boolean) =>
      client.until((event: EngineEvent) => event.type === 'own-scenarios-listed' && wanted(event.ownScenarios));
    const welcome = await client.until((event) => event.type === 'welcome');
    expect(welcome).toMatchObject({ ownScenarios: [] });
    folder.write('good.mjs', GOOD);
    await listed((own) => own.some(({ kind }) => kind === 'usable'));
    const late = attachTestClient(engine);
    const lateWelcome = await late.until((event) => event.type === 'welcome');
    expect(lateWelcome).toMatchObject({
      ownScenarios: [
        {
          kind: 'usable',
          description: { id: 'good', question: 'What becomes of it?', source: { fileName: 'good.mjs' } },
        },
      ],
    });
    // Its text is read by its path, and so is that of one that cannot be used.
    const path = folder.write('spoiled.mjs', `${goodExcept('spoiled')}\n= 1;\n`);
    const spoiled = await listed((own) => own.some(({ kind }) => kind === 'broken'));
    for (const listing of [lateWelcome, spoiled]) expect(JSON.stringify(listing)).not.toContain('predict({ objects })');
    rmSync(path);
    rmSync(join(folder.path, 'good.mjs'));
    await listed((own) => own.length === 0 && client.events.length > 3);
  });

  it('runs one, judges it in a process of its own, and answers its question', async () => {
    const path = folder.write('good.mjs', GOOD);
    const runId = await client.start(scenario('good'));
    const report = await client.follow(runId);
    expect(report).toMatchObject({
      scenario: { id: 'good', parameters: { loud: true, count: 1 } },
      runtime: { host: 'node' },
      outcome: { status: 'completed' },
      prediction: {
        held: true,
        checks: [{ expectation: 'One is registered', observed: '1', held: true }],
        ending: { expected: 'finalized', observed: 'finalized', counts: { finalized: 1 }, objectIds: [1] },
      },
    });
    expect(client.batches(runId)[0]).toMatchObject({
      description: { title: 'Good', gcPolicy: { kind: 'major', intervalMs: 100 }, limits: { settleMs: 400 } },
    });
    const sites = client.batches(runId).flatMap((batch) => (batch.type === 'sites' ? batch.items : []));
    expect(sites).toContainEqual(expect.objectContaining({ file: path, line: 17 }));
  });

  it('misses a prediction that is wrong, and asks the question about the objects that it means', async () => {
    const about = "expected: () => 'never', about: (object, { count }) => object.id === count";
    folder.write('good.mjs', goodExcept('good', ["expected: () => 'finalized'", about]));
    expect((await runOf('good', { count: 9 })).prediction).toMatchObject({
      held: false,
      checks: [{ observed: '9', held: false }],
      ending: { expected: 'never', observed: 'finalized', counts: { finalized: 1, never: 0 }, objectIds: [9] },
    });
  });

  it('gives a prediction every fact, also of very many objects', async () => {
    const text = goodExcept(
      'many',
      ['maximum: 9', 'maximum: 200000'],
      [
        PREDICT,
        `const facts = arguments[0];
    const { samples, marks, report, standardOutput, gcPolicy } = facts;
    const isWhole = samples.usedBytes instanceof Float64Array && samples.usedBytes.length > 0 &&
      marks.some(({ kind }) => kind === 'settle-ended') && report.outcome.status === 'completed' &&
      standardOutput === 'said\\n' && gcPolicy.kind === 'none';
    const last = objects[objects.length - 1];
    return [{ expectation: 'whole', observed: last.label + ' ' + objects.length, held: isWhole }];`,
      ],
      ['run({ parameters }) {', "run({ parameters }) {\n    console.log('said');"],
    );
    folder.write('many.mjs', text);
    const runId = await client.start({
      ...scenario('many', { count: 150_000 }),
      gcPolicy: { kind: 'none', intervalMs: 500 },
    });
    expect((await client.follow(runId)).prediction).toMatchObject({
      held: true,
      checks: [{ observed: '149999 150000' }],
    });
  });

  it('refuses parameters that are out of bounds, unknown scenarios, and broken ones with their place', async () => {
    folder.write('good.mjs', GOOD);
    const bad = folder.write('bad.mjs', `${goodExcept('bad')}\n= 1;`);
    const ask = (id: string, parameters = {}) => client.request({ type: 'start-run', ...scenario(id, parameters) });
    expect(await ask('good', { count: 10 })).toMatchObject({ refusal: 'bad-parameter' });
    expect(await ask('nobody')).toMatchObject({
      refusal: 'unknown-scenario',
      message: expect.stringMatching(/Allowed: simple, .*, good\.$/) as string,
    });
    expect(await ask('bad')).toMatchObject({
      refusal: 'broken-scenario',
      message: expect.stringContaining(`${bad}:25: It cannot be parsed`) as string,
    });
    expect((await runOf('simple')).prediction?.held).toBe(true);
    expect((await runOf('good')).prediction?.held).toBe(true);
  });

  it('runs the text that is there now, and an experiment of it', async () => {
    const path = folder.write('good.mjs', GOOD);
    await runOf('good');
    writeFileSync(path, goodExcept('good', ["title: 'Good'", "title: 'Better'"]));
    const answer = await client.request({
      type: 'start-experiment',
      ...scenario('good'),
      gcPolicies: [{ kind: 'major', intervalMs: 100 }],
      runsPerPolicy: 2,
      runsAtOnce: 1,
    });
    expect(answer.type).toBe('accepted');
    const ended = await client.until((event) => event.type === 'experiment-listed' && event.experiment.runsLeft === 0);
    expect(ended).toMatchObject({
      experiment: {
        title: 'Better',
        limits: { settleMs: 400 },
        policies: [{ runs: [{ predictionHeld: true }, { predictionHeld: true }] }],
      },
    });
  });

  it('does not judge by a text that the run did not have', async () => {
    const path = folder.write('good.mjs', goodExcept('good', ['settleMs: 400', 'settleMs: 1500']));
    const runId = await client.start(scenario('good'));
    await client.until((event) => event.type === 'run-listed' && event.run.status === 'settling');
    writeFileSync(path, GOOD);
    expect((await client.follow(runId)).prediction).toMatchObject({
      held: false,
      details: expect.stringContaining('changed during the run') as string,
    });
  });

  it('shows the source of one, and writes new ones', async () => {
    const path = folder.write('good.mjs', GOOD);
    const ask = async (command: object, requestId: number): Promise<EngineEvent> => {
      client.port.post({ ...command, requestId } as Parameters<typeof client.port.post>[0]);
      return client.until((event) => 'requestId' in event && event.requestId === requestId);
    };
    expect(await ask({ type: 'read-source', path }, 1_001)).toMatchObject({ type: 'source', text: GOOD });
    const written = (await ask({ type: 'new-scenario', name: 'My own' }, 1_002)) as EngineEventOf<'scenario-written'>;
    expect(written).toEqual({
      type: 'scenario-written',
      requestId: 1_002,
      path: join(folder.path, 'my-own.mjs'),
      id: 'my-own',
    });
    expect(await ask({ type: 'new-scenario', name: 'My own' }, 1_003)).toMatchObject({ refusal: 'bad-path' });
    expect((await runOf('my-own')).prediction?.held).toBe(true);
  });

  it('ends a run that never ends like any other', async () => {
    folder.write('good.mjs', goodExcept('good', ['run({ parameters }) {', 'run({ parameters }) {\n    for (;;);']));
    const runId = await client.start({ ...scenario('good'), limits: { timeoutMs: 1_000 } });
    expect(await client.follow(runId)).toMatchObject({ outcome: { status: 'timed-out' } });
  });
});

describe('a prediction that cannot be evaluated', () => {
  it.each<[what: string, exchange: readonly [string, string], line: number, message: RegExp]>([
    ['throws', [PREDICT, "throw new RangeError('too far');"], 20, /`predict` throws: RangeError: too far/],
    ['never returns', [PREDICT, 'for (;;);'], 20, /`predict` has not returned after 1\.5 s: `predict` runs on/],
    [
      'never settles',
      [PREDICT, 'return new Promise(() => {});'],
      19,
      /`predict` has not returned after 1\.5 s: what it waits/,
    ],
    ['returns no list', [PREDICT, "return 'held';"], 19, /`predict` returned "held"\. Allowed: a list/],
    ['returns nothing', [PREDICT, ''], 19, /`predict` returned nothing\. Allowed: a list/],
    ['returns no check', [PREDICT, 'return [];'], 19, /`predict` returned an empty list/],
    [
      'returns a malformed check',
      [PREDICT, 'return [{ expectation: 1 }];'],
      19,
      /`0\.expectation` of what `predict` returned is 1/,
    ],
    ['ends its process', [PREDICT, 'process.exit(0);'], 20, /`predict` ends the process, with exit code 0/],
    [
      'dies',
      [PREDICT, "process.kill(process.pid, 'SIGKILL'); for (;;);"],
      19,
      /`predict` makes its process die \(SIGKILL\)/,
    ],
    [
      'answers its question with nonsense',
      ["=> 'finalized'", "=> 'often'"],
      9,
      /`question\.expected` returned "often"\. Allowed: 'finalized'/,
    ],
    [
      'throws in its question',
      ["=> 'finalized'", "=> { throw new Error('hm'); }"],
      9,
      /`question\.expected` throws: Error: hm/,
    ],
    [
      'never ends in its question',
      ["=> 'finalized'", "=> 'finalized', about: () => { for (;;); }"],
      9,
      /`question\.about` has not returned/,
    ],
  ])('because it %s is told with its place, and the next run is judged', async (_what, exchange, line, message) => {
    folder.write('good.mjs', GOOD);
    const path = folder.write('bad.mjs', goodExcept('bad', exchange));
    const { outcome, registrations, prediction } = await runOf('bad');
    expect({ outcome: outcome.status, total: registrations.total }).toEqual({ outcome: 'completed', total: 1 });
    expect(prediction).toMatchObject({ held: false, checks: [], problem: { place: { file: path, line } } });
    expect(prediction?.problem?.message).toMatch(message);
    expect(prediction?.details).toContain(prediction?.problem?.message);
    expect(prediction?.problem?.frame).toMatch(new RegExp(`^> +${line} \\|`, 'm'));
    expect((await runOf('good')).prediction?.held).toBe(true);
  });

  it('because the file blocks its thread later is told, also while facts of many objects are on their way', async () => {
    // Only where the file is loaded to be judged: there is no main module then.
    const later = `if (process.argv[1] === undefined) setTimeout(() => {\n  for (;;);\n}, 100);\n`;
    const text = goodExcept('later', ['maximum: 9', 'maximum: 200000']);
    const path = folder.write('later.mjs', text + later);
    const { prediction } = await runOf('later', { count: 100_000 });
    expect(prediction).toMatchObject({ held: false, problem: { place: { file: path, line: 25 } } });
    expect(prediction?.problem?.message).toMatch(/runs on and on/);
  });

  it('is given up when the run is stopped, and when the engine closes', async () => {
    await engine.close();
    folder.write('bad.mjs', goodExcept('bad', [PREDICT, 'for (;;);']));
    const long = { ...ownScenarioParts, folder: folder.path, judgeDeadlineMs: 60_000 };
    engine = createEngine({
      launcher: createNodeLauncher({ nodePath: process.execPath }),
      host: describeHost('headless'),
      scenarios: SCENARIOS,
      locations: engineLocations,
      ownScenarios: long,
    });
    client = attachTestClient(engine);
    const beginJudging = async (): Promise<{ runId: string; report: Promise<{ prediction?: PredictionResult }> }> => {
      const runId = await client.start(scenario('bad'));
      const report = client.follow(runId);
      while (!(await processesOf(folder.path)).some((command) => command.includes('scenario-loader'))) await delay(20);
      await delay(500);
      return { runId, report };
    };
    const startedAtMs = performance.now();
    const first = await beginJudging();
    expect(await client.request({ type: 'stop-run', runId: first.runId })).toMatchObject({ type: 'accepted' });
    expect((await first.report).prediction).toMatchObject({ held: false, checks: [] });
    await beginJudging();
    await engine.close();
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
  });
});

describe.each(RUNTIMES.filter(({ isInstalled }) => isInstalled))('the template on $name', ({ nodePath }) => {
  it.each([
    [{}, 'major', 3, 3],
    [{ keepHalf: false, objects: 10 }, 'major', 10, 0],
    [{}, 'none', 0, 6],
  ] as const)('runs and holds with %j and the policy %s', async (parameters, kind, finalized, alive) => {
    await engine.close();
    open(nodePath);
    folder.write('mine.mjs', await template());
    const gcPolicy = { kind, intervalMs: 300 };
    const report = await client.follow(await client.start({ ...scenario('my-scenario', parameters), gcPolicy }));
    expect(report.prediction?.problem).toBeUndefined();
    expect(report).toMatchObject({ registrations: { finalized, alive }, prediction: { held: true } });
    expect(report.prediction?.checks).toHaveLength(3);
    expect(report.prediction?.ending?.expected).toBe(kind === 'major' ? 'finalized' : 'never');
  });
});

function template(): Promise<string> {
  return readFile(join(import.meta.dirname, '../../resources/scenario-template.mjs'), 'utf8');
}
