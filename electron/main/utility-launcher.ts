// Starts an observed process on Electron's own Node: what built-in scenarios run on in the desktop application.

import { utilityProcess, type UtilityProcess } from 'electron';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { LaunchRequest, Launcher, ObservedProcess, ProcessExit } from '../../engine/session/launcher.ts';

/** The process is gone, but somebody else may still hold its pipes open. */
const OUTPUT_GRACE_MS = 1_000;

/** @param utilityEntryPath loads the observer, then the program; see electron/utility */
export function createUtilityLauncher(utilityEntryPath: string): Launcher {
  return { kind: 'utility-process', launch: (request) => launch(utilityEntryPath, request) };
}

function launch(utilityEntryPath: string, request: LaunchRequest): ObservedProcess {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let child: UtilityProcess;
  try {
    child = utilityProcess.fork(utilityEntryPath, [request.observerPath, request.entryPath, ...request.args], {
      execArgv: [...request.nodeOptions],
      env: { ...request.environment },
      cwd: request.workingDirectory,
      stdio: ['ignore', 'pipe', 'pipe'],
      serviceName: 'Heapline run',
    });
  } catch (error) {
    stdout.end();
    stderr.end();
    const launchProblem = `Could not start a process: ${error instanceof Error ? error.message : String(error)}`;
    const exited = Promise.resolve({ exitCode: null, signal: null, launchProblem });
    return { pid: undefined, stdout, stderr, exited, kill: () => {} };
  }
  for (const [source, sink] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    if (source === null) sink.end();
    else source.pipe(sink);
  }
  return {
    get pid() {
      return child.pid;
    },
    stdout,
    stderr,
    exited: waitForExit(child, [stdout, stderr]),
    kill: () => kill(child),
  };
}

function waitForExit(child: UtilityProcess, streams: readonly PassThrough[]): Promise<ProcessExit> {
  return new Promise((resolve) => {
    let hasStarted = false;
    let fatalError: string | undefined;
    child.once('spawn', () => (hasStarted = true));
    child.once('error', (_type, location, report) => {
      fatalError = [location, report].filter((part) => part !== '').join('\n');
    });
    child.once('exit', (exitCode) => {
      // Its own pipes end with it; a grace for output that is still on its way, then they end here.
      const cutOff = setTimeout(() => streams.forEach((stream) => stream.end()), OUTPUT_GRACE_MS);
      void Promise.allSettled(streams.map(untilEnded)).then(() => {
        clearTimeout(cutOff);
        resolve({
          exitCode,
          signal: null,
          ...(!hasStarted && { launchProblem: `The process ended with status ${exitCode} before it began.` }),
          ...(fatalError !== undefined && { fatalError }),
        });
      });
    });
  });
}

const untilEnded = (stream: Readable) => finished(stream, { writable: false });

function kill(child: UtilityProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  child.kill();
  // A program that blocks its thread may not heed a polite signal.
  if (process.platform === 'win32') return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
