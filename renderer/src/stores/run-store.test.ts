import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ScenarioDescription } from '../../../engine/protocol/catalogue.ts';
import type { RunDescription } from '../../../engine/protocol/run-description.ts';
import type { Command } from '../../../engine/protocol/command.ts';
import type { RunListing } from '../../../engine/protocol/event.ts';
import { parse } from 'valibot';
import { syntheticRun } from '../../../tests/fixtures/synthetic-run.ts';
import { createStandInEngine, type StandInEngine, type StandInOptions } from '../../dev/stand-in-engine.ts';
import { createRunStream } from '../stream/create-run-stream.ts';
import { createEngineClient } from '../transport/engine-client.ts';
import { useDrawerStore } from './drawer-store.ts';
import { useEngineStore } from './engine-store.ts';
import { useInspectionStore } from './inspection-store.ts';
import { useMessageStore } from './message-store.ts';
import { useRunStore } from './run-store.ts';
import { useScriptsStore } from './scripts-store.ts';

// The settings store keeps to a browser's window; what it does is not what is tested here.
vi.mock('./settings-store.ts', () => ({
  useSettingsStore: () => ({ settings: { nodePath: '', drawerTab: 'objects' } }),
}));

const scenario = (id: string) =>
  parse(ScenarioDescription, {
    id,
    title: `Scenario ${id}`,
    category: 'Tests',
    summary: '',
    theory: '',
    references: [],
    lookFor: '',
    prediction: '',
    parameters: [{ kind: 'integer', name: 'objects', title: 'Objects', help: '', default: 5, minimum: 1, maximum: 9 }],
    defaultGcPolicy: { kind: 'minor', intervalMs: 250 },
    defaultLimits: { settleMs: 100, timeoutMs: 5_000 },
    source: { fileName: `${id}.ts`, text: '' },
  });

const listing = (
  runId: string,
  id: string,
  changes: Omit<Partial<RunListing>, 'description'> = {},
): RunListing & { description: RunDescription } => ({
  description: {
    runId,
    title: id,
    program: { kind: 'scenario', id, parameters: {} },
    gcPolicy: { kind: 'none', intervalMs: 500 },
    limits: { settleMs: 0, timeoutMs: 1 },
    startedAt: '2026-01-01T00:00:00.000Z',
  },
  status: 'running',
  ...changes,
});

/** Lets every message between page and engine arrive: the ports deliver in microtasks. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

describe('run store', () => {
  let engine: StandInEngine;
  let answer: NonNullable<StandInOptions['onCommand']>;
  const sent = (type: Command['type']) => engine.received.filter((command) => command.type === type);

  beforeEach(() => {
    setActivePinia(createPinia());
    answer = () => ({ runId: 'new' });
    engine = createStandInEngine({
      host: { kind: 'served', version: '0', node: '24', v8: '13', platform: 'linux' },
      catalogue: ['one', 'two'].map(scenario),
      onCommand: (command) => answer(command),
    });
  });

  async function connect() {
    const run = useRunStore();
    run.useStreams(createRunStream);
    useEngineStore().attach(createEngineClient({ connect: () => engine.connect() }), run);
    await settle();
    return run;
  }

  it('has the source open before the first run of a scenario, and the objects from then on', async () => {
    const run = await connect();
    const drawer = useDrawerStore();
    expect(drawer.tab).toBe('source');
    drawer.open('console');
    expect(drawer.tab).toBe('console');
    run.selectScenario('two');
    await settle();
    expect(drawer.tab).toBe('source');
    run.showRun('new');
    expect(drawer.tab).toBe('objects');
  });

  it('shows a recording for itself: it is no run of its scenario, and cannot be run', async () => {
    const run = await connect();
    run.selectScenario('one');
    const { description } = listing('opened', 'one');
    const origin = { fileName: 'a.heapline', savedAtEpochMs: 1, recordedRunId: 'elsewhere' };
    const opened = { ...description, gcPolicy: { kind: 'major' as const, intervalMs: 100 }, origin };
    engine.list({ description: opened, status: 'ended', outcome: 'completed', predictionHeld: true });
    await settle();
    expect(run.shownRunId).toBeUndefined();
    expect(run.stateOf({ kind: 'scenario', id: 'one' })).toBe('not-run');
    run.select({ kind: 'recording', runId: 'opened' });
    await settle();
    expect(sent('follow-run')).toMatchObject([{ runId: 'opened' }]);
    expect(run).toMatchObject({ title: 'one', shownRunId: 'opened', recorded: { origin }, canRun: false });
    expect(run.gcPolicy).toEqual({ kind: 'major', intervalMs: 100 });
    expect(await run.run()).toBeUndefined();
    expect(sent('start-run')).toEqual([]);
    expect(sent('watch-target')).toEqual([]);
    // What this application comes with can be read beside it.
    expect(run.source).toMatchObject({ kind: 'read', fileName: 'one.ts' });
  });

  it('closes a recording, and shows what is next to it, else its scenario, else what was run last', async () => {
    const run = await connect();
    const open = (runId: string, id: string) => {
      const origin = { fileName: `${runId}.heapline`, savedAtEpochMs: 1, recordedRunId: 'elsewhere' };
      engine.list({ description: { ...listing(runId, id).description, origin }, status: 'ended' });
    };
    engine.list(listing('mine', 'two', { status: 'ended' }));
    for (const [runId, id] of [
      ['a', 'one'],
      ['b', 'elsewhere'],
      ['c', 'one'],
    ] as const)
      open(runId, id);
    await settle();
    run.select({ kind: 'recording', runId: 'b' });
    await settle();
    expect(await run.closeRecording('a')).toBe(true);
    // It was not the one on screen.
    expect(run).toMatchObject({ subjectKey: 'recording:b', shownRunId: 'b' });
    await run.closeRecording('b');
    expect(run).toMatchObject({ subjectKey: 'recording:c', shownRunId: 'c' });
    await run.closeRecording('c');
    expect(run).toMatchObject({ subjectKey: 'scenario:one', shownRunId: undefined });
    open('d', 'elsewhere');
    await settle();
    run.select({ kind: 'recording', runId: 'd' });
    await run.closeRecording('d');
    expect(run).toMatchObject({ subjectKey: 'scenario:two', shownRunId: 'mine' });
    expect(sent('close-recording')).toMatchObject(['a', 'b', 'c', 'd'].map((runId) => ({ runId })));
  });

  it('keeps a recording that the engine does not close, and says why', async () => {
    const run = await connect();
    const origin = { fileName: 'a.heapline', savedAtEpochMs: 1, recordedRunId: 'elsewhere' };
    engine.list({ description: { ...listing('a', 'one').description, origin }, status: 'ended' });
    await settle();
    run.select({ kind: 'recording', runId: 'a' });
    answer = () => ({ refusal: 'not-available', message: 'Not now.' });
    expect(await run.closeRecording('a')).toBe(false);
    expect(run.shownRunId).toBe('a');
    expect(useMessageStore().toasts).toContainEqual(
      expect.objectContaining({ title: 'The recording was not closed', text: 'Not now.' }),
    );
  });

  it('says of the place that it asks for which run names it, but for the user’s own scenarios', async () => {
    const run = await connect();
    const inspection = useInspectionStore();
    engine.list(listing('mine', 'one', { status: 'ended' }));
    await settle();
    run.selectScenario('one');
    await inspection.openPlace({ file: '/somewhere/a.js', line: 1, column: 1 });
    expect(sent('read-source')).toMatchObject([{ path: '/somewhere/a.js', ofRunId: 'mine' }]);
  });

  it('shows a recording that is selected before it is listed, as soon as it is', async () => {
    const run = await connect();
    run.select({ kind: 'recording', runId: 'opened' });
    expect(run).toMatchObject({ title: 'Recording', shownRunId: undefined });
    const origin = { fileName: 'a.heapline', savedAtEpochMs: 1, recordedRunId: 'elsewhere' };
    engine.list({ description: { ...listing('opened', 'one').description, origin }, status: 'ended' });
    await settle();
    expect(run).toMatchObject({ title: 'one', shownRunId: 'opened' });
  });

  it('asks for the end of the settle time of the run that goes on', async () => {
    const run = await connect();
    engine.list(listing('r1', 'one', { status: 'settling' }));
    await settle();
    await run.endSettling();
    expect(sent('end-settling')).toMatchObject([{ runId: 'r1' }]);
  });

  it('shows the first scenario where nothing has run yet', async () => {
    const run = await connect();
    expect(run.scenario?.id).toBe('one');
    expect(run.stream).toBeUndefined();
    expect(run.stateOf({ kind: 'scenario', id: 'one' })).toBe('not-run');
    expect(run.canRun).toBe(true);
  });

  it('shows the latest run after a reload, from its first event on', async () => {
    engine.list(listing('old', 'one', { status: 'ended', outcome: 'completed', predictionHeld: false }));
    engine.list(listing('latest', 'two', { status: 'ended', outcome: 'completed', predictionHeld: true }));
    const batches = [...syntheticRun({ objects: 12 })].map(({ batch }) => batch);
    for (const batch of batches) engine.record('latest', batch);
    const run = await connect();
    expect(run.scenario?.id).toBe('two');
    expect(run.stream?.nextSequence).toBe(batches.length);
    expect(run.stream?.counters.registered).toBe(12);
    expect(run.stateOf({ kind: 'scenario', id: 'one' })).toBe('missed');
    expect(run.stateOf({ kind: 'scenario', id: 'two' })).toBe('held');
  });

  it('asks for what was chosen: parameters, policy and limits', async () => {
    const run = await connect();
    run.setParameter('objects', 8);
    await run.setGcPolicy({ kind: 'major', intervalMs: 2_000 });
    run.setLimits({ settleMs: 0, timeoutMs: 9_000, maxHeapMegabytes: 64 });
    await run.run();
    expect(sent('start-run')).toMatchObject([
      {
        program: { kind: 'scenario', id: 'one', parameters: { objects: 8 } },
        gcPolicy: { kind: 'major', intervalMs: 2_000 },
        limits: { settleMs: 0, timeoutMs: 9_000, maxHeapMegabytes: 64 },
      },
    ]);
    expect(sent('set-gc-policy')).toEqual([]);
    expect(run.shownRunId).toBe('new');
  });

  it('keeps what was chosen for one scenario apart from the others', async () => {
    const run = await connect();
    run.setParameter('objects', 8);
    run.selectScenario('two');
    expect(run.parameters).toEqual({ objects: 5 });
    expect(run.gcPolicy).toEqual({ kind: 'minor', intervalMs: 250 });
    run.selectScenario('one');
    expect(run.parameters).toEqual({ objects: 8 });
  });

  it('changes the policy of the run that goes on', async () => {
    const run = await connect();
    engine.list(listing('live', 'one'));
    engine.record('live', { type: 'started', description: listing('live', 'one').description });
    await settle();
    expect(run.isShownActive).toBe(true);
    await run.setGcPolicy({ kind: 'major', intervalMs: 100 });
    await run.collect('minor');
    await run.stop();
    expect(engine.received.slice(-3)).toMatchObject([
      { type: 'set-gc-policy', runId: 'live', gcPolicy: { kind: 'major', intervalMs: 100 } },
      { type: 'collect-garbage', runId: 'live', kind: 'minor' },
      { type: 'stop-run', runId: 'live' },
    ]);
  });

  it('starts nothing while a run goes on', async () => {
    const run = await connect();
    engine.list(listing('live', 'two'));
    await settle();
    await run.run();
    expect(run.canRun).toBe(false);
    expect(sent('start-run')).toEqual([]);
  });

  describe('with runs that are kept beside the shown one', () => {
    const runIds = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'];
    const followed = () => sent('follow-run').map((command) => 'runId' in command && command.runId);

    async function connectToManyRuns() {
      for (const runId of runIds) {
        engine.list(listing(runId, 'one', { status: 'ended', outcome: 'completed' }));
        for (const { batch } of syntheticRun({ objects: 4 })) engine.record(runId, batch);
      }
      return connect();
    }
    async function showAll(run: Awaited<ReturnType<typeof connect>>) {
      for (const runId of runIds) {
        run.showRun(runId);
        await settle();
      }
    }

    it('follows a run from its first event on, and does not let go of it before it is disposed of', async () => {
      const run = await connectToManyRuns();
      const kept = run.keepStream('r1');
      const again = run.keepStream('r1');
      await settle();
      expect(run.shownRunId).toBe('r6');
      expect(kept.stream.counters.registered).toBe(4);
      expect(again.stream).toBe(kept.stream);

      await showAll(run);
      again[Symbol.dispose]();
      again[Symbol.dispose]();
      await showAll(run);
      expect(followed().filter((runId) => runId === 'r1')).toHaveLength(1);
      // Of the others there are only so many, so this one was let go of and is read anew.
      expect(followed().filter((runId) => runId === 'r2')).toHaveLength(2);

      kept[Symbol.dispose]();
      run.showRun('r2');
      await settle();
      expect(run.keepStream('r1').stream).not.toBe(kept.stream);
    });

    it('waits for what was recorded of one that is shown, but not where no more of it comes', async () => {
      engine.list(listing('lost', 'one', { status: 'ended' }));
      const run = await connectToManyRuns();
      run.showRun('r1');
      expect([run.isOpening, run.stream]).toEqual([true, undefined]);
      await settle();
      expect([run.isOpening, run.stream?.counters.registered]).toEqual([false, 4]);
      // The engine has no recording of it.
      run.showRun('lost');
      expect(run.isOpening).toBe(true);
      await settle();
      expect([run.isOpening, run.stream?.nextSequence]).toEqual([false, 0]);
      run.showRun('r2');
      engine.cut();
      await settle();
      expect([run.isOpening, run.stream?.nextSequence]).toEqual([false, 0]);
    });

    it('follows a run that goes on while another is shown', async () => {
      const run = await connectToManyRuns();
      engine.list(listing('live', 'two'));
      engine.record('live', { type: 'started', description: listing('live', 'two').description });
      await settle();
      const { stream } = run.keepStream('live');
      await settle();
      expect(run.shownRunId).toBe('r6');
      expect(stream.status).toBe('launching');
      engine.record('live', { type: 'status', status: 'running', atMs: 0 });
      await settle();
      expect(stream.status).toBe('running');
    });
  });

  it('shows a refusal in its own words', async () => {
    const run = await connect();
    answer = () => ({ refusal: 'bad-parameter', message: 'Objects: at most 9.' });
    await run.run();
    expect(useMessageStore().toasts).toMatchObject([
      { title: 'Scenario one was not started', text: 'Objects: at most 9.' },
    ]);
    expect(run.shownRunId).toBeUndefined();
    expect(run.canRun).toBe(true);
  });

  it('tells screen readers how the run on screen ended', async () => {
    const run = await connect();
    answer = () => {
      engine.list(listing('new', 'one'));
      engine.record('new', { type: 'started', description: listing('new', 'one').description });
      return { runId: 'new' };
    };
    await run.run();
    expect(useMessageStore().announcement).toBe('Scenario one started.');
    for (const { batch } of syntheticRun({ objects: 3, keptEvery: 3 })) engine.record('new', batch);
    await settle();
    expect(useMessageStore().announcement).toContain('2 of 3 registered objects finalized');
  });

  it('keeps what was recorded when the engine is gone', async () => {
    engine.list(listing('old', 'one', { status: 'ended', outcome: 'completed' }));
    for (const { batch } of syntheticRun({ objects: 4 })) engine.record('old', batch);
    const run = await connect();
    engine.refuseConnections = 'gone';
    engine.cut();
    await settle();
    expect(useEngineStore().connection).toMatchObject({ kind: 'lost' });
    expect(run.stream?.counters.registered).toBe(4);
    expect(run.canRun).toBe(false);
  });

  describe('with a script of the user’s', () => {
    const fileListing = (runId: string, path: string): RunListing => {
      const { description, ...rest } = listing(runId, 'one');
      return { ...rest, description: { ...description, title: 'own.mjs', program: { kind: 'file', path } } };
    };

    it('starts it as it was set, and keeps that with the script', async () => {
      const run = await connect();
      run.openScript('/shop/own.mjs');
      expect(run.scenario).toBeUndefined();
      expect(run.gcPolicy.kind).toBe('none');
      run.setLaunch({ argumentsText: '--port 80', nodePath: '/opt/node' });
      await run.setGcPolicy({ kind: 'major', intervalMs: 1_000 });
      run.setLimits({ settleMs: 0, timeoutMs: 9_000 });
      run.openScript('/shop/other.mjs');
      expect(run.launch?.argumentsText).toBe('');
      run.select({ kind: 'file', path: '/shop/own.mjs' });
      await run.run();
      expect(sent('start-run')).toMatchObject([
        {
          program: { kind: 'file', path: '/shop/own.mjs', args: ['--port', '80'] },
          gcPolicy: { kind: 'major', intervalMs: 1_000 },
          limits: { settleMs: 0, timeoutMs: 9_000 },
          nodePath: '/opt/node',
        },
      ]);
      expect(useScriptsStore().recents.map(({ path }) => path)).toEqual(['/shop/other.mjs', '/shop/own.mjs']);
      run.resetLaunch();
      expect(run.launch).toMatchObject({ argumentsText: '', nodePath: '', gcPolicy: null, limits: null });
    });

    it('shows a refusal at the setting that it concerns, until that is changed', async () => {
      const run = await connect();
      run.openScript('/shop/own.mjs');
      for (const [refusal, field] of [
        ['bad-file', 'file'],
        ['bad-node', 'node'],
        ['bad-path', 'working-directory'],
      ] as const) {
        answer = () => ({ refusal, message: `No: ${refusal}.` });
        await run.run();
        expect(run.launchProblem).toEqual({ field, message: `No: ${refusal}.` });
        run.setLaunch({ argumentsText: refusal });
        expect(run.launchProblem).toBeUndefined();
      }
      expect(useMessageStore().toasts).toEqual([]);
    });

    it('asks for nothing while a setting cannot be', async () => {
      const run = await connect();
      run.openScript('/shop/own.mjs');
      run.setLaunch({ argumentsText: '"open' });
      await run.run();
      expect(sent('start-run')).toEqual([]);
      expect(run.refusedLaunch?.field).toBe('arguments');
    });

    it('runs the text of the scratch', async () => {
      const run = await connect();
      run.select({ kind: 'scratch' });
      const scripts = useScriptsStore();
      scripts.takeIntoScratch('dropped.cts', 'export {};');
      await run.run();
      expect(sent('start-run')).toMatchObject([
        { program: { kind: 'scratch', name: 'dropped.cts', text: 'export {};' } },
      ]);
      scripts.bringBackScratch();
      expect(scripts.scratchName).toBe('scratch.mjs');
      expect(scripts.scratchText).toContain('openSessions');
    });

    it('begins with what the address asks for, or else with the latest run’s', async () => {
      engine.list(fileListing('r1', '/shop/latest.mjs'));
      const run = useRunStore();
      run.open({ kind: 'file', path: '/shop/asked.mjs' });
      await connect();
      expect(run.subject).toEqual({ kind: 'file', path: '/shop/asked.mjs' });
      expect(run.shownRunId).toBeUndefined();

      setActivePinia(createPinia());
      const other = await connect();
      expect(other.title).toBe('latest.mjs');
      expect(other.shownRunId).toBe('r1');

      setActivePinia(createPinia());
      useRunStore().open({ kind: 'target', targetId: 'gone' });
      expect((await connect()).title).toBe('latest.mjs');
    });
  });

  it('watches a process, marks it and leaves it', async () => {
    const run = await connect();
    const target = { pid: 7, title: 'app.js', command: '', workingDirectory: '/', node: '24', startedAt: '' };
    engine.send({ type: 'targets-listed', targets: [{ targetId: 't1', ...target }] });
    await settle();
    run.select({ kind: 'target', targetId: 't1' });
    expect(run.title).toBe('app.js');
    await run.run();
    expect(sent('watch-target')).toMatchObject([{ targetId: 't1' }]);
    const { description } = listing('w1', 'one');
    engine.list({
      status: 'running',
      description: { ...description, runId: 'w1', program: { kind: 'target', targetId: 't1', pid: 7 } },
    });
    await settle();
    expect(run.isWatching).toBe(true);
    expect(await run.mark('here')).toBe(true);
    await run.stop();
    expect(engine.received.slice(-2)).toMatchObject([
      { type: 'mark', runId: 'w1', name: 'here' },
      { type: 'stop-run', runId: 'w1' },
    ]);
    engine.send({ type: 'targets-listed', targets: [] });
    await settle();
    expect([run.target, run.canRun]).toEqual([undefined, false]);
  });
});
