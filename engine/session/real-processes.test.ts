// How runs end, with real processes and nobody observing inside them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../protocol/run-report.ts';
import { createEngine, type Engine } from './engine.ts';
import { attachTestClient, createScriptFolder, type ScriptFolder, type TestClient } from './fake-observer.ts';
import { createNodeLauncher } from './node-launcher.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a run that nobody observes', () => {
  let folder: ScriptFolder;
  let engine: Engine;
  let client: TestClient;
  beforeAll(() => {
    folder = createScriptFolder();
    engine = createEngine({
      launcher: createNodeLauncher({ nodePath: process.execPath }),
      host: { kind: 'headless', version: '0', node: '', v8: '', platform: process.platform },
      scenarios: [],
      locations: {
        observerPath: folder.absentObserverPath,
        scenarioRunnerPath: '',
        explainWorkerPath: '',
        scenariosFolder: folder.path,
      },
      handshakeDeadlineMs: 300,
    });
    client = attachTestClient(engine);
  });
  afterAll(async () => {
    await engine.close();
    folder[Symbol.dispose]();
  });

  let scripts = 0;
  async function run(
    text: string,
    options: { limits?: { timeoutMs?: number; maxHeapMegabytes?: number }; extension?: string } = {},
  ): Promise<RunReport> {
    const path = folder.write(`script-${(scripts += 1)}.${options.extension ?? 'cjs'}`, text);
    const runId = await client.start({ program: { kind: 'file', path, args: [] }, limits: options.limits ?? {} });
    return client.follow(runId);
  }

  it('completed, and says that nobody observed', async () => {
    const report = await run('console.log("hello"); console.error("there")');
    expect(report.outcome).toMatchObject({ status: 'completed', exitCode: 0, stderrTail: ['there'] });
    expect(report.console.lines).toBe(2);
    expect(report.warnings).toEqual([expect.stringContaining('observer did not connect')]);
  });

  it('exited with a code', async () => {
    expect((await run('process.exit(3)')).outcome).toMatchObject({ status: 'exited', exitCode: 3 });
  });

  it('threw', async () => {
    const { outcome } = await run(
      'class OddError extends Error { name = "OddError" }\nthrow new OddError("one\\ntwo")',
    );
    expect(outcome).toMatchObject({ status: 'threw', exitCode: 1, error: { name: 'OddError', message: 'one' } });
    expect(outcome.error?.stack).toContain('script-');
  });

  it('threw before it began, because it could not be parsed', async () => {
    const { outcome } = await run('const = 3');
    expect(outcome).toMatchObject({ status: 'threw', error: { name: 'SyntaxError' } });
  });

  it('threw, by a rejection that nobody handled', async () => {
    const { outcome } = await run('await Promise.reject(new RangeError("far"))', { extension: 'mjs' });
    expect(outcome).toMatchObject({ status: 'threw', error: { name: 'RangeError', message: 'far' } });
  });

  it('crashed by its own abort', async () => {
    expect((await run('process.abort()')).outcome).toMatchObject({ status: 'crashed', signal: 'SIGABRT' });
  });

  it.skipIf(process.platform === 'win32')('crashed by a signal', async () => {
    const { outcome } = await run('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)');
    expect(outcome).toMatchObject({ status: 'crashed', signal: 'SIGKILL' });
  });

  it('ran out of memory', async () => {
    const { outcome } = await run('const kept = []; for (;;) kept.push(new Array(1000).fill({}))', {
      limits: { maxHeapMegabytes: 32 },
    });
    expect(outcome.status).toBe('out-of-memory');
  });

  it('timed out', async () => {
    const { outcome } = await run('for (;;);', { limits: { timeoutMs: 400 } });
    expect(outcome).toMatchObject({ status: 'timed-out', message: expect.stringContaining('0.4 s') as string });
  });

  it('wrote a million lines, and every one is counted', { timeout: 60_000 }, async () => {
    const report = await run('for (let i = 0; i < 1e6; i += 1) console.log("line " + i)');
    expect(report.outcome.status).toBe('completed');
    expect(report.console).toEqual({ lines: 1_000_000, droppedLines: 0 });
  });

  it('takes with it what it started, also when it ends by itself', async () => {
    const report = await run(`
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      console.error(child.pid);
      child.unref();
    `);
    expect(report.outcome.status).toBe('completed');
    const pid = Number(report.outcome.stderrTail?.at(-1));
    expect(pid).toBeGreaterThan(0);
    // Whoever takes in orphans may leave a dead one listed for a while.
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });

  it('does not hang on output that a process which left the group holds open', async () => {
    const report = await run(`
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 15000)'], { stdio: 'inherit', detached: true });
      console.error(child.pid);
      child.unref();
    `);
    process.kill(Number(report.outcome.stderrTail?.at(-1)));
    expect(report.outcome.status).toBe('completed');
  });

  it('sees neither the session’s environment nor its input', async () => {
    process.env['HEAPLINE_TEST_SECRET'] = 'secret';
    try {
      const report = await run(`
        console.error(process.env.HEAPLINE_TEST_SECRET, process.env.PATH?.length > 0, process.cwd() === __dirname);
        process.stdin.on('end', () => console.error('no input')).resume();
      `);
      expect(report.outcome.stderrTail).toEqual(['undefined true true', 'no input']);
    } finally {
      delete process.env['HEAPLINE_TEST_SECRET'];
    }
  });

  it('never started: the launcher says why', async () => {
    const launched = createNodeLauncher({ nodePath: '/nowhere/node' }).launch({
      entryPath: '/x.cjs',
      args: [],
      observerPath: folder.absentObserverPath,
      nodeOptions: [],
      environment: {},
      workingDirectory: folder.path,
    });
    launched.kill();
    launched.kill();
    expect(await launched.exited).toMatchObject({
      exitCode: null,
      launchProblem: expect.stringContaining('/nowhere/node') as string,
    });
  });
});
