// `heapline new`: a scenario of one's own from the template.

import { Refused } from '../engine/session/refused.ts';
import { openOwnScenarios } from './own-scenarios.ts';
import type { Output } from './output.ts';
import { EXIT_STATUS, UsageError } from './usage-error.ts';

/**
 * @returns the exit status
 * @throws UsageError if the name cannot be one, or is taken
 */
export async function newScenario({ name }: { name: string }, stdout: Output): Promise<number> {
  await using own = openOwnScenarios();
  // So that an id that another file has is not given twice.
  await own.refresh();
  try {
    const { path, id } = await own.write(name);
    await stdout.write(
      `${path}\n\nIt runs as it is: heapline run ${id}\nEdit the file, and heapline list shows it under “Mine”, with what is wrong with it if anything is.\n`,
    );
  } catch (error) {
    if (error instanceof Refused) throw new UsageError(error.message);
    throw error;
  }
  return EXIT_STATUS.success;
}
