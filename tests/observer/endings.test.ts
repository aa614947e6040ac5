// How programs end, well or badly, and that what they did until then is known. Real processes with the real observer.

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fixture, runProgram } from '../run-program.ts';

const none = { kind: 'none', intervalMs: 500 } as const;
const limits = { settleMs: 100, timeoutMs: 20_000 };

describe('a program that', () => {
  it('calls process.exit(3)', async () => {
    const { report } = await runProgram({ program: fixture('exits.mjs', 'exit'), gcPolicy: none, limits });
    expect(report.outcome).toMatchObject({ status: 'exited', exitCode: 3 });
    expect(report.registrations).toMatchObject({ total: 5_000, exitedFirst: 5_000 });
  });

  it('calls process.exit(4) in an exit handler', async () => {
    const { report } = await runProgram({ program: fixture('exits.mjs', 'exit-in-handler'), gcPolicy: none, limits });
    expect(report.outcome).toMatchObject({ status: 'exited', exitCode: 4 });
    expect(report.registrations.total).toBe(5_000);
  });

  it('throws', async () => {
    const { report, stderr } = await runProgram({ program: fixture('exits.mjs', 'throw'), gcPolicy: none, limits });
    expect(report.outcome).toMatchObject({
      status: 'threw',
      exitCode: 1,
      error: { name: 'TypeError', message: 'thrown on purpose', origin: 'uncaughtException' },
    });
    expect(report.outcome.error?.stack).toContain('exits.mjs:');
    expect(stderr).toContain("throw new TypeError('thrown on purpose')");
    expect(report.registrations).toMatchObject({ total: 5_000, exitedFirst: 5_000 });
  });

  it('rejects a promise that nobody handles', async () => {
    const { report } = await runProgram({ program: fixture('exits.mjs', 'reject'), gcPolicy: none, limits });
    expect(report.outcome).toMatchObject({
      status: 'threw',
      error: { name: 'RangeError', message: 'rejected on purpose', origin: 'unhandledRejection' },
    });
    expect(report.registrations.total).toBe(5_000);
  });

  it('aborts the process', async () => {
    const { report, of } = await runProgram({ program: fixture('exits.mjs', 'abort'), gcPolicy: none, limits });
    expect(report.outcome).toMatchObject({ status: 'crashed', signal: 'SIGABRT' });
    expect(report.registrations).toMatchObject({ total: 5_000, exitedFirst: 5_000 });
    expect(of('dropped').map(({ what }) => what)).toEqual(['unknown-tail']);
  });

  it('runs out of memory', async () => {
    const { report } = await runProgram({
      program: fixture('exits.mjs', 'out-of-memory'),
      gcPolicy: none,
      limits: { ...limits, timeoutMs: 60_000, maxHeapMegabytes: 64 },
    });
    expect(report.outcome.status).toBe('out-of-memory');
    expect(report.registrations.total).toBe(5_000);
    expect(report.heap.peakUsedBytes).toBeGreaterThan(20e6);
    expect(report.gc.major).toBeGreaterThan(0);
  });

  it('never ends, in a loop that blocks its thread', async () => {
    const { report, of } = await runProgram({
      program: fixture('exits.mjs', 'loop'),
      gcPolicy: none,
      limits: { ...limits, timeoutMs: 1_500 },
    });
    expect(report.outcome.status).toBe('timed-out');
    expect(report.registrations.total).toBe(5_000);
    expect(report.heap.samples).toBeGreaterThan(5);
    expect(of('blocked').length).toBeGreaterThan(0);
    // The observer was asked for everything before the process was ended.
    expect(of('dropped')).toEqual([]);
  });

  it('is stopped while it waits', async () => {
    const { report, of } = await runProgram({
      program: fixture('exits.mjs', 'wait'),
      gcPolicy: none,
      limits,
      onBatch(batch, ask) {
        if (batch.type === 'console') ask.stop();
      },
    });
    expect(report.outcome.status).toBe('stopped');
    expect(report.registrations).toMatchObject({ total: 5_000, exitedFirst: 5_000 });
    expect(of('dropped')).toEqual([]);
  });

  it('ends its settle time when asked', async () => {
    const { report } = await runProgram({
      program: fixture('verdicts.mjs'),
      gcPolicy: none,
      // Far longer than the test may take.
      limits: { settleMs: 600_000, timeoutMs: 700_000 },
      onBatch(batch, ask) {
        if (batch.type === 'status' && batch.status === 'settling') ask.endSettling();
      },
    });
    expect(report.outcome.status).toBe('completed');
  });

  it('prints a million lines', async () => {
    const { report, of } = await runProgram({
      program: fixture('exits.mjs', 'lines'),
      gcPolicy: none,
      limits: { ...limits, timeoutMs: 50_000 },
    });
    expect(report.outcome.status).toBe('completed');
    expect(report.console.lines).toBe(1_000_000);
    const kept = of('console').flatMap(({ entries }) => entries);
    const droppedLines = report.console.droppedLines;
    expect(kept.reduce((sum, { lines }) => sum + lines, 0) + droppedLines).toBe(1_000_000);
    expect(kept.some(({ text }) => text.includes('Scavenge'))).toBe(false);
  });

  it('removes every listener of its process', async () => {
    const { report, stderr } = await runProgram({
      program: fixture('exits.mjs', 'remove-listeners'),
      gcPolicy: none,
      limits,
    });
    expect(report.outcome.status).toBe('completed');
    expect(report.registrations).toMatchObject({ total: 5_000, alive: 5_000 });
    expect(stderr).toBe('');
  });

  it('does not outlive a Heapline that was killed', async () => {
    const heapline = resolve(import.meta.dirname, '../../out/cli/heapline.js');
    const script = resolve(import.meta.dirname, '../fixtures/programs/exits.mjs');
    const host = spawn(process.execPath, [heapline, 'run', script, '--', 'wait'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = await new Promise<number>((found) => {
      let text = '';
      host.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const [, digits] = /waiting (\d+)/.exec(text) ?? [];
        if (digits !== undefined) found(Number(digits));
      });
    });
    expect(isRunning(pid)).toBe(true);
    host.kill('SIGKILL');
    while (isRunning(pid)) await delay(50);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
