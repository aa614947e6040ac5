// The guards of the served host, tried over real connections.

import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from '../../engine/protocol/frame-codec.ts';
import type { Port } from '../../engine/protocol/port.ts';
import { createToken } from './access.ts';
import { startServedHost, type ServedHost } from './served-host.ts';

const PAGE = '<!doctype html><title>page</title>';
const SECRET = 'not for the page';

let folder: string;
let token: string;
let served: ServedHost;
let clients: Port<unknown, object>[];
let sockets: WebSocket[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heapline-served-'));
  const rendererFolder = join(folder, 'renderer');
  await mkdir(join(rendererFolder, 'assets'), { recursive: true });
  await mkdir(join(folder, 'renderer-of-another'));
  await Promise.all([
    writeFile(join(rendererFolder, 'index.html'), PAGE),
    writeFile(join(rendererFolder, 'assets', 'index-1a2b.js'), 'export {};'),
    writeFile(join(rendererFolder, 'assets', 'inter.woff2'), 'font'),
    writeFile(join(folder, 'secret.txt'), SECRET),
    writeFile(join(folder, 'renderer-of-another', 'secret.txt'), SECRET),
    symlink(join(folder, 'secret.txt'), join(rendererFolder, 'link.txt')),
  ]);
  token = createToken();
  clients = [];
  sockets = [];
  served = await startServedHost({
    host: '127.0.0.1',
    port: 0,
    token,
    rendererFolder,
    onClient: (port) => clients.push(port),
  });
});
afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  await served.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends `path` as it is: `fetch` would tidy it up. */
async function ask(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port: served.port, path, agent: false, ...options });
  request.end();
  const [response] = await once(request, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const origin = () => `http://127.0.0.1:${served.port}`;
const page = () => `/?token=${token}`;

describe('the page', () => {
  it('is sent to whoever has the token, and is never kept', async () => {
    const { status, headers, body } = await ask(page());
    expect({ status, body }).toEqual({ status: 200, body: PAGE });
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
  });

  it('comes with a policy that allows nothing from elsewhere and no inline script', async () => {
    const { headers } = await ask(page());
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${served.port}`);
    expect(policy.join()).not.toMatch(/unsafe/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
  });

  it.each([
    ['no token', () => '/'],
    ['an empty token', () => '/?token='],
    ['a wrong token of the same length', () => `/?token=${createToken()}`],
    ['a part of the token', () => `/?token=${token.slice(0, -1)}`],
    ['a wrong token by its file', () => '/index.html'],
  ])('is refused with a sentence that says what to do: %s', async (_name, path) => {
    const { status, headers, body } = await ask(path());
    expect(status).toBe(403);
    expect(body).toMatch(/Open the address that Heapline printed/);
    expect(headers['content-type']).toMatch(/^text\/plain/);
  });

  it('answers HEAD with the head alone', async () => {
    const { status, headers, body } = await ask(page(), { method: 'HEAD' });
    expect({ status, body }).toEqual({ status: 200, body: '' });
    expect(headers['content-length']).toBe(String(PAGE.length));
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const { status, headers } = await ask(page(), { method });
    expect(status).toBe(405);
    expect(headers.allow).toBe('GET, HEAD');
  });
});

describe('the host that a request names', () => {
  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('may be %s', async (name) => {
    expect((await ask(page(), { headers: { Host: `${name}:${served.port}` } })).status).toBe(200);
  });

  it.each([
    'evil.example',
    () => `evil.example:${served.port}`,
    '127.0.0.1',
    '127.0.0.1:1',
    () => `127.0.0.1:${served.port}.evil.example`,
    () => `user@127.0.0.1:${served.port}`,
    () => `127.0.0.1:0${served.port}`,
  ])('may not be another: %s', async (name) => {
    const host = typeof name === 'string' ? name : name();
    for (const path of [page(), '/assets/index-1a2b.js']) {
      const { status, body } = await ask(path, { headers: { Host: host } });
      expect(status).toBe(421);
      expect(body).not.toContain(PAGE);
    }
  });
});

describe('a request that names no host', () => {
  it('is refused', async () => {
    const socket = connect(served.port, '127.0.0.1');
    socket.end(`GET ${page()} HTTP/1.0\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 421 /);
  });
});

describe('files', () => {
  it('are sent with their type, and kept for ever if their name changes with their content', async () => {
    const script = await ask('/assets/index-1a2b.js');
    expect(script).toMatchObject({ status: 200, body: 'export {};' });
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect((await ask('/assets/inter.woff2')).headers['content-type']).toBe('font/woff2');
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/%252e%252e%252fsecret.txt',
    '/../renderer-of-another/secret.txt',
    '//secret.txt',
    '/link.txt',
    '/assets',
    '/assets/',
    '/index.html%00.js',
    '/%69ndex.html',
    '//index.html',
    '/assets/../index.html',
    '/%',
    '/no-such.js',
    'http://127.0.0.1/index.html',
    '*',
  ])('outside the page do not exist: %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain(SECRET);
    expect(body).not.toContain(PAGE);
  });

  it('survive a client that goes away in the middle, and one that speaks no HTTP', async () => {
    const large = join(folder, 'renderer', 'assets', 'large.js');
    await writeFile(large, 'x'.repeat(8_000_000));
    const leaving = connect(served.port, '127.0.0.1');
    leaving.write(`GET /assets/large.js HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\n\r\n`);
    await once(leaving, 'data');
    leaving.destroy();
    const babbling = connect(served.port, '127.0.0.1');
    babbling.end('\0\u0001nonsense\r\n\r\n');
    babbling.resume();
    await once(babbling, 'close');
    expect((await ask(page())).status).toBe(200);
  });
});

/** The status of a refused upgrade, or `open`. */
async function upgrade(path: string, headers: Record<string, string>): Promise<number | 'open'> {
  const socket = new WebSocket(`ws://127.0.0.1:${served.port}${path}`, { headers });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve('open'));
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
    });
    socket.once('error', reject);
  });
}

describe('the WebSocket', () => {
  const socketPath = () => `/socket?token=${token}`;

  it('opens for the page of this server, by each of its names', async () => {
    expect(await upgrade(socketPath(), { Origin: origin() })).toBe('open');
    const local = `localhost:${served.port}`;
    expect(await upgrade(socketPath(), { Host: local, Origin: `http://${local}` })).toBe('open');
    expect(clients).toHaveLength(2);
  });

  it.each<[name: string, path: () => string, headers: () => Record<string, string>, status: number]>([
    ['no token', () => '/socket', () => ({ Origin: origin() }), 403],
    ['a wrong token', () => `/socket?token=${createToken()}`, () => ({ Origin: origin() }), 403],
    ['no origin', socketPath, () => ({}), 403],
    ['the origin null', socketPath, () => ({ Origin: 'null' }), 403],
    ['a foreign origin', socketPath, () => ({ Origin: 'http://evil.example' }), 403],
    ['another port of this machine', socketPath, () => ({ Origin: 'http://127.0.0.1:1' }), 403],
    ['another scheme', socketPath, () => ({ Origin: origin().replace('http', 'https') }), 403],
    ['an origin that only begins alike', socketPath, () => ({ Origin: `${origin()}.evil.example` }), 403],
    [
      'the origin of another name of this server',
      socketPath,
      () => ({ Origin: `http://localhost:${served.port}` }),
      403,
    ],
    [
      'a name rebound to this machine',
      socketPath,
      () => ({ Host: `evil.example:${served.port}`, Origin: `http://evil.example:${served.port}` }),
      421,
    ],
    ['another path', () => `/other?token=${token}`, () => ({ Origin: origin() }), 404],
  ])('stays shut for %s', async (_name, path, headers, status) => {
    expect(await upgrade(path(), headers())).toBe(status);
    expect(clients).toHaveLength(0);
  });

  it('says so when it is asked for like a page', async () => {
    expect((await ask(socketPath())).status).toBe(426);
  });

  async function openClient(): Promise<{ socket: WebSocket; port: Port<unknown, object> }> {
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}${socketPath()}`, { origin: origin() });
    sockets.push(socket);
    await once(socket, 'open');
    const [port] = clients;
    if (port === undefined) throw new Error('expected a client');
    return { socket, port };
  }

  it.each<[name: string, data: string | Uint8Array, closeCode: number]>([
    ['text', 'hello', 1003],
    ['bytes that are no frame', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 1007],
    ['an empty message', new Uint8Array(0), 1007],
    ['a frame cut short', encodeFrame({ type: 'hello' }).subarray(0, 20), 1007],
  ])('answers %s with protocol-error and closes', async (_name, data, closeCode) => {
    const { socket, port } = await openClient();
    const received: unknown[] = [];
    port.onMessage((message) => received.push(message));
    const problem = new Promise((resolve) => port.onClose(resolve));
    const answer = once(socket, 'message');
    const closed = once(socket, 'close');
    socket.send(data);
    // What follows a broken message is not looked at.
    socket.send(encodeFrame({ type: 'hello' }));
    const [bytes] = await answer;
    expect(decodeFrame(bytes)).toEqual({ type: 'protocol-error', message: expect.stringMatching(/\.$/) });
    expect((await closed)[0]).toBe(closeCode);
    expect(await problem).toMatch(/\.$/);
    expect(received).toEqual([]);
  });

  it('cuts off a message that is too large, and goes on serving others', async () => {
    const { socket, port } = await openClient();
    const problem = new Promise((resolve) => port.onClose(resolve));
    const closed = once(socket, 'close');
    socket.send(encodeFrame({ type: 'hello', padding: new Uint8Array(16 * 1024 * 1024) }));
    expect((await closed)[0]).toBe(1009);
    expect(await problem).toMatch(/payload size/);
    expect(await upgrade(socketPath(), { Origin: origin() })).toBe('open');
  });

  it('drops a client that does not read, instead of keeping everything for it', async () => {
    const { socket, port } = await openClient();
    socket.pause();
    const problem = new Promise((resolve) => port.onClose(resolve));
    const message = { type: 'any', values: new Uint8Array(16 * 1024 * 1024) };
    for (let count = 0; count < 12; count++) port.post(message);
    expect(await problem).toBe('The client does not read what it is sent.');
  });

  it('does not keep the server from closing when somebody who was refused keeps the connection', async () => {
    const stranger = connect({ port: served.port, host: '127.0.0.1', allowHalfOpen: true });
    stranger.on('error', () => {});
    stranger.write(
      `GET /socket?token=wrong HTTP/1.1\r\nHost: 127.0.0.1:${served.port}\r\nOrigin: ${origin()}\r\n` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    try {
      expect(await text(stranger)).toContain('403');
      await served.close();
    } finally {
      stranger.destroy();
    }
  });

  it('closes with the server', async () => {
    const { socket, port } = await openClient();
    const problem = new Promise((resolve) => port.onClose(resolve));
    const closed = once(socket, 'close');
    await served.close();
    expect((await closed)[0]).toBe(1001);
    expect(await problem).toBeUndefined();
  });
});
