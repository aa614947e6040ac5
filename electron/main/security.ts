// What the page may not do: leave, open windows, embed others, or ask for a device. Applied to every web contents.

import { app, shell, type Session, type WebContents } from 'electron';
import type { Page } from './page.ts';

/** Copying text is the one thing that the page does beyond showing itself; it reads nothing. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write';

/** Links to documentation open in the user's browser. */
function openOutside(address: string): void {
  if (URL.parse(address)?.protocol !== 'https:') return;
  shell.openExternal(address).catch((error: unknown) => console.error('No browser could be opened:', error));
}

function confine(contents: WebContents, page: Page): void {
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
  contents.on('will-frame-navigate', (navigation) => {
    // Reloading the page is all that remains.
    if (navigation.isMainFrame && withoutHash(navigation.url) === withoutHash(page.address)) return;
    navigation.preventDefault();
  });
  contents.on('will-redirect', (redirection) => redirection.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

const withoutHash = (address: string) => address.replace(/#.*$/s, '');

/** Call before the first window is made. */
export function confineAllContents(page: Page): void {
  app.on('web-contents-created', (_event, contents) => confine(contents, page));
}

/** Refuses every permission and device to every page but the copying of text to our own. */
export function denyPermissions(session: Session, page: Page): void {
  session.setPermissionRequestHandler((contents, permission, answer, { isMainFrame }) => {
    answer(permission === ALLOWED_PERMISSION && isMainFrame && originOf(contents.getURL()) === page.origin);
  });
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) =>
      permission === ALLOWED_PERMISSION && originOf(requestingOrigin) === page.origin,
  );
  session.setDevicePermissionHandler(() => false);
}

/** `URL.origin` is "null" for schemes that are not the web's. */
function originOf(address: string): string | undefined {
  const url = URL.parse(address);
  return url === null ? undefined : `${url.protocol}//${url.host}`;
}
