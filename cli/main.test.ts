// The command line as a shell sees it: real processes, their exit status and what they print.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '../engine/protocol/command.ts';
import { EngineEvent, NodeListing } from '../engine/protocol/event.ts';
import { decodeFrame, encodeFrame } from '../engine/protocol/frame-codec.ts';
import { RunReport } from '../engine/protocol/run-report.ts';
import { ensureBuilt } from '../scripts/built-parts.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const PROCESS_TIMEOUT_MS = 60_000;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whoever runs these tests may have scenarios of their own, which must not be among those that are expected. */
const environment = () => ({ ...process.env, HEAPLINE_SCENARIOS: join(folder, 'no-scenarios') });

function start(words: readonly string[], input?: string): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(),
  });
  child.stdin.end(input);
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr]) => ({ status: child.exitCode, stdout, stderr }),
  );
  return { child, ended };
}

const heapline = (...words: string[]) => start(words).ended;

/** Resolves with what a stream has said once it says `wanted`. */
async function untilSaid(stream: NodeJS.ReadableStream | null, wanted: string): Promise<string> {
  let said = '';
  for await (const chunk of stream ?? []) {
    said += String(chunk);
    if (said.includes(wanted)) return said;
  }
  throw new Error(`expected ${JSON.stringify(wanted)}, got ${JSON.stringify(said)}`);
}

const parseReport = (document: string) => v.parse(RunReport, JSON.parse(document));

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

let folder: string;
async function script(name: string, source: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, source);
  return path;
}

beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'heapline-cli-'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe('bad usage ends with status 2 and one line that says what is allowed', { timeout: PROCESS_TIMEOUT_MS }, () => {
  it.each<[words: string[], problem: RegExp, allowed: RegExp]>([
    [[], /Give a command/, /list, new, run, report, nodes, .*serve/],
    [['fly'], /Unknown command 'fly'/, /list, new, run, report, nodes, .*serve/],
    [['--fly'], /Unknown option '--fly'/, /--version/],
    [['list', '--fly'], /Unknown option '--fly'/, /--json/],
    [['run', MAIN, '--fly'], /Unknown option '--fly'/, /own options stand after --/],
    [['list', 'more'], /Too many arguments/, /heapline list/],
    [['run'], /Give a program/, /--all/],
    [['run', '--all', 'simple'], /--all runs every scenario/, /--all, or simple/],
    [['run', '--all', '--runs', '3'], /each scenario once/, /--gc with one policy/],
    [['run', 'simple', '--gc', 'major,often'], /'major,often'/, /none, minor, major, pressure/],
    [['run', 'simple', '--gc', 'major,major'], /'major,major'/, /none, minor, major, pressure/],
    [['run', 'simple', '--runs', '0'], /'0'/, /from 1 to 100/],
    [['run', 'simple', '--runs', '3', '--why'], /--why explains a single run/, /--at-once/],
    [['run', 'simple', '--runs', '3', '--exit-code'], /--exit-code is for a single run/, /one --gc policy/],
    [['run', 'simple', '--at-once', '3'], /for several runs/, /--runs/],
    [['run', 'no-such.js', '--runs', '3'], /no file .*no-such\.js/, /the path of a script/],
    [['run', ''], /Allowed/, /not empty/],
    [['run', 'no-such'], /no scenario "no-such"/, /simple, .*image-pipeline, .*\.mts/],
    [['run', 'no-such.js'], /no file .*no-such\.js/, /the path of a script/],
    [['run', 'simple', '--settle'], /argument missing/, /heapline run/],
    [['run', 'simple', '--settle', 'soon'], /'soon'/, /from 0 to 600000/],
    [['run', 'simple', '--settle', '-1'], /'-1'/, /from 0 to 600000/],
    [['run', 'simple', '--timeout', '0'], /'0'/, /from 1 to 86400000/],
    [['run', 'simple', '--max-heap', '8'], /'8'/, /from 16 to/],
    [['run', 'simple', '--objects', '1.5'], /'1.5'/, /whole number from 0/],
    [['run', 'simple', '--gc', 'often'], /'often'/, /none, minor, major, pressure/],
    [['run', 'simple', '--gc', 'major', '--gc-interval', '10'], /'10'/, /from 50 to 60000/],
    [['run', 'simple', '--gc-interval', '100'], /--gc-interval needs --gc/, /minor\|major\|pressure/],
    [['run', 'timing', '--set', 'objects'], /has no value/, /--set name=value/],
    [['run', 'timing', '--set', 'colour=red'], /no parameter "colour"/, /objects, phaseMs/],
    [['run', 'timing', '--set', 'objects=many'], /cannot be "many"/, /a whole number from 1 to/],
    [['run', 'timing', '--set', 'objects=0'], /cannot be "0"/, /a whole number from 1 to/],
    [['run', 'simple', '--set', 'objects=1'], /no parameter "objects"/, /none at all/],
    [['run', 'critical-resource', '--set', 'ending=never'], /cannot be "never"/, /alive, process\.exit/],
    [['run', 'simple', '--env', 'A=1'], /for scripts/, /--set name=value/],
    [['run', 'simple', '--node-arg=--expose-gc'], /for scripts/, /--set name=value/],
    [['run', MAIN, '--node-arg=--eval=1'], /instead of the script/, /runs the script itself/],
    [['run', MAIN, '--env', 'A'], /--env A has no value/, /--env NAME=value/],
    [['run', MAIN, '--cwd', '/no/such/folder'], /no folder \/no\/such\/folder/, /./],
    [['run', MAIN, '--node', '1'], /no Node\.js 1 here/, /24\./],
    [['run', import.meta.dirname], /is a folder, not a file/, /the path of a script/],
    [['run', join(import.meta.dirname, 'man.ts')], /Did you mean .*main\.ts/, /the path of a script/],
    [['run', '/dev/null'], /is a device, not a file/, /the path of a script/],
    [['run', join(import.meta.dirname, '..', 'package.json')], /not a script that Node\.js runs/, /\.cts/],
    [['nodes', '--fly'], /Unknown option '--fly'/, /--json/],
    [['run', 'simple', '--', 'word'], /takes no arguments/, /--set name=value/],
    [['run', MAIN, '--set', 'a=1'], /--set is for scenarios/, /after --/],
    [['run', 'simple', '--node', '/no/such/node'], /\/no\/such\/node/, /the path of a node/],
    [['serve', 'no-such.mjs'], /no file .*no-such\.mjs/, /the path of a script/],
    [['serve', '--port', '70000'], /'70000'/, /from 0 to 65535/],
    [['serve', '--port', '0', '--no-open', '--host', '192.0.2.1'], /no interface 192\.0\.2\.1/, /its own addresses/],
  ])('%j', async (words, problem, allowed) => {
    const { status, stdout, stderr } = await heapline(...words);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^heapline: [^\n]*\n$/);
    expect(stderr).toMatch(problem);
    expect(stderr).toMatch(allowed);
  });

  it('says which port is taken and how to choose another', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    try {
      const { status, stdout, stderr } = await heapline('serve', '--no-open', '--port', String(port));
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toBe(
        `heapline: Port ${port} is taken. Allowed: another with --port <n>, or any free one with --port 0.\n`,
      );
    } finally {
      blocker.close();
    }
  });
});

describe('heapline list', { timeout: PROCESS_TIMEOUT_MS }, () => {
  it('names the scenarios for a person and as a document', async () => {
    const [plain, json] = await Promise.all([heapline('list'), heapline('list', '--json')]);
    const document = v.parse(
      v.object({
        schemaVersion: v.literal(1),
        scenarios: v.array(v.object({ id: v.string(), prediction: v.string() })),
      }),
      JSON.parse(json.stdout),
    );
    const ids = document.scenarios.map(({ id }) => id);
    expect(ids).toHaveLength(24);
    expect(ids).toEqual(
      expect.arrayContaining(['simple', 'image-pipeline', 'timing', 'critical-resource', 'held-value']),
    );
    for (const id of ids) expect(plain.stdout).toMatch(new RegExp(`^${id} `, 'm'));
    expect([plain.status, json.status]).toEqual([0, 0]);
  });
});

describe('heapline nodes', { timeout: PROCESS_TIMEOUT_MS }, () => {
  it('lists its own node first, for a person and as a document', async () => {
    const [plain, json] = await Promise.all([heapline('nodes'), heapline('nodes', '--json')]);
    const document = v.parse(
      v.object({ schemaVersion: v.literal(1), nodes: v.array(NodeListing) }),
      JSON.parse(json.stdout),
    );
    expect(document.nodes[0]).toEqual({ path: process.execPath, version: process.versions.node, isDefault: true });
    expect(plain.stdout).toContain(`${process.versions.node}  ${process.execPath}  (default)\n`);
    expect([plain.status, json.status]).toEqual([0, 0]);
  });
});

describe('heapline run', { timeout: PROCESS_TIMEOUT_MS }, () => {
  it('prints one document on standard output, and the console of the program on standard error', async () => {
    const { status, stdout, stderr } = await heapline('run', 'simple', '--json');
    const report = parseReport(stdout);
    expect(report.outcome.status).toBe('completed');
    expect(report.prediction?.held).toBe(true);
    expect(report.scenario.id).toBe('simple');
    expect(stderr).toContain('Clean up: Object 1');
    expect(status).toBe(0);
  });

  it('tells a person the verdicts and the prediction after the console of the program', async () => {
    const { status, stdout } = await heapline('run', 'simple');
    expect(stdout).toMatch(/Clean up: Object 1\n[^]*simple: [^]*finalized +1\n[^]*Prediction held/);
    expect(status).toBe(0);
  });

  it('lists what became of every registration by site, of more than it reports one by one', async () => {
    const lines = Array.from({ length: 25 }, (_, line) => `add(() => { registry.register(keep({}, ${line}), 1); });\n`);
    const path = await script(
      'sites.mjs',
      `globalThis.kept = []; const registry = globalThis.registry = new FinalizationRegistry(() => {});
       const keep = (object, line) => { if (line < 2 && kept.length < 30 * (line + 1)) kept.push(object); return object; };
       const add = (register) => { for (let i = 0; i < 30; i += 1) register(); };\n${lines.join('')}`,
    );
    const { stdout } = await heapline('run', path, '--objects', '7', '--settle', '1500', '--gc', 'major');
    const [, table = ''] = /By site of registration\n([^]*?)\n\n/.exec(stdout) ?? [];
    const [head, ...rows] = table.split('\n');
    expect(head).toBe('  registered   finalized       alive  site');
    expect(rows.slice(0, 2)).toEqual([
      '          30           0          30  sites.mjs:4:22',
      '          30           0          30  sites.mjs:5:22',
    ]);
    expect(rows[2]).toMatch(/^          30          30           0  sites\.mjs:\d+:22$/);
    expect([rows.length, rows.at(-1)]).toEqual([21, '  and 5 more']);
  });

  it('reports at most as many objects as asked for, and how many it left out', async () => {
    const path = await script(
      'many.mjs',
      `const registry = new FinalizationRegistry(() => {});
       globalThis.kept = Array.from({ length: 50 }, (_, i) => { const o = {}; registry.register(o, i); return o; });
       globalThis.registry = registry;`,
    );
    const { stdout } = await heapline('run', path, '--json', '--objects', '7', '--settle', '100');
    const report = parseReport(stdout);
    expect(report.registrations.total).toBe(50);
    expect([report.objects.length, report.objectsOmitted]).toEqual([7, 43]);
  });

  it('gives a script its own arguments', async () => {
    const path = await script('arguments.cjs', `console.log(JSON.stringify(process.argv.slice(2)));`);
    const { status, stdout } = await heapline('run', path, '--settle', '0', '--', '--json', 'a b', '--', '');
    expect(stdout).toContain('["--json","a b","--",""]\n');
    expect(status).toBe(0);
  });

  it('gives the node of a script its options, in their order', async () => {
    const path = await script('options.cjs', `console.log(JSON.stringify(process.execArgv), typeof gc);`);
    const { stdout } = await heapline(
      ...['run', path, '--settle', '0', '--max-heap', '64', '--node-arg=--expose-gc', '--node-arg', '--no-warnings'],
    );
    expect(stdout).toMatch(/^\["--expose-gc","--no-warnings","--max-old-space-size=64"\] function\n/);
  });

  it('runs a script where and with what it is told to', async () => {
    const path = await script(
      'surroundings.cjs',
      `console.log(process.cwd(), process.env.ONE, process.env.TWO === '', process.env.HEAPLINE_TEST_SECRET);`,
    );
    process.env['HEAPLINE_TEST_SECRET'] = 'own';
    process.env['SECRET_OF_TEST'] = 'secret';
    try {
      const own = await heapline('run', path, '--settle', '0', '--cwd', '/', '--env', 'ONE=a=b', '--env', 'TWO=');
      expect(own.stdout).toMatch(/^\/ a=b true undefined\n/);
      const secret = await script(
        'secret.cjs',
        `console.log(process.cwd() === ${JSON.stringify(process.cwd())}, process.env.SECRET_OF_TEST);`,
      );
      expect((await heapline('run', secret, '--settle', '0')).stdout).toMatch(/^true undefined\n/);
      expect((await heapline('run', secret, '--settle', '0', '--inherit-env')).stdout).toMatch(/^true secret\n/);
      // What is Heapline's own is not passed on.
      expect((await heapline('run', path, '--settle', '0', '--inherit-env')).stdout).toMatch(/undefined\n/);
    } finally {
      delete process.env['HEAPLINE_TEST_SECRET'];
      delete process.env['SECRET_OF_TEST'];
    }
  });

  it('gives a script the standard input that it was given itself', async () => {
    const path = await script('input.cjs', `console.log(require('node:fs').readFileSync(0, 'utf8').toUpperCase());`);
    const { stdout, status } = await start(['run', path, '--settle', '0'], 'typed by somebody').ended;
    expect(stdout).toMatch(/^TYPED BY SOMEBODY\n/);
    expect(status).toBe(0);
  });

  it.each([
    [
      'a module',
      `import { join } from 'node:path'; console.log(join('a', 'b'), process.argv.slice(2), process.cwd());`,
    ],
    [
      'CommonJS',
      `const { join } = require('node:path'); console.log(join('a', 'b'), process.argv.slice(2), process.cwd());`,
    ],
  ])('runs %s that comes on standard input, in the folder of the caller', async (_what, source) => {
    const { stdout, status } = await start(['run', '-', '--settle', '0', '--', 'word'], source).ended;
    expect(stdout.split('\n')[0]).toBe(`a/b [ 'word' ] ${process.cwd()}`);
    expect(status).toBe(0);
  });

  it('runs on the node that is named by its path or its version', async () => {
    const path = await script('version.cjs', 'console.log(process.version);');
    const [major = ''] = process.versions.node.split('.');
    const wanted = [process.execPath, process.versions.node, `v${major}`, 'node'];
    const runs = await Promise.all(wanted.map((node) => heapline('run', path, '--settle', '0', '--node', node)));
    for (const { stdout } of runs) expect(stdout).toMatch(/^v\d+\.\d+\.\d+\n/);
    expect(new Set(runs.slice(0, 3).map(({ stdout }) => stdout.split('\n')[0]))).toEqual(new Set([process.version]));
  });

  it('shows where an error is, with the lines around and what to do', async () => {
    const path = await script('bad.mjs', `import { join } from 'node:path';\nconst fs = require('node:fs');\n`);
    const [plain, json] = await Promise.all([heapline('run', path), heapline('run', path, '--json')]);
    expect(plain.stdout).toContain(
      [
        `${path}:2:12`,
        `  1 | import { join } from 'node:path';`,
        `> 2 | const fs = require('node:fs');`,
        `    |            ^`,
        `  3 |`,
        `Use import and import.meta, or rename bad.mjs to bad.cjs.`,
      ].join('\n'),
    );
    expect(parseReport(json.stdout).outcome).toMatchObject({
      status: 'threw',
      error: { name: 'ReferenceError', place: { file: path, line: 2, column: 12 } },
    });
    expect([plain.status, json.status]).toEqual([3, 3]);
  });

  it.each<[name: string, source: string, words: string[], outcome: string]>([
    ['throws', `throw new TypeError('on purpose');`, [], 'threw'],
    ['never ends', `for (;;);`, ['--timeout', '1500'], 'timed-out'],
    ['aborts', `process.abort();`, [], 'crashed'],
    [
      'fills its memory',
      `const kept = []; for (;;) kept.push(new Array(1e5).fill({}));`,
      ['--max-heap', '32'],
      'out-of-memory',
    ],
  ])('ends with status 3 and a whole document when the script %s', async (name, source, words, outcome) => {
    const path = await script(`${name.replaceAll(' ', '-')}.cjs`, source);
    const { status, stdout } = await heapline('run', path, '--json', ...words);
    expect(parseReport(stdout).outcome.status).toBe(outcome);
    expect(status).toBe(3);
  });

  it.each<[what: string, source: string, words: string[], status: number]>([
    ['an exit code', 'process.exitCode = 7;', ['--json', '--why', '--record'], 7],
    ['the code of success', 'console.log(1);', ['--json'], 0],
    ['an uncaught error', `throw new TypeError('on purpose');`, [], 1],
    ['a signal', `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);`, [], 143],
    ['an abort', 'process.abort();', ['--json'], 134],
    ['a code of its own that is also one of Heapline’s', 'process.exit(2);', ['--json'], 2],
    ['a timeout, which is Heapline’s doing', 'for (;;);', ['--timeout', '1500'], 3],
  ])('ends with the program’s own status under --exit-code: %s', async (what, source, words, expected) => {
    const path = await script(`status-${expected}-${what.length}.cjs`, source);
    const file = join(folder, `status-${expected}.heapline`);
    const isRecorded = words.includes('--record');
    const { status, stdout } = await heapline(
      ...['run', path, '--exit-code', '--settle', '0', ...words, ...(isRecorded ? [file] : [])],
    );
    if (words.includes('--json')) expect(parseReport(stdout).scenario.file).toBe(path);
    if (isRecorded) expect((await heapline('report', file)).stdout).toContain(path);
    expect(status).toBe(expected);
  });

  it('stops the run on the first interrupt and still prints the document', async () => {
    const path = await script('waits.cjs', `console.log('started ' + process.pid); setInterval(() => {}, 1000);`);
    const { child, ended } = start(['run', path, '--json']);
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += String(chunk);
      if (/started \d+\n/.test(said)) child.kill('SIGINT');
    });
    const { stdout, stderr } = await ended;
    expect(parseReport(stdout).outcome.status).toBe('stopped');
    const pid = Number(/started (\d+)/.exec(stderr)?.[1]);
    expect(isAlive(pid)).toBe(false);
  });

  it('takes it calmly when nobody reads its output any more', async () => {
    const path = await script('chatty.cjs', `for (let i = 0; i < 20000; i++) console.log('line ' + i);`);
    const child = spawn(process.execPath, [MAIN, 'run', path, '--settle', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect({ status: child.exitCode, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('heapline serve', { timeout: PROCESS_TIMEOUT_MS }, () => {
  beforeAll(async () => {
    expect(await ensureBuilt('application')).toBe(true);
  }, 120_000);

  it('prints one line with the address, serves the page there, and ends on an interrupt', async () => {
    const child = spawn(process.execPath, [MAIN, 'serve', '--no-open', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: environment(),
    });
    try {
      const line = await untilSaid(child.stdout, '\n');
      expect(line).toMatch(/^Heapline is at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/);
      const address = line.trim().split(' ').at(-1) ?? '';
      const page = await fetch(address);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain('<div id="app">');
      const exited = once(child, 'exit');
      child.kill('SIGINT');
      expect((await exited)[0]).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('takes any free port when the usual one is taken and no other was asked for', async () => {
    // Whoever has the usual port, this test or another process: it is taken.
    const blocker = createServer().listen(7717, '127.0.0.1');
    await Promise.race([once(blocker, 'listening'), once(blocker, 'error')]).catch(() => {});
    const { child, ended } = start(['serve', '--no-open']);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    const { status, stdout } = await ended;
    blocker.close();
    expect(stdout).toMatch(/^Heapline is at http:\/\/127\.0\.0\.1:(?!7717\/)\d+\//);
    expect(status).toBe(0);
  });

  it('ends the run that is going when it is interrupted, and leaves no process', async () => {
    const path = await script('stays.cjs', `console.log('started ' + process.pid); setInterval(() => {}, 1000);`);
    const child = spawn(process.execPath, [MAIN, 'serve', '--no-open', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: environment(),
    });
    try {
      const line = await untilSaid(child.stdout, '\n');
      const address = new URL(line.trim().split(' ').at(-1) ?? '');
      const socket = new WebSocket(`ws://${address.host}/socket${address.search}`, { origin: address.origin });
      await once(socket, 'open');
      const send = (command: object) => socket.send(encodeFrame(command));
      const observed = new Promise<number>((resolve) => {
        socket.on('message', (bytes: Buffer) => {
          const event = v.parse(EngineEvent, decodeFrame(bytes));
          if (event.type === 'accepted' && event.requestId === 1) {
            send({ type: 'follow-run', requestId: 2, runId: event.runId, fromSequence: 0 });
          }
          const batches = event.type === 'run-events' ? event.batches : [];
          const said = batches.flatMap((batch) => (batch.type === 'console' ? batch.entries : []));
          const pid = /started (\d+)/.exec(said.map((entry) => entry.text).join(''))?.[1];
          if (pid !== undefined) resolve(Number(pid));
        });
      });
      send({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
      send({ type: 'start-run', requestId: 1, program: { kind: 'file', path } });
      const pid = await observed;
      expect(isAlive(pid)).toBe(true);
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      expect((await exited)[0]).toBe(0);
      expect(isAlive(pid)).toBe(false);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('warns when other machines can reach it', async () => {
    const { child, ended } = start(['serve', '--no-open', '--port', '0', '--host', '0.0.0.0']);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    const { status, stdout, stderr } = await ended;
    expect(stderr).toMatch(/^Warning: 0\.0\.0\.0 .* can run any code as you\.\n$/);
    expect(stdout).toMatch(/^Heapline is at http:\/\/127\.0\.0\.1:/);
    expect(status).toBe(0);
  });
});

describe('heapline run with several runs', { timeout: PROCESS_TIMEOUT_MS }, () => {
  it('prints the distribution for each policy as one JSON document', async () => {
    const { status, stdout } = await heapline('run', 'simple', '--runs', '2', '--gc', 'none,major', '--json');
    expect(status).toBe(0);
    const { schemaVersion, policies, status: state } = JSON.parse(stdout);
    expect([schemaVersion, state]).toEqual([1, 'ended']);
    expect(policies.map(({ gcPolicy }: { gcPolicy: { kind: string } }) => gcPolicy.kind)).toEqual(['none', 'major']);
    expect(policies[0].summary).toMatchObject({ runs: 2, finalizedShare: { maximum: 0 }, latencyMs: null });
    expect(policies[1].summary).toMatchObject({ runs: 2, finalizedShare: { minimum: 1 }, latencyMs: { count: 2 } });
    expect(policies[1].runs).toMatchObject([{ predictionHeld: true }, { predictionHeld: true }]);
  });

  it('draws them for a person', async () => {
    const { stdout } = await heapline('run', 'simple', '--runs', '1', '--gc', 'none,major');
    expect(stdout).toMatch(/^Simple registration: 2 runs in /);
    expect(stdout).toMatch(/natural GCs +█ +0 %/);
    expect(stdout).toMatch(/forced major +█ +100 %/);
    expect(stdout).toMatch(/natural GCs +no callback ran/);
  });

  it('ends with status 3 if the runs failed', async () => {
    const { status, stdout } = await heapline(
      'run',
      await script('throws-each-time.mjs', `throw new Error('on purpose')`),
      '--runs',
      '2',
      '--gc',
      'none',
    );
    expect(status).toBe(3);
    expect(stdout).toMatch(/2 × threw/);
  });
});
