import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'valibot';
import { ScenarioDescription } from '../../../engine/protocol/catalogue.ts';
import type { RunDescription } from '../../../engine/protocol/run-description.ts';
import type { RunListing } from '../../../engine/protocol/event.ts';
import type { RunBatch } from '../../../engine/protocol/run-batch.ts';
import { syntheticRun, type SyntheticRunOptions } from '../../../tests/fixtures/synthetic-run.ts';
import { createStandInEngine, type StandInEngine } from '../../dev/stand-in-engine.ts';
import { createRunStream } from '../stream/create-run-stream.ts';
import { createEngineClient } from '../transport/engine-client.ts';
import { useComparisonStore } from './comparison-store.ts';
import { useEngineStore } from './engine-store.ts';
import { useRunStore } from './run-store.ts';

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
    parameters: [],
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
  status: 'ended',
  outcome: 'completed',
  ...changes,
});

/** Lets every message between page and engine arrive: the ports deliver in microtasks. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

describe('comparison store', () => {
  let engine: StandInEngine;

  beforeEach(() => {
    setActivePinia(createPinia());
    engine = createStandInEngine({
      host: { kind: 'served', version: '0', node: '24', v8: '13', platform: 'linux' },
      catalogue: ['one', 'two'].map(scenario),
    });
  });

  function record(runId: string, id: string, options: Partial<SyntheticRunOptions> = {}): void {
    engine.list(listing(runId, id));
    for (const { batch } of syntheticRun({ objects: 4, ...options })) engine.record(runId, batch);
  }
  async function connect() {
    const run = useRunStore();
    run.useStreams(createRunStream);
    useEngineStore().attach(createEngineClient({ connect: () => engine.connect() }), run);
    await settle();
    return { run, comparison: useComparisonStore() };
  }
  const idsOf = (comparison: ReturnType<typeof useComparisonStore>) => ({
    a: comparison.a?.listing.description.runId,
    b: comparison.b?.listing.description.runId,
  });

  it('has nothing to compare before there are two runs, and says what to do', async () => {
    const { comparison, run } = await connect();
    expect(comparison.obstacle).toMatch(/^Run it first/);
    record('r1', 'one');
    await settle();
    expect(run.shownRunId).toBe('r1');
    expect(comparison.obstacle).toMatch(/^Run it once more/);
    comparison.toggle();
    expect(comparison.isChoosing).toBe(false);
    record('r2', 'one');
    await settle();
    expect(comparison.obstacle).toBeUndefined();
    comparison.toggle();
    expect(comparison.isChoosing).toBe(true);
  });

  it('lists runs of the same subject first, newest first, each with its number among its own', async () => {
    for (const [runId, id] of [
      ['t1', 'two'],
      ['o1', 'one'],
      ['o2', 'one'],
      ['t2', 'two'],
      ['o3', 'one'],
    ] as const)
      record(runId, id);
    const { comparison } = await connect();
    expect(comparison.candidates.map(({ listing: { description }, number }) => [description.runId, number])).toEqual([
      ['o2', 2],
      ['o1', 1],
      ['t2', 2],
      ['t1', 1],
    ]);
  });

  it('takes a recording for a run of its program, which counts nowhere, and brings it on screen as what it is', async () => {
    const origin = { fileName: 'a.heapline', savedAtEpochMs: 1, recordedRunId: 'elsewhere' };
    const opened = { ...listing('opened', 'one'), description: { ...listing('opened', 'one').description, origin } };
    record('o1', 'one');
    engine.list(opened);
    for (const { batch } of syntheticRun({ objects: 4 })) engine.record('opened', batch);
    record('o2', 'one');
    const { comparison, run } = await connect();
    run.selectScenario('one');
    expect(
      comparison.candidates.map(({ listing: { description }, number, isSameSubject }) => [
        description.runId,
        description.origin === undefined ? number : description.origin.fileName,
        isSameSubject,
      ]),
    ).toEqual([
      ['opened', 'a.heapline', true],
      ['o1', 1, true],
    ]);
    expect(comparison.b?.number).toBe(2);
    comparison.compareWith('opened');
    await settle();
    comparison.swap();
    await settle();
    expect(run.subject).toEqual({ kind: 'recording', runId: 'opened' });
    expect(comparison.a?.isSameSubject).toBe(true);
  });

  it('compares the shown run with the chosen one, and swaps them', async () => {
    record('r1', 'one', { objects: 40 });
    record('r2', 'one', { objects: 40, keptEvery: 2 });
    const { comparison, run } = await connect();
    comparison.compareWith('r1');
    await settle();
    comparison.look();
    expect(idsOf(comparison)).toEqual({ a: 'r1', b: 'r2' });
    expect(comparison.comparison?.summary).toMatch(/^Worse in B: 20 objects stay alive \(2 in A\)/);
    comparison.swap();
    await settle();
    expect(idsOf(comparison)).toEqual({ a: 'r2', b: 'r1' });
    expect(run.shownRunId).toBe('r1');
    expect(comparison.isOpen).toBe(true);
    expect(comparison.comparison?.summary).toContain('Better: 2 objects stay alive (20 in A)');
  });

  it('swaps runs of two subjects and goes on', async () => {
    record('t1', 'two');
    record('t2', 'two');
    record('o1', 'one');
    const { comparison, run } = await connect();
    comparison.compareWith('t1');
    comparison.swap();
    await settle();
    expect(idsOf(comparison)).toEqual({ a: 'o1', b: 't1' });
    expect(run.scenario?.id).toBe('two');
    run.selectScenario('one');
    await settle();
    expect(comparison.isOpen).toBe(false);
  });

  it('takes the next run of the same subject for B, and closes where another is chosen', async () => {
    record('t1', 'two');
    record('o1', 'one');
    record('o2', 'one');
    const { comparison, run } = await connect();
    comparison.compareWith('o1');
    record('o3', 'one');
    await settle();
    expect(idsOf(comparison)).toEqual({ a: 'o1', b: 'o3' });
    run.selectScenario('two');
    await settle();
    expect(comparison.isOpen).toBe(false);
    run.selectScenario('one');
    comparison.compareWith('o1');
    run.showRun('o1');
    await settle();
    expect(comparison.isOpen).toBe(false);
  });

  it('aligns by a mark that both have, and by the start where the next pair has it not', async () => {
    const marked = (runId: string, atMs: number | undefined) => {
      engine.list(listing(runId, 'one'));
      const batches: RunBatch[] = [{ type: 'started', description: listing(runId, 'one').description }];
      if (atMs !== undefined) batches.push({ type: 'marks', items: [{ kind: 'user-mark', name: 'loaded', atMs }] });
      for (const batch of batches) engine.record(runId, batch);
    };
    marked('r1', undefined);
    marked('r2', 50);
    marked('r3', 80);
    const { comparison } = await connect();
    comparison.compareWith('r2');
    await settle();
    comparison.look();
    expect(comparison.moments.map(({ title }) => title)).toEqual(['start', 'loaded']);
    comparison.alignmentKey = 'mark:loaded';
    expect(comparison.offsets).toEqual({ aMs: 30, bMs: 0, originMs: 80 });
    comparison.compareWith('r1');
    await settle();
    comparison.look();
    expect(comparison.alignment.key).toBe('start');
    expect(comparison.offsets).toEqual({ aMs: 0, bMs: 0, originMs: 0 });
    comparison.compareWith('r2');
    expect(comparison.offsets.originMs).toBe(80);
  });

  it('closes by the key that opened it', async () => {
    record('r1', 'one');
    record('r2', 'one');
    const { comparison } = await connect();
    comparison.toggle();
    comparison.compareWith('r1');
    expect([comparison.isOpen, comparison.isChoosing]).toEqual([true, false]);
    comparison.toggle();
    expect([comparison.isOpen, comparison.isChoosing]).toEqual([false, false]);
  });
});
