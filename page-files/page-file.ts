// Which file of the built page an address names, and what it is. Shared by the hosts that show the page.

import { realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** For a `Content-Type` header. */
export function mediaTypeOf(file: string): string {
  return MEDIA_TYPES[extname(file)] ?? 'application/octet-stream';
}

/**
 * The file that an address's path names, or undefined if there is none in `folder`, which is absolute. Neither `..`,
 * however encoded, nor a symbolic link leads out of it.
 */
export async function findPageFile(folder: string, path: string): Promise<string | undefined> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return undefined;
  const candidate = join(folder, decoded);
  if (!candidate.startsWith(folder + sep)) return undefined;
  const real = await realpath(candidate).catch(() => undefined);
  return real?.startsWith((await realpath(folder)) + sep) ? real : undefined;
}
