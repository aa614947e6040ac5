// The private local endpoint that observers connect to: a Unix socket in a folder of its own, or a named pipe.
// Runs in the session; one for all runs of an engine. A connection belongs to a run once it has shown the run's token.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OBSERVER_HELLO_LIMITS } from '../protocol/frame-codec.ts';
import { ObserverMessage, type ObserverCommand } from '../protocol/observer-message.ts';
import { disposable, validatedPort, type Disposable, type Port } from '../protocol/port.ts';
import { privateFolderPrefix } from './private-folders.ts';
import { createSocketPort } from './socket-port.ts';

export type ObserverHello = Extract<ObserverMessage, { type: 'observer-hello' }>;
/** Everything that an observer says after its hello. */
export type ObserverReport = Exclude<ObserverMessage, ObserverHello>;

/** How long a connection may stay without showing a token. */
const HELLO_DEADLINE_MS = 10_000;
/** Strangers that may be connected at once; more are turned away. */
const MAXIMUM_STRANGERS = 16;

/** An observer that has shown its token. */
export interface ObserverConnection {
  readonly hello: ObserverHello;
  send(command: ObserverCommand): void;
  close(): void;
}

/** What a run wants to know of its observer. `onClose` is called once; a problem means that messages were not readable. */
export interface ObserverHandlers {
  onConnect(connection: ObserverConnection): void;
  onMessage(message: ObserverReport): void;
  onClose(problem?: string): void;
}

export interface Endpoint extends AsyncDisposable {
  /** What an observer connects to with `net.connect`. */
  readonly path: string;
  /** Expects one observer with this token; the token works once, and not after the result is disposed. */
  expect(token: string, handlers: ObserverHandlers): Disposable;
  /** True while somebody is connected who has not said hello yet. */
  readonly hasStrangers: boolean;
}

/** A token that nobody can guess. */
export function createToken(): string {
  return randomBytes(32).toString('hex');
}

function isSameToken(given: string, expected: string): boolean {
  const givenBytes = Buffer.from(given);
  const expectedBytes = Buffer.from(expected);
  return givenBytes.length === expectedBytes.length && timingSafeEqual(givenBytes, expectedBytes);
}

/** The path of a Unix socket may have so many bytes on every platform, and this much of it is ours. */
const MAXIMUM_SOCKET_PATH_BYTES = 100;
const OWN_PATH_BYTES = Buffer.byteLength(privateFolderPrefix('/', 'o')) + 'XXXXXX/observer'.length;

/** The system's folder for temporary files; where its path is too long for a socket, the usual one of Unix. */
function socketParent(): string {
  return Buffer.byteLength(tmpdir()) + OWN_PATH_BYTES <= MAXIMUM_SOCKET_PATH_BYTES ? tmpdir() : '/tmp';
}

/** Opens an endpoint that only this user can reach. Disposing closes every connection and removes the folder. */
export async function createEndpoint(options: { helloDeadlineMs?: number } = {}): Promise<Endpoint> {
  const helloDeadlineMs = options.helloDeadlineMs ?? HELLO_DEADLINE_MS;
  const isWindows = process.platform === 'win32';
  // mkdtemp makes the folder with mode 0700. Names are short: a socket's path may have 104 bytes on macOS.
  const folder = isWindows ? undefined : await mkdtemp(privateFolderPrefix(socketParent(), 'o'));
  const path =
    folder === undefined ? `\\\\.\\pipe\\heapline-${randomBytes(16).toString('hex')}` : join(folder, 'observer');
  const expectations = new Map<string, ObserverHandlers>();
  const ports = new Set<Port<unknown, object>>();
  let strangers = 0;

  const take = (token: string): ObserverHandlers | undefined => {
    for (const [expected, handlers] of expectations) {
      if (!isSameToken(token, expected)) continue;
      expectations.delete(expected);
      return handlers;
    }
    return undefined;
  };

  const server: Server = createServer((socket) => {
    if (strangers >= MAXIMUM_STRANGERS) {
      socket.on('error', () => socket.destroy());
      socket.destroy();
      return;
    }
    strangers += 1;
    let isStranger = true;
    const noLongerStranger = (): void => {
      if (!isStranger) return;
      isStranger = false;
      strangers -= 1;
      clearTimeout(deadline);
    };
    const deadline = setTimeout(() => rawPort.close(), helloDeadlineMs);
    const rawPort = createSocketPort(socket, OBSERVER_HELLO_LIMITS);
    ports.add(rawPort);
    let handlers: ObserverHandlers | undefined;
    let problem: string | undefined;
    // Port.close waits for the peer to read; someone who cannot be trusted is not given that time.
    const drop = (why: string): void => {
      problem ??= why;
      socket.destroy();
    };
    const port = validatedPort<typeof ObserverMessage, object>(rawPort, ObserverMessage, (issue) =>
      drop(`The observer sent a message that cannot be read: ${issue}`),
    );
    port.onClose((transportProblem) => {
      noLongerStranger();
      ports.delete(rawPort);
      handlers?.onClose(problem ?? transportProblem);
    });
    port.onMessage((message) => {
      // A message may still be in the batch of frames that was being delivered when the connection was dropped.
      if (problem !== undefined) return;
      if (handlers !== undefined) {
        if (message.type === 'observer-hello') drop('The observer said hello twice.');
        else handlers.onMessage(message);
        return;
      }
      if (message.type !== 'observer-hello') return drop('The first message was no hello.');
      handlers = take(message.token);
      if (handlers === undefined) return drop('Wrong token.');
      noLongerStranger();
      rawPort.setLimits({});
      handlers.onConnect({ hello: message, send: (command) => port.post(command), close: () => port.close() });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch(async (error: unknown) => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {});
    throw error;
  });
  // An accept that fails (too many open files, for example) is the connecting side's failure, not the engine's.
  server.on('error', () => {});

  let disposal: Promise<void> | undefined;
  return {
    path,
    get hasStrangers() {
      return strangers > 0;
    },
    expect(token, handlers) {
      expectations.set(token, handlers);
      return disposable(() => expectations.delete(token));
    },
    [Symbol.asyncDispose]() {
      disposal ??= (async () => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        for (const port of ports) port.close();
        await closed;
        // Without a free file descriptor it stays, and is removed by the next engine.
        if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {});
      })();
      return disposal;
    },
  };
}
