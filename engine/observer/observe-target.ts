// The part of `heapline/observe` that is loaded when a Heapline is found: makes the program known to it over a light
// connection, and begins to watch when that Heapline's user asks for it. Runs in the program's thread, and neither keeps
// the process alive nor delays it.

import { connect, type Socket } from 'node:net';
import { basename } from 'node:path';
import type { TargetCommand, TargetMessage } from '../protocol/target-message.ts';
import type { ObserveContext } from './observe-context.ts';
import type { Rendezvous } from './observe-rendezvous.ts';
import { createWatcher, type Watch } from './observe-watch.ts';

const TARGET_PROTOCOL_VERSION: Extract<TargetMessage, { type: 'target-hello' }>['version'] = 1;
const MAXIMUM_LINE_LENGTH = 64 * 1024;
const MAXIMUM_TEXT_LENGTH = 2_000;
/** A watch that is being left is over well within this. */
const OTHER_WATCH_LIMIT_MS = 2_000;
const OTHER_WATCH_LOOK_MS = 20;

/** This process, as Heaplines see it. */
export interface Target {
  /** Makes it known to one of them. `onClose` is called when that one has gone, or is none. */
  meet(rendezvous: Rendezvous, onClose: () => void): void;
}

export function createTarget(context: ObserveContext): Target {
  const startWatch = createWatcher(context);
  const startedAt = new Date(Date.now() - process.uptime() * 1_000).toISOString();
  let current: Watch | undefined;

  function watch(command: TargetCommand, refuse: (message: string) => void): void {
    const begin = () => {
      const started = startWatch(JSON.stringify(command.observerOptions), (message) => {
        if (current === started) current = undefined;
        refuse(message);
      });
      current = started;
    };
    if (current === undefined) return begin();
    // The one before may have been left a moment ago; one that goes on is another Heapline's.
    const startedAtMs = context.now();
    const timer = context.timers.setInterval(() => {
      const isOver = current === undefined;
      if (!isOver && context.now() - startedAtMs < OTHER_WATCH_LIMIT_MS) return;
      context.timers.clearInterval(timer);
      if (isOver) begin();
      else refuse('Another Heapline watches this process already.');
    }, OTHER_WATCH_LOOK_MS);
    timer.unref();
  }

  return {
    meet(rendezvous, onClose) {
      let socket: Socket;
      try {
        socket = connect(rendezvous.endpoint).unref();
      } catch (error) {
        // No descriptor left, for example: another look, another chance.
        context.debug(`${rendezvous.endpoint}: ${String(error)}`);
        return onClose();
      }
      const tell = (message: TargetMessage) => {
        if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
      };
      socket.on('error', (error) => context.debug(`${rendezvous.endpoint}: ${error.message}`));
      socket.on('close', onClose);
      socket.on('connect', () =>
        tell({ type: 'target-hello', token: rendezvous.token, ...describeProcess(startedAt) }),
      );
      readLines(socket, (line) => {
        const command = parseCommand(line);
        if (command === undefined) return void socket.destroy();
        watch(command, (message) => tell({ type: 'target-not-watched', watchId: command.watchId, message }));
      });
    },
  };
}

function readLines(socket: Socket, onLine: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    if (text.length > MAXIMUM_LINE_LENGTH) socket.destroy();
    for (let index = 0; index < lines.length; index++) if (!socket.destroyed) onLine(lines[index]!);
  });
}

/** The companion parses the options; here it matters only that there are some. */
function parseCommand(line: string): TargetCommand | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { type, watchId, observerOptions } = parsed as Partial<TargetCommand>;
  if (type !== 'target-watch' || typeof watchId !== 'string' || typeof observerOptions !== 'object') return undefined;
  return { type, watchId, observerOptions };
}

function describeProcess(startedAt: string) {
  const clip = (text: string) => text.slice(0, MAXIMUM_TEXT_LENGTH);
  const script = process.argv[1];
  let workingDirectory: string;
  try {
    workingDirectory = process.cwd();
  } catch {
    // Removed while the program runs.
    workingDirectory = '';
  }
  return {
    version: TARGET_PROTOCOL_VERSION,
    pid: process.pid,
    title: clip(script === undefined ? process.title : basename(script)),
    command: clip([process.argv0].concat(process.execArgv, process.argv.slice(1)).join(' ')),
    workingDirectory: clip(workingDirectory),
    node: process.versions.node,
    startedAt,
  };
}
