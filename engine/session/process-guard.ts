// Ends what this process has started if this process is killed: a tiny shell that reads a pipe of ours until its end, which
// comes at any death, and then ends every process group that it was told of. One for each host process, made with the first
// group. Where there is no shell (Windows), the system's job object ends the children with this process.

import { spawn, type ChildProcess } from 'node:child_process';
import { GUARD_OPTIONS, GUARD_SCRIPT, GUARD_SHELL } from '../protocol/guard-script.ts';
import type { Disposable } from '../protocol/port.ts';

let guard: ChildProcess | undefined;

/** Called before a process is started, so that not even the first is without a guard. Does nothing where there can be none. */
export function startGuard(): void {
  if (process.platform === 'win32' || (guard !== undefined && guard.exitCode === null && guard.signalCode === null)) {
    return;
  }
  try {
    guard = spawn(GUARD_SHELL, ['-c', GUARD_SCRIPT], GUARD_OPTIONS);
  } catch {
    // Too few file descriptors or processes: what is started now is ended by its own observer.
    guard = undefined;
    return;
  }
  const started = guard;
  const forget = (): void => {
    if (guard === started) guard = undefined;
  };
  started.on('error', forget).on('exit', forget);
  started.unref();
  // Without a free file descriptor there is no pipe, whatever the type says.
  const pipe = started.stdin as (typeof started)['stdin'] | undefined;
  pipe?.on('error', forget);
  if (pipe !== null && pipe !== undefined && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
}

export interface GuardedGroup extends Disposable {
  /** Ends what is left of it: also what is just being forked, and what left the group for another of its session. */
  sweep(): void;
}

/**
 * Has a process group ended if this process ends before the result is disposed. Said at once, in the same turn: the system's
 * pipe takes so little without waiting.
 * @param group the id of its first process, which leads a session
 */
export function guardGroup(group: number | undefined): GuardedGroup {
  const told = guard?.stdin as ChildProcess['stdin'] | undefined;
  const tell = (sign: '+' | '-' | '!'): void => {
    if (group !== undefined && told?.writable === true) told.write(`${sign} ${group}\n`);
  };
  tell('+');
  return { sweep: () => tell('!'), [Symbol.dispose]: () => tell('-') };
}
