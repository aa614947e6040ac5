// Reads files that the observed program names: there may be anything, of any size, that waits for a writer or is gone.

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/**
 * The text of a file; undefined if it is no plain file or larger than that. Never waits, as on a named pipe.
 * @throws what the file system throws where nothing can be read
 */
export function readSmallFile(path: string, maximumBytes: number): string | undefined {
  // Windows has no such flag, and no such files.
  const descriptor = openSync(path, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0));
  try {
    const found = fstatSync(descriptor);
    return found.isFile() && found.size <= maximumBytes ? readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    closeSync(descriptor);
  }
}
