import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandOf } from '../protocol/command.ts';
import type { EngineEventOf } from '../protocol/event.ts';
import type { ExperimentListing } from '../protocol/experiment.ts';
import type { GcPolicy } from '../protocol/run-description.ts';
import { createEngine, type Engine } from './engine.ts';
import { attachTestClient, createScriptFolder, type ScriptFolder, type TestClient } from './fake-observer.ts';
import { createNodeLauncher } from './node-launcher.ts';

const NONE: GcPolicy = { kind: 'none', intervalMs: 500 };
const MAJOR: GcPolicy = { kind: 'major', intervalMs: 500 };

/** Registers four objects; with forced major GCs all are called back, without none. */
const BY_POLICY = `observer.hello(); observer.registrations(1, 4);
  if (observer.options.gcPolicy.kind === 'major') observer.callbacks([1, 2, 3, 4]);
  observer.end();`;

describe('an experiment', () => {
  let folder: ScriptFolder;
  let engine: Engine;
  let client: TestClient;

  beforeEach(() => {
    folder = createScriptFolder();
    engine = createEngine({
      launcher: createNodeLauncher({ nodePath: process.execPath }),
      host: { kind: 'headless', version: '1', node: '24', v8: '13', platform: 'test' },
      scenarios: [],
      locations: {
        observerPath: folder.fakeObserverPath,
        scenarioRunnerPath: '',
        explainWorkerPath: '',
        scenariosFolder: folder.path,
      },
      recordingsKept: 2,
    });
    client = attachTestClient(engine);
  });
  afterEach(async () => {
    await engine.close();
    folder[Symbol.dispose]();
  });

  const planOf = (
    text: string,
    plan: Partial<CommandOf<'start-experiment'>> = {},
  ): Omit<CommandOf<'start-experiment'>, 'requestId'> => ({
    type: 'start-experiment',
    program: { kind: 'file', path: folder.write('program.cjs', text), args: [] },
    gcPolicies: [NONE, MAJOR],
    runsPerPolicy: 3,
    runsAtOnce: 2,
    ...plan,
  });

  async function start(plan: Omit<CommandOf<'start-experiment'>, 'requestId'>): Promise<string> {
    const answer = await client.request(plan);
    if (answer.type !== 'accepted' || answer.experimentId === undefined) throw new Error(JSON.stringify(answer));
    return answer.experimentId;
  }
  const listings = (experimentId: string): ExperimentListing[] =>
    client.events.flatMap((event) =>
      event.type === 'experiment-listed' && event.experiment.experimentId === experimentId ? [event.experiment] : [],
    );
  async function lastListing(experimentId: string): Promise<ExperimentListing> {
    const last = await client.until(
      (event) =>
        event.type === 'experiment-listed' &&
        event.experiment.experimentId === experimentId &&
        event.experiment.runsLeft === 0,
    );
    return (last as EngineEventOf<'experiment-listed'>).experiment;
  }

  it('runs a program as often as asked under each policy, and tells the distribution', async () => {
    const experiment = await lastListing(await start(planOf(BY_POLICY)));
    expect(experiment).toMatchObject({ status: 'ended', title: 'program.cjs', remainingMs: 0 });
    const [none, major] = experiment.policies;
    for (const policy of experiment.policies) {
      expect(policy.runs.map(({ state, outcome, registrations }) => [state, outcome, registrations])).toEqual(
        Array.from({ length: 3 }, () => ['ended', 'completed', 4]),
      );
      expect(policy.summary.runs).toBe(3);
    }
    expect(none).toMatchObject({ gcPolicy: NONE, summary: { finalizedShare: { maximum: 0 }, latencyMs: null } });
    expect(none?.summary.curve).toEqual({ atMs: [], share: [] });
    expect(major).toMatchObject({
      gcPolicy: MAJOR,
      summary: { finalizedShare: { minimum: 1 }, latencyMs: { count: 12 } },
    });
    expect(major?.summary.curve?.share.at(-1)).toBe(1);
  });

  it('keeps every run, so that each can be looked at, also beyond those that are kept otherwise', async () => {
    const { experimentId, policies } = await lastListing(await start(planOf(BY_POLICY)));
    for (const { gcPolicy, runs } of policies) {
      for (const { runId = '' } of runs) {
        const report = await client.follow(runId);
        expect(report.registrations.total).toBe(4);
        expect(client.batches(runId)[0]).toMatchObject({ type: 'started', description: { gcPolicy, experimentId } });
      }
    }
  });

  it('has its policies take turns, with no more processes at once than asked', async () => {
    await lastListing(await start(planOf(BY_POLICY)));
    const began: string[] = [];
    const going = new Set<string>();
    for (const event of client.events) {
      if (event.type !== 'run-listed') continue;
      const { runId, gcPolicy } = event.run.description;
      if (event.run.status === 'ended') going.delete(runId);
      else if (!going.has(runId)) {
        going.add(runId);
        began.push(gcPolicy.kind);
      }
      expect(going.size).toBeLessThanOrEqual(2);
    }
    const countOf = (policy: string, until: number) => began.slice(0, until).filter((kind) => kind === policy).length;
    expect([countOf('none', 6), countOf('major', 6), began.length]).toEqual([3, 3, 6]);
    // A process that takes longer to begin is told of after the next one, but all of one policy never come first.
    for (let until = 1; until < 6; until += 1) {
      expect(Math.abs(countOf('none', until) - countOf('major', until))).toBeLessThanOrEqual(2);
    }
  });

  it('keeps what is done when it is cancelled, and ends what goes on', async () => {
    // The first two runs end by themselves, the others only if they are ended.
    const flag = JSON.stringify(folder.path);
    const experimentId = await start(
      planOf(`const { openSync } = require('node:fs');
        const isFirst = ['a', 'b'].some((name) => { try { openSync(${flag} + '/' + name, 'wx'); return true; } catch { return false; } });
        observer.hello(); observer.registrations(1, 4);
        if (isFirst) observer.end(); else setInterval(() => {}, 1000);`),
    );
    await client.until(
      (event) =>
        event.type === 'experiment-listed' &&
        event.experiment.policies.flatMap(({ runs }) => runs).filter(({ state }) => state === 'ended').length === 2,
    );
    await client.request({ type: 'cancel-experiment', experimentId });
    const cancelled = await lastListing(experimentId);
    expect(cancelled.status).toBe('cancelled');
    const runs = cancelled.policies.flatMap((policy) => policy.runs);
    const count = (state: string, outcome?: string) =>
      runs.filter((run) => run.state === state && run.outcome === outcome).length;
    expect([count('ended', 'completed'), count('ended', 'stopped'), count('not-run')]).toEqual([2, 2, 2]);
    expect(cancelled.policies.map(({ summary }) => summary.runs)).toEqual([1, 1]);
    // Nothing goes on: the next run is not refused.
    const runId = await client.start({
      program: { kind: 'file', path: folder.write('next.cjs', BY_POLICY), args: [] },
    });
    expect((await client.follow(runId)).outcome.status).toBe('completed');
  });

  it('is refused where its program cannot be run, and while anything goes on', async () => {
    const missing = { kind: 'file' as const, path: `${folder.path}/missing.cjs`, args: [] };
    expect(await client.request(planOf('', { program: missing }))).toMatchObject({ refusal: 'bad-file' });
    const experimentId = await start(planOf(`observer.hello(); setInterval(() => {}, 1000);`));
    expect(await client.request(planOf(BY_POLICY))).toMatchObject({ refusal: 'busy' });
    const program = { kind: 'file' as const, path: folder.write('other.cjs', BY_POLICY), args: [] };
    const refused = await client.request({ type: 'start-run', program });
    expect(refused).toMatchObject({
      refusal: 'busy',
      message: expect.stringMatching(/experiment with “program\.cjs”.*Cancel/),
    });
    await client.request({ type: 'cancel-experiment', experimentId });
    await lastListing(experimentId);
    expect(await client.request({ type: 'cancel-experiment', experimentId: 'x' })).toMatchObject({
      refusal: 'no-such-experiment',
    });
  });

  it('goes on when a run fails, and names why where one cannot be started any more', async () => {
    const plan = planOf(`observer.hello(); require('node:fs').rmSync(__filename); throw new Error('on purpose');`, {
      gcPolicies: [NONE],
      runsAtOnce: 1,
    });
    const { policies } = await lastListing(await start(plan));
    const [first, ...others] = policies[0]?.runs ?? [];
    expect(first).toMatchObject({ state: 'ended', outcome: expect.stringMatching(/threw|crashed/) });
    for (const run of others) expect(run).toMatchObject({ state: 'ended', problem: expect.stringMatching(/no file/) });
  });

  it('tells of progress with the time that is left', async () => {
    const experimentId = await start(
      planOf(`observer.hello(); setTimeout(() => observer.end(), 400);`, { runsAtOnce: 1, runsPerPolicy: 2 }),
    );
    await lastListing(experimentId);
    const running = listings(experimentId).filter(({ status, runsLeft }) => status === 'running' && runsLeft < 4);
    expect(running.length).toBeGreaterThan(0);
    for (const { remainingMs, runsLeft } of running) {
      if (runsLeft > 0) expect(remainingMs).toBeGreaterThan(0);
    }
  });

  it('is told of by what has changed: each run and summary once, and never the text of its program', async () => {
    const text = `${BY_POLICY}\n// ${'x'.repeat(200_000)}`;
    const program = { kind: 'scratch' as const, name: 'scratch.cjs', text, args: ['y'.repeat(1000)] };
    const experimentId = await start(planOf('', { program, runsPerPolicy: 6, runsAtOnce: 1 }));
    const last = await lastListing(experimentId);
    expect(last).toMatchObject({ status: 'ended', runsLeft: 0, program: { kind: 'scratch', name: 'scratch.cjs' } });
    expect(last.policies.map(({ runs }) => runs.length)).toEqual([6, 6]);
    const changes = client.events.flatMap((event) => (event.type === 'experiment-changed' ? [event.change] : []));
    const ended = changes.flatMap(({ runs }) => runs).filter(({ run }) => run.state === 'ended');
    // An ended run does not change any more, and is not told again.
    expect(new Set(ended.map(({ policy, index }) => `${policy}:${index}`)).size).toBe(12);
    expect(ended).toHaveLength(12);
    const sent = client.events.filter(({ type }) => type === 'run-listed' || type === 'experiment-changed');
    expect(JSON.stringify(sent).length).toBeLessThan(text.length);
    const late = await attachTestClient(engine).until(({ type }) => type === 'welcome');
    expect(JSON.stringify(late).length).toBeLessThan(text.length);
    expect(late).toMatchObject({ experiments: [last] });
  });

  it('is let go of with its runs when there are three newer ones', async () => {
    const experimentIds: string[] = [];
    for (let number = 0; number < 4; number += 1) {
      const experimentId = await start(planOf(BY_POLICY, { gcPolicies: [NONE], runsPerPolicy: 1 }));
      await lastListing(experimentId);
      experimentIds.push(experimentId);
    }
    const other = attachTestClient(engine);
    const welcome = await other.until((event) => event.type === 'welcome');
    expect(welcome).toMatchObject({ experiments: experimentIds.slice(1).map((experimentId) => ({ experimentId })) });
    expect((welcome as EngineEventOf<'welcome'>).runs).toHaveLength(3);
    expect(client.events).toContainEqual({ type: 'experiment-forgotten', experimentId: experimentIds[0] });
  });

  it('runs a script by its text as well', async () => {
    const program = { kind: 'scratch' as const, name: 'scratch.cjs', text: BY_POLICY, args: [] };
    const { policies } = await lastListing(await start(planOf('', { program, runsPerPolicy: 1 })));
    expect(policies.flatMap(({ runs }) => runs).map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
  });
});
