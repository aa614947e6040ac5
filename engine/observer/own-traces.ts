// What loading the probe leaves behind that a program could stumble upon, and its removal. Runs in the program's thread, and
// in its workers, which inherit the options of the process.

/** Removes `--require <this file>` from what the program sees, and what `fork` would hand to its children. */
export function forgetLoading(ownFile: string): void {
  const flag = process.execArgv.indexOf(ownFile);
  if (flag > 0) process.execArgv.splice(flag - 1, 2);
  // Programs walk through the modules that are loaded, to watch or to reload them.
  Reflect.deleteProperty(require.cache, ownFile);
}

/**
 * Does `work` without anything left for the next tick. Node announces each worker there (`process.on('worker')`), and a
 * program's first stacks differ if its first microtasks run after a tick.
 */
export function withoutTicks<Result>(work: () => Result): Result {
  const { nextTick } = process;
  process.nextTick = () => {};
  try {
    return work();
  } finally {
    process.nextTick = nextTick;
  }
}
