// The observer inside real processes, on every version of Node that is installed: what it tells, and that a program
// cannot tell that it is there.

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { GcPolicy } from '../../engine/protocol/run-description.ts';
import { fixture, runProgram } from '../run-program.ts';
import { ALL_RUNTIMES } from '../runtimes.ts';

const major: GcPolicy = { kind: 'major', intervalMs: 100 };
const none: GcPolicy = { kind: 'none', intervalMs: 500 };

for (const { name, nodePath, isInstalled } of ALL_RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}`, () => {
    it('tells what became of each registration, and why', async () => {
      const { report, stdout, of } = await runProgram({
        program: fixture('verdicts.mjs'),
        gcPolicy: major,
        limits: { settleMs: 600 },
        nodePath,
      });
      expect(report.outcome.status).toBe('completed');
      expect(stdout).toBe('unregister true false\ncleaned dropped\n');
      const byLabel = Object.fromEntries(report.objects.map(({ label, verdict }) => [label, verdict]));
      expect(byLabel).toEqual({
        dropped: 'finalized',
        unregistered: 'unregistered',
        '{ owner: {…} }': 'alive',
        orphan: 'registry-collected',
        kept: 'alive',
      });
      const dropped = report.objects.find(({ label }) => label === 'dropped');
      expect(dropped?.site).toMatch(/\/verdicts\.mjs:7:\d+$/);
      expect(dropped?.releasedAtMs).toBeGreaterThanOrEqual(dropped?.registeredAtMs ?? Infinity);
      const [from = NaN, to = NaN] = dropped?.collectedBetweenMs ?? [];
      expect(from).toBeLessThanOrEqual(to);
      expect(to).toBeLessThanOrEqual(dropped?.callbackStartedAtMs ?? -Infinity);
      const [runtime] = of('runtime');
      expect(`v${runtime?.node}`).toBe(execFileSync(nodePath, ['--version'], { encoding: 'utf8' }).trim());
      expect(runtime?.capabilities).toEqual({
        heap: 'live',
        external: 'live',
        collections: 'live',
        forcedGc: 'live',
      });
    });

    it('samples the heap and tells each collection while the program blocks its thread', async () => {
      const collectionsDuringLoop: number[] = [];
      let blockedUntilMs = 0;
      const { report, of, stdout } = await runProgram({
        program: fixture('blocked.mjs', '1500'),
        gcPolicy: { kind: 'major', intervalMs: 300 },
        limits: { settleMs: 300 },
        nodePath,
        onBatch(batch) {
          if (batch.type === 'collections') collectionsDuringLoop.push(...batch.startMs);
          if (batch.type === 'blocked') blockedUntilMs = Math.max(blockedUntilMs, batch.endMs.at(-1) ?? 0);
        },
      });
      expect(stdout).toBe('called during the loop: 0\n');
      expect(blockedUntilMs).toBeGreaterThan(1400);
      const inLoop = of('samples')
        .flatMap(({ atMs, usedBytes }) => [...atMs].filter((_at, row) => !Number.isNaN(usedBytes[row])))
        .filter((atMs) => atMs < 1500);
      // Some of the 75 samples may be late on a busy machine; without the companion there would be none.
      expect(inLoop.length).toBeGreaterThan(15);
      expect(report.gc.forced).toBeGreaterThanOrEqual(4);
      expect(report.gc.major).toBeGreaterThanOrEqual(report.gc.forced);
      expect(collectionsDuringLoop.filter((atMs) => atMs < 1500).length).toBeGreaterThanOrEqual(4);
      for (const batch of of('collections')) {
        expect([...batch.beforeBytes].every((bytes) => bytes > 1_000_000)).toBe(true);
        expect([...batch.pauseMs].every((pause) => pause >= 0 && pause < 2_000)).toBe(true);
        expect([...batch.reason].every((reason) => (batch.reasons[reason] ?? '').length > 0)).toBe(true);
      }
      expect(report.registrations.finalized).toBe(report.registrations.total);
    });

    it('samples the heap from the beginning of a run to its end', async () => {
      const { of, report } = await runProgram({
        program: { kind: 'scratch', name: 'waits.mjs', text: 'setTimeout(() => {}, 900);', args: [] },
        gcPolicy: none,
        limits: { settleMs: 0 },
        nodePath,
      });
      expect(of('runtime').map(({ capabilities }) => capabilities.heap)).toEqual(['live']);
      const known = of('samples').flatMap(({ atMs, usedBytes, totalBytes, externalBytes }) =>
        [...atMs].filter((_at, row) =>
          [usedBytes, totalBytes, externalBytes].every((column) => (column[row] ?? NaN) > 0),
        ),
      );
      // 45 on a machine that has nothing else to do.
      expect(known.length).toBeGreaterThan(10);
      for (const third of [0, 300, 600]) {
        expect(known.some((atMs) => atMs >= third && atMs < third + 300)).toBe(true);
      }
      expect(report.heap.peakUsedBytes).toBeGreaterThan(1e6);
    });

    it('loses nothing and counts nothing twice of 300,000 registrations and callbacks', async () => {
      const count = 300_000;
      const { report, of, stdout, batches } = await runProgram({
        program: fixture('million.mjs', String(count)),
        gcPolicy: major,
        limits: { settleMs: 100 },
        nodePath,
      });
      expect(stdout).toBe(`called ${count}\n`);
      expect(report.registrations).toMatchObject({ total: count, finalized: count });
      expect(report.droppedRows).toBe(0);
      // Whatever a row refers to was told before.
      const sites = new Set([0]);
      for (const batch of batches) {
        if (batch.type === 'sites') for (const { id } of batch.items) sites.add(id);
        if (batch.type === 'registrations') expect(batch.siteId.every((id) => sites.has(id))).toBe(true);
      }
      const calls = new Uint8Array(count + 1);
      // One that is reported when it is entered, because it was going on at a drain, is reported again at its end.
      for (const { id, durationMs } of of('callbacks')) {
        for (const [row, one] of id.entries()) if (!Number.isNaN(durationMs[row])) calls[one]!++;
      }
      expect(calls.subarray(1).every((times) => times === 1)).toBe(true);
      let nextId = 1;
      let lastAtMs = -Infinity;
      for (const { firstId, atMs } of of('registrations')) {
        expect(firstId).toBe(nextId);
        nextId += atMs.length;
        for (const at of atMs) {
          if (at < lastAtMs) expect.fail(`registered at ${at} after ${lastAtMs}`);
          lastAtMs = at;
        }
      }
    });

    it('labels objects by their held value, also in bursts', async () => {
      const { report, stdout } = await runProgram({
        program: fixture('late-work.mjs'),
        gcPolicy: none,
        limits: { settleMs: 0 },
        nodePath,
        reportedObjects: 20_000,
      });
      expect(stdout).toBe('true\n');
      expect(report.registrations).toMatchObject({ total: 10_003, unregistered: 10_000, alive: 3 });
      expect(report.objects[0]?.label).toBe('Größe ✓ 0/0');
      expect(report.objects[9_999]?.label).toBe('Größe ✓ 19/499');
      expect(report.objects.slice(10_000, 10_002).map(({ label }) => label)).toEqual(['3.5', '-7']);
      // Bursts 3 ms apart must not be smeared into each other by readings of the clock that they share.
      for (let burst = 1; burst < 20; burst++) {
        const before = report.objects[burst * 500 - 1]?.registeredAtMs ?? NaN;
        const after = report.objects[burst * 500]?.registeredAtMs ?? NaN;
        expect(after - before).toBeGreaterThan(2);
      }
    });

    it('lets handlers run as often as without it', async () => {
      const plain = execFileSync(nodePath, [path('exit-handlers.cjs')], {
        encoding: 'utf8',
      });
      const { stdout, report } = await runProgram({
        program: fixture('exit-handlers.cjs'),
        gcPolicy: none,
        limits: { settleMs: 200 },
        nodePath,
      });
      expect(stdout).toBe(plain);
      expect(report.outcome.status).toBe('completed');
    });

    it('does not keep an object because it was printed', async () => {
      const { report } = await runProgram({
        program: fixture('console-keeps.mjs'),
        gcPolicy: major,
        limits: { settleMs: 600 },
        nodePath,
      });
      expect(report.registrations).toMatchObject({ total: 1, finalized: 1 });
    });
  });
}

function path(name: string): string {
  const program = fixture(name);
  if (program.kind !== 'file') throw new Error('A fixture is a file.');
  return program.path;
}
