import { listedDescription } from '../protocol/listing.ts';
import type { RunDescription } from '../protocol/run-description.ts';
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunBatch } from '../protocol/run-batch.ts';
import type { RunReport } from '../protocol/run-report.ts';
import { createEngine, type Engine, type EngineOptions } from './engine.ts';
import { attachTestClient, createScriptFolder, type ScriptFolder } from './fake-observer.ts';
import { createNodeLauncher } from './node-launcher.ts';
import { encodeRecording, readRecording } from './recording-file.ts';
import { checkWritableFolder, writeRecordingFile } from './recording-on-disk.ts';

describe('an opened recording', () => {
  let folder: ScriptFolder;
  const engines: Engine[] = [];
  const create = (options: Partial<EngineOptions> = {}): Engine => {
    const engine = createEngine({
      launcher: createNodeLauncher({ nodePath: process.execPath }),
      host: { kind: 'headless', version: '1.2.3', node: '24', v8: '13', platform: 'test' },
      scenarios: [],
      locations: {
        observerPath: folder.fakeObserverPath,
        scenarioRunnerPath: '',
        explainWorkerPath: '',
        scenariosFolder: folder.path,
      },
      ...options,
    });
    engines.push(engine);
    return engine;
  };
  /** Another machine's: whatever it launches would be a mistake. */
  const createOther = () => {
    const launch = vi.fn<() => never>(() => {
      throw new Error('Something was launched.');
    });
    return { launch, engine: create({ launcher: { kind: 'node', launch } }) };
  };
  const inOnePiece = async function* (bytes: Uint8Array) {
    yield bytes;
  };
  async function bytesOf(engine: Engine, runId: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of engine.saveRecording(runId).chunks()) pieces.push(piece);
    return Buffer.concat(pieces);
  }
  /** A run of a script that has ended, and what its file has. */
  async function recorded(text: string, program: object = {}) {
    const engine = create();
    const client = attachTestClient(engine);
    const path = folder.write('program.cjs', text);
    const runId = await client.start({ program: { kind: 'file', path, args: [], ...program } });
    const report = await client.follow(runId);
    return { engine, client, runId, report, batches: client.batches(runId), path };
  }
  /** More than one block of a file. */
  const long =
    'observer.hello(); for (let at = 0; at < 40; at += 1) observer.registrations(1 + at * 1000, 1000, String(Math.random())); observer.end();';
  const three = 'observer.hello(); observer.registrations(1, 3, "abc"); observer.callbacks([1, 3]); observer.end();';

  beforeEach(() => {
    folder = createScriptFolder();
  });
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.close();
    folder[Symbol.dispose]();
  });

  it('is a run like any other, with the same batches and report, and where it comes from', async () => {
    const run = await recorded(three);
    const { engine } = createOther();
    const client = attachTestClient(engine);
    await client.until((event) => event.type === 'welcome');
    const openedId = await engine.openRecording(inOnePiece(await bytesOf(run.engine, run.runId)), {
      fileName: 'a.heapline',
    });
    const listed = await client.until((event) => event.type === 'run-listed');
    const description = {
      ...run.client.batches(run.runId).find((batch) => batch.type === 'started')?.description,
      runId: openedId,
      origin: { fileName: 'a.heapline', savedAtEpochMs: expect.any(Number) as number, recordedRunId: run.runId },
    };
    expect(openedId).not.toBe(run.runId);
    expect(listed).toEqual({
      type: 'run-listed',
      run: { description: listedDescription(description as RunDescription), status: 'ended', outcome: 'completed' },
    });
    expect(await client.follow(openedId)).toEqual(run.report);
    expect(client.batches(openedId)).toEqual([{ type: 'started', description }, ...run.batches.slice(1)]);
    const late = attachTestClient(engine);
    expect(await late.until((event) => event.type === 'welcome')).toMatchObject({
      runs: [{ description: listedDescription(description as RunDescription) }],
    });
  });

  it('never launches a process, whatever is asked of it', async () => {
    const run = await recorded(three);
    const { engine, launch } = createOther();
    const client = attachTestClient(engine);
    const runId = await engine.openRecording(inOnePiece(await bytesOf(run.engine, run.runId)), { fileName: 'a' });
    await client.follow(runId);
    for (const command of [
      { type: 'stop-run', runId },
      { type: 'end-settling', runId },
      { type: 'ask-why', runId },
      { type: 'mark', runId, name: 'x' },
      { type: 'collect-garbage', runId, kind: 'major' },
      { type: 'set-gc-policy', runId, gcPolicy: { kind: 'major', intervalMs: 500 } },
    ] as const) {
      expect(await client.request(command)).toMatchObject({ type: 'refused', refusal: 'run-has-ended' });
    }
    expect(launch).not.toHaveBeenCalled();
  });

  it('opens no file that it names and that is not open to everybody', async () => {
    const secretPath = folder.write('secret.txt', 'the secret');
    const run = await recorded(
      `observer.hello(); observer.batch({ type: 'sites', items: [{ id: 1, file: ${JSON.stringify(secretPath)}, line: 1, column: 1, functionName: '' }] }); observer.end();`,
    );
    // Where it was observed, a run that went there may show it.
    run.client.port.post({ type: 'read-source', requestId: 99, path: secretPath });
    await run.client.until((event) => event.type === 'source' && event.text === 'the secret');
    const { engine } = createOther();
    const client = attachTestClient(engine);
    await engine.openRecording(inOnePiece(await bytesOf(run.engine, run.runId)), { fileName: 'a' });
    expect(await client.request({ type: 'read-source', path: secretPath })).toMatchObject({ refusal: 'bad-path' });
  });

  it('has nothing looked at that lies on another machine or is a device, whatever it names', async () => {
    const scriptPath = folder.write('script.js', 'the text');
    const run = await recorded(three);
    const { engine } = createOther();
    const client = attachTestClient(engine);
    const runId = await engine.openRecording(inOnePiece(await bytesOf(run.engine, run.runId)), { fileName: 'a' });
    let requestId = 1_000;
    const read = (path: string, ofRunId?: string) => {
      const asked = (requestId += 1);
      client.port.post({ type: 'read-source', requestId: asked, path, ...(ofRunId !== undefined && { ofRunId }) });
      return client.until((event) => 'requestId' in event && event.requestId === asked);
    };
    const unseen = { refusal: 'bad-path', message: expect.stringMatching(/not on a disk of this machine/) as string };
    // Of this machine: what the user could open as well.
    expect(await read(scriptPath, runId)).toMatchObject({ type: 'source', text: 'the text' });
    // Here two slashes lead to the same file, so that an answer would show that it was looked at.
    for (const path of [`/${scriptPath}`, '//server/share/a.js', String.raw`\\server\share\a.js`, '/net/server/a.js']) {
      expect(await read(path, runId)).toMatchObject(unseen);
      // Nor when it has been closed, or made way, meanwhile.
      expect(await read(path, 'gone')).toMatchObject(unseen);
    }
    // A script of the user's own may lie there.
    expect(await read(`/${scriptPath}`)).toMatchObject({ type: 'source', text: 'the text' });
    run.client.port.post({ type: 'read-source', requestId: 99, path: `/${scriptPath}`, ofRunId: run.runId });
    await run.client.until((event) => event.type === 'source' && event.text === 'the text');
  });

  it('can be closed: every client is told, and it can be opened again; a run cannot', async () => {
    const run = await recorded(three);
    const { engine } = createOther();
    const [client, other] = [attachTestClient(engine), attachTestClient(engine)];
    const bytes = await bytesOf(run.engine, run.runId);
    const runId = await engine.openRecording(inOnePiece(bytes), { fileName: 'a' });
    expect(await client.request({ type: 'close-recording', runId })).toMatchObject({ type: 'accepted', runId });
    await other.until((event) => event.type === 'run-forgotten' && event.runId === runId);
    expect(await client.request({ type: 'follow-run', runId, fromSequence: 0 })).toMatchObject({
      refusal: 'no-such-run',
    });
    expect(await client.request({ type: 'close-recording', runId })).toMatchObject({ refusal: 'no-such-run' });
    await client.follow(await engine.openRecording(inOnePiece(bytes), { fileName: 'a' }));
    expect(await run.client.request({ type: 'close-recording', runId: run.runId })).toMatchObject({
      refusal: 'not-available',
    });
  });

  it('leaves out the environment and the input that its script was given', async () => {
    const run = await recorded(three, { environment: { TOKEN: 'very secret' }, standardInput: 'a password' });
    const { engine } = createOther();
    const client = attachTestClient(engine);
    const runId = await engine.openRecording(inOnePiece(await bytesOf(run.engine, run.runId)), { fileName: 'a' });
    await client.follow(runId);
    expect(JSON.stringify(run.client.events)).toContain('very secret');
    expect(JSON.stringify(client.events)).not.toMatch(/very secret|a password/);
  });

  it('that is open already is not opened again; one saved at another time is', async () => {
    const run = await recorded(three);
    const { engine } = createOther();
    const first = await bytesOf(run.engine, run.runId);
    const firstId = await engine.openRecording(inOnePiece(first), { fileName: 'a' });
    expect(await engine.openRecording(inOnePiece(first), { fileName: 'renamed' })).toBe(firstId);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await bytesOf(run.engine, run.runId);
    expect(await engine.openRecording(inOnePiece(second), { fileName: 'b' })).not.toBe(firstId);
    // Where it was recorded it is an entry of its own, too, for the run may have gone on since.
    expect(await run.engine.openRecording(inOnePiece(second), { fileName: 'b' })).not.toBe(run.runId);
  });

  it('that two clients open at once is one', async () => {
    const run = await recorded(long);
    const { engine } = createOther();
    const bytes = await bytesOf(run.engine, run.runId);
    const bothAreReading = Promise.withResolvers<void>();
    let readers = 0;
    const slowly = async function* () {
      yield bytes.subarray(0, bytes.length - 2_000);
      if ((readers += 1) === 2) bothAreReading.resolve();
      await bothAreReading.promise;
      yield bytes.subarray(bytes.length - 2_000);
    };
    const open = () => engine.openRecording(slowly(), { fileName: 'a' });
    const ids = new Set(await Promise.all([open(), open()]));
    expect(ids.size).toBe(1);
    const late = await attachTestClient(engine).until((event) => event.type === 'welcome');
    expect(late).toMatchObject({ runs: [{ description: { runId: [...ids][0] } }] });
  });

  it('that was cut off makes way for the whole file, once that has been copied again', async () => {
    const run = await recorded(long);
    const { engine } = createOther();
    const client = attachTestClient(engine);
    const bytes = await bytesOf(run.engine, run.runId);
    const cutOff = bytes.subarray(0, bytes.length - 2_000);
    const cutOffId = await engine.openRecording(inOnePiece(cutOff), { fileName: 'a' });
    // The same once more is no news.
    expect(await engine.openRecording(inOnePiece(cutOff), { fileName: 'a' })).toBe(cutOffId);
    const wholeId = await engine.openRecording(inOnePiece(bytes), { fileName: 'a' });
    expect(wholeId).not.toBe(cutOffId);
    await client.until((event) => event.type === 'run-forgotten' && event.runId === cutOffId);
    expect(await client.follow(wholeId)).toMatchObject({ registrations: { total: 40_000 }, warnings: [] });
    expect(await engine.openRecording(inOnePiece(cutOff), { fileName: 'a' })).toBe(wholeId);
  });

  it('makes way before any run does where there is too little memory for all', async () => {
    const run = await recorded(
      `observer.hello(); for (let at = 0; at < 20; at += 1) observer.registrations(1 + at * 1000, 1000); observer.end();`,
    );
    const engine = create({ recordingsBudgetBytes: 1_300_000 });
    const client = attachTestClient(engine);
    const ownId = await client.start({ program: { kind: 'file', path: run.path, args: [] } });
    await client.follow(ownId);
    const opened: string[] = [];
    for (let file = 0; file < 3; file += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const bytes = await bytesOf(run.engine, run.runId);
      opened.push(await engine.openRecording(inOnePiece(bytes), { fileName: 'a' }));
    }
    const late = await attachTestClient(engine).until((event) => event.type === 'welcome');
    expect(late).toMatchObject({ runs: [ownId, opened[2]].map((runId) => ({ description: { runId } })) });
  });

  it('makes way for other recordings, never for runs', async () => {
    const run = await recorded(three);
    const files = await Promise.all(
      [1, 2, 3].map(async (number) => {
        await new Promise((resolve) => setTimeout(resolve, 5 * number));
        return bytesOf(run.engine, run.runId);
      }),
    );
    const engine = create({ recordingsKept: 2 });
    const client = attachTestClient(engine);
    const ownId = await client.start({ program: { kind: 'file', path: run.path, args: [] } });
    await client.follow(ownId);
    const opened: string[] = [];
    for (const bytes of files) opened.push(await engine.openRecording(inOnePiece(bytes), { fileName: 'a' }));
    await client.until((event) => event.type === 'run-forgotten' && event.runId === opened[0]);
    const late = await attachTestClient(engine).until((event) => event.type === 'welcome');
    expect(late).toMatchObject({
      runs: [ownId, opened[1], opened[2]].map((runId) => ({ description: { runId } })),
    });
  });

  it('of a run that still went on says so, and has verdicts for what was there', async () => {
    const engine = create();
    const client = attachTestClient(engine);
    const path = folder.write(
      'on.cjs',
      'observer.hello(); observer.registrations(1, 3); observer.callbacks([2]); setInterval(() => {}, 1000);',
    );
    const runId = await client.start({ program: { kind: 'file', path, args: [] } });
    void client.follow(runId);
    await client.until(
      (event) => event.type === 'run-events' && event.batches.some((batch) => batch.type === 'callbacks'),
    );
    expect(engine.saveRecording(runId).isRunGoingOn).toBe(true);
    const other = createOther().engine;
    const otherClient = attachTestClient(other);
    const openedId = await other.openRecording(inOnePiece(await bytesOf(engine, runId)), { fileName: 'a' });
    const report = await otherClient.follow(openedId);
    expect(report).toMatchObject({
      outcome: { status: 'stopped', message: 'The run still went on when it was saved.' },
      registrations: { total: 3, finalized: 1, alive: 2 },
      warnings: [
        expect.stringMatching(/saved while the run still went on\. What was recorded up to batch \d+ is here/),
      ],
    });
  });

  it('that is cut off has what was whole, a warning, and an end', async () => {
    const run = await recorded(long);
    const bytes = await bytesOf(run.engine, run.runId);
    const { engine } = createOther();
    const client = attachTestClient(engine);
    const runId = await engine.openRecording(inOnePiece(bytes.subarray(0, bytes.length - 2_000)), { fileName: 'a' });
    const report = await client.follow(runId);
    const kept = batchesOf(client.batches(runId), 'registrations').reduce((sum, batch) => sum + batch.atMs.length, 0);
    expect(kept).toBeGreaterThan(0);
    expect(report.registrations.total).toBe(kept);
    expect(report.warnings.join()).toMatch(/The file ends early: it was cut off\. .* Save or copy it again/);
    expect(client.batches(runId).at(-1)?.type).toBe('ended');
  });

  it('that is too large for memory has what fits, and says so', async () => {
    const run = await recorded(
      `observer.hello(); for (let at = 0; at < 200; at += 1) observer.registrations(1 + at * 1000, 1000); observer.end();`,
    );
    const engine = create({ recordingBudgetBytes: 2_000_000 });
    const client = attachTestClient(engine);
    const runId = await engine.openRecording(inOnePiece(await bytesOf(run.engine, run.runId)), { fileName: 'a' });
    const report: RunReport = await client.follow(runId);
    expect(report.warnings.join()).toMatch(/larger than Heapline may keep in memory/);
    expect(report.registrations.total).toBeGreaterThan(0);
    expect(report.registrations.total).toBeLessThan(200_000);
  });

  it('has no batch that cannot be sent on, and says so', async () => {
    const run = await recorded(three);
    const bytes = await bytesOf(run.engine, run.runId);
    const { header } = await readRecording(inOnePiece(bytes));
    const [started] = run.client.batches(run.runId);
    const png = new Uint8Array(60 * 1024 * 1024);
    const batches: RunBatch[] = [
      started!,
      { type: 'picture', subject: '', step: '', atMs: 1, width: 1, height: 1, png },
      { type: 'warning', code: '', message: 'what comes after it' },
    ];
    const { engine } = createOther();
    const client = attachTestClient(engine);
    const report = await client.follow(await engine.openRecording(encodeRecording(header, batches), { fileName: 'a' }));
    expect(report.warnings.join()).toMatch(/^The file is damaged: a batch is larger than Heapline can show\./);
  });

  it('can be given up while it is read, and then there is nothing of it', async () => {
    const run = await recorded(three);
    const { engine } = createOther();
    const client = attachTestClient(engine);
    await client.until((event) => event.type === 'welcome');
    const signal = AbortSignal.abort(new Error('given up'));
    const bytes = inOnePiece(await bytesOf(run.engine, run.runId));
    await expect(engine.openRecording(bytes, { fileName: 'a', signal })).rejects.toThrow('given up');
    expect(client.events.map(({ type }) => type)).toEqual(['welcome']);
  });

  it('can be given up while what it has is summed up', async () => {
    const run = await recorded(long);
    const { engine } = createOther();
    const client = attachTestClient(engine);
    const bytes = await bytesOf(run.engine, run.runId);
    const givenUp = new AbortController();
    const cutOff = async function* () {
      yield bytes.subarray(0, bytes.length - 2_000);
      givenUp.abort(new Error('given up'));
    };
    await expect(engine.openRecording(cutOff(), { fileName: 'a', signal: givenUp.signal })).rejects.toThrow('given up');
    expect(client.events.some(({ type }) => type === 'run-listed')).toBe(false);
  });

  it('has a name by its program and its time, without what names of files may not have', async () => {
    const run = await recorded(three);
    expect(run.engine.saveRecording(run.runId).fileName).toMatch(/^program-\d{4}-\d\d-\d\d-\d\d\.\d\d\.heapline$/);
  });

  it('has a name that is text, whatever letters its program has', async () => {
    const engine = create();
    const client = attachTestClient(engine);
    const path = folder.write(`${'a'.repeat(59)}\u{20BB7}.cjs`, three);
    const runId = await client.start({ program: { kind: 'file', path, args: [] } });
    await client.follow(runId);
    const { fileName } = engine.saveRecording(runId);
    expect(fileName).toMatch(/^a{59}-\d{4}/);
    expect(fileName.isWellFormed()).toBe(true);
  });

  describe('is written', () => {
    const pieces = async function* (...texts: string[]) {
      for (const text of texts) yield new TextEncoder().encode(text);
    };
    it('beside its place, which it takes when it is whole', async () => {
      const path = folder.write('a.heapline', 'old');
      const seen: string[] = [];
      await writeRecordingFile(path, pieces('one', 'two'), { onWritten: () => seen.push(readFileSync(path, 'utf8')) });
      expect(seen).toEqual(['old', 'old']);
      expect(readFileSync(path, 'utf8')).toBe('onetwo');
    });
    it.each<[string, () => AsyncGenerator<Uint8Array>, AbortSignal | undefined]>([
      [
        'what it is made of fails',
        async function* () {
          yield Uint8Array.of(1);
          throw new Error('broken');
        },
        undefined,
      ],
      ['it is given up', () => pieces('one'), AbortSignal.abort()],
    ])('not at all where %s: the old file stays, and nothing is left', async (_what, chunks, signal) => {
      const path = folder.write('a.heapline', 'old');
      const before = readdirSync(folder.path);
      await expect(writeRecordingFile(path, chunks(), { ...(signal && { signal }) })).rejects.toThrow();
      expect(readFileSync(path, 'utf8')).toBe('old');
      expect(readdirSync(folder.path)).toEqual(before);
    });
    it('not at all where it is given up when all but its place is done', async () => {
      const path = folder.write('a.heapline', 'old');
      const before = readdirSync(folder.path);
      const givenUp = new AbortController();
      const written = writeRecordingFile(path, pieces('one'), {
        signal: givenUp.signal,
        onWritten: () => givenUp.abort(),
      });
      await expect(written).rejects.toThrow();
      expect(readFileSync(path, 'utf8')).toBe('old');
      expect(readdirSync(folder.path)).toEqual(before);
    });
    it('where a link leads to, which stays a link', async () => {
      const path = folder.write('a.heapline', 'old');
      const link = join(folder.path, 'link.heapline');
      symlinkSync(path, link);
      await writeRecordingFile(link, pieces('one'));
      expect(readFileSync(path, 'utf8')).toBe('one');
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      // But a script is never written to, wherever a recording's name leads.
      const script = folder.write('script.mjs', 'script');
      const trap = join(folder.path, 'trap.heapline');
      symlinkSync(script, trap);
      await writeRecordingFile(trap, pieces('one'));
      expect(readFileSync(script, 'utf8')).toBe('script');
      expect(readFileSync(trap, 'utf8')).toBe('one');
    });
    it('as soon as nobody reads the old one, where a system does not let it be replaced meanwhile', async () => {
      const path = folder.write('a.heapline', 'old');
      const answers = ['EPERM', 'EBUSY', undefined];
      const renameFile = async (from: string, to: string): Promise<void> => {
        const code = answers.shift();
        if (code !== undefined) throw Object.assign(new Error('busy'), { code });
        await rename(from, to);
      };
      await writeRecordingFile(path, pieces('one'), { renameFile });
      expect(readFileSync(path, 'utf8')).toBe('one');
      expect(answers).toEqual([]);
    });
    it('under a name as long as a name may be', async () => {
      const path = join(folder.path, `${'a'.repeat(246)}.heapline`);
      await writeRecordingFile(path, pieces('one'));
      expect(readFileSync(path, 'utf8')).toBe('one');
    });
    it('by two at once, and is then one of both', async () => {
      const path = join(folder.path, 'a.heapline');
      await Promise.all([writeRecordingFile(path, pieces('o', 'ne')), writeRecordingFile(path, pieces('t', 'wo'))]);
      expect(readFileSync(path, 'utf8')).toMatch(/^(one|two)$/);
      expect(readdirSync(folder.path).filter((name) => name.endsWith('.part'))).toEqual([]);
    });
    it('of a run that is forgotten meanwhile, whole all the same', async () => {
      const run = await recorded(three);
      const { engine } = createOther();
      const client = attachTestClient(engine);
      const runId = await engine.openRecording(inOnePiece(await bytesOf(run.engine, run.runId)), { fileName: 'a' });
      const chunks = engine.saveRecording(runId).chunks();
      const first = await chunks.next();
      await client.request({ type: 'close-recording', runId });
      const rest: Uint8Array[] = [first.value as Uint8Array];
      for await (const piece of chunks) rest.push(piece);
      const openedAgain = await engine.openRecording(inOnePiece(Buffer.concat(rest)), { fileName: 'b' });
      expect((await client.follow(openedAgain)).warnings).toEqual([]);
    });
    it('only where it can be: a folder is tried out, and nothing is left there', async () => {
      const path = join(folder.path, randomUUID());
      await expect(checkWritableFolder(path)).rejects.toThrow('ENOENT');
      mkdirSync(path);
      await checkWritableFolder(path);
      expect(readdirSync(path)).toEqual([]);
      const file = join(path, 'file');
      writeFileSync(file, '');
      await expect(checkWritableFolder(file)).rejects.toThrow('ENOTDIR');
    });
  });
});

function batchesOf<Type extends RunBatch['type']>(batches: readonly RunBatch[], type: Type) {
  return batches.filter((batch): batch is Extract<RunBatch, { type: Type }> => batch.type === type);
}
