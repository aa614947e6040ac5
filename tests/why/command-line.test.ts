// `heapline run --why` as a shell sees it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunReport } from '../../engine/protocol/run-report.ts';

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts');
const LIVES = resolve(import.meta.dirname, '../fixtures/programs/lives.mjs');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapline-test-'));
});
afterEach(() => {
  const left = readdirSync(folder);
  rmSync(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

function heapline(...words: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'run', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr]) => ({ status: child.exitCode, stdout, stderr }),
  );
  return { child, ended };
}

describe('heapline run --why', () => {
  it('prints one document with causes and a reason for each living object', async () => {
    const { status, stdout } = await heapline(LIVES, '--gc', 'major', '--why', '--json', '--', 'settle').ended;
    expect(status).toBe(0);
    const report = v.parse(RunReport, JSON.parse(stdout));
    expect(report.causes).toMatchObject([
      { cause: 'map-entry', count: 1, fix: expect.stringContaining('sessions') as string },
    ]);
    expect(report.causes?.[0]?.path.filter(({ suspect }) => suspect)).toHaveLength(1);
    const why = report.objects.map(({ label, why }) => [label, why?.cause]);
    expect(why).toContainEqual(['kept', 'map-entry']);
    expect(why.filter(([, cause]) => cause !== undefined)).toHaveLength(1);
  });

  it('tells a person, and writes no progress where nobody watches', async () => {
    const { stdout, stderr } = await heapline(LIVES, '--gc', 'major', '--why', '--', 'settle').ended;
    expect(stdout).toMatch(/What keeps objects alive\n {2}1 object.*: map entry\n.* ─✗→ .*\n.*sessions/);
    expect(stderr).toBe('');
  });

  it('has no causes without the option', async () => {
    const { stdout } = await heapline(LIVES, '--json', '--settle', '0', '--', 'settle').ended;
    expect(JSON.parse(stdout)).not.toHaveProperty('causes');
  });

  it('explains what it is told to stop', async () => {
    const { child, ended } = heapline(LIVES, '--why', '--json', '--', 'serve');
    child.stderr.once('data', () => child.kill('SIGINT'));
    const { stdout } = await ended;
    expect(v.parse(RunReport, JSON.parse(stdout))).toMatchObject({
      outcome: { status: 'stopped' },
      causes: [{ cause: 'map-entry' }],
    });
  });

  it('leaves nothing behind for good when it is killed: the next engine removes it', async () => {
    const { child, ended } = heapline(LIVES, '--why', '--json', '--', 'serve');
    child.stderr.once('data', () => child.kill('SIGKILL'));
    await ended;
    expect(readdirSync(folder).some((name) => name.includes('snapshot'))).toBe(true);
    await heapline(LIVES, '--settle', '0', '--', 'settle').ended;
    expect(readdirSync(folder)).toEqual([]);
  });

  it('prints the whole document when the snapshot cannot be written', async () => {
    const { child, ended } = heapline(LIVES, '--why', '--json', '--', 'serve');
    child.stderr.once('data', () => {
      for (const own of readdirSync(folder))
        if (own.includes('snapshot')) rmSync(join(folder, own), { recursive: true });
      child.kill('SIGINT');
    });
    const { stdout, status } = await ended;
    expect(status).toBe(0);
    const report = v.parse(RunReport, JSON.parse(stdout));
    expect(report.warnings).toContainEqual(expect.stringContaining('ENOENT'));
    expect(report.registrations).toMatchObject({ total: 2, exitedFirst: 2 });
  });
});
