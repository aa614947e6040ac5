// `heapline targets` and `heapline watch`, as a person types them.

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { RunReport } from '../../engine/protocol/run-report.ts';
import { runProgram } from '../run-program.ts';
import { startTarget, targetScript, temporaryFolder } from './watching.ts';

const heaplinePath = resolve(import.meta.dirname, '../../out/cli/heapline.js');

/** Runs `heapline`; `onStderr` may interrupt it. */
async function heapline(
  folder: string,
  args: readonly string[],
  onStderr: (text: string, interrupt: () => void) => void = () => {},
): Promise<{ stdout: string; stderr: string; exitCode: number | null }> {
  const child = spawn(process.execPath, [heaplinePath, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HEAPLINE_RENDEZVOUS: folder },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onStderr(stderr, () => child.kill('SIGINT'));
  });
  const exitCode = await new Promise<number | null>((ended) => child.once('close', ended));
  return { stdout, stderr, exitCode };
}

it('lists the processes that can be watched', async () => {
  using folder = temporaryFolder();
  expect((await heapline(folder.path, ['targets'])).stdout).toContain('node --import heapline/observe app.js');
  await using target = startTarget(targetScript('obedient.cjs'), { folder: folder.path });
  await target.untilPrints(/ready/);
  const { stdout, exitCode } = await heapline(folder.path, ['targets', '--json']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 1,
    targets: [{ pid: target.pid, title: 'obedient.cjs', node: process.versions.node }],
  });
});

it('watches one until it is interrupted, and says what it keeps', async () => {
  using folder = temporaryFolder();
  await using target = startTarget(targetScript('obedient.cjs'), { folder: folder.path });
  await target.untilPrints(/ready/);
  let isInterrupted = false;
  const args = ['watch', String(target.pid), '--why', '--json', '--gc', 'major', '--gc-interval', '100'];
  const { stdout, stderr, exitCode } = await heapline(folder.path, args, (text, interrupt) => {
    if (isInterrupted || !text.includes('Watching obedient.cjs')) return;
    isInterrupted = true;
    // Watching is asked for; it begins when the process has answered.
    void (async () => {
      for (;;) {
        const { isRegisterNative } = (await target.ask('state')) as { isRegisterNative: boolean };
        if (!isRegisterNative) break;
        await delay(20);
      }
      await target.ask('register', { count: 10, keep: 4 });
      await delay(500);
      interrupt();
    })();
  });
  expect({ stderr, exitCode }).toEqual({
    stderr: `Watching obedient.cjs (${target.pid}). Ctrl-C leaves it; it goes on.\n`,
    exitCode: 0,
  });
  const report = JSON.parse(stdout) as RunReport;
  expect(report.outcome.status).toBe('stopped');
  expect(report.registrations).toMatchObject({ total: 10, finalized: 6, alive: 4 });
  expect(report.causes).toMatchObject([{ cause: 'array-element', count: 4 }]);
  expect(report.causes?.[0]?.fix).toContain('kept');
  expect(await target.ask('state')).toMatchObject({ isRegisterNative: true, called: 6 });
});

it('says what can be watched where something cannot', async () => {
  using folder = temporaryFolder();
  const { stderr, exitCode } = await heapline(folder.path, ['watch', '1']);
  expect({ stderr, exitCode }).toEqual({
    stderr: expect.stringContaining('as heapline targets lists') as string,
    exitCode: 2,
  });
});

it('does not observe twice what a run observes already', async () => {
  const { report, stdout } = await runProgram({
    program: { kind: 'file', path: targetScript('imports-observe.mjs'), args: [] },
    gcPolicy: { kind: 'none', intervalMs: 500 },
    limits: { settleMs: 100 },
  });
  expect(stdout).toBe('function FinalizationRegistry() { [native code] }\n');
  expect(report.registrations.total).toBe(1);
  expect(report.objects[0]?.label).toBe('kept');
});
