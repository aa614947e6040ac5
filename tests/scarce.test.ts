// Where there is little to go on: few file descriptors, a long name of the folder for temporary files, programs that close
// what they find or take away the language's iterators. Heapline says what is wrong, and a program behaves as it does alone.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../scripts/built-parts.ts';

const HEAPLINE = resolve(import.meta.dirname, '../out/cli/heapline.js');
const TIMEOUT_MS = 120_000;
const SERVED_DESCRIPTORS = 34;

let folder: string;
beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  folder = mkdtempSync(join(tmpdir(), 'hl-scarce-'));
}, TIMEOUT_MS);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  words: readonly string[],
  options: { input?: string; temporary?: string; descriptors?: number } = {},
): Ended {
  const { input = '', temporary = folder, descriptors } = options;
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  return spawnSync('/bin/sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, ...words], {
    input,
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: temporary, HEAPLINE_SCENARIOS: join(folder, 'scenarios') },
  });
}

describe.skipIf(process.platform === 'win32')('with few file descriptors', { timeout: TIMEOUT_MS }, () => {
  it.each([
    ['a script', (path: string) => ['run', path], ''],
    ['a script that is explained', (path: string) => ['run', path, '--why'], ''],
    ['a script from standard input', () => ['run', '-'], `new FinalizationRegistry(() => {}).register({}, 1);`],
    ['the scenarios of the user', () => ['list'], ''],
  ] as const)('%s runs, or is refused with a sentence, and leaves nothing', (_what, words, input) => {
    const path = script('few.mjs', `new FinalizationRegistry(() => {}).register({}, 1);`);
    mkdirSync(join(folder, 'scenarios'), { recursive: true });
    writeFileSync(join(folder, 'scenarios', 'own.mjs'), 'export default {};');
    const statuses = new Set<number | null>();
    for (let descriptors = 22; descriptors <= 34; descriptors += 4) {
      const { status, stdout, stderr } = run([HEAPLINE, ...words(path)], { input, descriptors });
      statuses.add(status);
      // 2: refused, with one sentence. 3: the program could not be started, and the report says why. No stack of ours.
      expect([0, 2, 3], stderr).toContain(status);
      expect(`${stdout}${stderr}`).not.toMatch(/^ +at .*heapline\.js/m);
      if (status !== 0) expect(`${stdout}${stderr}`).toMatch(/EMFILE|too many open files|descriptor/);
    }
    expect(statuses).toContain(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('heapline-'))).toEqual([]);
  });
});

/** Resolves once `isThere` is true; a test's own time limits it. */
async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await pause(20);
}

it.skipIf(process.platform === 'win32')(
  'a served host with few file descriptors outlives more connections than it has any for',
  { timeout: TIMEOUT_MS },
  async () => {
    const command = `ulimit -n ${SERVED_DESCRIPTORS}; exec "$0" "$@"`;
    const host = spawn('/bin/sh', ['-c', command, process.execPath, HEAPLINE, 'serve', '--no-open', '--port', '0']);
    try {
      let said = '';
      host.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      await until(() => /http:\S+/.test(said) || host.exitCode !== null);
      const address = /http:\S+/.exec(said)?.[0] ?? '';
      const { hostname, port } = new URL(address);
      const sockets = Array.from({ length: 2 * SERVED_DESCRIPTORS }, () => connect(Number(port), hostname));
      for (const socket of sockets) socket.on('error', () => {});
      await pause(300);
      for (const socket of sockets) socket.destroy();
      await expect.poll(async () => (await fetch(address)).status).toBe(200);
      expect(host.exitCode).toBeNull();
    } finally {
      host.kill();
      await until(() => host.exitCode !== null || host.signalCode !== null);
    }
  },
);

describe.skipIf(process.platform === 'win32')(
  'a long name of the folder for temporary files',
  { timeout: TIMEOUT_MS },
  () => {
    it('does not keep a program from being observed', () => {
      const temporary = join(folder, 'x'.repeat(120));
      mkdirSync(temporary);
      const path = script('long.mjs', `new FinalizationRegistry(() => {}).register({}, 1);`);
      const { status, stdout } = run([HEAPLINE, 'run', path, '--json'], { temporary });
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ registrations: { total: 1 } });
      expect(readdirSync(temporary)).toEqual([]);
    });
  },
);

describe('a program that takes something away runs as it does alone', { timeout: TIMEOUT_MS }, () => {
  it.each([
    [
      'iterators',
      `const write = process.stdout.write.bind(process.stdout);
      for (const prototype of [Array, Map, Set, String].map((one) => one.prototype)) prototype[Symbol.iterator] = null;
      Array.prototype.find = Array.prototype.includes = null;
      const registry = new FinalizationRegistry((held) => write('collected ' + held + '\\n'));
      for (let i = 0; i < 10; i++) {
        registry.register({}, { name: 'x', of: new Map() }, registry);
        registry.register(class {}, 'text' + i);
      }
      registry.unregister(registry);
      setTimeout(() => { write('done\\n'); process.exitCode = 3; }, 50);
      process.on('exit', (code) => { write('exit ' + code + '\\n'); process.exit(4); });`,
    ],
    [
      'the sockets that it finds',
      `const fs = require('node:fs');
      for (let fd = 3; fd < 64; fd++) { try { if (fs.fstatSync(fd).isSocket()) fs.closeSync(fd); } catch {} }
      new FinalizationRegistry(() => {}).register({}, 1);
      setTimeout(() => { console.log('still here'); process.exitCode = 5; }, 300);`,
    ],
  ])('%s', (what, text) => {
    const path = script(`${what.replaceAll(' ', '-')}.cjs`, text);
    const alone = run([path]);
    const { status, stdout } = run([HEAPLINE, 'run', path, '--gc', 'none', '--json']);
    const { outcome } = JSON.parse(stdout) as { outcome: { status: string; exitCode?: number } };
    expect(alone.status).toBeGreaterThan(0);
    expect({ status, outcome }).toMatchObject({ status: 0, outcome: { status: 'exited', exitCode: alone.status } });
    const observed = run([HEAPLINE, 'run', path, '--gc', 'none']);
    expect(observed.stdout).toContain(alone.stdout);
  });
});
