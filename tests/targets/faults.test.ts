// What may go wrong between a Heapline and a process that was started elsewhere. Whatever does, the process goes on as if
// nothing had been there.

import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openRendezvous } from '../../engine/session/rendezvous.ts';
import { openHeapline, startTarget, targetScript, temporaryFolder, type TargetProcess } from './watching.ts';

const obedient = targetScript('obedient.cjs');
const ask = async (target: TargetProcess, action: string, details: object = {}): Promise<Record<string, unknown>> =>
  (await target.ask(action, details)) as Record<string, unknown>;
const nothingSaid = { stdout: 'ready\n', stderr: '' };
/** Three looks of a target. */
const SEVERAL_LOOKS_MS = 3_200;

/** A socket on which a stranger listens as a Heapline would, and what connects to it. */
async function listenAsStranger(path: string): Promise<AsyncDisposable & { readonly connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  return {
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
  };
}

const writeRendezvous = (folder: string, endpoint: string, mode = 0o600, token = 'wrong') =>
  writeFileSync(join(folder, `heapline-${'ab'.repeat(8)}.json`), JSON.stringify({ version: 1, endpoint, token }), {
    mode,
  });

describe('a process that looks for a Heapline', () => {
  it('uses no file or folder that others could have a hand in', async () => {
    using root = temporaryFolder();
    const folders = ['open-file', 'open-folder', 'foreign-socket', 'link'].map((name) => join(root.path, name));
    const [openFile = '', openFolder = '', foreignSocket = '', link = ''] = folders;
    for (const folder of [openFile, openFolder, foreignSocket]) mkdirSync(folder, { mode: 0o700 });
    await using stranger = await listenAsStranger(join(openFile, 's'));
    writeRendezvous(openFile, join(openFile, 's'));
    chmodSync(join(openFile, readdirSync(openFile).find((name) => name.endsWith('.json')) ?? ''), 0o644);
    await using other = await listenAsStranger(join(openFolder, 's'));
    writeRendezvous(openFolder, join(openFolder, 's'));
    // Its folder is open to others, so anybody could have put the socket there, even if the file is in order.
    writeRendezvous(foreignSocket, join(openFolder, 's'));
    chmodSync(openFolder, 0o755);
    symlinkSync(openFolder, link);
    const targets = folders.map((folder) => startTarget(obedient, { folder, environment: { NODE_DEBUG: 'heapline' } }));
    await delay(SEVERAL_LOOKS_MS);
    expect(stranger.connections() + other.connections()).toBe(0);
    const [file, folder, , linked] = targets.map((target) => target.output().stderr);
    expect(file).toContain('others than its owner can use it');
    expect(folder).toContain('others than its owner can use it');
    expect(linked).not.toContain('Error');
    for (const target of targets) await target[Symbol.asyncDispose]();
  });

  it('is not told apart from a stranger with a wrong token, who is turned away', async () => {
    using folder = temporaryFolder();
    await using heapline = openHeapline(folder.path);
    await expect.poll(() => readdirSync(folder.path)).toHaveLength(2);
    using elsewhere = temporaryFolder();
    const endpoint = join(folder.path, readdirSync(folder.path).find((name) => name.endsWith('.sock')) ?? '');
    writeRendezvous(elsewhere.path, endpoint);
    await using target = startTarget(obedient, { folder: elsewhere.path });
    await target.untilPrints(/ready/);
    await delay(SEVERAL_LOOKS_MS);
    expect(heapline.targets()).toEqual([]);
    expect(target.output()).toEqual(nothingSaid);
  });

  it('takes address and token from its environment', async () => {
    using folder = temporaryFolder();
    await using heapline = openHeapline(folder.path);
    await expect.poll(() => readdirSync(folder.path)).toHaveLength(2);
    const name = readdirSync(folder.path).find((found) => found.endsWith('.json')) ?? '';
    await using target = startTarget(obedient, { folder: readFileSync(join(folder.path, name), 'utf8') });
    expect(await heapline.untilListed(target.pid)).toMatchObject({ pid: target.pid });
  });

  it('is listed by every Heapline there is, and watched by one at a time', async () => {
    using folder = temporaryFolder();
    await using first = openHeapline(folder.path);
    await using second = openHeapline(folder.path);
    await using target = startTarget(obedient, { folder: folder.path });
    await target.untilPrints(/ready/);
    const run = await first.watch(await first.untilListed(target.pid));
    await run.running;
    const refused = await second.watch(await second.untilListed(target.pid));
    expect((await refused.report).outcome).toEqual({
      status: 'crashed',
      message: 'Another Heapline watches this process already.',
    });
    await run.leave();
    const taken = await second.watch(await second.untilListed(target.pid));
    await taken.running;
    expect((await taken.leave()).outcome.status).toBe('stopped');
    expect(target.output()).toEqual(nothingSaid);
  });

  it('ends as it would, at once, also while it is watched', async () => {
    using folder = temporaryFolder();
    await using heapline = openHeapline(folder.path);
    // Too short for anybody to watch it.
    await using short = startTarget(targetScript('short.cjs'), { folder: folder.path });
    expect(await short.exited).toEqual({ exitCode: 0, signal: null });
    expect(short.output()).toEqual({ stdout: 'short\n', stderr: '' });
    const endings = [
      { action: 'exit', details: { code: 5 }, exitCode: 5, status: 'exited' },
      { action: 'exit', details: { code: 0 }, exitCode: 0, status: 'completed' },
      // Nothing left to do, which an observer must not change.
      { action: 'end', details: {}, exitCode: 0, status: 'completed' },
      { action: 'throw', details: {}, exitCode: 1, status: 'threw' },
    ];
    for (const { action, details, exitCode, status } of endings) {
      await using target = startTarget(obedient, { folder: folder.path });
      const run = await heapline.watch(await heapline.untilListed(target.pid));
      await run.running;
      await ask(target, 'register', { count: 100, keep: 100 });
      target.child.send({ action, ...details });
      expect(await target.exited).toEqual({ exitCode, signal: null });
      const report = await run.report;
      expect(report.outcome).toMatchObject({ status, exitCode });
      expect(report.registrations).toMatchObject({ total: 100, exitedFirst: 100 });
      // No word of a debugger.
      expect(target.output().stderr.replace(/^[^]*thrown on purpose[^]*$/, '')).toBe('');
      await heapline.untilGone(target.pid);
    }
  });

  it('is lost without a word when it is killed while it is watched', async () => {
    using folder = temporaryFolder();
    await using heapline = openHeapline(folder.path);
    await using target = startTarget(obedient, { folder: folder.path });
    const run = await heapline.watch(await heapline.untilListed(target.pid));
    await run.running;
    await ask(target, 'register', { count: 100 });
    await run.until(() => run.of('registrations').length > 0);
    target.child.kill('SIGKILL');
    const report = await run.report;
    expect(report.outcome).toEqual({
      status: 'crashed',
      message: 'The process ended without a word: it was killed, or crashed.',
    });
    expect(report.registrations.total).toBe(100);
    await heapline.untilGone(target.pid);
  });

  it('is watched once its blocked thread turns, and can be left before', async () => {
    using folder = temporaryFolder();
    await using heapline = openHeapline(folder.path);
    await using target = startTarget(obedient, { folder: folder.path });
    const listed = await heapline.untilListed(target.pid);
    target.child.send({ action: 'block', ms: 2_500 });
    await delay(100);
    const hasty = await heapline.watch(listed);
    expect((await hasty.leave()).outcome).toEqual({
      status: 'stopped',
      message: 'You stopped watching before the process had answered.',
    });
    const patient = await heapline.watch(listed);
    await patient.running;
    expect(patient.of('warning').map(({ message }) => message)).toContain(
      'The process has not answered yet: its thread is busy.',
    );
    // Left while it is blocked: at once, and what is not known is said to be so.
    await ask(target, 'register', { count: 10 });
    await patient.until(() => patient.of('registrations').length > 0);
    target.child.send({ action: 'block', ms: 3_000 });
    await patient.until(() => patient.of('blocked').some(({ endMs, startMs }) => endMs[0]! - startMs[0]! > 150));
    const report = await patient.leave();
    expect(report.outcome.status).toBe('stopped');
    expect(report.registrations).toMatchObject({ total: 10, unknown: 10 });
    const again = await heapline.watch(listed);
    await again.running;
    await again.leave();
    await expect.poll(() => ask(target, 'state')).toMatchObject({ isRegisterNative: true });
    expect(target.output()).toEqual(nothingSaid);
  });

  it('survives the death of the Heapline that watches it, and finds the next', async () => {
    using folder = temporaryFolder();
    await using target = startTarget(obedient, { folder: folder.path });
    await target.untilPrints(/ready/);
    const native = await ask(target, 'state');
    const host = spawn(process.execPath, [targetHost, folder.path, String(target.pid)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((watching) => {
      host.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('watching')) watching();
      });
    });
    expect((await ask(target, 'state'))['isRegisterNative']).toBe(false);
    host.kill('SIGKILL');
    await expect
      .poll(() => ask(target, 'state'), { timeout: 10_000 })
      .toMatchObject({
        isRegisterNative: true,
        isEmitOwn: false,
        threads: native['threads'],
        descriptors: native['descriptors'],
      });
    expect(readdirSync(folder.path)).toHaveLength(2);
    {
      await using heapline = openHeapline(folder.path);
      const run = await heapline.watch(await heapline.untilListed(target.pid));
      await run.running;
      await ask(target, 'register', { count: 5 });
      expect((await run.leave()).registrations.total).toBe(5);
      // The dead one's file is gone, ours is there.
      expect(readdirSync(folder.path)).toHaveLength(2);
    }
    expect(readdirSync(folder.path)).toEqual([]);
    expect(target.output()).toEqual(nothingSaid);
  });
});

describe('a Heapline that wants to be found', () => {
  it('leaves what it watches when it closes, and takes back what it put there', async () => {
    using folder = temporaryFolder();
    await using target = startTarget(obedient, { folder: folder.path });
    await target.untilPrints(/ready/);
    const native = await ask(target, 'state');
    const heapline = openHeapline(folder.path);
    const run = await heapline.watch(await heapline.untilListed(target.pid));
    await run.running;
    await ask(target, 'register', { count: 7, keep: 7 });
    await heapline.engine.close();
    expect((await run.report).registrations).toMatchObject({ total: 7, alive: 7 });
    expect(readdirSync(folder.path)).toEqual([]);
    await expect
      .poll(() => ask(target, 'state'))
      .toMatchObject({
        isRegisterNative: true,
        threads: native['threads'],
        descriptors: native['descriptors'],
      });
    expect(target.output()).toEqual(nothingSaid);
  });

  it('makes what only its user can use', async () => {
    using root = temporaryFolder();
    const folder = join(root.path, 'heapline');
    const rendezvous = await openRendezvous(() => {}, [folder]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    await rendezvous[Symbol.asyncDispose]();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is found among links and folders that are named as its file would be, which stay as they are', async () => {
    using folder = temporaryFolder();
    using outside = temporaryFolder();
    // Names that are looked at before any other.
    const named = (digit: string) => join(folder.path, `heapline-${digit.repeat(16)}.json`);
    // What a link leads to looks as a Heapline that died would have left it.
    const endpoint = join(folder.path, `heapline-${'0'.repeat(16)}.sock`);
    writeFileSync(join(outside.path, 'kept.json'), JSON.stringify({ version: 1, endpoint, token: 'token' }));
    symlinkSync(join(outside.path, 'kept.json'), named('0'));
    symlinkSync(join(outside.path, 'nowhere.json'), named('1'));
    symlinkSync(named('2'), named('2'));
    mkdirSync(named('3'));
    writeFileSync(join(named('3'), 'content'), '');
    const before = readdirSync(folder.path);
    writeFileSync(named('4'), JSON.stringify({ version: 1, endpoint, token: 'token' }), { mode: 0o600 });

    await using target = startTarget(obedient, { folder: folder.path });
    await target.untilPrints(/ready/);
    const heapline = openHeapline(folder.path);
    await heapline.untilListed(target.pid);
    await heapline.engine.close();
    expect(readdirSync(folder.path)).toEqual(before);
    expect(readdirSync(outside.path)).toEqual(['kept.json']);
    expect(existsSync(join(named('3'), 'content'))).toBe(true);
    expect(target.output()).toEqual(nothingSaid);
  });

  it('takes the next folder where one is not its own or too deep, and says why there is none', async () => {
    using root = temporaryFolder();
    const open = join(root.path, 'open');
    mkdirSync(open, { mode: 0o777 });
    chmodSync(open, 0o777);
    const deep = join(root.path, 'd'.repeat(100));
    const good = join(root.path, 'good');
    await using _rendezvous = await openRendezvous(() => {}, [open, deep, good]);
    expect(readdirSync(good)).toHaveLength(2);
    expect(existsSync(deep)).toBe(false);
    await expect(openRendezvous(() => {}, [open, deep])).rejects.toThrow(/chmod 700[^]*too long for a socket/);
  });
});

const targetHost = resolve(import.meta.dirname, 'host-to-be-killed.ts');
