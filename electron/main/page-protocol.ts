// Serves the files of the built page under `app://heapline/`, and no others.

import { protocol } from 'electron';
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { PAGE_HOST, PAGE_SCHEME } from './page.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** As strict as the served host's, without a connection: the engine is reached through a MessagePort. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Must be called before the application is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** @param folder of the built page, absolute */
export function servePage(folder: string): void {
  protocol.handle(PAGE_SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    const isOurs = request.method === 'GET' && host === PAGE_HOST;
    const file = isOurs ? await findFile(folder, pathname) : undefined;
    const content = file && (await readFile(file).catch(() => undefined));
    if (file === undefined || content === undefined) {
      return new Response('There is no such file.', { status: 404, headers: PAGE_HEADERS });
    }
    return new Response(content, {
      headers: { ...PAGE_HEADERS, 'Content-Type': MEDIA_TYPES[extname(file)] ?? 'application/octet-stream' },
    });
  });
}

/** Neither `..`, however encoded, nor a symbolic link leads out of `folder`. */
async function findFile(folder: string, path: string): Promise<string | undefined> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return undefined;
  const real = await realpath(join(folder, decoded)).catch(() => undefined);
  return real?.startsWith((await realpath(folder)) + sep) ? real : undefined;
}
