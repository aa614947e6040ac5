// The process that loads a scenario of the user's own, seen from the session: started, listened to, given facts, and ended
// whatever it does. Somebody's code runs in it, and none of it in the session.

import { spawn, type ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
  encodeCommand,
  LOADER_ENVIRONMENT_VARIABLE,
  LOADER_SYMBOL,
  LoaderReport,
  REPORT_DESCRIPTOR,
  type LoaderCommand,
  type LoaderOptions,
} from '../own-scenarios/loader-message.ts';
import { parseJson } from '../protocol/parse.ts';
import type { UsableNode } from './find-nodes.ts';
import { messageOf } from './message-of.ts';
import { killTree } from './node-launcher.ts';
import { guardGroup, startGuard } from './process-guard.ts';
import { typeScriptOptions } from './prepare-program.ts';
import { programEnvironment } from './program-environment.ts';

/** Its own watchdog speaks first; this is for a thread that cannot be stopped, and for a slow machine. */
const SILENCE_GRACE_MS = 2_500;
/** A process that takes nothing of what it is sent for so long takes nothing any more. */
const SEND_LIMIT_MS = 20_000;
/** What the process wrote before its end is here after this. */
const LAST_OUTPUT_MS = 1_000;
const MAXIMUM_STDERR_CHARACTERS = 64 * 1024;
/** A longer report is a mistake of the file's; its process is ended. */
const MAXIMUM_REPORT_CHARACTERS = 32 * 1024 * 1024;
const MAXIMUM_REPORT_VALUES = 100_000;

/** The process is gone, says nothing although its time is over, or was given up from here. */
export type LoaderEnd =
  | {
      readonly type: 'ended';
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly problem?: string;
    }
  | { readonly type: 'silent' }
  | { readonly type: 'aborted' };

export interface ScenarioProcess extends AsyncDisposable {
  /** The next report, or why there will be none. `deadlineMs`: after which the process itself speaks. */
  next(deadlineMs: number): Promise<LoaderReport | LoaderEnd>;
  /** Resolves when it is on its way; or when there is something else to be told, which `next` does. */
  send(command: LoaderCommand): Promise<void>;
  /** What it said on standard error, once it has ended, which is waited for a moment. */
  stderrTail(): Promise<readonly string[]>;
}

/** Disposing ends the process with everything that it started, and resolves when it is gone. @throws Refused for TypeScript on a node that cannot run it */
export function startScenarioProcess(
  file: { readonly path: string; readonly node: UsableNode },
  options: { readonly loaderPath: string; readonly loadDeadlineMs: number; readonly signal: AbortSignal },
): ScenarioProcess {
  const loaderOptions: LoaderOptions = { deadlineMs: options.loadDeadlineMs };
  const source = `import * as module from ${JSON.stringify(pathToFileURL(file.path).href)};
globalThis[Symbol.for(${JSON.stringify(LOADER_SYMBOL)})](module);`;
  const nodeOptions = /\.[cm]?ts$/.test(file.path) ? typeScriptOptions(file.node) : [];
  startGuard();
  const child = spawn(
    file.node.path,
    [...nodeOptions, '--import', pathToFileURL(options.loaderPath).href, '--input-type=module', '--eval', source],
    {
      cwd: dirname(file.path),
      env: programEnvironment({ [LOADER_ENVIRONMENT_VARIABLE]: JSON.stringify(loaderOptions) }),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    },
  );
  const guarded = guardGroup(child.pid);
  const waiting: (LoaderReport | LoaderEnd)[] = [];
  const listeners = new Set<() => void>();
  let end: LoaderEnd | undefined;
  const closed = Promise.withResolvers<void>();
  const tell = (event: LoaderReport | LoaderEnd): void => {
    waiting.push(event);
    for (const listener of listeners) listener();
  };
  const finish = (event: LoaderEnd): void => {
    if (end !== undefined) return;
    end = event;
    for (const listener of listeners) listener();
  };

  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAXIMUM_STDERR_CHARACTERS);
  });
  readReports(child, tell);
  child.on('error', (error) => {
    if (child.pid !== undefined) return;
    finish({ type: 'ended', exitCode: null, signal: null, problem: messageOf(error) });
    closed.resolve();
  });
  child.once('exit', (exitCode, signal) => {
    if (killTree(child)) guarded.sweep();
    guarded[Symbol.dispose]();
    const isRead = Promise.race([new Promise((resolve) => child.once('close', resolve)), delay(LAST_OUTPUT_MS)]);
    void isRead.then(() => {
      finish({ type: 'ended', exitCode, signal });
      closed.resolve();
    });
  });
  const abort = (): void => finish({ type: 'aborted' });
  options.signal.addEventListener('abort', abort, { once: true });
  if (options.signal.aborted) abort();

  /** Resolves with true once there is a report or an end, and with false if there is none in time. */
  function happened(limitMs: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        listeners.delete(settle);
        signal?.removeEventListener('abort', settle);
        resolve(waiting.length > 0 || end !== undefined);
      };
      const timer = setTimeout(settle, limitMs);
      listeners.add(settle);
      signal?.addEventListener('abort', settle);
      if (waiting.length > 0 || end !== undefined) settle();
    });
  }

  return {
    async next(deadlineMs) {
      await happened(deadlineMs + SILENCE_GRACE_MS);
      return waiting.shift() ?? end ?? { type: 'silent' };
    },
    async send(command) {
      if (!child.connected || end !== undefined || waiting.length > 0) return;
      const done = new AbortController();
      // A failure means that the process is gone.
      const sent = new Promise<true>((resolve) => child.send(encodeCommand(command), () => resolve(true)));
      const isTaken = await Promise.race([sent, happened(SEND_LIMIT_MS, done.signal)]);
      done.abort();
      if (!isTaken) finish({ type: 'silent' });
    },
    async stderrTail() {
      await Promise.race([closed.promise, delay(LAST_OUTPUT_MS)]);
      return stderr.split(/\r?\n/);
    },
    async [Symbol.asyncDispose]() {
      options.signal.removeEventListener('abort', abort);
      if (child.pid === undefined) return;
      if (child.exitCode === null && child.signalCode === null) killTree(child);
      await closed.promise;
      // Whoever left the group may hold them open.
      for (const stream of (child.stdio as ChildProcess['stdio'] | undefined) ?? []) stream?.destroy();
      if (child.connected) child.disconnect();
    },
  };
}

/** Lines that are no report are none of ours: the file's own code may write there, too. */
function readReports(child: ChildProcess, tell: (report: LoaderReport) => void): void {
  // Without a free file descriptor there are no pipes, whatever the type says; the `error` event tells why.
  const stream = (child.stdio as ChildProcess['stdio'] | undefined)?.[REPORT_DESCRIPTOR];
  if (stream === null || stream === undefined || !('read' in stream)) return;
  let characters = 0;
  stream.on('data', (chunk: Buffer) => {
    characters += chunk.length;
    if (characters > MAXIMUM_REPORT_CHARACTERS) killTree(child);
  });
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
    const parsed = parseJson(LoaderReport, line, {
      mostCharacters: MAXIMUM_REPORT_CHARACTERS,
      mostValues: MAXIMUM_REPORT_VALUES,
    });
    if (parsed.success) tell(parsed.output);
  });
}
