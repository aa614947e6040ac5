// Watching a process that was started elsewhere: what is told, and that nothing of it is left when it is left.

import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RUNTIMES } from '../runtimes.ts';
import {
  observePath,
  openHeapline,
  startTarget,
  targetScript,
  temporaryFolder,
  type TargetProcess,
} from './watching.ts';

interface State {
  called: number;
  isRegisterNative: boolean;
  isEmitOwn: boolean;
  reallyExit: string;
  listeners: [string, number][];
  resources: string[];
  symbols: string[];
  threads: number;
  descriptors: number;
  heapBytes: number;
}

const stateOf = async (target: TargetProcess): Promise<State> => (await target.ask('state')) as State;
/** What must be the same before, between and after watches. */
const visible = ({ heapBytes: _, called: __, ...others }: State) => others;

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}`, () => {
    const start = (folder: string): TargetProcess =>
      startTarget(targetScript('obedient.cjs'), {
        folder,
        nodePath,
        preload: ['--expose-gc', '--require', observePath],
      });

    it('tells of registries made before, of marks from inside and outside, and of collections', async () => {
      using folder = temporaryFolder();
      await using heapline = openHeapline(folder.path);
      await using target = start(folder.path);
      await target.untilPrints(/ready/);
      const run = await heapline.watch(await heapline.untilListed(target.pid));
      await run.running;
      await target.ask('register', { count: 10, keep: 3 });
      await target.ask('mark', { name: 'from inside' });
      await heapline.client.request({ type: 'mark', runId: run.runId, name: 'from outside' });
      await heapline.client.request({ type: 'mark', runId: run.runId, name: 'release:object 9' });
      await run.until(() => run.of('marks').flatMap(({ items }) => items).length >= 3);
      await run.collect('minor');
      while (run.of('callbacks').reduce((sum, { id }) => sum + id.length, 0) < 7) await run.collect('major');
      await target.ask('block', { ms: 300 });
      await run.until(() => run.of('blocked').length > 0);
      const report = await run.leave();
      expect(report.outcome).toEqual({ status: 'stopped', message: 'You stopped watching; the process goes on.' });
      expect(report.registrations).toMatchObject({ total: 10, finalized: 7, alive: 3 });
      expect(report.gc.forced).toBeGreaterThanOrEqual(2);
      expect(report.gc.minor).toBeGreaterThanOrEqual(1);
      expect(report.objects[9]?.releasedAtMs).toBeGreaterThan(0);
      expect(report.objects[0]).toMatchObject({ label: 'object 0', verdict: 'alive', reason: 'survived-major-gc' });
      const marks = run.of('marks').flatMap(({ items }) => items.map(({ kind, name }) => `${kind} ${name}`));
      expect(marks).toContain('user-mark from inside');
      expect(marks).toContain('user-mark from outside');
      const [runtime] = run.of('runtime');
      expect(runtime).toMatchObject({
        pid: target.pid,
        capabilities: { heap: 'live', external: 'live', collections: 'when-idle', forcedGc: 'live' },
      });
      expect(target.output()).toEqual({ stdout: 'ready\n', stderr: '' });
      const [registry] = run.of('registries').flatMap(({ items }) => items);
      const made = run.of('sites').flatMap(({ items }) => items.filter(({ id }) => id === registry?.siteId));
      expect(made).toMatchObject([{ file: targetScript('obedient.cjs'), line: 8 }]);
    });

    it('leaves nothing behind, ten times', async () => {
      using folder = temporaryFolder();
      await using heapline = openHeapline(folder.path);
      await using target = start(folder.path);
      await target.untilPrints(/ready/);
      const listed = await heapline.untilListed(target.pid);
      const before = await stateOf(target);
      expect(before.isRegisterNative).toBe(true);
      const after: State[] = [];
      for (let times = 0; times < 10; times += 1) {
        const run = await heapline.watch(listed);
        await run.running;
        await target.ask('register', { count: 1_000 });
        expect((await stateOf(target)).isRegisterNative).toBe(false);
        const report = await run.leave();
        expect(report.registrations.total).toBe(1_000);
        // The thread of the companion takes a moment to end.
        let state = await stateOf(target);
        for (let looks = 0; looks < 100 && !isDeepStrictEqual(visible(state), visible(before)); looks += 1) {
          await delay(20);
          state = await stateOf(target);
        }
        expect(visible(state), `time ${times + 1}`).toEqual(visible(before));
        after.push(state);
      }
      // The first watch loads what watching needs; from then on nothing may be added.
      const [first] = after;
      const last = after.at(-1);
      expect((last?.heapBytes ?? Infinity) - (first?.heapBytes ?? 0)).toBeLessThan(1_000_000);
      expect(heapline.targets()).toMatchObject([{ pid: target.pid }]);
      expect(target.output()).toEqual({ stdout: 'ready\n', stderr: '' });
    });

    it('is as if it had not been loaded where no Heapline listens', () => {
      const run = (preload: string[]) => {
        const { stdout, stderr, status } = spawnSync(nodePath, [...preload, targetScript('introspective.cjs')], {
          env: { PATH: process.env['PATH'], HEAPLINE_RENDEZVOUS: '/nonexistent/heapline' },
          encoding: 'utf8',
        });
        return { stdout, stderr, status };
      };
      const plain = run([]);
      expect(plain.status).toBe(7);
      expect(run(['--require', observePath])).toEqual(plain);
    });
  });
}
