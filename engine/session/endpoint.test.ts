import { stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '../protocol/frame-codec.ts';
import { createEndpoint, createToken, type Endpoint, type ObserverConnection } from './endpoint.ts';
import type { ObserverReport } from './endpoint.ts';

const runtime = {
  type: 'runtime',
  node: '24.0.0',
  v8: '13.6',
  host: 'node',
  pid: 1,
  capabilities: { heap: 'live', external: 'live', collections: 'live', forcedGc: 'live' },
} as const;
const hello = (token: string) =>
  encodeFrame({ type: 'observer-hello', token, programStartHrtimeMs: 5, gcTrace: null, runtime });
const settling = (atMs: number) => encodeFrame({ type: 'observer-settling', atMs });

/** What a run would hear. */
function listen() {
  const heard = {
    connection: undefined as ObserverConnection | undefined,
    messages: [] as ObserverReport[],
    closed: Promise.withResolvers<string | undefined>(),
    connected: Promise.withResolvers<void>(),
  };
  return {
    heard,
    handlers: {
      onConnect: (connection: ObserverConnection) => {
        heard.connection = connection;
        heard.connected.resolve();
      },
      onMessage: (message: ObserverReport) => void heard.messages.push(message),
      onClose: (problem?: string) => heard.closed.resolve(problem),
    },
  };
}

describe('endpoint', () => {
  let endpoint: Endpoint;
  const sockets: Socket[] = [];
  const open = (): Socket => {
    const socket = connect(endpoint.path);
    socket.on('error', () => {});
    sockets.push(socket);
    return socket;
  };
  beforeEach(async () => {
    endpoint = await createEndpoint({ helloDeadlineMs: 200 });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await endpoint[Symbol.asyncDispose]();
  });

  it('hands messages to the run whose token was shown, also when frames arrive in pieces', async () => {
    const token = createToken();
    const { heard, handlers } = listen();
    endpoint.expect(token, handlers);
    const socket = open();
    const bytes = Buffer.concat([hello(token), settling(1), settling(2)]);
    for (const byte of [bytes.subarray(0, 3), bytes.subarray(3, 90), bytes.subarray(90, -5), bytes.subarray(-5)]) {
      socket.write(byte);
      await delay(2);
    }
    socket.end();
    expect(await heard.closed.promise).toBeUndefined();
    expect(heard.connection?.hello.runtime.node).toBe('24.0.0');
    expect(heard.messages).toEqual([
      { type: 'observer-settling', atMs: 1 },
      { type: 'observer-settling', atMs: 2 },
    ]);
  });

  it('sends commands to the observer', async () => {
    const token = createToken();
    const { heard, handlers } = listen();
    endpoint.expect(token, handlers);
    const socket = open();
    socket.write(hello(token));
    await heard.connected.promise;
    const received = once(socket, 'data');
    heard.connection?.send({ type: 'observer-end-settling' });
    const [chunk] = (await received) as [Buffer];
    expect(chunk).toEqual(Buffer.from(encodeFrame({ type: 'observer-end-settling' })));
  });

  it.each([
    ['a wrong token', hello('0'.repeat(64))],
    ['a token of another length', hello('short')],
    ['another message first', settling(1)],
    ['bytes that are no frame', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a frame that is no message', encodeFrame({ type: 'something-else' })],
  ])('closes a connection that begins with %s, and still expects the right one', async (_what, bytes) => {
    const token = createToken();
    const { heard, handlers } = listen();
    endpoint.expect(token, handlers);
    const stranger = open();
    stranger.write(bytes);
    stranger.resume();
    await once(stranger, 'close');
    expect(heard.connection).toBeUndefined();
    open().write(hello(token));
    await heard.connected.promise;
  });

  it('closes a connection that says nothing', async () => {
    const stranger = open();
    stranger.resume();
    await once(stranger, 'connect');
    await expect.poll(() => endpoint.hasStrangers).toBe(true);
    await once(stranger, 'close');
    await expect.poll(() => endpoint.hasStrangers).toBe(false);
  });

  it('accepts a token once', async () => {
    const token = createToken();
    const { heard, handlers } = listen();
    endpoint.expect(token, handlers);
    open().write(hello(token));
    await heard.connected.promise;
    const second = open();
    second.write(hello(token));
    second.resume();
    await once(second, 'close');
  });

  it('says what was wrong with a message of an observer that had shown its token', async () => {
    const token = createToken();
    const { heard, handlers } = listen();
    endpoint.expect(token, handlers);
    const broken = encodeFrame({ type: 'observer-settling', atMs: 'soon' });
    open().write(Buffer.concat([hello(token), settling(1), broken, settling(2)]));
    expect(await heard.closed.promise).toMatch(/cannot be read: atMs/);
    expect(heard.messages).toEqual([{ type: 'observer-settling', atMs: 1 }]);
  });

  it.skipIf(process.platform === 'win32')(
    'lives in a folder that only this user can enter, and removes it',
    async () => {
      const folder = dirname(endpoint.path);
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      const socket = open();
      socket.resume();
      await once(socket, 'connect');
      await endpoint[Symbol.asyncDispose]();
      await expect(stat(folder)).rejects.toThrow('ENOENT');
    },
  );
});
