// A small JSON file in which the application remembers something of the user's arrangement. Losing it costs nothing but the
// arrangement: what cannot be read is as if it were not there, and what cannot be written is told once.

import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type * as v from 'valibot';
import { parseJson } from '../../engine/protocol/parse.ts';

export interface StateFile<Value> {
  /** What was there when the application started, or was written since. */
  readonly value: Value;
  /** Written soon, whole or not at all; of several in quick succession the last. */
  set(value: Value): void;
  /** Resolves when what was set last is written. */
  flush(): Promise<void>;
}

const WRITE_AFTER_MS = 400;
const MAXIMUM_CHARACTERS = 1024 * 1024;

/** Reads a file of a few hundred bytes at once: the window waits for it. */
export function openStateFile<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
  fallback: v.InferOutput<Schema>,
): StateFile<v.InferOutput<Schema>> {
  let value = read(path, schema) ?? fallback;
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  let hasFailed = false;
  const write = async (): Promise<void> => {
    const partial = `${path}.partial`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(partial, JSON.stringify(value));
      await rename(partial, path);
    } catch (error) {
      if (!hasFailed) console.error(`${path} cannot be written:`, error);
      hasFailed = true;
    }
  };
  const writeNow = (): void => {
    clearTimeout(timer);
    timer = undefined;
    // One after the other, so that an older value never comes last.
    writing = writing.then(write);
  };
  return {
    get value() {
      return value;
    },
    set(next) {
      value = next;
      timer ??= setTimeout(writeNow, WRITE_AFTER_MS);
    },
    flush() {
      if (timer !== undefined) writeNow();
      return writing;
    },
  };
}

function read<Schema extends v.GenericSchema>(path: string, schema: Schema): v.InferOutput<Schema> | undefined {
  try {
    const parsed = parseJson(schema, readFileSync(path, 'utf8'), { mostCharacters: MAXIMUM_CHARACTERS });
    return parsed.success ? parsed.output : undefined;
  } catch {
    // There is none yet.
    return undefined;
  }
}
