// During the settle time nothing of a program runs but its cleanup callbacks: whatever does not keep a process is left as it
// is. Each program is run twice in real processes, alone and observed, and must have said the same.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../scripts/built-parts.ts';
import { ALL_RUNTIMES } from '../runtimes.ts';
import { createProgramFolder, runTwice, type ProgramFolder, type TwiceOptions } from './run-twice.ts';

/** Longer than any of the unreferenced timers and the child below takes. */
const options = {
  limits: { settleMs: 900 },
  gcPolicy: { kind: 'major', intervalMs: 100 },
} as const satisfies TwiceOptions;

/**
 * Each says so if it ever runs, which no process that ends by itself waits for. They begin when the loop has run dry: alone,
 * it never turns again, however short a timer is and however slow the machine.
 */
const UNREFERENCED = `
  import { createServer } from 'node:net'; import { Worker } from 'node:worker_threads';
  import { createHook } from 'node:async_hooks'; import { spawn } from 'node:child_process';
  import { watch, writeFileSync, mkdtempSync, rmSync } from 'node:fs'; import { tmpdir } from 'node:os'; import { join } from 'node:path';
  const say = (word) => console.log(word);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(\`const { parentPort, workerData } = require('node:worker_threads');
    parentPort.postMessage('up'); Atomics.wait(workerData, 0, 0); setInterval(() => parentPort.postMessage(1), 5);\`,
    { eval: true, workerData: cell });
  await new Promise((up) => worker.once('message', up));
  worker.on('message', () => say('late message of a worker')); worker.on('exit', () => say('late exit of a worker'));
  const server = createServer(() => say('late connection')).listen(0, '127.0.0.1');
  await new Promise((up) => server.once('listening', up));
  worker.unref(); server.unref();
  const begin = () => {
    Atomics.store(cell, 0, 1); Atomics.notify(cell, 0);
    const args = ['-e', 'setInterval(() => console.log(1), 5); setTimeout(process.exit, 300)'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    child.unref(); child.stdout.unref();
    child.on('exit', () => say('late exit of a child')); child.stdout.on('data', () => say('late output of a child'));
    const folder = mkdtempSync(join(tmpdir(), 'heapline-watched-'));
    watch(folder, { persistent: false }, () => say('late change of a file')); writeFileSync(join(folder, 'changed'), '');
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => say('late message of a port'); port1.unref(); port2.postMessage(1);
    setImmediate(() => say('late immediate')).unref();
    for (const delay of [0, 25, 100]) setTimeout(() => say('late timer'), delay).unref();
    setInterval(() => say('late interval'), 2).unref();
    rmSync(folder, { recursive: true });
    // Some are due before the handler returns.
    Atomics.wait(cell, 0, 1, 20);
  };
`;

const LATE_CALLBACKS = `
  globalThis.registry = new FinalizationRegistry((held) => {
    if (held === 'timer') setTimeout(() => console.log('work of a late callback'), 10);
    if (held === 'status') process.exitCode = 9;
    if (held === 'throws') throw new Error('thrown late');
    if (held === 'rejects') void Promise.reject(new Error('rejected late'));
  });
  const register = () => { for (const held of ['timer', 'status', 'throws', 'rejects', 'plain']) registry.register({}, held); };
`;

describe.each(ALL_RUNTIMES)('on $name, a program that has nothing left to do', ({ nodePath, isInstalled }) => {
  let folder: ProgramFolder;
  beforeAll(async () => {
    expect(await ensureBuilt('engine')).toBe(true);
    folder = createProgramFolder();
  });
  afterAll(() => folder[Symbol.dispose]());

  it.runIf(isInstalled)('is waited for without its timers, servers and workers', async () => {
    const text = `${UNREFERENCED}
      const hook = createHook({ before() { hook.count++; } }).enable(); hook.count = 0;
      process.on('beforeExit', (code) => { console.log('beforeExit', code, hook.count > 0); begin(); });
      process.on('exit', (code) => { console.log('exit', code); });`;
    const { alone, observed, run } = await runTwice(folder.write('unreferenced.mjs', text), { ...options, nodePath });
    expect(observed).toEqual(alone);
    expect(alone.stdout).toBe('beforeExit 0 true\nexit 0\n');
    expect(run.of('marks').flatMap(({ items }) => items.filter(({ kind }) => kind === 'settle-started'))).toHaveLength(
      1,
    );
  });

  it.runIf(isInstalled)('closes what it closes at its end', async () => {
    const text = `import { createServer } from 'node:net'; import { Worker } from 'node:worker_threads';
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((up) => server.once('listening', up)); server.unref();
      const onSignal = () => {}; process.on('SIGUSR2', onSignal);
      // Each keeps the loop for one more turn, though Node lists nothing.
      const steps = [
        () => server.close(() => console.log('closed')),
        () => process.off('SIGUSR2', onSignal),
        async () => { await null; const { port1 } = new MessageChannel(); port1.on('close', () => console.log('port closed')); port1.close(); },
        () => { const { port2 } = new MessageChannel(); new MessageChannel().port1.postMessage(port2, [port2]); },
        () => new Worker('setInterval(() => {}, 1000)', { eval: true }).unref(),
        () => setTimeout(() => console.log('never'), 1).unref(),
      ];
      process.on('beforeExit', () => { console.log('beforeExit', steps.length); void steps.shift()?.(); });
      process.on('exit', (code) => { console.log('exit', code); });`;
    const { alone, observed } = await runTwice(folder.write('closing.mjs', text), { ...options, nodePath });
    expect(observed).toEqual(alone);
    expect(alone.stdout).toMatch(/closed\n.*port closed\n.*beforeExit 1\nexit 0\n$/s);
  });

  it.runIf(isInstalled)('ends without another turn where late callbacks close handles', async () => {
    const text = `import { createServer } from 'node:net';
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((up) => server.once('listening', up)); server.unref();
      const [first, second] = [new MessageChannel(), new MessageChannel()];
      globalThis.registry = new FinalizationRegistry((held) => {
        if (held === 'server') server.close();
        if (held === 'port') first.port1.close();
        if (held === 'transfer') second.port1.postMessage(first.port2, [first.port2]);
      });
      process.on('beforeExit', () => {
        console.log('beforeExit');
        for (const held of ['server', 'port', 'transfer']) registry.register({}, held);
        for (const delay of [1, 25, 100]) setTimeout(() => console.log('late timer'), delay).unref();
        setInterval(() => console.log('late interval'), 5).unref();
        setImmediate(() => console.log('late immediate')).unref();
      });
      process.on('exit', (code) => console.log('exit', code));`;
    const { alone, observed, run } = await runTwice(folder.write('closes-late.mjs', text), { ...options, nodePath });
    expect(observed).toEqual(alone);
    expect(alone.stdout).toBe('beforeExit\nexit 0\n');
    expect(run.report.registrations).toMatchObject({ total: 3, finalized: 3 });
  });

  it.runIf(isInstalled)('settles as well where Node does not show what it is made of', async () => {
    const text = `import inspector from 'node:inspector';
      for (const name of ['post', 'disconnect'])
        inspector.Session.prototype[name] = () => { throw new Error('The program has no inspector.'); };
      globalThis.registry = new FinalizationRegistry(() => {});
      for (let count = 0; count < 5; count++) registry.register({}, count);
      process.on('exit', (code) => console.log('exit', code));`;
    const { alone, observed, run } = await runTwice(folder.write('hidden.mjs', text), { ...options, nodePath });
    expect(observed).toEqual(alone);
    expect(run.report.registrations).toMatchObject({ total: 5, finalized: 5, exitedFirst: 0 });
  });

  it.runIf(isInstalled)('ends with its own status and output, whatever late callbacks do', async () => {
    const text = `${LATE_CALLBACKS}
      let rounds = 0;
      process.on('beforeExit', () => {
        console.log('beforeExit', rounds);
        if (rounds++ === 0) setTimeout(() => console.log('more work'), 5);
        // Cleared before the loop turns: no more work.
        else { const timer = setTimeout(() => console.log('never'), 5); queueMicrotask(() => clearTimeout(timer)); register(); }
      });
      process.on('uncaughtException', (error) => console.log('handled', error.message));
      process.on('exit', (code) => console.log('exit', code));`;
    const { alone, observed, run } = await runTwice(folder.write('late.mjs', text), { ...options, nodePath });
    expect(observed).toEqual(alone);
    expect(alone.stdout).toBe('beforeExit 0\nmore work\nbeforeExit 1\nexit 0\n');
    expect(run.report.registrations).toMatchObject({ total: 5, finalized: 4, callbackThrew: 1, exitedFirst: 0 });
    expect(run.report.warnings.join()).toContain('Error: thrown late');
    expect(run.report.warnings.join()).toContain('Error: rejected late');
  });

  it.runIf(isInstalled)('and is a file of node:test gets its settle time', async () => {
    const text = `import { test } from 'node:test';
      globalThis.registry = new FinalizationRegistry(() => {});
      for (let index = 0; index < 5; index++) {
        test(\`registers \${index}\`, async () => {
          for (let count = 0; count < 12; count++) registry.register({}, count);
          await new Promise((done) => setTimeout(done, 2));
        });
      }`;
    const { alone, observed, run } = await runTwice(folder.write('tests.mjs', text), { ...options, nodePath });
    const withoutTimes = (seen: string) => seen.replaceAll(/[\d.]+(?=ms)|(?<=duration_ms:? )[\d.]+/g, 'x');
    expect({ ...observed, stdout: withoutTimes(observed.stdout) }).toEqual({
      ...alone,
      stdout: withoutTimes(alone.stdout),
    });
    expect(run.report.outcome.message).toBe('Completed.');
    expect(run.report.registrations).toMatchObject({ total: 60, finalized: 60, exitedFirst: 0 });
  });
});
