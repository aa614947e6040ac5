import { describe, expect, it } from 'vitest';
import { syntheticRun, type SyntheticRunOptions } from '../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../stream/create-run-stream.ts';
import { LaneGroups } from '../stream/lane-counts.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { createLifelinePlanner, type LifelinePlan } from './lifelines.ts';
import { createTimeScale } from './time-scale.ts';

function runOf(options: Partial<SyntheticRunOptions>) {
  const stream = createRunStream();
  for (const { batch } of syntheticRun(options)) stream.apply(stream.nextSequence, batch);
  return stream;
}

const planner = createLifelinePlanner();
/** As frames do: until all events are looked through. */
async function planOf(stream: RunStream, fromMs: number, toMs: number, heightPx: number): Promise<LifelinePlan> {
  const groups = new LaneGroups(stream, 'site');
  for (;;) {
    const plan = planner.plan(stream, groups, createTimeScale(fromMs, toMs, 700), { extentMs: stream.endMs, heightPx });
    if (planner.isReady) return plan;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

describe('lifelines', () => {
  it('are drawn one by one while they fit, each registration once', async () => {
    const stream = runOf({});
    const plan = await planOf(stream, 0, stream.endMs, 170);
    if (plan.kind !== 'lanes') throw new Error(plan.kind);
    expect(plan.lives.map(({ row }) => row)).toEqual(Array.from({ length: 48 }, (_, row) => row));
    expect(Math.max(...plan.lives.map(({ y }) => y))).toBeLessThanOrEqual(170);
    expect(plan.groups.map(({ title }) => title)).toEqual(['image-pipeline.ts:61:5']);
  });

  it('become a density where there are more than lanes, and lines again where the window holds few', async () => {
    const stream = runOf({ objects: 60_000, keptEvery: 0, objectBytes: 10, marksReleases: false });
    const whole = await planOf(stream, 0, stream.endMs, 170);
    expect(whole).toEqual({ kind: 'density', registrations: 60_000 });
    const firstAt = stream.objectAt(0).registeredAtMs;
    const close = await planOf(stream, firstAt - 1, firstAt + 1, 170);
    expect(close.kind).toBe('lanes');
  });

  it('are grouped by place, and places beyond the eighth share one group', async () => {
    const sites = Array.from({ length: 12 }, (_, index) => `place-${index}.ts:${index + 1}`);
    const stream = runOf({ sites, objects: 36 });
    const plan = await planOf(stream, 0, stream.endMs, 400);
    if (plan.kind !== 'lanes') throw new Error(plan.kind);
    expect(plan.groups.map(({ title }) => title)).toEqual([
      ...sites.slice(0, 7).map((site) => `${site}:5`),
      '5 others',
    ]);
    const tops = plan.groups.map(({ topPx }) => topPx);
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
  });

  it('say that nothing is registered', async () => {
    const size = { extentMs: 1, heightPx: 100 };
    expect(planner.plan(undefined, undefined, createTimeScale(0, 1, 100), size)).toEqual({ kind: 'empty' });
    expect(await planOf(createRunStream(), 0, 1, 100)).toEqual({ kind: 'empty' });
  });
});
