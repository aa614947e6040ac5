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

/** Watching is asked for; it begins when the process has answered. */
async function untilWatched(target: ReturnType<typeof startTarget>): Promise<void> {
  for (;;) {
    const { isRegisterNative } = (await target.ask('state')) as { isRegisterNative: boolean };
    if (!isRegisterNative) return;
    await delay(20);
  }
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
  const args = ['watch', String(target.pid), '--why', '--yes', '--json', '--gc', 'major', '--gc-interval', '100'];
  const { stdout, stderr, exitCode } = await heapline(folder.path, args, (text, interrupt) => {
    if (isInterrupted || !text.includes('Watching obedient.cjs')) return;
    isInterrupted = true;
    void (async () => {
      await untilWatched(target);
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

it('does not take a snapshot of a process without being told to where it cannot ask', async () => {
  using folder = temporaryFolder();
  await using target = startTarget(targetScript('obedient.cjs'), { folder: folder.path });
  await target.untilPrints(/ready/);
  const { stderr, stdout, exitCode } = await heapline(folder.path, ['watch', String(target.pid), '--why']);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
  expect(stderr).toMatch(/^heapline: --why pauses the process [^\n]* Allowed: --why --yes, [^\n]*\n$/);
  expect(await target.ask('state')).toMatchObject({ isRegisterNative: true });
});

it.skipIf(process.platform !== 'linux')('says on a terminal what a snapshot costs, and asks', async () => {
  using folder = temporaryFolder();
  await using target = startTarget(targetScript('obedient.cjs'), { folder: folder.path });
  await target.untilPrints(/ready/);
  for (const [answer, isTaken] of [
    ['n', false],
    ['y', true],
  ] as const) {
    // script(1) gives it a terminal.
    const words = [process.execPath, heaplinePath, 'watch', String(target.pid), '--why', '--for', '3', '--gc', 'major'];
    const child = spawn('script', ['-qec', words.join(' '), '/dev/null'], {
      env: { PATH: process.env['PATH'], HEAPLINE_RENDEZVOUS: folder.path },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const before = said;
      said += text;
      if (!before.includes('[y/N]') && said.includes('[y/N]')) child.stdin.write(`${answer}\n`);
      if (!before.includes('Watching') && said.includes('Watching')) {
        void untilWatched(target).then(() => target.ask('register', { count: 4, keep: 4 }));
      }
    });
    await new Promise((ended) => child.once('close', ended));
    expect(said).toMatch(
      /snapshot of [\d.]+ MB pauses the process for about [\d.]+ to [\d.]+ s, .* up to \d+[\d.]* MB/,
    );
    expect(said.includes('What keeps objects alive')).toBe(isTaken);
  }
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
