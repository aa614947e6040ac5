// Scenarios of one's own for tests: a folder of them, and texts with one thing wrong each. Used by tests only.

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Loads, runs and holds. Without blank lines at the beginning, so that line 1 is the export. */
export const GOOD = `export const scenario = {
  id: 'good',
  title: 'Good',
  summary: 'Summary.',
  theory: 'Theory.',
  references: [],
  lookFor: 'Look.',
  prediction: 'One object is registered.',
  question: { text: 'What becomes of it?', expected: () => 'finalized' },
  parameters: [
    { kind: 'boolean', name: 'loud', title: 'Loud', help: '', default: true },
    { kind: 'integer', name: 'count', title: 'Count', help: '', default: 1, minimum: 1, maximum: 9 },
  ],
  defaultGcPolicy: { kind: 'major', intervalMs: 100 },
  defaultLimits: { settleMs: 400, timeoutMs: 20000 },
  run({ parameters }) {
    for (let number = 0; number < parameters.count; number++) registry.register({}, number);
  },
  predict({ objects }) {
    return [{ expectation: 'One is registered', observed: String(objects.length), held: objects.length === 1 }];
  },
};
const registry = new FinalizationRegistry(() => {});
`;

/** The good one with another id and something else exchanged. @throws if there is nothing to exchange */
export function goodExcept(id: string, ...exchanges: readonly (readonly [from: string, to: string])[]): string {
  let text = GOOD.replace("'good'", `'${id}'`);
  for (const [from, to] of exchanges) {
    if (!text.includes(from)) throw new Error(`There is no ${from}.`);
    text = text.replace(from, () => to);
  }
  return text;
}

export interface OwnFolder extends Disposable {
  readonly path: string;
  /** Writes a file and returns its path. */
  write(name: string, text: string): string;
}

export function createOwnFolder(): OwnFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'heapline-own-')));
  return {
    path,
    write(name, text) {
      const file = join(path, name);
      writeFileSync(file, text);
      return file;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Processes that still have a file of this folder on their command line. Linux only; elsewhere nothing is found. */
export async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch((): string[] => [])).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return commands.filter((command) => command.includes(folder)).map((command) => command.replaceAll('\0', ' '));
}
