// Leads from a place in built code to the place in its source, by the source map that the built file names (inline or in a
// file beside it). Runs in the session, so that the program's thread and heap carry none of it.

import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AnyMap, originalPositionFor, type TraceMap } from '@jridgewell/trace-mapping';
import type { Place } from '../protocol/explanation.ts';
import { isLocalPath } from './local-path.ts';
import { readSmallFile } from './small-file.ts';

/** Larger files are not read: their places stay those of the built code. */
const MAXIMUM_BUILT_BYTES = 32 * 1024 * 1024;
const MAXIMUM_MAP_BYTES = 48 * 1024 * 1024;
/** A run names this many built files at most; the places of further ones stay as they are. */
const MAXIMUM_FILES = 2_000;
/** The comment stands at the end, before at most a few more comments; an inline map follows it on the same line. */
const MAP_COMMENT = /(?:\/\/|\/\*)[#@][ \t]*sourceMappingURL=([^\s'"`]+)/g;

export interface SourceMaps {
  /**
   * Returns the place in the source; undefined where no map is there or it does not cover the place.
   * @example original({ file: '/shop/dist/cart.js', line: 1, column: 4242 }) // { file: '/shop/src/cart.ts', line: 12, column: 3 }
   */
  original(place: Place): Place | undefined;
}

export function createSourceMaps(): SourceMaps {
  const maps = new Map<string, TraceMap | undefined>();

  function mapOf(file: string): TraceMap | undefined {
    if (!maps.has(file)) maps.set(file, maps.size < MAXIMUM_FILES ? readMap(file) : undefined);
    return maps.get(file);
  }

  return {
    original({ file, line, column }) {
      const map = isAbsolute(file) && isLocalPath(file) ? mapOf(file) : undefined;
      if (map === undefined || line < 1 || column < 1) return undefined;
      const found = originalPositionFor(map, { line, column: column - 1 });
      if (found.source === null) return undefined;
      return { file: sourceFile(found.source), line: found.line, column: found.column + 1 };
    },
  };
}

/** Undefined where the file names no map, or none that can be read: then nothing is known but the built code's places. */
function readMap(file: string): TraceMap | undefined {
  try {
    const address = readSmallFile(file, MAXIMUM_BUILT_BYTES)?.matchAll(MAP_COMMENT).toArray().at(-1)?.[1];
    if (address === undefined) return undefined;
    if (address.startsWith('data:')) return new AnyMap(textOfDataAddress(address), pathToFileURL(file).href);
    const mapFile = address.startsWith('file:') ? fileURLToPath(address) : resolve(dirname(file), decodeURI(address));
    // Only files are looked at: a map on a server would have to be asked for.
    if (/^[a-z]{2,}:/i.test(address) && !address.startsWith('file:')) return undefined;
    const text = isLocalPath(mapFile) ? readSmallFile(mapFile, MAXIMUM_MAP_BYTES) : undefined;
    // Some servers guard their maps by a first line that is no JSON.
    return text === undefined
      ? undefined
      : new AnyMap(text.replace(/^\)\]\}'[^\n]*\n/, ''), pathToFileURL(mapFile).href);
  } catch {
    return undefined;
  }
}

function textOfDataAddress(address: string): string {
  const comma = address.indexOf(',');
  const data = address.slice(comma + 1);
  return /;base64$/i.test(address.slice(0, comma)) ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data);
}

/** Bundlers name sources by addresses of their own, as `webpack://shop/./src/cart.ts`. */
function sourceFile(source: string): string {
  if (source.startsWith('file:')) {
    try {
      return fileURLToPath(source);
    } catch {
      return source;
    }
  }
  return source.replace(/^webpack:\/\/[^/]*\/(?:\.\/)?/, '');
}
