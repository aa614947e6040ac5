// `heapline targets`: the processes of this user that can be watched. They look for a Heapline once a second, so this
// command is one for a moment, and waits until they have come.

import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from '../engine/protocol/event.ts';
import { listenForTargets } from '../engine/session/targets.ts';
import type { Output } from './output.ts';
import { EXIT_STATUS, UsageError } from './usage-error.ts';

const TARGETS_SCHEMA_VERSION = 1;
/** One look of theirs, and time to answer. A process whose thread is blocked for longer is not listed. */
const GATHERING_MS = 1_500;

/** @returns the exit status. @throws UsageError if there is no folder in which processes could find it */
export async function listTargets(options: { json: boolean }, stdout: Output): Promise<number> {
  const targets = await gatherTargets();
  await stdout.write(options.json ? `${JSON.stringify(targetsDocument(targets), null, 2)}\n` : targetsText(targets));
  return EXIT_STATUS.success;
}

async function gatherTargets(): Promise<Target[]> {
  await using targets = await listenForTargets({ onChange: () => {} }).catch((error: unknown) => {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  });
  await delay(GATHERING_MS);
  return targets.list();
}

function targetsDocument(targets: readonly Target[]) {
  return {
    schemaVersion: TARGETS_SCHEMA_VERSION,
    targets: targets.map(({ pid, title, command, workingDirectory, node, startedAt }) => ({
      pid,
      title,
      command,
      workingDirectory,
      node,
      startedAt,
    })),
  };
}

function targetsText(targets: readonly Target[]): string {
  if (targets.length === 0) {
    return 'No process can be watched. Start one with: node --import heapline/observe app.js\n';
  }
  const rows = [
    ['PID', 'PROGRAM', 'NODE', 'STARTED', 'COMMAND'],
    ...targets.map(({ pid, title, node, startedAt, command }) => [String(pid), title, node, startedAt, command]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return `${rows.map((row) => line(row).trimEnd()).join('\n')}\n`;
}
