// Sends the files of the built page, and no others.

import { createReadStream } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

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

/** Names of built files other than the page change with their content. */
function cacheControl(path: string): string {
  if (path.endsWith('.html')) return 'no-store';
  return path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
}

/**
 * The file that a request's path names, or undefined if there is none in `folder`. Neither `..`, however encoded, nor a
 * symbolic link leads out of it. A page has one name: by any other it would get around the check of its token.
 */
async function findFile(folder: string, path: string): Promise<string | undefined> {
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
  if (!real?.startsWith((await realpath(folder)) + sep)) return undefined;
  return real.endsWith('.html') && path !== '/index.html' ? undefined : real;
}

/** @returns false, with nothing sent, if there is no such file */
export async function sendStaticFile(
  response: ServerResponse,
  { folder, path, withoutBody }: { folder: string; path: string; withoutBody: boolean },
): Promise<boolean> {
  const file = await findFile(folder, path);
  if (file === undefined) return false;
  // A built folder may be replaced at any time: size and content are those of one opened file.
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return false;
    response.writeHead(200, {
      'Content-Type': MEDIA_TYPES[extname(file)] ?? 'application/octet-stream',
      'Content-Length': stats.size,
      'Cache-Control': cacheControl(path),
    });
    if (withoutBody || stats.size === 0) response.end();
    else await pipeline(createReadStream(file, { fd: handle, autoClose: false, end: stats.size - 1 }), response);
    return true;
  } finally {
    await handle.close();
  }
}
