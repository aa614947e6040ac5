// Chromium itself knows no scheme of an application's own. So the stand-in shows `app://heapline/index.html` under
// `https://heapline.app.invalid/index.html`: an origin of its own and a secure context too, in a domain that never
// resolves, answered by interception alone. Only this file knows that: the application sees its own scheme everywhere,
// and the page sees the other one.

const DOMAIN = '.invalid';

/** Schemes that the application registered as its own, without the colon. */
const schemes = new Set<string>();
export const registerScheme = (scheme: string): void => void schemes.add(scheme);
export const isOwnScheme = (scheme: string): boolean => schemes.has(scheme);

/** As Chromium gets it. */
export function toChromium(address: string): string {
  const parts = /^([a-z][a-z\d+.-]*):\/\/([^/?#]*)(.*)$/is.exec(address);
  if (parts === null || !schemes.has(parts[1]!)) return address;
  const [, scheme, host, rest] = parts;
  return `https://${host}.${scheme}${DOMAIN}${rest === '' || !rest!.startsWith('/') ? `/${rest}` : rest}`;
}

/** As the application sees it. */
export function toApplication(address: string): string {
  const parts = /^https:\/\/([^/?#]*)\.([a-z\d+-]+)\.invalid(.*)$/is.exec(address);
  return parts === null ? address : `${parts[2]}://${parts[1]}${parts[3]}`;
}

/** Of an address as Chromium has it, the origin as Electron's frames tell it: without a slash at its end. */
export function originForApplication(address: string): string {
  const url = URL.parse(toApplication(address));
  if (url === null || url.host === '') return 'null';
  return `${url.protocol}//${url.host}`;
}
