// Leads from a place in code that a loader built in memory (tsx and its like) to the place in the source: no file holds what
// V8 compiled, but Node keeps its map where source maps are on. Runs in the program's thread, once for each place.

import fs from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import url from 'node:url';
import type { Place } from '../protocol/explanation.ts';
import { startsWith } from './intrinsics.ts';

// Captured before the program can replace them.
const { statSync } = fs;
const { findSourceMap } = module;
const { dirname, isAbsolute, resolve } = path;
const { fileURLToPath } = url;

/**
 * Node keeps a map that was looked into on the program's heap, in many times its size. The maps of larger files are those
 * of bundles; they lie on disk, and the session reads them there.
 */
const MAXIMUM_FILE_BYTES = 256 * 1024;

const pathOf = (file: string): string => (startsWith(file, 'file:') === true ? fileURLToPath(file) : file);

/** Returns the place in the source; undefined where Node has no map, or only that of a large file. */
export function findSource({ file, line, column }: Place): Place | undefined {
  try {
    const built = pathOf(file);
    const size = statSync(built, { throwIfNoEntry: false })?.size ?? Infinity;
    if (size > MAXIMUM_FILE_BYTES) return undefined;
    const found = findSourceMap(file)?.findOrigin(line, column);
    if (found === undefined || !('fileName' in found) || typeof found.fileName !== 'string') return undefined;
    const source = pathOf(found.fileName);
    return {
      file: isAbsolute(source) ? source : resolve(dirname(built), source),
      line: found.lineNumber,
      column: found.columnNumber,
    };
  } catch {
    // A map that cannot be read, or an address that is no path: what is built is shown.
    return undefined;
  }
}
