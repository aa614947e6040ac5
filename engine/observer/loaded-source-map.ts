// Leads from a place in code that a loader built in memory (tsx and its like) to the place in the source: no file holds what
// V8 compiled, but Node keeps its map where source maps are on. Runs in the program's thread, once for each place.

import { statSync } from 'node:fs';
import { findSourceMap } from 'node:module';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startsWith } from './intrinsics.ts';
import type { Place } from './site-recorder.ts';

/**
 * Node keeps a map that was looked into on the program's heap, in many times its size. The maps of larger files are those
 * of bundles; they lie on disk, and the session reads them there.
 */
const MAXIMUM_FILE_BYTES = 256 * 1024;

/** Makes the function that finds the place in the source; undefined where Node has no map, or only a large one. */
export function createSourceFinder(): (place: Place) => Place | undefined {
  return (place) => {
    const { file, line, column } = place;
    try {
      const path = startsWith(file, 'file:') === true ? fileURLToPath(file) : file;
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? Infinity;
      if (size > MAXIMUM_FILE_BYTES) return undefined;
      const found = findSourceMap(file)?.findOrigin(line, column);
      if (found === undefined || !('fileName' in found) || typeof found.fileName !== 'string') return undefined;
      const source = startsWith(found.fileName, 'file:') === true ? fileURLToPath(found.fileName) : found.fileName;
      const sourceFile = isAbsolute(source) ? source : resolve(dirname(path), source);
      return { ...place, file: sourceFile, line: found.lineNumber, column: found.columnNumber };
    } catch {
      // A map that cannot be read, or an address that is no path: what is built is shown.
      return undefined;
    }
  };
}
