// What the page may not do: leave, open windows, embed others, or ask for a device. Applied to every web contents.

import { app, dialog, shell, type Session, type WebContents } from 'electron';
import { LEARN_MORE } from './menu.ts';
import type { Page } from './page.ts';

/** Copying text is the one thing that the page does beyond showing itself; it reads nothing. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write';

/** Where the links lead that the application comes with. Scenarios are there with the engine, after the first window. */
async function isKnown(host: string): Promise<boolean> {
  const { SCENARIOS } = await import('../../engine/scenarios/index.ts');
  const ofScenarios = SCENARIOS.flatMap(({ references }) => references.map(({ url }) => url));
  return [...ofScenarios, ...LEARN_MORE.map(([, url]) => url)].some((url) => new URL(url).host === host);
}
const OPEN = 0;

/**
 * Links to documentation open in the user's browser: encrypted addresses of the web, and nothing else. One that the
 * application does not come with, such as a scenario of the user's own may have, is shown to the user first.
 */
export function openOutside(address: string): void {
  const url = URL.parse(address);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return;
  const open = async () => {
    if ((await isKnown(url.host)) || (await askAbout(url))) await shell.openExternal(url.href);
  };
  open().catch((error: unknown) => console.error('No browser could be opened:', error));
}

async function askAbout({ href, host }: URL): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    title: 'Open in the browser?',
    message: `Open a page of ${host} in the browser?`,
    detail: href.length > 300 ? `${href.slice(0, 300)}…` : href,
    buttons: ['Open', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  });
  return response === OPEN;
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

/**
 * Refuses every permission and device to every page but the copying of text to our own; and downloads, for which Electron
 * would ask the user in the application's name. Files are saved by recordings.ts alone.
 */
export function denyPermissions(session: Session, page: Page): void {
  session.setPermissionRequestHandler((contents, permission, answer, { isMainFrame }) => {
    answer(permission === ALLOWED_PERMISSION && isMainFrame && originOf(contents.getURL()) === page.origin);
  });
  session.setPermissionCheckHandler(
    (_contents, permission, requestingOrigin) =>
      permission === ALLOWED_PERMISSION && originOf(requestingOrigin) === page.origin,
  );
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
}

/** `URL.origin` is "null" for schemes that are not the web's. */
function originOf(address: string): string | undefined {
  const url = URL.parse(address);
  return url === null ? undefined : `${url.protocol}//${url.host}`;
}
