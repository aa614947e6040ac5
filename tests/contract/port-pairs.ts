// Every kind of connection that a Port is made of, opened for real: what the contract suite runs against.

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket as WebSocketOfServer, WebSocketServer } from 'ws';
import { createToken } from '../../cli/serve/access.ts';
import { startServedHost } from '../../cli/serve/served-host.ts';
import { createWebSocketPort } from '../../cli/serve/web-socket-port.ts';
import { createMessagePortPort as createHostMessagePort } from '../../electron/main/message-port-port.ts';
import { createMemoryPortPair, type Port } from '../../engine/protocol/port.ts';
import { createSocketPort } from '../../engine/session/socket-port.ts';
import { createMessagePortPort as createPageMessagePort } from '../../renderer/src/transport/message-port-port.ts';
import { openWebSocketPort } from '../../renderer/src/transport/web-socket-port.ts';

type AnyPort = Port<unknown, object>;

/** A connection with the engine's end and the client's. */
export interface PortPair {
  readonly host: AnyPort;
  readonly client: AnyPort;
  dispose(): Promise<void>;
}

export interface PortKind {
  readonly name: string;
  open(): Promise<PortPair>;
}

const memory: PortKind = {
  name: 'memory',
  async open() {
    const [host, client] = createMemoryPortPair<object, object>();
    return { host, client, dispose: async () => {} };
  },
};

const localSocket: PortKind = {
  name: 'local socket',
  async open() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
    const accepted = once(server, 'connection');
    const clientSocket = connect(address.port, '127.0.0.1');
    await once(clientSocket, 'connect');
    const [hostSocket] = (await accepted) as [Socket];
    return {
      host: createSocketPort(hostSocket),
      client: createSocketPort(clientSocket),
      async dispose() {
        hostSocket.destroy();
        clientSocket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};

const servedWebSocket: PortKind = {
  name: 'WebSocket of the served host',
  async open() {
    const rendererFolder = await mkdtemp(join(tmpdir(), 'heapline-page-'));
    await writeFile(join(rendererFolder, 'index.html'), '');
    const token = createToken();
    const accepted = Promise.withResolvers<AnyPort>();
    const served = await startServedHost({
      host: '127.0.0.1',
      port: 0,
      token,
      rendererFolder,
      onClient: accepted.resolve,
    });
    const socket = new WebSocketOfServer(`ws://127.0.0.1:${served.port}/socket?token=${token}`, {
      origin: `http://127.0.0.1:${served.port}`,
    });
    await once(socket, 'open');
    return {
      host: await accepted.promise,
      client: createWebSocketPort(socket),
      async dispose() {
        socket.terminate();
        await served.close();
        await rm(rendererFolder, { recursive: true });
      },
    };
  },
};

/** The page's own code, on the WebSocket that Node shares with browsers. It sends no Origin, so there is no guard here. */
const pageWebSocket: PortKind = {
  name: "WebSocket of the page's own code",
  async open() {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
    const accepted = once(server, 'connection');
    const client = await openWebSocketPort(`ws://127.0.0.1:${address.port}`);
    const [socket] = (await accepted) as [WebSocketOfServer];
    return {
      host: createWebSocketPort(socket),
      client,
      async dispose() {
        socket.terminate();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};

/** Node's message ports stand in for Electron's: both clone what is posted. */
const messagePort: PortKind = {
  name: 'message port of the desktop application',
  async open() {
    const { port1, port2 } = new MessageChannel();
    const host = createHostMessagePort({
      postMessage: (message) => port1.postMessage(message),
      on: (event: 'message' | 'close', listener: (message: MessageEvent) => void) =>
        port1.addEventListener(event, (sent) => listener(sent as MessageEvent)),
      start: () => port1.start(),
      close: () => port1.close(),
    });
    return {
      host,
      client: createPageMessagePort(port2) as AnyPort,
      async dispose() {
        port1.close();
        port2.close();
      },
    };
  },
};

export const PORT_KINDS: readonly PortKind[] = [memory, localSocket, servedWebSocket, pageWebSocket, messagePort];
