// The stand-in's way to Chromium: its developer tools' protocol over one WebSocket on 127.0.0.1.

import { EventEmitter, once } from 'node:events';
import { WebSocket } from 'ws';

type Parameters = Readonly<Record<string, unknown>>;
/** Parameters and results are Chromium's own; whoever sends a command knows which it has. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Result = any;

export interface Session {
  readonly id: string;
  send(method: string, parameters?: Parameters): Promise<Result>;
  on(event: string, listener: (parameters: Result) => void): void;
}

export interface DeveloperTools {
  send(method: string, parameters?: Parameters): Promise<Result>;
  on(event: string, listener: (parameters: Result) => void): void;
  session(id: string): Session;
  readonly closed: Promise<unknown>;
}

/** @param address of the browser, `ws://127.0.0.1:…` */
export async function connectDeveloperTools(address: string): Promise<DeveloperTools> {
  const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 1 << 30 });
  await once(socket, 'open');
  const closed = once(socket, 'close');
  const waiting = new Map<
    number,
    { resolve: (result: Result) => void; reject: (error: Error) => void; method: string }
  >();
  const events = new Map<string, EventEmitter>();
  let lastId = 0;
  socket.on('message', (data: Buffer) => {
    const { id, result, error, method, params, sessionId = '' } = JSON.parse(data.toString()) as Result;
    if (id === undefined) {
      events.get(sessionId)?.emit(method, params);
      return;
    }
    const request = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) request?.resolve(result);
    else request?.reject(new Error(`${request.method}: ${error.message}`));
  });
  void closed.then(() => {
    for (const { reject, method } of waiting.values()) reject(new Error(`${method}: Chromium has gone.`));
    waiting.clear();
  });
  const send = (sessionId: string, method: string, params: Parameters = {}): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) {
        reject(new Error(`${method}: Chromium has gone.`));
        return;
      }
      const id = (lastId += 1);
      waiting.set(id, { resolve, reject, method });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId !== '' && { sessionId }) }));
    });
  const on = (sessionId: string, event: string, listener: (parameters: Result) => void) => {
    if (!events.has(sessionId)) events.set(sessionId, new EventEmitter());
    events.get(sessionId)!.on(event, listener);
  };
  return {
    send: (method, parameters) => send('', method, parameters),
    on: (event, listener) => on('', event, listener),
    session: (id) => ({
      id,
      send: (method, parameters) => send(id, method, parameters),
      on: (event, listener) => on(id, event, listener),
    }),
    closed,
  };
}
