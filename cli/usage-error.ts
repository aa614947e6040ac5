// Bad usage: ends the command with status 2 and one line that says what is wrong and what is allowed.

/** Its message is one line for the person who typed the command. */
export class UsageError extends Error {
  override name = 'UsageError';
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
