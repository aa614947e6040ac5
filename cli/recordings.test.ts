// Recordings as a shell sees them: written by `run --record`, told by `report`, in real processes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame } from '../engine/protocol/frame-codec.ts';
import { RunReport } from '../engine/protocol/run-report.ts';
import { ensureBuilt } from '../scripts/built-parts.ts';
import { writeRecord } from './record-file.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const PROCESS_TIMEOUT_MS = 60_000;

let folder: string;
const inFolder = (name: string) => join(folder, name);
function start(...words: string[]) {
  const child = spawn(process.execPath, [MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: { ...process.env, HEAPLINE_SCENARIOS: join(folder, 'no-scenarios') },
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr]) => ({ status: child.exitCode, stdout, stderr }),
  );
  return { child, ended };
}
const heapline = (...words: string[]) => start(...words).ended;
const parseReport = (document: string) => v.parse(RunReport, JSON.parse(document));
function script(name: string, source: string): string {
  writeFileSync(inFolder(name), source);
  return name;
}

beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  folder = mkdtempSync(join(tmpdir(), 'heapline-recordings-'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

const LEAK = `const registry = new FinalizationRegistry(() => {});
const cache = new Map();
(() => { for (const user of ['ada', 'max']) { const session = {}; cache.set(user, session); registry.register(session, user); } })();
(() => { registry.register({}, 'let go of'); })();
globalThis.kept = [cache, registry];
`;

describe('run --record', { timeout: PROCESS_TIMEOUT_MS }, () => {
  it('writes what report tells again: the same document, the same words, the same exit status', async () => {
    script('leak.mjs', LEAK);
    const run = await heapline(
      'run',
      'leak.mjs',
      '--why',
      '--gc',
      'major',
      '--gc-interval',
      '100',
      '--settle',
      '800',
      '--json',
      '--record',
      'leak.heapline',
    );
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const report = parseReport(run.stdout);
    expect(report.registrations).toMatchObject({ total: 3, finalized: 1, alive: 2 });
    expect(report.causes).toHaveLength(1);
    // Nothing of what it was made from is needed any more.
    rmSync(inFolder('leak.mjs'));
    const told = await heapline('report', 'leak.heapline', '--json');
    expect(told).toMatchObject({ status: 0, stderr: '' });
    expect(parseReport(told.stdout)).toEqual(report);
    const words = await heapline('report', 'leak.heapline');
    expect(words.stdout).toMatch(/leak\.mjs: [^]*alive +2\n[^]*Delete its entry from the Map `cache`/);
    expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('keeps the prediction of a scenario', async () => {
    const run = await heapline('run', 'simple', '--json', '--record', 'simple.heapline');
    const told = await heapline('report', 'simple.heapline', '--json');
    expect(parseReport(told.stdout).prediction?.held).toBe(true);
    expect(parseReport(told.stdout)).toEqual(parseReport(run.stdout));
    expect((await heapline('report', 'simple.heapline')).stdout).toContain('Prediction held');
  });

  it.each<[what: string, source: string, words: string[], status: string]>([
    ['crashed', 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);', [], 'crashed'],
    ['threw', 'throw new Error("on purpose");', [], 'threw'],
    ['timed out', 'setInterval(() => {}, 10);', ['--timeout', '700'], 'timed-out'],
  ])('writes what there is of a program that %s', async (_what, source, words, status) => {
    script('fails.mjs', source);
    const run = await heapline('run', 'fails.mjs', '--json', '--record', 'fails.heapline', ...words);
    expect(run.status).toBe(3);
    const told = await heapline('report', 'fails.heapline', '--json');
    expect(told.status).toBe(3);
    expect(parseReport(told.stdout)).toEqual(parseReport(run.stdout));
    expect(parseReport(told.stdout).outcome.status).toBe(status);
  });

  it.skipIf(process.platform === 'win32')('writes what there is when it is interrupted', async () => {
    script('goes-on.mjs', 'console.log("began"); setInterval(() => {}, 10);');
    const { child, ended } = start('run', 'goes-on.mjs', '--record', 'interrupted.heapline');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect((await ended).status).toBe(0);
    expect(parseReport((await heapline('report', 'interrupted.heapline', '--json')).stdout).outcome.status).toBe(
      'stopped',
    );
  });

  it('puts the new recording in the place of the old one', async () => {
    writeFileSync(inFolder('again.heapline'), 'what was there before');
    script('short.mjs', 'console.log(1);');
    expect((await heapline('run', 'short.mjs', '--settle', '0', '--record', 'again.heapline')).status).toBe(0);
    expect(readFileSync(inFolder('again.heapline'), 'latin1')).toMatch(/^HEAPLINE/);
  });

  it('leaves nothing of a recording that is given up while it is written, and the old one as it was', async () => {
    const path = inFolder('kept.heapline');
    writeFileSync(path, 'what was there before');
    const before = readdirSync(folder);
    const givenUp = new AbortController();
    const written = writeRecord(
      path,
      {
        async *chunks() {
          yield new Uint8Array(10);
          givenUp.abort(new Error('it was given up'));
          yield new Uint8Array(10);
        },
      },
      givenUp.signal,
    );
    await expect(written).rejects.toThrow(/not written: it was given up/);
    expect(readFileSync(path, 'utf8')).toBe('what was there before');
    expect(readdirSync(folder)).toEqual(before);
  });

  it.each<[words: string[], problem: RegExp, allowed: RegExp]>([
    [
      ['run', 'marks.mjs', '--record', 'no/such/folder/a.heapline'],
      /cannot be written: ENOENT/,
      /a folder that is there/,
    ],
    [['run', 'marks.mjs', '--record', 'marks.mjs'], /no name for a recording/, /ends in \.heapline/],
    [['run', 'marks.mjs', '--record', 'folder.heapline'], /is a folder/, /the name of a file/],
    [['run', 'marks.mjs', '--record'], /argument missing/, /heapline run/],
    [['run', '--all', '--record', 'a.heapline'], /writes a single run/, /one program/],
    [['run', 'marks.mjs', '--runs', '2', '--record', 'a.heapline'], /writes a single run/, /one program/],
  ])('refuses %j before anything is run', async (words, problem, allowed) => {
    mkdirSync(inFolder('folder.heapline'), { recursive: true });
    script(
      'marks.mjs',
      `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(inFolder('it-ran'))}, '');`,
    );
    const { status, stdout, stderr } = await heapline(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^heapline: [^\n]*\n$/);
    expect(stderr).toMatch(problem);
    expect(stderr).toMatch(allowed);
    expect(existsSync(inFolder('it-ran'))).toBe(false);
  });
});

describe('a recording on the command line', { timeout: PROCESS_TIMEOUT_MS }, () => {
  it('never runs the script that it was made from', async () => {
    const ranPath = inFolder('ran');
    script(
      'notes.mjs',
      `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(ranPath)}, 'once ');`,
    );
    await heapline('run', 'notes.mjs', '--settle', '0', '--record', 'notes.heapline');
    expect(readFileSync(ranPath, 'utf8')).toBe('once ');
    await heapline('report', 'notes.heapline');
    const refused = await heapline('run', 'notes.heapline');
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/is not run\. Allowed: heapline report/) as string,
    });
    expect(readFileSync(ranPath, 'utf8')).toBe('once ');
  });

  it('that was cut off before anything was whole says so, and what to do', async () => {
    script(
      'many.mjs',
      `const registry = new FinalizationRegistry(() => {});
for (let at = 0; at < 300; at += 1) registry.register({}, Math.random().toString(36).repeat(20));
globalThis.registry = registry; await new Promise((resolve) => setTimeout(resolve, 300));`,
    );
    await heapline('run', 'many.mjs', '--settle', '0', '--record', 'cut.heapline');
    truncateSync(inFolder('cut.heapline'), statSync(inFolder('cut.heapline')).size - 10);
    // What is little lies in one block, of which nothing is whole.
    expect(await heapline('report', 'cut.heapline')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^heapline: The file ends too early: .* Save or copy it again\. Allowed: [^\n]*\n$/,
      ) as string,
    });
  });

  it.each<[file: string, problem: RegExp]>([
    ['no-such.heapline', /There is no file .*no-such\.heapline/],
    ['other.heapline', /It is not a recording of Heapline/],
    ['.', /is a folder, not a file/],
  ])('report %s says what is wrong and what is allowed', async (file, problem) => {
    writeFileSync(inFolder('other.heapline'), '{}');
    const { status, stdout, stderr } = await heapline('report', file);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^heapline: [^\n]* Allowed: [^\n]*\n$/);
    expect(stderr).toMatch(problem);
  });
});

describe('report of a hostile file', { timeout: PROCESS_TIMEOUT_MS }, () => {
  const description = {
    runId: 'r',
    title: 'r',
    program: { kind: 'file', path: '/a.mjs', args: [] },
    gcPolicy: { kind: 'none', intervalMs: 500 },
    limits: { settleMs: 0, timeoutMs: 1_000 },
    startedAt: '2026-11-12T09:03:00.000Z',
  };
  const header = { type: 'recording', formatVersion: 1, heapline: '0', savedAtEpochMs: 0, run: description };
  /** Version 1, so that it is a hostile file to every Heapline. */
  function write(name: string, frames: readonly object[]): number {
    const prologue = Buffer.from('HEAPLINE\x01\0\0\0', 'latin1');
    const blocks = frames.map((frame) => {
      const raw = encodeFrame(frame);
      const stored = zstdCompressSync(raw);
      const prefix = Buffer.alloc(8);
      prefix.writeUInt32LE(stored.length, 0);
      prefix.writeUInt32LE(raw.length, 4);
      return Buffer.concat([prefix, stored]);
    });
    const file = Buffer.concat([prologue, ...blocks]);
    writeFileSync(inFolder(name), file);
    return file.length;
  }
  const started = { type: 'batch', sequence: 0, batch: { type: 'started', description } };

  it('of a kilobyte, with millions of wrong items, says what is wrong with the first', async () => {
    const items = new Array(3_900_000).fill(0);
    const bytes = write('millions.heapline', [
      header,
      started,
      { type: 'batch', sequence: 1, batch: { type: 'marks', items } },
    ]);
    expect(bytes).toBeLessThan(2_000);
    const { stdout } = await measured('report', 'millions.heapline', '--json');
    expect(parseReport(stdout).warnings).toEqual([expect.stringMatching(/damaged: a frame cannot be read .*items\.0/)]);
  });

  it('of a few kilobytes, with columns in large frames, keeps no more in memory than it shows', async () => {
    const frames = Array.from({ length: 12 }, (_, at) => ({
      type: 'batch',
      sequence: at + 1,
      batch: {
        type: 'blocked',
        startMs: Float64Array.of(at),
        endMs: Float64Array.of(at),
        unknown: new Uint8Array(60 * 1024 * 1024),
      },
    }));
    write('large.heapline', [header, started, ...frames]);
    const { peakRssBytes, stdout } = await measured('report', 'large.heapline', '--json');
    expect(parseReport(stdout).warnings).toEqual([expect.stringMatching(/ends early/)]);
    // All frames together are 720 MB.
    expect(peakRssBytes).toBeLessThan(500 * 1024 * 1024);
  });
});

/** A command in a small heap, and what it took at most, as the system counted it. */
async function measured(...words: string[]): Promise<{ peakRssBytes: number; stdout: string }> {
  const source = `process.on('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS + '\\n'));`;
  const preload = `data:text/javascript,${encodeURIComponent(source)}`;
  const child = spawn(process.execPath, ['--max-old-space-size=300', '--import', preload, MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { peakRssBytes: 1024 * Number(/peak (\d+)/.exec(stderr)?.[1] ?? NaN), stdout };
}
