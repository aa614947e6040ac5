// Starts an observed process on Electron's own Node: what built-in scenarios run on in the desktop application.

import { utilityProcess, type UtilityProcess } from 'electron';
import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import { untilOutputEnds } from '../../engine/session/program-output.ts';
import type { LaunchRequest, Launcher, ObservedProcess, ProcessExit } from '../../engine/session/launcher.ts';

/** What programs die of. Without SIGBUS, whose number on Linux is an exit code of Node's for errors. */
const DEADLY_SIGNALS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGFPE', 'SIGKILL', 'SIGSEGV', 'SIGTERM'] as const;
/** Is added to a signal's number if the system kept the memory of the process. */
const CORE_WRITTEN = 0x80;

/** @param utilityEntryPath loads the observer, then the program; see electron/utility */
export function createUtilityLauncher(utilityEntryPath: string): Launcher {
  return { kind: 'utility-process', launch: (request) => launch(utilityEntryPath, request) };
}

function launch(utilityEntryPath: string, request: LaunchRequest): ObservedProcess {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let child: UtilityProcess;
  let hasExited = false;
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
  child.once('exit', () => (hasExited = true));
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
    kill() {
      if (hasExited) return;
      // It has no process to be ended before this, and a run that was stopped must not begin.
      if (child.pid === undefined) child.once('spawn', () => kill(child));
      else kill(child);
    },
  };
}

function waitForExit(child: UtilityProcess, streams: readonly PassThrough[]): Promise<ProcessExit> {
  return new Promise((resolve) => {
    let hasStarted = false;
    let fatalError: string | undefined;
    child.once('spawn', () => (hasStarted = true));
    child.once('error', (_type, location, report) => {
      fatalError = wordsOfFatalError(location, report);
    });
    child.once('exit', (exitCode) => {
      void untilOutputEnds(streams).then(() => {
        resolve({
          exitCode,
          signal: null,
          ...withPossibleSignal(exitCode),
          ...(!hasStarted && { launchProblem: `The process ended with status ${exitCode} before it began.` }),
          ...(fatalError !== undefined && { fatalError }),
        });
      });
    });
  });
}

/**
 * Where in V8, and why, from Node's diagnostic report: a text of JSON that also holds the environment and much else.
 * Exported for its test.
 */
export function wordsOfFatalError(location: string, report: string): string {
  let event: unknown;
  try {
    event = (JSON.parse(report) as { header?: { event?: unknown } } | null)?.header?.event;
  } catch {
    // It is none.
  }
  return [location, ...(typeof event === 'string' ? [event] : [])].filter((part) => part !== '').join(': ');
}

/** Electron tells one number: what the process exited with or, where there are signals, the one that ended it. */
function withPossibleSignal(exitCode: number): Pick<ProcessExit, 'possibleSignal'> {
  if (process.platform === 'win32' || exitCode > 0xff) return {};
  const signal = DEADLY_SIGNALS.find((name) => constants.signals[name] === (exitCode & ~CORE_WRITTEN));
  return signal === undefined ? {} : { possibleSignal: signal };
}

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
