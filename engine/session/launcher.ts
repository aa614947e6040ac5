// How a host starts an observed process. The CLI and the served host spawn `node`; the desktop application also has
// utility processes. Hosts differ in this and in the ports they attach, in nothing else.

import type { Readable } from 'node:stream';

/** A program to start with the observer loaded before it. All paths are absolute. */
export interface LaunchRequest {
  /** The script, or the scenario runner. */
  readonly entryPath: string;
  readonly args: readonly string[];
  /** CommonJS module to load before the program (`--require`). */
  readonly observerPath: string;
  /** Options for V8 and Node, such as `--max-old-space-size=64`. */
  readonly nodeOptions: readonly string[];
  /** All of it: nothing is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** The `node` to run on; absent: the launcher's own. */
  readonly nodePath?: string;
  /** What the program reads: nothing (absent), this text, or what the launcher's host reads, if it gives that away. */
  readonly standardInput?: 'of-host' | { readonly text: string };
}

/**
 * How a process ended. `launchProblem` is set if it never started; `fatalError` if V8 reported why it died;
 * `possibleSignal` if the exit code is also what a process is told by that this signal ended.
 */
export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** When the process was gone, on the machine's monotonic clock; its streams may have ended long after. */
  readonly atMonotonicMs?: number;
  readonly possibleSignal?: string;
  readonly launchProblem?: string;
  readonly fatalError?: string;
}

/** A process that runs now. Its streams end before `exited` resolves; `exited` never rejects. */
export interface ObservedProcess {
  readonly pid: number | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<ProcessExit>;
  /** Ends the process and those it started, at once. Calling it twice, or after the end, does nothing. */
  kill(): void;
}

export interface Launcher {
  readonly kind: 'node' | 'utility-process';
  /** The `node` that scripts run on unless a request names another: a path, or a name on the path. */
  readonly nodePath?: string;
  launch(request: LaunchRequest): ObservedProcess;
}
