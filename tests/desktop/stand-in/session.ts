// Electron's session: who may have which permission. Chromium enforces what the application's own handlers answer: they
// are asked before each navigation of the application's, about every permission that Chromium lets be decided so.

import type * as Electron from 'electron';
import { loud } from './loud.ts';
import type { StandInContents } from './web-contents.ts';

type Handler<Name extends keyof Electron.Session> = Parameters<
  Extract<Electron.Session[Name], (handler: never) => void>
>[0];
type Permission = Parameters<NonNullable<Handler<'setPermissionRequestHandler'>>>[1];

/** Chromium's name of each permission, and Electron's. */
const PERMISSIONS: readonly (readonly [descriptor: object, permission: Permission])[] = [
  [{ name: 'geolocation' }, 'geolocation'],
  [{ name: 'notifications' }, 'notifications'],
  [{ name: 'camera' }, 'media'],
  [{ name: 'microphone' }, 'media'],
  [{ name: 'midi', sysex: true }, 'midiSysex'],
  [{ name: 'clipboard-read', allowWithoutSanitization: true }, 'clipboard-read'],
  [{ name: 'clipboard-write' }, 'clipboard-sanitized-write'],
  [{ name: 'idle-detection' }, 'idle-detection'],
  [{ name: 'window-management' }, 'window-management'],
];

let requestHandler: Handler<'setPermissionRequestHandler'> | undefined;
let checkHandler: Handler<'setPermissionCheckHandler'> | undefined;

export const defaultSession = loud('session', {
  setPermissionRequestHandler(handler: Handler<'setPermissionRequestHandler'>): void {
    requestHandler = handler;
  },
  setPermissionCheckHandler(handler: Handler<'setPermissionCheckHandler'>): void {
    checkHandler = handler;
  },
  // No page of the stand-in reaches a device.
  setDevicePermissionHandler(_handler: Handler<'setDevicePermissionHandler'>): void {},
  setSpellCheckerEnabled(_isEnabled: boolean): void {},
  // Chromium without a window of its own saves no file that a page offers.
  on(_event: 'will-download', _listener: (event: Electron.Event) => void): void {},
});
defaultSession satisfies Pick<
  Electron.Session,
  'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'setSpellCheckerEnabled'
>;
export const session = loud('session', { defaultSession });

/** For `Browser.setPermission`. Without a handler Electron allows. */
export function permissionSettings(
  contents: StandInContents,
  address: string,
): { permission: object; setting: 'granted' | 'denied' }[] {
  const url = new URL(address);
  const origin = `${url.protocol}//${url.host}`;
  // The handlers look at where the contents are: they are asked as if the page were there already.
  const there = new Proxy(contents, {
    get: (target, key) => (key === 'getURL' ? () => address : (Reflect.get(target, key) as unknown)),
  }) as unknown as Electron.WebContents;
  return PERMISSIONS.map(([descriptor, permission]) => {
    let isGranted = checkHandler?.(there, permission as never, `${origin}/`, { isMainFrame: true } as never) ?? true;
    const details = { isMainFrame: true, requestingUrl: address, securityOrigin: `${origin}/` };
    requestHandler?.(there, permission, (answer) => (isGranted &&= answer), details as never);
    return { permission: descriptor, setting: isGranted ? ('granted' as const) : ('denied' as const) };
  });
}
