// Whether the process that started this one is gone: then this one has to end as well, with everything in its group. Used by
// the companion. A socket that closes is no sign of it: the program may have closed the descriptors that it finds.

import { GUARD_OPTIONS, GUARD_SCRIPT, GUARD_SHELL } from '../protocol/guard-script.ts';

/** The shell gets this time to end this process. */
const SWEEP_LIMIT_MS = 2_000;

/**
 * @param hostPid absent: nobody started this process for a run
 * @param isUtility a utility process of Electron's, which its browser process starts in its own way and ends itself
 */
export function watchHostProcess(hostPid: number | undefined, isUtility: boolean) {
  // Not so where a shell or a version manager stands between them.
  const isParent = hostPid !== undefined && process.ppid === hostPid;

  /** True if the host is gone for certain. */
  function isGone(): boolean {
    if (hostPid === undefined) return false;
    if (isParent && process.platform !== 'win32') return process.ppid !== hostPid;
    try {
      process.kill(hostPid, 0);
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ESRCH';
    }
  }

  function endDirectly(): void {
    try {
      if (process.platform !== 'win32' && !isUtility) process.kill(-process.pid, 'SIGKILL');
    } catch {
      // It leads no group: somebody between it and the host does.
    }
    process.kill(process.pid, 'SIGKILL');
  }

  let isEnding = false;
  /**
   * Ends this process and those that it started, as the host would have: by a shell outside of its group, which can look
   * again whether all are gone.
   */
  function endGroup(): void {
    if (isEnding) return;
    isEnding = true;
    if (process.platform === 'win32' || isUtility) return endDirectly();
    try {
      // Loaded only here: it takes its time, and every program waits for this thread.
      const { spawn } = process.getBuiltinModule('node:child_process');
      const guard = spawn(GUARD_SHELL, ['-c', GUARD_SCRIPT], GUARD_OPTIONS);
      guard.on('error', endDirectly);
      guard.stdin.on('error', endDirectly).end(`+ ${process.pid}\n`);
      setTimeout(endDirectly, SWEEP_LIMIT_MS);
    } catch {
      endDirectly();
    }
  }

  return { isGone, endGroup };
}
