// Starts an observed process with a plain `node`: the launcher of the command line and of the served host, and of the
// desktop application for the user's own scripts.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from './clock.ts';
import type { Launcher, LaunchRequest, ObservedProcess, ProcessExit } from './launcher.ts';
import { messageOf } from './message-of.ts';
import { privateFolderPrefix, removePrivateFolder } from './private-folders.ts';
import { guardGroup, startGuard, type GuardedGroup } from './process-guard.ts';
import { untilOutputEnds } from './program-output.ts';

/**
 * @param options.nodePath the `node` to run on unless a request names another.
 * @param options.givesInputAway programs that ask for the host's standard input get it: the host reads none of it itself.
 */
export function createNodeLauncher(options: { nodePath: string; givesInputAway?: boolean }): Launcher {
  const { nodePath, givesInputAway = false } = options;
  return {
    kind: 'node',
    nodePath,
    launch: (request) => launchNode(request.nodePath ?? nodePath, request, givesInputAway),
  };
}

function launchNode(nodePath: string, request: LaunchRequest, givesInputAway: boolean): ObservedProcess {
  const isWindows = process.platform === 'win32';
  let input: ProgramInput | undefined;
  let child;
  try {
    startGuard();
    input = openInput(request.standardInput, givesInputAway);
    child = spawn(
      nodePath,
      [
        ...['--require', request.observerPath, ...request.nodeOptions],
        // An option whose value is missing must not take the script for it.
        ...(request.nodeOptions.length > 0 ? ['--'] : []),
        ...[request.entryPath, ...request.args],
      ],
      {
        cwd: request.workingDirectory,
        env: { ...request.environment },
        stdio: [input.stdio, 'pipe', 'pipe'],
        // A process group of its own, so that everything the program started can be ended with it.
        detached: !isWindows,
        windowsHide: true,
      },
    );
  } catch (error) {
    input?.[Symbol.dispose]();
    return failedLaunch(describeLaunchProblem(nodePath, error));
  }
  const guarded = guardGroup(child.pid);
  const { [Symbol.dispose]: forgetInput } = input;
  // Without a free file descriptor there are no pipes, whatever the type says; the `error` event tells why.
  const stdout = child.stdout ?? Readable.from([]);
  const stderr = child.stderr ?? Readable.from([]);
  return {
    pid: child.pid,
    stdout,
    stderr,
    exited: waitForExit(child, guarded, nodePath, [stdout, stderr]).finally(() => {
      guarded[Symbol.dispose]();
      forgetInput();
    }),
    kill() {
      // Its group was ended with it, and its number may be somebody else's by now.
      if (child.exitCode === null && child.signalCode === null) killTree(child);
    },
  };
}

interface ProgramInput extends Disposable {
  readonly stdio: 'ignore' | 'inherit' | number;
}

/**
 * A text is read from a file, as with `node script < file`: unlike from Node's own pipes, which are sockets, a program
 * can then read it in every way, `readFileSync('/dev/stdin')` included.
 */
function openInput(wanted: LaunchRequest['standardInput'], givesInputAway: boolean): ProgramInput {
  if (wanted === undefined || wanted === 'of-host') {
    const isGiven = wanted !== undefined && givesInputAway;
    return { stdio: isGiven ? 'inherit' : 'ignore', [Symbol.dispose]: () => {} };
  }
  const folder = mkdtempSync(privateFolderPrefix(tmpdir(), 'input'));
  let file: number | undefined;
  const dispose = (): void => {
    if (file !== undefined) closeSync(file);
    removePrivateFolder(folder);
  };
  try {
    const path = join(folder, 'input');
    writeFileSync(path, wanted.text, { mode: 0o600 });
    file = openSync(path, 'r');
    return { stdio: file, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function describeLaunchProblem(nodePath: string, error: unknown): string {
  return `Could not start ${nodePath}: ${messageOf(error)}`;
}

function failedLaunch(launchProblem: string): ObservedProcess {
  return {
    pid: undefined,
    stdout: Readable.from([]),
    stderr: Readable.from([]),
    exited: Promise.resolve({ exitCode: null, signal: null, launchProblem }),
    kill: () => {},
  };
}

function waitForExit(
  child: ChildProcess,
  guarded: GuardedGroup,
  nodePath: string,
  streams: readonly Readable[],
): Promise<ProcessExit> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      // A process that runs can report an error too (a kill that failed); its exit is still to come.
      if (child.pid !== undefined) return;
      for (const stream of streams) stream.destroy();
      resolve({ exitCode: null, signal: null, launchProblem: describeLaunchProblem(nodePath, error) });
    });
    child.once('exit', (exitCode, signal) => {
      // What the program left running in its group goes with it: no run leaves a process behind.
      if (killTree(child)) guarded.sweep();
      const atMonotonicMs = systemClock.monotonicMs();
      // Somebody outside the group may hold the pipes open for ever.
      void untilOutputEnds(streams).then(() => resolve({ exitCode, signal, atMonotonicMs }));
    });
  });
}

/**
 * Ends a process and its group, or its tree on Windows. One that is gone already is no error.
 * @returns false if nobody was left
 */
export function killTree(child: ChildProcess): boolean {
  const { pid } = child;
  if (pid === undefined) return false;
  if (process.platform === 'win32') {
    if (child.exitCode !== null) return false;
    const killer = spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    // Without taskkill the process itself can still be ended, if not those it started.
    killer.on('error', () => child.kill());
    return true;
  }
  try {
    return process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: nobody left in the group. EPERM: what is left changed its user; the process itself is still ours.
    const isForeign = error instanceof Error && 'code' in error && error.code === 'EPERM';
    return isForeign && child.kill('SIGKILL');
  }
}
