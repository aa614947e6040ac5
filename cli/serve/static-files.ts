// Sends the files of the built page, and no others.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { findPageFile, mediaTypeOf } from '../../page-files/page-file.ts';

/** Names of built files other than the page change with their content. */
function cacheControl(path: string): string {
  if (path.endsWith('.html')) return 'no-store';
  return path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
}

/** A page has one name: by any other it would get around the check of its token. */
async function findFile(folder: string, path: string): Promise<string | undefined> {
  const file = await findPageFile(folder, path);
  return file?.endsWith('.html') && path !== '/index.html' ? undefined : file;
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
      'Content-Type': mediaTypeOf(file),
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
