// `npm run bench:start`: what observing adds to the start and the end of small programs and tools. Each runs alone and under
// `heapline run` in turn; the pairs tell how much longer the whole command takes, and the program's own process. Tools are
// installed into a temporary folder.
// Arguments: pairs for each program (default 15).

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ObserverOptions } from '../../engine/protocol/observer-message.ts';
import { OBSERVER_ENVIRONMENT_VARIABLE } from '../../engine/protocol/observer-environment.ts';

const MAXIMUM_ADDED_MS = 150;
const TOOLS = ['rollup@4.53.3', 'esbuild-wasm@0.27.0', 'mocha@11.7.5'];

const [pairs = 15] = process.argv.slice(2).map(Number);
const root = resolve(import.meta.dirname, '../..');
const heapline = join(root, 'out/cli/heapline.js');
const probe = join(root, 'out/engine/probe.cjs');
const folder = mkdtempSync(join(tmpdir(), 'heapline-start-'));
const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** A session that takes what it is sent, and keeps nothing. */
const endpoint = join(folder, 'session.sock');
const session = createServer((socket) => socket.on('error', () => {}).resume()).listen(endpoint);
const options: ObserverOptions = {
  endpoint,
  token: '',
  gcPolicy: { kind: 'none', intervalMs: 500 },
  settleMs: 0,
  owned: true,
  traceCollections: true,
};
const observed = { ...process.env, [OBSERVER_ENVIRONMENT_VARIABLE]: JSON.stringify(options) };

interface Program {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
}

function installTools(): Program[] {
  writeFileSync(join(folder, 'package.json'), '{}');
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', ...TOOLS], { cwd: folder, encoding: 'utf8' });
  if (npm.status !== 0) {
    console.log(
      `The tools could not be installed; only small programs are measured. ${npm.stderr.trim().split('\n').at(-1)}`,
    );
    return [];
  }
  mkdirSync(join(folder, 'test'));
  file('module.mjs', 'export const answer = () => 42;');
  file('input.mjs', "import { answer } from './module.mjs'; console.log(answer());");
  file('test/case.cjs', "require('node:assert').equal(1, 1); describe('a', () => it('b', () => {}));");
  const tool = (path: string) => file(`${path.split('/')[0]}.cjs`, `require('./node_modules/${path}');`);
  return [
    { name: 'rollup', script: tool('rollup/dist/bin/rollup'), args: ['input.mjs'] },
    { name: 'esbuild', script: tool('esbuild-wasm/bin/esbuild'), args: ['input.mjs', '--bundle'] },
    { name: 'mocha', script: tool('mocha/bin/_mocha'), args: ['test/case.cjs'] },
  ];
}

/** Wall time in ms; the session of this process goes on meanwhile. */
function time(words: readonly string[], environment = process.env): Promise<number> {
  return new Promise((ended, failed) => {
    const startedAtMs = performance.now();
    const child = spawn(process.execPath, words, { cwd: folder, env: environment, stdio: 'ignore' });
    child.on('error', failed);
    child.on('exit', (exitCode) => {
      if (exitCode === 0) ended(performance.now() - startedAtMs);
      else failed(new Error(`${words.join(' ')} ended with ${exitCode}`));
    });
  });
}

const small: Program[] = [
  { name: 'an empty module', script: file('empty.mjs', ''), args: [] },
  { name: 'a line and 50 ms', script: file('line.cjs', "setTimeout(() => console.log('done'), 50);"), args: [] },
  {
    name: 'a registration',
    script: file('one.cjs', 'new FinalizationRegistry(() => {}).register({}, 1);'),
    args: [],
  },
];

try {
  execFileSync(process.execPath, [heapline, '--version']);
  console.log(`${pairs} pairs each, medians; Node ${process.versions.node}`);
  for (const { name, script, args } of [...small, ...installTools()]) {
    const alone: number[] = [];
    const process_: number[] = [];
    const command: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const plainMs = await time([script, ...args]);
      alone.push(plainMs);
      process_.push((await time(['--require', probe, script, ...args], observed)) - plainMs);
      const whole = await time([
        heapline,
        'run',
        script,
        '--cwd',
        folder,
        '--settle',
        '0',
        '--inherit-env',
        '--',
        ...args,
      ]);
      command.push(whole - plainMs);
    }
    const isMet = median(command) <= MAXIMUM_ADDED_MS;
    console.log(
      `  ${name.padEnd(17)} alone ${median(alone).toFixed(0).padStart(4)} ms; its process +${median(process_).toFixed(0)} ms, ` +
        `the whole command +${median(command).toFixed(0)} ms (bar ${MAXIMUM_ADDED_MS}: ${isMet ? 'met' : 'NOT MET'})`,
    );
  }
} finally {
  session.close();
  rmSync(folder, { recursive: true, force: true });
}
