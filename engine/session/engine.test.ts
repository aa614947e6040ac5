import { FrameError } from '../protocol/frame-codec.ts';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PROTOCOL_VERSION, type Command } from '../protocol/command.ts';
import type { EngineEvent } from '../protocol/event.ts';
import { createMemoryPortPair } from '../protocol/port.ts';
import type { RunBatch } from '../protocol/run-batch.ts';
import type { Scenario } from '../scenarios/define-scenario.ts';
import { createEngine, type Engine, type EngineOptions } from './engine.ts';
import { attachTestClient, createScriptFolder, type ScriptFolder } from './fake-observer.ts';
import { createNodeLauncher } from './node-launcher.ts';
import { FOLLOW_WINDOW_BYTES } from './run-follower.ts';
import { approximateBytes } from './recording.ts';
import { Refused } from './refused.ts';

const scenario: Scenario = {
  id: 'counted',
  title: 'Counted objects',
  category: 'Test',
  summary: '',
  theory: '',
  references: [],
  lookFor: '',
  prediction: '',
  parameters: [{ kind: 'integer', name: 'count', title: '', help: '', unit: '', default: 3, minimum: 1, maximum: 9 }],
  defaultGcPolicy: { kind: 'major', intervalMs: 100 },
  defaultLimits: { settleMs: 50, timeoutMs: 20_000 },
  fileName: 'counted.ts',
  run: () => {},
  predict: ({ report, parameters, objects, standardOutput }) => [
    {
      expectation: 'As many registrations as were asked for.',
      observed: `${report.registrations.total} and ${Array.from(objects).length}, said ${standardOutput.trim()}.`,
      held: report.registrations.total === parameters['count'] && standardOutput === `${report.registrations.total}\n`,
    },
  ],
};

const brings = (event: EngineEvent, type: RunBatch['type']) =>
  event.type === 'run-events' && event.batches.some((batch) => batch.type === type);

describe('engine', () => {
  let folder: ScriptFolder;
  let engine: Engine;
  const create = (options: Partial<EngineOptions> = {}): Engine => {
    folder.write('counted.ts', '// the source');
    engine = createEngine({
      launcher: createNodeLauncher({ nodePath: process.execPath }),
      host: { kind: 'headless', version: '1', node: '24', v8: '13', platform: 'test' },
      scenarios: [scenario],
      locations: {
        observerPath: folder.fakeObserverPath,
        scenarioRunnerPath: folder.write(
          'runner.cjs',
          `const { count } = JSON.parse(process.argv[3]); console.log(count);
           observer.hello(); observer.registrations(1, count); observer.end();`,
        ),
        explainWorkerPath: '',
        scenariosFolder: folder.path,
        scenarioWorkingDirectory: folder.path,
      },
      ...options,
    });
    return engine;
  };
  const script = (name: string, text: string) => ({
    program: { kind: 'file' as const, path: folder.write(name, text), args: [] },
  });
  const forever = 'observer.hello(); setInterval(() => {}, 1000);';
  beforeEach(() => {
    folder = createScriptFolder();
  });
  afterEach(async () => {
    await engine.close();
    folder[Symbol.dispose]();
  });

  it('welcomes a client with its host and the catalogue', async () => {
    const client = attachTestClient(create());
    const welcome = await client.until((event) => event.type === 'welcome');
    expect(welcome).toMatchObject({
      protocolVersion: PROTOCOL_VERSION,
      host: { platform: 'test' },
      catalogue: [{ id: 'counted', source: { fileName: 'counted.ts', text: '// the source' } }],
      runs: [],
    });
    expect(() => structuredClone(welcome)).not.toThrow();
  });

  it.each<[string, unknown[], Partial<EngineEvent>]>([
    [
      'something unreadable',
      [
        { type: 'hello', protocolVersion: PROTOCOL_VERSION },
        { type: 'start-run', requestId: 1 },
      ],
      { type: 'protocol-error' },
    ],
    ['no hello first', [{ type: 'stop-run', requestId: 1, runId: 'x' }], { type: 'protocol-error' }],
    ['another version', [{ type: 'hello', protocolVersion: 99 }], { type: 'refused', refusal: 'wrong-version' }],
  ])('closes a client that says %s', async (_what, messages, answer) => {
    create();
    const [port, enginePort] = createMemoryPortPair<unknown, EngineEvent>();
    engine.attach(enginePort);
    const events: EngineEvent[] = [];
    port.onMessage((event) => events.push(event));
    const closed = Promise.withResolvers<void>();
    port.onClose(() => closed.resolve());
    for (const message of messages) port.post(message);
    await closed.promise;
    expect(events.at(-1)).toMatchObject(answer);
  });

  it('lists runs without texts, and drops a client that cannot be served, alone', async () => {
    const client = attachTestClient(create());
    const text = `observer.hello(); observer.end();\n// ${'x'.repeat(1_000_000)}`;
    const standardInput = 'y'.repeat(1_000_000);
    const runId = await client.start({ program: { kind: 'scratch', name: 'a.cjs', text, args: [], standardInput } });
    await client.follow(runId);
    // Who follows the run has its text.
    expect(client.batches(runId)[0]).toMatchObject({ description: { program: { text } } });
    const listed = client.events.filter(({ type }) => type === 'run-listed');
    expect(JSON.stringify(listed)).not.toContain('xxx');

    const [port, enginePort] = createMemoryPortPair<unknown, EngineEvent>();
    const received: EngineEvent[] = [];
    const closed = Promise.withResolvers<void>();
    port.onMessage((event) => received.push(event));
    port.onClose(() => closed.resolve());
    engine.attach({
      ...enginePort,
      post(event) {
        if (event.type === 'run-events') throw new FrameError('A frame of 99999999 bytes is too large.');
        enginePort.post(event);
      },
    });
    port.post({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
    port.post({ type: 'follow-run', requestId: 1, runId, fromSequence: 0 });
    await closed.promise;
    expect(received.at(-1)).toMatchObject({ type: 'protocol-error', message: expect.stringMatching(/too large/) });
    // The host and its other clients do not notice.
    const late = attachTestClient(engine);
    const welcome = await late.until((event) => event.type === 'welcome');
    expect(JSON.stringify(welcome)).not.toMatch(/xxx|yyy/);
    expect(welcome).toMatchObject({ runs: [{ description: { program: { kind: 'scratch', name: 'a.cjs' } } }] });
    const next = await client.start({ program: { kind: 'scenario', id: 'counted', parameters: { count: 5 } } });
    expect(await client.follow(next)).toMatchObject({ outcome: { status: 'completed' } });
  });

  it('runs a scenario, checks its prediction, and lists the run to every client', async () => {
    const client = attachTestClient(create());
    const other = attachTestClient(engine);
    const runId = await client.start({ program: { kind: 'scenario', id: 'counted', parameters: { count: 5 } } });
    const report = await client.follow(runId);
    expect(report).toMatchObject({
      scenario: { id: 'counted', parameters: { count: 5 } },
      outcome: { status: 'completed' },
      registrations: { total: 5, alive: 5 },
      prediction: { held: true },
    });
    const [started] = client.batches(runId);
    expect(started).toMatchObject({
      type: 'started',
      description: { title: 'Counted objects', gcPolicy: { kind: 'major', intervalMs: 100 }, limits: { settleMs: 50 } },
    });
    const statuses = client.batches(runId).flatMap((batch) => (batch.type === 'status' ? [batch.status] : []));
    expect(statuses).toEqual(['launching', 'running', 'settling']);
    const listed = await other.until((event) => event.type === 'run-listed' && event.run.status === 'ended');
    expect(listed).toMatchObject({ run: { outcome: 'completed', predictionHeld: true } });
  });

  it.each<[string, (path: (name: string, text: string) => string) => object, string, RegExp]>([
    [
      'an unknown scenario',
      () => ({ program: { kind: 'scenario', id: 'x', parameters: {} } }),
      'unknown-scenario',
      /Allowed: counted/,
    ],
    [
      'a parameter out of bounds',
      () => ({ program: { kind: 'scenario', id: 'counted', parameters: { count: 10 } } }),
      'bad-parameter',
      /count cannot be 10.*1 to 9/,
    ],
    ['a missing file', () => ({ program: { kind: 'file', path: '/nowhere/x.js', args: [] } }), 'bad-file', /no file/],
    ['a folder', () => ({ program: { kind: 'file', path: process.cwd(), args: [] } }), 'bad-file', /is a folder/],
    [
      'a file of another kind',
      (write) => ({ program: { kind: 'file', path: write('x.txt', ''), args: [] } }),
      'bad-file',
      /Allowed: files that end in \.js/,
    ],
    ['a relative path', () => ({ program: { kind: 'file', path: 'x.js', args: [] } }), 'bad-file', /absolute/],
    [
      'a node that is none',
      (write) => ({ program: { kind: 'file', path: write('x.js', ''), args: [] }, nodePath: '/nowhere/node' }),
      'bad-node',
      /nowhere/,
    ],
    [
      'a node that is not on the path',
      (write) => ({ program: { kind: 'file', path: write('x.js', ''), args: [] }, nodePath: 'no-such-node' }),
      'bad-node',
      /no-such-node/,
    ],
  ])('refuses %s, and can run something else then', async (_what, command, refusal, message) => {
    const client = attachTestClient(create());
    const answer = await client.request({ type: 'start-run', ...command(folder.write) } as Parameters<
      typeof client.request
    >[0]);
    expect(answer).toMatchObject({ type: 'refused', refusal, message: expect.stringMatching(message) as string });
    const report = await client.follow(
      await client.start({ program: { kind: 'scenario', id: 'counted', parameters: {} } }),
    );
    expect(report.outcome.status).toBe('completed');
  });

  it('refuses a second run while one is going, also one that was asked for in the same moment', async () => {
    const client = attachTestClient(create());
    const program = script('forever.cjs', forever);
    const answers = await Promise.all([
      client.request({ type: 'start-run', ...program }),
      client.request({ type: 'start-run', ...program }),
    ]);
    expect(answers).toMatchObject([
      { type: 'accepted' },
      { type: 'refused', refusal: 'busy', message: expect.stringContaining('forever.cjs') as string },
    ]);
  });

  it('stops a run and keeps what it recorded', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script(
        'forever.cjs',
        `observer.hello(); observer.registrations(1, 4, 'x'); observer.callbacks([2]); setInterval(() => {}, 1000);`,
      ),
    );
    const report = client.follow(runId);
    await client.until((event) => brings(event, 'callbacks'));
    expect(await client.request({ type: 'stop-run', runId })).toMatchObject({ type: 'accepted' });
    expect(await report).toMatchObject({
      outcome: { status: 'stopped' },
      registrations: { total: 4, finalized: 1, exitedFirst: 3 },
      objects: [{ label: 'x' }, { verdict: 'finalized' }, {}, {}],
      warnings: [expect.stringContaining('25 ms')],
    });
    expect(await client.request({ type: 'stop-run', runId })).toMatchObject({ refusal: 'run-has-ended' });
    expect(await client.request({ type: 'stop-run', runId: 'x' })).toMatchObject({ refusal: 'no-such-run' });
  });

  it.each([
    [
      'says that it failed',
      `observer.send({ type: 'observer-failed', atMs: 30, message: 'RangeError: too much' });`,
      0,
    ],
    ['goes without a word', `observer.leave();`, 1_200],
  ])('decides nothing beyond the end of observation where an observer %s', async (_how, leaves, runsOnMs) => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script(
        'unobserved.cjs',
        `observer.hello(); observer.registrations(1, 3, 'x'); observer.callbacks([2]); ${leaves}
        setTimeout(() => observer.leave(), ${runsOnMs});`,
      ),
    );
    const report = await client.follow(runId);
    expect(report).toMatchObject({
      outcome: { status: 'exited', exitCode: 0, message: expect.stringMatching(/observed for its first .* s only/) },
      registrations: { total: 3, finalized: 1, unknown: 2, exitedFirst: 0, alive: 0 },
      warnings: [expect.stringMatching(/^Observation ended at .* before the program did/)],
    });
    expect(report.objects[0]).toMatchObject({ verdict: 'unknown', reason: 'observation-ended' });
  });

  it('passes commands on to the observer, and says when there is none', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script(
        'obedient.cjs',
        `console.log(observer.options.gcPolicy.kind); observer.hello();
        observer.onCommand = (command) => { console.log(JSON.stringify(command)); if (observer.commands.length === 2) observer.end(); };`,
      ),
    );
    const report = client.follow(runId);
    await client.until((event) => event.type === 'run-listed' && event.run.status === 'running');
    await client.request({ type: 'collect-garbage', runId, kind: 'minor' });
    await client.request({ type: 'set-gc-policy', runId, gcPolicy: { kind: 'pressure', intervalMs: 200 } });
    expect((await report).outcome.status).toBe('completed');
    const text = client
      .batches(runId)
      .flatMap((batch) => (batch.type === 'console' ? batch.entries.map((entry) => entry.text) : []));
    expect(text.join('').split('\n')).toEqual([
      'none',
      '{"type":"observer-collect","kind":"minor"}',
      '{"type":"observer-set-gc-policy","gcPolicy":{"kind":"pressure","intervalMs":200}}',
      '',
    ]);
    const silent = await client.start(script('silent.cjs', 'setInterval(() => {}, 1000)'));
    expect(await client.request({ type: 'collect-garbage', runId: silent, kind: 'major' })).toMatchObject({
      refusal: 'not-available',
    });
  });

  it('gives a slow client no more than its window, and everything in the end; a late one the same', async () => {
    const client = attachTestClient(create());
    const slow = attachTestClient(engine);
    const rows = 20_000;
    const runId = await client.start(
      script(
        'many.cjs',
        `observer.hello(); for (let i = 0; i < 60; i += 1) observer.registrations(1 + i * ${rows}, ${rows}, 'label'); observer.end();`,
      ),
    );
    void slow.follow(runId, { acknowledge: false });
    const report = await client.follow(runId);
    expect(report.registrations.total).toBe(60 * rows);

    await delay(20);
    const bytes = (batches: RunBatch[]) => batches.reduce((sum, batch) => sum + approximateBytes(batch), 0);
    const received = slow.batches(runId);
    const [largest = 0] = received.map(approximateBytes).sort((one, other) => other - one);
    expect(received.length).toBeLessThan(client.batches(runId).length);
    expect(bytes(received)).toBeLessThan(FOLLOW_WINDOW_BYTES + largest);
    while (received.length < client.batches(runId).length) {
      slow.port.post({ type: 'acknowledge', runId, sequence: received.length - 1 });
      await delay(1);
    }
    expect(received).toEqual(client.batches(runId));

    const late = attachTestClient(engine);
    await late.follow(runId);
    expect(late.batches(runId)).toEqual(client.batches(runId));
    const beyond = client.batches(runId).length + 1;
    expect(await late.request({ type: 'follow-run', runId, fromSequence: beyond })).toMatchObject({
      refusal: 'bad-sequence',
    });
    // One that has a quicker way to what is recorded is not sent more than it wants.
    const follow = { type: 'follow-run', runId, joins: true, atMostBytes: 100 } as const;
    expect(await late.request({ ...follow, fromSequence: 0 })).toMatchObject({ refusal: 'far-behind' });
    expect(await late.request({ ...follow, fromSequence: beyond - 1 })).toMatchObject({ type: 'accepted' });
    const groups = [...engine.recordedFrom(runId, 1)];
    expect(groups.at(0)?.sequence).toBe(1);
    expect(groups.reduce((sum, { count }) => sum + count, 1)).toBe(client.batches(runId).length);
    expect(groups.at(-1)?.batches.at(-1)).toEqual(client.batches(runId).at(-1));
    expect(() => engine.recordedFrom('unknown', 0)).toThrow(Refused);
    expect(() => engine.recordedFrom(runId, beyond)).toThrow(Refused);
  });

  it('keeps sending nothing to a client that has left', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script('forever.cjs', `observer.hello(); setInterval(() => observer.registrations(1, 1), 5);`),
    );
    void client.follow(runId);
    await client.until((event) => brings(event, 'registrations'));
    await client.request({ type: 'leave-run', runId });
    const before = client.batches(runId).length;
    await delay(50);
    expect(client.batches(runId)).toHaveLength(before);
  });

  it('counts what does not fit into the recording, and does not guess about it', async () => {
    const client = attachTestClient(create({ recordingBudgetBytes: 100_000 }));
    const runId = await client.start(
      script(
        'many.cjs',
        `observer.hello(); for (let i = 0; i < 20; i += 1) observer.registrations(1 + i * 1000, 1000); observer.end();`,
      ),
    );
    const report = await client.follow(runId);
    const kept = client
      .batches(runId)
      .reduce((sum, batch) => sum + (batch.type === 'registrations' ? batch.atMs.length : 0), 0);
    expect(kept).toBeGreaterThan(0);
    expect(kept + report.droppedRows).toBe(20_000);
    expect(report.registrations).toMatchObject({ total: kept, unknown: kept });
    expect(report.warnings).toContainEqual(expect.stringContaining('full'));
  });

  it('lets the oldest recordings go', async () => {
    const client = attachTestClient(create({ recordingsKept: 2 }));
    const runIds: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const runId = await client.start({ program: { kind: 'scenario', id: 'counted', parameters: {} } });
      await client.follow(runId);
      runIds.push(runId);
    }
    const [first = ''] = runIds;
    await client.until((event) => event.type === 'run-forgotten' && event.runId === first);
    expect(await client.request({ type: 'follow-run', runId: first, fromSequence: 0 })).toMatchObject({
      refusal: 'no-such-run',
    });
    const other = attachTestClient(engine);
    const welcome = await other.until((event) => event.type === 'welcome');
    expect(welcome).toMatchObject({
      runs: [{ description: { runId: runIds[1] } }, { description: { runId: runIds[2] } }],
    });
  });

  it('shows where a module’s sites are, as paths', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script(
        'sites.cjs',
        `observer.hello(); observer.batch({ type: 'sites', items: [{ id: 1, file: require('node:url').pathToFileURL('/a b/c.mjs').href, line: 1, column: 1, functionName: '' }] }); observer.end();`,
      ),
    );
    await client.follow(runId);
    expect(client.batches(runId).find((batch) => batch.type === 'sites')).toMatchObject({
      items: [{ file: '/a b/c.mjs' }],
    });
  });

  it('leaves a site’s name alone that is an address but no path', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script(
        'odd-site.cjs',
        `observer.hello(); observer.batch({ type: 'sites', items: [{ id: 1, file: 'file:///a%2Fb.mjs', line: 1, column: 1, functionName: '' }] }); observer.end();`,
      ),
    );
    await client.follow(runId);
    expect(client.batches(runId).find((batch) => batch.type === 'sites')).toMatchObject({
      items: [{ file: 'file:///a%2Fb.mjs' }],
    });
  });

  it('ends with a report that can be sent, whatever a program throws', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script(
        'huge-error.cjs',
        `observer.hello(); const text = 'x'.repeat(15e6);
         observer.send({ type: 'observer-uncaught', atMs: 1, origin: 'uncaughtException', error: { name: 'Error', message: text, stack: text } });
         observer.end(false); process.exitCode = 1;`,
      ),
    );
    const { outcome } = await client.follow(runId);
    expect(outcome).toMatchObject({ status: 'threw', error: { name: 'Error' } });
    expect(outcome.error?.message.length).toBeLessThan(1e6);
  });

  it('ends with a report that can be sent, however many registries a program makes', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script(
        'registries.cjs',
        `observer.hello();
         for (let id = 1; id <= 400_000; id += 1000) {
           observer.batch({ type: 'registries', items: Array.from({ length: 1000 }, (_, row) => ({ id: id + row, atMs: 1, siteId: 0 })) });
         }
         observer.end();`,
      ),
    );
    const { registries, registriesOmitted } = await client.follow(runId);
    expect(registries).toHaveLength(1_000);
    expect(registriesOmitted).toBe(399_000);
  });

  it('leaves nothing open when it closes while a run is being prepared', async () => {
    const client = attachTestClient(create());
    // Its own: other tests open endpoints meanwhile.
    vi.stubEnv('TMPDIR', folder.path);
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('heapline-'));
    const before = folders();
    const refused = client.request({ type: 'start-run', ...script('late.cjs', forever) });
    await Promise.resolve();
    await Promise.resolve();
    await engine.close();
    await Promise.race([refused, delay(300)]);
    const left = folders().filter((name) => !before.includes(name) && existsSync(join(tmpdir(), name, 'observer')));
    vi.unstubAllEnvs();
    expect(left).toEqual([]);
  });

  it('ends a run, and can start the next, if its figures cannot be put together', async () => {
    const client = attachTestClient(create());
    vi.spyOn(Uint32Array, 'from').mockImplementationOnce(() => {
      throw new RangeError('No memory.');
    });
    const start = () => client.start({ program: { kind: 'scenario', id: 'counted', parameters: {} } });
    const { outcome } = await client.follow(await start());
    vi.restoreAllMocks();
    expect(outcome).toMatchObject({ status: 'crashed', message: expect.stringContaining('No memory.') as string });
    expect(
      await client.request({ type: 'start-run', program: { kind: 'scenario', id: 'counted', parameters: {} } }),
    ).toMatchObject({ type: 'accepted' });
  });

  it('ends a run whose observer talks nonsense without losing what came before', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(
      script(
        'nonsense.cjs',
        `observer.hello(); observer.registrations(1, 3); observer.send({ type: 'nonsense' }); setTimeout(() => {}, 200);`,
      ),
    );
    const report = await client.follow(runId);
    expect(report.registrations.total).toBe(3);
    expect(report.warnings).toContainEqual(expect.stringContaining('cannot be read'));
  });

  it('ends the process of a run that is going when it closes', async () => {
    const client = attachTestClient(create());
    const runId = await client.start(script('forever.cjs', forever));
    void client.follow(runId);
    const runtime = await client.until((event) => brings(event, 'runtime'));
    const batches = runtime.type === 'run-events' ? runtime.batches : [];
    const pid = batches.find((batch) => batch.type === 'runtime')?.pid ?? 0;
    expect(() => process.kill(pid, 0)).not.toThrow();
    await engine.close();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(client.batches(runId).at(-1)).toMatchObject({ type: 'ended', report: { outcome: { status: 'stopped' } } });
    expect(
      await Promise.race([
        client.request({ type: 'stop-run', runId } satisfies Omit<Extract<Command, { type: 'stop-run' }>, 'requestId'>),
        delay(50, 'closed'),
      ]),
    ).toBe('closed');
  });
});
