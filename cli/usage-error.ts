// Bad usage: ends the command with status 2 and one line that says what is wrong and what is allowed.

/** Its message is one line for the person who typed the command. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/**
 * The problem of whoever typed the command, if `error` is one: a system that opens no more files is, wherever it shows.
 * Node's module loader tells of it in words alone.
 */
export function asUsageError(error: unknown): UsageError | undefined {
  if (error instanceof UsageError) return error;
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  const isOutOfDescriptors = code === 'EMFILE' || code === 'ENFILE' || /too many open files/i.test(error.message);
  return isOutOfDescriptors
    ? new UsageError('Too many open files. Allow more file descriptors (ulimit -n) and try again.')
    : undefined;
}

/** Exit statuses of every command; the contract with scripts and CI. */
export const EXIT_STATUS = {
  /** The command did what it was asked; for a scenario, its prediction held. */
  success: 0,
  /** The run ended, but the scenario's prediction did not hold. */
  predictionFailed: 1,
  badUsage: 2,
  /** The program threw, crashed, timed out or ran out of memory. */
  programFailed: 3,
} as const;
