// Runs a program twice, alone and observed, and tells how both ended: what a program does must not depend on being watched.
// Used by the tests of this folder.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, closeSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { GcPolicy, Limits } from '../../engine/protocol/run-description.ts';
import { programEnvironment } from '../../engine/session/program-environment.ts';
import { runProgram, type FinishedRun } from '../run-program.ts';

/** What anybody outside a process can see of it. */
export interface Seen {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface ProgramFolder extends Disposable {
  readonly path: string;
  /** Writes a file, with the folders above it, and returns its path. */
  write(name: string, text: string): string;
}

export function createProgramFolder(): ProgramFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'heapline-scripts-')));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface TwiceOptions {
  readonly nodePath?: string;
  readonly args?: string[];
  readonly environment?: Record<string, string>;
  /** The path of a file that it reads from; absent: nothing. */
  readonly input?: string;
  readonly inputText?: string;
  readonly limits?: Partial<Limits>;
  /** Absent: V8 collects by itself alone. */
  readonly gcPolicy?: GcPolicy;
  /** Options that a plain node is given where Heapline gives them by itself. */
  readonly plainOptions?: string[];
}

/** @returns what was seen of the program alone, what was seen of it observed, and the recording of the latter. */
export async function runTwice(
  path: string,
  options: TwiceOptions = {},
): Promise<{ alone: Seen; observed: Seen; run: FinishedRun }> {
  const alone = await runAlone(path, options);
  const { args = [], environment, inputText, nodePath, limits, gcPolicy } = options;
  const run = await runProgram({
    program: {
      kind: 'file',
      path,
      args,
      ...(environment && { environment }),
      ...(inputText !== undefined && { standardInput: inputText }),
    },
    limits: { settleMs: 20, timeoutMs: 30_000, ...limits },
    ...(gcPolicy && { gcPolicy }),
    ...(nodePath !== undefined && { nodePath }),
  });
  const { exitCode = null, signal = null } = run.report.outcome;
  return { alone, observed: { stdout: run.stdout, stderr: run.stderr, exitCode, signal }, run };
}

async function runAlone(path: string, options: TwiceOptions): Promise<Seen> {
  const { args = [], environment = {}, input, nodePath = process.execPath, plainOptions = [] } = options;
  const file = input === undefined ? undefined : openSync(input, 'r');
  try {
    const child = spawn(nodePath, [...plainOptions, path, ...args], {
      cwd: dirname(path),
      env: programEnvironment(environment),
      stdio: [file ?? 'ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('The program has no output.');
    const [said, complained] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
    return { stdout: said, stderr: complained, exitCode: child.exitCode, signal: child.signalCode };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
