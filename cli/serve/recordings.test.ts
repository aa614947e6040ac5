// Saving and opening recordings over HTTP, in a real server with a stand-in for its engine.

import { request as httpRequest, type IncomingHttpHeaders, type ClientRequest } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { EngineEvent } from '../../engine/protocol/event.ts';
import { createFrameDecoder } from '../../engine/protocol/frame-codec.ts';
import { RecordingFileError } from '../../engine/session/recording-file.ts';
import { Refused } from '../../engine/session/refused.ts';
import { createToken } from './access.ts';
import type { Recordings } from './recordings.ts';
import { startServedHost, type ServedHost } from './served-host.ts';

let folder: string;
let served: ServedHost;
let token: string;
const openRecording = vi.fn<Recordings['openRecording']>();
const saveRecording = vi.fn<Recordings['saveRecording']>();
const recordedFrom = vi.fn<Recordings['recordedFrom']>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heapline-served-'));
  token = createToken();
  openRecording.mockReset().mockImplementation(async (chunks, { fileName }) => {
    const pieces: Uint8Array[] = [];
    for await (const chunk of chunks) pieces.push(chunk);
    return `run-of-${fileName}-${Buffer.concat(pieces).toString('utf8').length}`;
  });
  recordedFrom.mockReset().mockImplementation((_runId, sequence) => [
    { sequence, count: 2, batches: [{ type: 'status', status: 'running', atMs: 1 }], aheadBytes: 9 },
    { sequence: sequence + 2, count: 1, batches: [{ type: 'status', status: 'settling', atMs: 2 }], aheadBytes: 0 },
  ]);
  saveRecording.mockReset().mockReturnValue({
    fileName: 'größe-2026.heapline',
    isRunGoingOn: false,
    batches: 2,
    async *chunks() {
      yield new TextEncoder().encode('HEAP');
      yield new TextEncoder().encode('LINE');
    },
  });
  served = await startServedHost({
    host: '127.0.0.1',
    port: 0,
    token,
    rendererFolder: folder,
    recordings: { openRecording, saveRecording, recordedFrom },
    onClient: () => {},
  });
});
afterEach(async () => {
  await served.close();
  await rm(folder, { recursive: true });
});

const origin = () => `http://127.0.0.1:${served.port}`;
function begin(method: string, path: string, headers: Record<string, string>): ClientRequest {
  const request = httpRequest({ host: '127.0.0.1', port: served.port, path, agent: false, method, headers });
  request.on('error', () => {});
  return request;
}
async function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Uint8Array,
): Promise<{ status: number | undefined; headers: IncomingHttpHeaders; body: string }> {
  const request = begin(method, path, headers);
  request.end(body);
  const [response] = await once(request, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
const savePath = () => `/recordings/some-run.heapline?token=${token}`;
const openPath = (name = 'a.heapline') => `/recordings?token=${token}&name=${encodeURIComponent(name)}`;

describe('a recording is saved by HTTP', () => {
  it('as a download with a name of its own', async () => {
    const { status, headers, body } = await ask('GET', savePath(), { 'Sec-Fetch-Site': 'same-origin' });
    expect({ status, body }).toEqual({ status: 200, body: 'HEAPLINE' });
    expect(headers['content-disposition']).toBe(`attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe-2026.heapline`);
    expect(headers['cache-control']).toBe('no-store');
    expect(saveRecording).toHaveBeenCalledWith('some-run');
  });

  it('not where there is no such run', async () => {
    saveRecording.mockImplementation(() => {
      throw new Refused('no-such-run', 'There is no such run.');
    });
    expect(await ask('GET', savePath())).toMatchObject({ status: 404, body: 'There is no such run.\n' });
  });

  it.each<[what: string, path: () => string, headers: () => Record<string, string>, status: number]>([
    ['no token', () => '/recordings/some-run.heapline', () => ({}), 403],
    ['a wrong token', () => `/recordings/some-run.heapline?token=${createToken()}`, () => ({}), 403],
    ['a foreign origin', savePath, () => ({ Origin: 'http://evil.example' }), 403],
    ['the origin null', savePath, () => ({ Origin: 'null' }), 403],
    ['a page of another site', savePath, () => ({ 'Sec-Fetch-Site': 'cross-site' }), 403],
    ['a page of another port', savePath, () => ({ 'Sec-Fetch-Site': 'same-site' }), 403],
    ['a name rebound to this machine', savePath, () => ({ Host: `evil.example:${served.port}` }), 421],
    ['a path', () => `/recordings/..%2f..%2fetc.heapline?token=${token}`, () => ({}), 404],
  ])('not for %s', async (_what, path, headers, status) => {
    expect((await ask('GET', path(), headers())).status).toBe(status);
    expect(saveRecording).not.toHaveBeenCalled();
  });

  it('breaks off where it cannot be read to its end, so that nobody takes it for whole', async () => {
    saveRecording.mockReturnValue({
      fileName: 'a.heapline',
      isRunGoingOn: false,
      batches: 2,
      async *chunks() {
        yield new Uint8Array(100_000);
        throw new Error('broken');
      },
    });
    await expect(ask('GET', savePath())).rejects.toThrow(/aborted|terminated|socket hang up/i);
  });
});

describe('what is recorded is read by HTTP', () => {
  const eventsPath = (from = '7') => `/recordings/some-run/events?token=${token}&from=${from}`;

  it('as the frames of the protocol, from a sequence on', async () => {
    const response = await fetch(`${origin()}${eventsPath()}`);
    const messages = createFrameDecoder().push(new Uint8Array(await response.arrayBuffer()));
    const events = messages.map((message) => v.parse(EngineEvent, message));
    expect(events).toMatchObject([
      { type: 'run-events', runId: 'some-run', sequence: 7, count: 2, aheadBytes: 9 },
      { type: 'run-events', runId: 'some-run', sequence: 9, count: 1, batches: [{ status: 'settling' }] },
    ]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(recordedFrom).toHaveBeenCalledWith('some-run', 7);
  });

  it('not where there is no such run, or no such number', async () => {
    for (const from of ['', '-1', '1.5', '1e3', 'x', '9'.repeat(16)]) {
      expect((await ask('GET', eventsPath(from))).status).toBe(400);
    }
    recordedFrom.mockImplementation(() => {
      throw new Refused('no-such-run', 'There is no such run.');
    });
    expect(await ask('GET', eventsPath())).toMatchObject({ status: 404, body: 'There is no such run.\n' });
  });

  it.each<[what: string, method: string, path: () => string, headers: () => Record<string, string>, status: number]>([
    ['no token', 'GET', () => '/recordings/some-run/events?from=0', () => ({}), 403],
    ['a foreign origin', 'GET', eventsPath, () => ({ Origin: 'http://evil.example' }), 403],
    ['a page of another site', 'GET', eventsPath, () => ({ 'Sec-Fetch-Site': 'cross-site' }), 403],
    ['a name rebound to this machine', 'GET', eventsPath, () => ({ Host: `evil.example:${served.port}` }), 421],
    ['another method', 'POST', eventsPath, () => ({ Origin: origin() }), 405],
  ])('not for %s', async (_what, method, path, headers, status) => {
    expect((await ask(method, path(), headers())).status).toBe(status);
    expect(recordedFrom).not.toHaveBeenCalled();
  });
});

describe('a recording is opened by HTTP', () => {
  it('from what is uploaded, under its name without a folder', async () => {
    const body = 'x'.repeat(300_000);
    const answer = await ask('POST', openPath('/home/me/a.heapline'), { Origin: origin() }, body);
    expect({ status: answer.status, body: JSON.parse(answer.body) as unknown }).toEqual({
      status: 200,
      body: { runId: 'run-of-a.heapline-300000' },
    });
  });

  it.each<[what: string, path: () => string, headers: () => Record<string, string>, status: number]>([
    ['no token', () => '/recordings?name=a', () => ({ Origin: origin() }), 403],
    ['a wrong token', () => `/recordings?token=${createToken()}`, () => ({ Origin: origin() }), 403],
    ['no origin', openPath, () => ({}), 403],
    ['a foreign origin', openPath, () => ({ Origin: 'http://evil.example' }), 403],
    ['a name rebound to this machine', openPath, () => ({ Host: `evil.example:${served.port}` }), 421],
  ])('not for %s', async (_what, path, headers, status) => {
    expect((await ask('POST', path(), headers(), 'x')).status).toBe(status);
    expect(openRecording).not.toHaveBeenCalled();
  });

  it('not where more is announced than any recording has', async () => {
    const request = begin('POST', openPath(), { Origin: origin(), 'Content-Length': String(3 * 1024 ** 3) });
    request.flushHeaders();
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(413);
    request.destroy();
    expect(openRecording).not.toHaveBeenCalled();
  });

  it('with a sentence where it is none, also if it is not read to its end', async () => {
    openRecording.mockImplementation(async (chunks) => {
      for await (const _chunk of chunks) break;
      throw new RecordingFileError('It is not a recording of Heapline. Open one that Heapline has saved.');
    });
    const answer = await ask('POST', openPath(), { Origin: origin() }, new Uint8Array(4_000_000));
    expect(answer).toMatchObject({
      status: 422,
      body: 'It is not a recording of Heapline. Open one that Heapline has saved.\n',
    });
  });

  it('is given up when the client goes away after it has sent everything', async () => {
    const given = Promise.withResolvers<AbortSignal | undefined>();
    const canGoOn = Promise.withResolvers<void>();
    openRecording.mockImplementation(async (chunks, { signal }) => {
      for await (const _chunk of chunks);
      given.resolve(signal);
      await canGoOn.promise;
      return 'never';
    });
    const request = begin('POST', openPath(), { Origin: origin() });
    request.end('x');
    const signal = await given.promise;
    request.destroy();
    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
    canGoOn.resolve();
  });

  it('is given up when the client goes away', async () => {
    const given = Promise.withResolvers<AbortSignal | undefined>();
    openRecording.mockImplementation(async (chunks, { signal }) => {
      given.resolve(signal);
      for await (const _chunk of chunks);
      return 'never';
    });
    const request = begin('POST', openPath(), { Origin: origin(), 'Content-Length': '1000' });
    request.write('x');
    const signal = await given.promise;
    request.destroy();
    await vi.waitFor(() => expect(signal?.aborted).toBe(true));
  });

  it('by no other method', async () => {
    const answer = await ask('PUT', openPath(), { Origin: origin() }, 'x');
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });
});
