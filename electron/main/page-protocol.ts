// Serves the files of the built page under `app://heapline/`, and no others.

import { protocol } from 'electron';
import { readFile } from 'node:fs/promises';
import { contentSecurityPolicy } from '../../page-files/content-security-policy.ts';
import { findPageFile, mediaTypeOf } from '../../page-files/page-file.ts';
import { PAGE_HOST, PAGE_SCHEME } from './page.ts';

/** As strict as the served host's, without a connection: the engine is reached through a MessagePort. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': contentSecurityPolicy(),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Must be called before the application is ready. Compiled script is kept, as a browser does: a second start is quicker. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** @param folder of the built page, absolute */
export function servePage(folder: string): void {
  protocol.handle(PAGE_SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    const isOurs = request.method === 'GET' && host === PAGE_HOST;
    const file = isOurs ? await findPageFile(folder, pathname) : undefined;
    const content = file && (await readFile(file).catch(() => undefined));
    if (file === undefined || content === undefined) {
      return new Response('There is no such file.', { status: 404, headers: PAGE_HEADERS });
    }
    return new Response(content, {
      headers: { ...PAGE_HEADERS, 'Content-Type': mediaTypeOf(file) },
    });
  });
}
