// Runs generated programs, many in one process or each alone, natively and observed, and judges what was told of them.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import * as v from 'valibot';
import { runAndCheckCuts } from '../why/cut-check.ts';
import { judge, judgeCut, type Failure } from './judge.ts';
import { generatedProgram, type GeneratedProgram } from './write-program.ts';

const IMPORT_ALL = resolve(import.meta.dirname, '../alive/import-all.mjs');
const COUNT_NATIVELY = resolve(import.meta.dirname, 'count-natively.cjs');
/** Enough for many programs on a slow day. */
const TIMEOUT_MS = 300_000;

/** The same programs for the same seed. */
export function generatePrograms(seed: number, count: number): GeneratedProgram[] {
  return fc.sample(generatedProgram, { seed, numRuns: count }).map((write, number) => write(number));
}

export interface JudgedRun {
  readonly failures: readonly Failure[];
  /** Where the programs are, if they are kept. */
  readonly folder: string;
}

/** Runs `programs` in one process, twice: alone and observed. Their files are left where something failed and `keeps` is set. */
export async function judgeTogether(
  programs: readonly GeneratedProgram[],
  nodePath: string,
  keeps = false,
): Promise<JudgedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'heapline-generated-'));
  let failures: Failure[] | undefined;
  try {
    for (const { files } of programs) {
      for (const [name, text] of files) writeFileSync(join(folder, name), text);
    }
    const mains = programs.map(({ main }) => join(folder, main));
    const [path = '', ...args] = mains.length === 1 ? mains : [IMPORT_ALL, ...mains];
    const [native, observed] = await Promise.all([
      promisify(execFile)(nodePath, ['--expose-gc', '--require', COUNT_NATIVELY, path, ...args], { encoding: 'utf8' }),
      runAndCheckCuts({
        program: { kind: 'file', path, args },
        gcPolicy: { kind: 'major', intervalMs: 100 },
        limits: { settleMs: 500, timeoutMs: TIMEOUT_MS },
        reportedObjects: 100_000,
        nodePath,
      }),
    ]);
    const { report } = observed;
    if (report.outcome.status !== 'completed') {
      throw new Error(`The programs in ${folder} did not run: ${report.outcome.message}\n${observed.stderr}`);
    }
    const lastLine = native.stdout.trimEnd().split('\n').at(-1) ?? '';
    const finalized = new Set(v.parse(v.array(v.string()), JSON.parse(lastLine)));
    failures = [...judge(programs, finalized, report), ...observed.failures.map((each) => judgeCut(programs, each))];
    return { failures, folder };
  } finally {
    if (!keeps || failures?.length === 0) rmSync(folder, { recursive: true, force: true });
  }
}
