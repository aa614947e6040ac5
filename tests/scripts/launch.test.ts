// Scripts by path and by their text, started as a client asks: input, environment, folder, node. And what a client may look
// at before and after: nodes, folders, sources. A real engine, real processes, the real observer.

import { existsSync, mkdirSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engineLocations } from '../../cli/engine-locations.ts';
import { describeHost } from '../../cli/host-description.ts';
import { PROTOCOL_VERSION, type Command } from '../../engine/protocol/command.ts';
import type { EngineEvent } from '../../engine/protocol/event.ts';
import { createMemoryPortPair } from '../../engine/protocol/port.ts';
import type { RunBatch, RunBatchOf } from '../../engine/protocol/run-batch.ts';
import type { Program } from '../../engine/protocol/run-description.ts';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { createEngine, type Engine } from '../../engine/session/engine.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { runtimeOf } from '../runtimes.ts';
import { createProgramFolder, runTwice, type ProgramFolder } from './run-twice.ts';

type WithoutRequestId<Member> = Member extends { requestId: number } ? Omit<Member, 'requestId'> : never;
type Scratch = Extract<Program, { kind: 'scratch' }>;

let folder: ProgramFolder;
let engine: Engine;
let ask: (command: WithoutRequestId<Command>) => Promise<EngineEvent>;
let batchesOf: (runId: string) => RunBatch[];
let untilEnd: (runId: string) => Promise<RunBatchOf<'ended'>>;

beforeAll(async () => {
  expect(await ensureBuilt('engine')).toBe(true);
}, 120_000);
beforeEach(() => {
  folder = createProgramFolder();
  engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath }),
    host: describeHost('headless'),
    scenarios: SCENARIOS,
    locations: engineLocations,
  });
  const [port, enginePort] = createMemoryPortPair<Command, EngineEvent>();
  engine.attach(enginePort);
  const events: EngineEvent[] = [];
  const watchers = new Set<() => void>();
  const until = <Found>(find: () => Found | undefined): Promise<Found> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        watchers.delete(look);
        resolve(found);
      };
      watchers.add(look);
      look();
    });
  port.onMessage((event) => {
    events.push(event);
    for (const watcher of watchers) watcher();
  });
  let requests = 0;
  ask = (command) => {
    const requestId = (requests += 1);
    port.post({ ...command, requestId } as Command);
    return until(() => events.find((event) => 'requestId' in event && event.requestId === requestId));
  };
  batchesOf = (runId) =>
    events.flatMap((event) => (event.type === 'run-events' && event.runId === runId ? event.batches : []));
  untilEnd = (runId) => until(() => batchesOf(runId).find((batch) => batch.type === 'ended'));
  port.post({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
});
afterEach(async () => {
  await engine.close();
  folder[Symbol.dispose]();
});

async function run(program: Program, nodePath?: string) {
  const answer = await ask({
    type: 'start-run',
    program,
    limits: { settleMs: 0, timeoutMs: 20_000 },
    ...(nodePath !== undefined && { nodePath }),
  });
  if (answer.type !== 'accepted' || answer.runId === undefined) throw new Error(JSON.stringify(answer));
  const { runId } = answer;
  await ask({ type: 'follow-run', runId, fromSequence: 0 });
  const { report } = await untilEnd(runId);
  const batches = batchesOf(runId);
  const started = batches.find((batch) => batch.type === 'started');
  if (started === undefined) throw new Error('The run has no beginning.');
  const written = batches.flatMap((batch) => (batch.type === 'console' ? batch.entries : []));
  const stdout = written.flatMap(({ stream, text }) => (stream === 'stdout' ? [text] : [])).join('');
  return { runId, report, stdout, batches, description: started.description };
}
const scratch = (name: string, text: string, more: Partial<Scratch> = {}): Scratch => ({
  kind: 'scratch',
  name,
  text,
  args: [],
  ...more,
});

describe('a script by its text', () => {
  it.each([
    ['scratch.mjs', `import.meta.url; console.log('module', await 1)`, 'module 1\n'],
    ['scratch.cjs', `console.log('common', require('node:path').basename(__filename))`, 'common scratch.cjs\n'],
    ['scratch.js', `import 'node:fs'; console.log('by its syntax')`, 'by its syntax\n'],
    ['scratch.mts', `const a: number = 1; console.log('typed', a satisfies number)`, 'typed 1\n'],
  ])('runs as %s', async (name, text, expected) => {
    const { stdout, report } = await run(scratch(name, text));
    expect(stdout).toBe(expected);
    expect(report.outcome.status).toBe('completed');
  });

  it('is a file of its own, which can be shown as long as the engine lives, and is removed then', async () => {
    const one = await run(scratch('same.mjs', `console.log('one', import.meta.dirname === process.cwd())`));
    const two = await run(scratch('same.mjs', `console.log('two')`));
    expect([one.stdout, two.stdout]).toEqual(['one true\n', 'two\n']);
    const { scriptPath = '' } = one.description;
    expect(scriptPath).not.toBe(two.description.scriptPath);
    expect(await ask({ type: 'read-source', path: scriptPath })).toMatchObject({
      type: 'source',
      text: `console.log('one', import.meta.dirname === process.cwd())`,
    });
    if (process.platform !== 'win32') expect(statSync(dirname(dirname(scriptPath))).mode & 0o777).toBe(0o700);
    await engine.close();
    expect(existsSync(dirname(dirname(scriptPath)))).toBe(false);
  });

  it('names itself in sites and errors by the path that is told', async () => {
    const text = `new FinalizationRegistry(() => {}).register({}, 'x');\nthrow new Error('on purpose');`;
    const { report, batches, description } = await run(scratch('fails.mjs', text));
    const sites = batches.flatMap((batch) => (batch.type === 'sites' ? batch.items : []));
    expect(sites.map(({ file }) => file)).toContain(description.scriptPath);
    expect(report.outcome.error?.place).toEqual({ file: description.scriptPath, line: 2, column: 7 });
  });

  it('finds packages as from its working directory, and those of the folders above it', async () => {
    folder.write('project/node_modules/near/index.js', `module.exports = 'near, ' + require('needed');`);
    folder.write('project/node_modules/needed/index.js', `module.exports = 'with what it needs';`);
    folder.write('project/node_modules/both/index.js', `module.exports = 'nearest';`);
    folder.write('node_modules/both/index.js', `module.exports = 'farther';`);
    folder.write('node_modules/far/index.js', `module.exports = 'far';`);
    const workingDirectory = folder.write('project/packages/deep/x.txt', '').replace('/x.txt', '');
    const text = `import near from 'near'; import far from 'far'; import both from 'both'; console.log([near, far, both].join('; '), process.cwd());`;
    const { stdout } = await run(scratch('uses.mjs', text, { workingDirectory }));
    expect(stdout).toBe(`near, with what it needs; far; nearest ${workingDirectory}\n`);
    expect(existsSync(`${folder.path}/node_modules/far/index.js`)).toBe(true);
    await engine.close();
    // Only the links to them are gone.
    expect(existsSync(`${folder.path}/node_modules/far/index.js`)).toBe(true);
  });

  it.each(['', '.mjs', 'a.txt', '../a.mjs', 'a/b.mjs', 'a\\b.mjs', 'a\0.mjs', 'C:a.mjs', `${'x'.repeat(120)}.mjs`])(
    'is refused with the name %j',
    async (name) => {
      expect(await ask({ type: 'start-run', program: scratch(name, '') })).toMatchObject({
        type: 'refused',
        refusal: 'bad-file',
        message: expect.stringMatching(/no name for a script\. Allowed: a file name that ends in \.js/) as string,
      });
    },
  );
});

describe('a script is started', () => {
  it('with the input, the arguments, the environment and the folder that are asked for', async () => {
    const path = folder.write(
      'asked.cjs',
      `console.log(JSON.stringify([require('node:fs').readFileSync(0, 'utf8'), process.argv.slice(2), process.env.OWN, process.cwd()]));`,
    );
    const { stdout, description } = await run({
      kind: 'file',
      path,
      args: ['one', 'two words'],
      standardInput: 'typed\n',
      environment: { OWN: 'value' },
      workingDirectory: realpathSync('/'),
    });
    expect(JSON.parse(stdout)).toEqual(['typed\n', ['one', 'two words'], 'value', '/']);
    expect(description.scriptPath).toBe(path);
    expect(description).not.toHaveProperty('nodePath');
  });

  it.skipIf(process.platform === 'win32')('through a link in node_modules/.bin, as node alone runs it', async () => {
    const says = 'console.log(JSON.stringify([process.argv.slice(1), process.execArgv, here]));';
    folder.write(
      'node_modules/one/bin/tool',
      `#!/usr/bin/env node\nconst here = [__filename, require.main === module];${says}`,
    );
    folder.write('node_modules/two/package.json', '{ "type": "module" }');
    folder.write(
      'node_modules/two/tool',
      `#!/usr/bin/env -S node --no-warnings\nimport 'node:fs'; const here = [import.meta.filename, import.meta.main];${says}`,
    );
    folder.write('three/cli.mts', `const here: string = import.meta.filename;${says}`);
    mkdirSync(`${folder.path}/node_modules/.bin`);
    for (const target of ['one/bin/tool', 'two/tool', '../three/cli.mts']) {
      const link = `${folder.path}/node_modules/.bin/${target.split('/').at(-2)}`;
      symlinkSync(`../${target}`, link);
      const { alone, observed } = await runTwice(link, { args: ['a b', '--flag'] });
      expect(alone.stdout).toContain(JSON.stringify([link, 'a b', '--flag']));
      expect(observed).toEqual(alone);
    }
  });

  it('with options for its node: a test runner in the observed process, and one that starts others', async () => {
    const path = folder.write(
      'some.test.mjs',
      `import test from 'node:test';
       const registry = globalThis.registry = new FinalizationRegistry(() => {});
       test('registers', () => { registry.register(globalThis.kept = {}, 'kept'); });`,
    );
    const inProcess = await run({ kind: 'file', path, args: [], nodeArgs: ['--test', '--test-isolation=none'] });
    expect(inProcess.stdout).toMatch(/pass 1\n/);
    expect(inProcess.report.outcome.status).toBe('completed');
    expect(inProcess.report.objects).toMatchObject([{ label: 'kept', verdict: 'alive' }]);
    // Node makes no inspector for such a runner: connecting to it would abort the process.
    const isolated = await run({ kind: 'file', path, args: [], nodeArgs: ['--test'] });
    expect(isolated.stdout).toMatch(/pass 1\n/);
    expect(isolated.report.outcome.status).toBe('completed');
    // Permissions forbid the inspector as well.
    const nodeArgs = ['--permission', '--allow-worker', '--allow-fs-read=*'];
    const permitted = await run({ kind: 'file', path, args: [], nodeArgs });
    expect(permitted.report.outcome.status).toBe('completed');
    expect(permitted.report.registrations.total).toBe(1);
    // An option without its value does not take the script for it.
    const incomplete = await run({ kind: 'file', path, args: [], nodeArgs: ['--import'] });
    expect(incomplete.report.outcome).toMatchObject({
      exitCode: 9,
      stderrTail: [expect.stringContaining('--import requires an argument')],
    });
  });

  it.each([
    ['file.mjs', /not an option\. Allowed: .*--require=\.\/file\.cjs/],
    ['', /not an option/],
    ['-', /not an option/],
    ['--', /not an option/],
    ['--eval=1', /runs the text in the option instead/],
    ['-pe', /runs the text in the option instead/],
    ['--check', /does not run the script to its end/],
    ['--watch_path=.', /in other processes, again and again/],
    ['--a\0', /zero byte/],
  ])('not with %j for an option of its node', async (option, message) => {
    const path = folder.write('not.cjs', '');
    const program: Program = { kind: 'file', path, args: [], nodeArgs: ['--expose-gc', option] };
    expect(await ask({ type: 'start-run', program })).toMatchObject({
      type: 'refused',
      refusal: 'bad-parameter',
      message: expect.stringMatching(message) as string,
    });
  });

  it('with the whole environment only where that is wanted', async () => {
    const path = folder.write('inherits.cjs', 'console.log(process.env.SECRET_OF_TEST, process.env.OWN)');
    process.env['SECRET_OF_TEST'] = 'secret';
    try {
      const program = { kind: 'file', path, args: [], environment: { OWN: 'own' } } as const;
      expect((await run({ ...program, args: [] })).stdout).toBe('undefined own\n');
      expect((await run({ ...program, args: [], inheritEnvironment: true })).stdout).toBe('secret own\n');
    } finally {
      delete process.env['SECRET_OF_TEST'];
    }
  });

  const node20 = runtimeOf(20);
  it.skipIf(node20.isInstalled !== true)('on the node that is asked for, and says which', async () => {
    const path = folder.write('version.cjs', 'console.log(process.versions.node)');
    const { stdout, report, description } = await run({ kind: 'file', path, args: [] }, node20.nodePath);
    expect(stdout).toMatch(/^20\./);
    expect(report.runtime.node).toBe(stdout.trim());
    expect(description.nodePath).toBe(node20.nodePath);
  });

  it.skipIf(node20.isInstalled !== true)('but not as TypeScript on a node that runs none', async () => {
    const path = folder.write('typed.ts', 'const a: number = 1;');
    const answer = await ask({
      type: 'start-run',
      program: { kind: 'file', path, args: [] },
      nodePath: node20.nodePath ?? '',
    });
    expect(answer).toMatchObject({
      refusal: 'bad-node',
      message: expect.stringMatching(
        /Node\.js 20\.\d+\.\d+ .* does not run TypeScript\. Choose Node\.js 22\.18/,
      ) as string,
    });
  });

  it.each<[string, Partial<Extract<Program, { kind: 'file' }>>, string, RegExp]>([
    ['a folder that is not there', { workingDirectory: '/nowhere' }, 'bad-path', /no folder \/nowhere/],
    ['a relative folder', { workingDirectory: '.' }, 'bad-path', /not an absolute path/],
    ['a variable without a name', { environment: { '': 'x' } }, 'bad-parameter', /cannot be a variable/],
    ['a variable with = in its name', { environment: { 'A=B': 'x' } }, 'bad-parameter', /"A=B"/],
    ['a zero byte in an argument', { args: ['a\0'] }, 'bad-parameter', /zero byte/],
  ])('not with %s', async (_what, launch, refusal, message) => {
    const path = folder.write('fine.cjs', '');
    expect(await ask({ type: 'start-run', program: { kind: 'file', path, args: [], ...launch } })).toMatchObject({
      refusal,
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a client may look at', () => {
  it('the nodes there are, and one by its path', async () => {
    const all = await ask({ type: 'list-nodes' });
    if (all.type !== 'nodes') throw new Error(JSON.stringify(all));
    expect(all.nodes[0]).toEqual({ path: process.execPath, version: process.versions.node, isDefault: true });
    expect(await ask({ type: 'list-nodes', path: process.execPath })).toMatchObject({
      type: 'nodes',
      nodes: [{ path: process.execPath, version: process.versions.node, isDefault: true }],
    });
    expect(await ask({ type: 'list-nodes', path: '/nowhere/node' })).toMatchObject({ refusal: 'bad-node' });
  });

  it('folders', async () => {
    folder.write('inside/a.mjs', '');
    expect(await ask({ type: 'list-folder', path: folder.path })).toMatchObject({
      type: 'folder',
      path: folder.path,
      parent: dirname(folder.path),
      entries: [{ name: 'inside', path: `${folder.path}/inside`, kind: 'folder' }],
    });
    expect(await ask({ type: 'list-folder', path: '/nowhere' })).toMatchObject({ refusal: 'bad-path' });
  });

  it('scripts, and other files once a run has named them', async () => {
    const path = folder.write('main.cjs', `require('./view.page');`);
    folder.write('view.page', `new FinalizationRegistry(() => {}).register({}, 1);`);
    const view = `${folder.path}/view.page`;
    expect(await ask({ type: 'read-source', path })).toMatchObject({ type: 'source', text: `require('./view.page');` });
    expect(await ask({ type: 'read-source', path: view })).toMatchObject({ refusal: 'bad-path' });
    await run({ kind: 'file', path, args: [] });
    expect(await ask({ type: 'read-source', path: view })).toMatchObject({ type: 'source', path: view });
  });

  it('whether a file was changed since a run began', async () => {
    const path = folder.write('changing.cjs', '');
    const { description } = await run({ kind: 'file', path, args: [] });
    const before = await ask({ type: 'read-source', path });
    folder.write('changing.cjs', '// changed');
    const after = await ask({ type: 'read-source', path });
    if (before.type !== 'source' || after.type !== 'source') throw new Error('There is no source.');
    expect((before.changedAt ?? '') < description.startedAt).toBe(true);
    expect((after.changedAt ?? '') > description.startedAt).toBe(true);
  });
});
