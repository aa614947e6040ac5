// The application over HTTP: the page, and one WebSocket for each client of the engine. Guarded; see access.ts.

import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { COMMAND_LIMITS } from '../../engine/protocol/frame-codec.ts';
import type { Port } from '../../engine/protocol/port.ts';
import { authority, createAccess, reachableHost } from './access.ts';
import { createOneTimeCodes } from './one-time-codes.ts';
import { securityHeaders } from './page-policy.ts';
import type { TcpEnd } from './peer-user.ts';
import { answerRecordings, isRecordingsPath, type Recordings } from './recordings.ts';
import { sendStaticFile } from './static-files.ts';
import { createWebSocketPort } from './web-socket-port.ts';

/** A client that does not answer the closing handshake is cut off after this long. */
const CLOSE_TIMEOUT_MS = 1000;
const SOCKET_PATH = '/socket';
/** Where a browser exchanges a one-time code for the page. */
const OPEN_PATH = '/open';
const ALLOWED_METHODS = 'GET, HEAD';

export interface ServedHostOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly token: string;
  /** Folder of the built page, absolute. */
  readonly rendererFolder: string;
  /** Saves and opens recordings; absent: there are none here. */
  readonly recordings?: Recordings;
  /**
   * Who opened the other end of a connection. Where this is given, a one-time code is exchanged for the user of this process
   * alone, so that it may stand where others can read it.
   */
  readonly peerUserId?: (peer: TcpEnd, own: TcpEnd) => Promise<number | undefined>;
  /** Is given a sentence when another user has read a one-time code and tries it. */
  readonly onStranger?: (problem: string) => void;
  /** Is given the port of each client that was let in. */
  readonly onClient: (port: Port<unknown, object>) => void;
}

export interface ServedHost {
  readonly port: number;
  /** With the token: whoever has it may run code here. */
  readonly address: string;
  /** Leads a browser to `address`, once and within a minute. @param fragment follows a `#` in it */
  oneTimeAddress(fragment?: string): string;
  close(): Promise<void>;
}

interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** @throws the error of `listen`, such as EADDRINUSE */
export async function startServedHost(options: ServedHostOptions): Promise<ServedHost> {
  const { host, token, rendererFolder } = options;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const access = createAccess({ host, port, token });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: COMMAND_LIMITS.mostBytes,
    perMessageDeflate: false,
  });

  const refusalOfHost = (hostHeader: string | undefined): Refusal | undefined =>
    access.isKnownHost(hostHeader)
      ? undefined
      : { status: 421, message: `This is not the server of that host. Use the address that Heapline printed.` };
  const refusalOfToken = (candidate: string | null): Refusal | undefined =>
    access.isToken(candidate)
      ? undefined
      : {
          status: 403,
          message:
            'This address lacks the token of the running server, or has that of an earlier one. ' +
            'Open the address that Heapline printed when it started.',
        };

  const refusalOfOrigin = (origin: string | undefined, hostHeader: string): Refusal | undefined =>
    access.isOwnOrigin(origin, hostHeader)
      ? undefined
      : { status: 403, message: 'Only the page that this server sent may connect.' };
  /** A browser names no origin where a page downloads from its own, but says whose page it was, where it trusts the address. */
  const refusalOfDownload = ({ headers }: IncomingMessage, hostHeader: string): Refusal | undefined =>
    headers.origin === undefined && ['same-origin', undefined].includes(headers['sec-fetch-site'] as string | undefined)
      ? undefined
      : refusalOfOrigin(headers.origin, hostHeader);

  const codes = createOneTimeCodes();
  /** Says nothing of the token until the code was right and, where it can be known, the user is this one. */
  async function openOnce(
    { socket, method }: IncomingMessage,
    response: ServerResponse,
    code: string | null,
  ): Promise<Refusal | undefined> {
    if (method !== 'GET') return { status: 405, message: 'Allowed: GET.' };
    const userId = await options.peerUserId?.(
      { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
      { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    );
    const isOfThisUser = options.peerUserId === undefined || userId === process.geteuid?.();
    if (!isOfThisUser && codes.isValid(code)) {
      const who = userId === undefined ? 'Another user' : `Another user (id ${userId})`;
      options.onStranger?.(`${who} read the one-time code that was meant for your browser, tried it, and was refused.`);
    }
    const destination = isOfThisUser ? codes.redeem(code) : undefined;
    if (destination === undefined) {
      const message =
        'This address works once, within a minute, for the browser that Heapline opened. ' +
        'Open the address that Heapline printed when it started.';
      return { status: 403, message };
    }
    response.writeHead(303, { Location: destination, 'Cache-Control': 'no-store' });
    response.end();
    return undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = ({ status, message }: Refusal) => {
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : `${message}\n`);
    };
    const { host: hostHeader = '' } = request.headers;
    const hostRefusal = refusalOfHost(hostHeader);
    if (hostRefusal) return refuse(hostRefusal);
    for (const [name, value] of Object.entries(securityHeaders(hostHeader))) {
      if (value !== undefined) response.setHeader(name, value);
    }
    const { path, query } = splitTarget(request.url);
    if (options.recordings !== undefined && isRecordingsPath(path)) {
      const refusal =
        (request.method === 'GET'
          ? refusalOfDownload(request, hostHeader)
          : refusalOfOrigin(request.headers.origin, hostHeader)) ?? refusalOfToken(query.get('token'));
      const instead = refusal ?? (await answerRecordings(options.recordings, request, response, { path, query }));
      return instead && refuse(instead);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', ALLOWED_METHODS);
      return refuse({ status: 405, message: `Allowed: ${ALLOWED_METHODS}.` });
    }
    if (path === OPEN_PATH) {
      const refusal = await openOnce(request, response, query.get('code'));
      return refusal && refuse(refusal);
    }
    if (path === SOCKET_PATH) return refuse({ status: 426, message: 'This address is for WebSockets.' });
    const isPage = path === '/' || path === '/index.html';
    if (isPage) {
      const tokenRefusal = refusalOfToken(query.get('token'));
      if (tokenRefusal) return refuse(tokenRefusal);
    }
    const withoutBody = request.method === 'HEAD';
    const file = isPage ? '/index.html' : path;
    // The page alone is behind the token: a script or a font of it is the same for everybody, and tells nothing.
    if (!(await sendStaticFile(response, { folder: rendererFolder, path: file, withoutBody }))) {
      refuse({ status: 404, message: 'There is no such file.' });
    }
  }

  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // The client went away in the middle, or a file could not be read to its end.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const { host: hostHeader = '', origin } = request.headers;
    const { path, query } = splitTarget(request.url);
    const refusal =
      refusalOfHost(hostHeader) ??
      (path === SOCKET_PATH ? undefined : { status: 404, message: 'There is no WebSocket at this address.' }) ??
      refusalOfOrigin(origin, hostHeader) ??
      refusalOfToken(query.get('token'));
    if (refusal) refuseUpgrade(socket, refusal);
    else sockets.handleUpgrade(request, socket, head, (webSocket) => options.onClient(createWebSocketPort(webSocket)));
  });

  const origin = `http://${authority(reachableHost(host), port)}`;
  const address = `${origin}/?token=${token}`;
  return {
    port,
    address,
    oneTimeAddress: (fragment) =>
      `${origin}${OPEN_PATH}?code=${codes.issue(fragment === undefined ? address : `${address}#${fragment}`)}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets.clients) socket.close(1001);
      const cutOff = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, CLOSE_TIMEOUT_MS);
      server.closeAllConnections();
      await closed;
      clearTimeout(cutOff);
    },
  };
}

/** Path and query as they were sent: an absolute address, as proxies send it, has no path here and finds nothing. */
function splitTarget(target = ''): { path: string; query: URLSearchParams } {
  const questionMark = target.indexOf('?');
  return questionMark < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, questionMark), query: new URLSearchParams(target.slice(questionMark + 1)) };
}

function refuseUpgrade(socket: Duplex, { status, message }: Refusal): void {
  const body = `${message}\n`;
  // The server's sockets stay open while their peer keeps its half; nobody who was refused may hold up the server's end.
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
