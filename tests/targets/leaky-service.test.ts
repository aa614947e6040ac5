// The example: a real service that leaks one session in ten, watched, explained, left, and watched again.

import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openHeapline, startTarget, temporaryFolder, type WatchedRun } from './watching.ts';

const service = resolve(import.meta.dirname, '../../examples/leaky-service/server.mjs');

async function placeOrders(address: string, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    const article = number % 10 === 0 ? 'unicorn' : 'lamp';
    const response = await fetch(`${address}/orders`, { method: 'POST', body: JSON.stringify({ article }) });
    expect(response.status).toBe(number % 10 === 0 ? 400 : 200);
    await response.arrayBuffer();
  }
}

const callbacks = (run: WatchedRun) => run.of('callbacks').reduce((sum, { id }) => sum + id.length, 0);

/** Drives the service, and collects until everything that can be finalized has been. */
async function driveAndCollect(run: WatchedRun, address: string): Promise<void> {
  await run.running;
  await placeOrders(address, 200);
  for (let times = 0; times < 20 && callbacks(run) < 180; times += 1) {
    await run.collect('major');
    await delay(50);
  }
}

it('is watched, left and watched again, and goes on serving', async () => {
  using folder = temporaryFolder();
  await using heapline = openHeapline(folder.path);
  await using shop = startTarget(service, { folder: folder.path, environment: { PORT: '0' } });
  const [, address = ''] = await shop.untilPrints(/(http:\S+)/);
  const target = await heapline.untilListed(shop.pid);
  expect(target).toMatchObject({ title: 'server.mjs', node: process.versions.node });
  expect(target.watchedBy).toBeUndefined();

  for (const round of [1, 2]) {
    const run = await heapline.watch(target);
    await driveAndCollect(run, address);
    const reasons = await run.askWhy();
    expect(reasons.map(({ cause, count }) => ({ cause, count }))).toEqual([{ cause: 'event-listener', count: 20 }]);
    const [reason] = reasons;
    expect(`${reason?.summary} ${reason?.fix}`).toContain('stockChanges');
    const report = await run.leave();
    expect(report.outcome).toEqual({ status: 'stopped', message: 'You stopped watching; the process goes on.' });
    expect(report.registrations, `round ${round}`).toMatchObject({ total: 200, finalized: 180, alive: 20 });
    const alive = report.objects.filter(({ verdict }) => verdict === 'alive');
    expect(alive.every(({ reason }) => reason === 'survived-major-gc')).toBe(true);
    expect(alive[0]?.label).toBe(`session ${(round - 1) * 200 + 10}`);
    expect(alive[0]?.site).toMatch(/leaky-service\/server\.mjs:\d+:\d+$/);
    expect(report.registries).toMatchObject([{ registrations: 200, finalized: 180 }]);
    expect(report.heap.samples).toBeGreaterThan(3);
    expect(report.gc.major).toBeGreaterThan(0);
    expect(report.droppedRows).toBe(0);
    // Nobody reads its standard output for Heapline, so nothing may be written there.
    expect(shop.output().stdout).toMatch(/^The shop is open at \S+\n$/);
  }
  const state = (await (await fetch(address)).json()) as { opened: number; listeners: number };
  expect(state).toMatchObject({ opened: 400, listeners: 40 });
  expect(shop.output().stderr).toBe('');
});
