// The processes that were started elsewhere with `heapline/observe` and have found this Heapline: who they are, and how a
// watch of one begins and ends. Runs in the session; what is observed comes over the run's own endpoint.

import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Target } from '../protocol/event.ts';
import type { ObserverOptions } from '../protocol/observer-message.ts';
import { parseJson } from '../protocol/parse.ts';
import { MAXIMUM_TARGET_LINE_BYTES, TargetMessage, type TargetCommand } from '../protocol/target-message.ts';
import type { ProcessExit } from './launcher.ts';
import { openRendezvous } from './rendezvous.ts';
import type { WatchedProcess, WatchEnd } from './watched-run.ts';

/** How long a connection may stay without showing the token, and how many such connections there may be. */
const HELLO_DEADLINE_MS = 10_000;
const MAXIMUM_STRANGERS = 64;
/** After the observer's connection has closed, the process itself says within this why; or its end follows. */
const OBSERVER_LOST_MS = 1_500;

/** A process that can be watched. */
export interface ConnectedTarget {
  readonly description: Target;
  /** Asks the process to start its observer with these options. */
  watch(runId: string, observerOptions: ObserverOptions): WatchedProcess;
}

export interface Targets extends AsyncDisposable {
  /** In the order in which they came. */
  list(): Target[];
  find(targetId: string): ConnectedTarget | undefined;
}

/** @param options.folders where to be found; absent: the usual folders. @throws if there is none that can be used */
export async function listenForTargets(options: {
  readonly folders?: readonly string[];
  /** One came, went, or is watched or left. */
  readonly onChange: () => void;
}): Promise<Targets> {
  const { onChange } = options;
  const targets = new Map<string, ConnectedTarget>();
  const sockets = new Set<Socket>();
  let strangers = 0;
  let expectedToken = '';

  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    if (strangers >= MAXIMUM_STRANGERS) return void socket.destroy();
    strangers += 1;
    const noLongerStranger = (): void => {
      if (target === undefined) strangers -= 1;
      clearTimeout(deadline);
    };
    const deadline = setTimeout(() => socket.destroy(), HELLO_DEADLINE_MS);
    let target: ReturnType<typeof createTarget> | undefined;
    readMessages(socket, (message) => {
      if (message.type === 'target-hello') {
        if (target !== undefined || !isSame(message.token, expectedToken)) return void socket.destroy();
        noLongerStranger();
        target = createTarget(message, socket, onChange);
        targets.set(target.description.targetId, target);
        return onChange();
      }
      if (target === undefined) return void socket.destroy();
      target.notWatched(message.watchId, message.message);
    });
    socket.on('close', () => {
      noLongerStranger();
      if (target === undefined) return;
      targets.delete(target.description.targetId);
      target.gone();
      onChange();
    });
  };
  const rendezvous = await openRendezvous(accept, options.folders);
  expectedToken = rendezvous.token;

  return {
    list: () => Array.from(targets.values(), ({ description }) => description),
    find: (targetId) => targets.get(targetId),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await rendezvous[Symbol.asyncDispose]();
    },
  };
}

function createTarget(hello: Extract<TargetMessage, { type: 'target-hello' }>, socket: Socket, onChange: () => void) {
  const { pid, title, command, workingDirectory, node, startedAt } = hello;
  const known = { targetId: randomUUID(), pid, title, command, workingDirectory, node, startedAt };
  let current: { readonly runId: string; end(how: WatchEnd): void; observerClosed(): void } | undefined;

  return {
    get description(): Target {
      return { ...known, ...(current !== undefined && { watchedBy: current.runId }) };
    },
    watch(runId: string, observerOptions: ObserverOptions): WatchedProcess {
      const exit = Promise.withResolvers<ProcessExit>();
      let watchEnd: WatchEnd | undefined;
      let lostTimer: NodeJS.Timeout | undefined;
      const end = (how: WatchEnd): void => {
        if (watchEnd !== undefined) return;
        watchEnd = how;
        clearTimeout(lostTimer);
        current = undefined;
        exit.resolve({ exitCode: null, signal: null });
        onChange();
      };
      const observerClosed = (): void => {
        const message = 'The observer in the process was lost; the process goes on.';
        lostTimer ??= setTimeout(() => end({ type: 'not-watched', message }), OBSERVER_LOST_MS);
      };
      current = { runId, end, observerClosed };
      const ask: TargetCommand = { type: 'target-watch', watchId: runId, observerOptions };
      if (socket.writable) socket.write(`${JSON.stringify(ask)}\n`);
      else end({ type: 'process-gone' });
      onChange();
      return {
        pid,
        stdout: Readable.from([]),
        stderr: Readable.from([]),
        exited: exit.promise,
        kill: () => end({ type: 'left' }),
        get watchEnd() {
          return watchEnd;
        },
        observerClosed,
      };
    },
    notWatched(watchId: string, message: string): void {
      if (current?.runId === watchId) current.end({ type: 'not-watched', message });
    },
    gone: () => current?.end({ type: 'process-gone' }),
  };
}

/** One JSON text a line; anything else ends the connection. */
function readMessages(socket: Socket, onMessage: (message: TargetMessage) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    if (text.length > MAXIMUM_TARGET_LINE_BYTES) return void socket.destroy();
    for (const line of lines) {
      if (socket.destroyed) return;
      const parsed = parseJson(TargetMessage, line, { mostCharacters: MAXIMUM_TARGET_LINE_BYTES });
      // Whoever says anything else is no target.
      if (!parsed.success) return void socket.destroy();
      onMessage(parsed.output);
    }
  });
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return expected !== '' && one.length === other.length && timingSafeEqual(one, other);
}
