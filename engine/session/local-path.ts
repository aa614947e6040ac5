// Which paths may be looked at although only a recording names them, and nobody knows who made it: those of files of this
// machine. Looking at any other is an act by itself: a Windows share is sent the user's name and password hash, an automounter
// calls the server that the path names, a device may wait for ever. Pure; called before anything touches the path.

import { posix } from 'node:path';

/** `\\server\share`, `//server/share`, `\\?\`, `\\.\`, and NT's own `\??\`. */
const SHARE_OR_DEVICE = /^(?:[\\/]{2}|[\\/]\?\?[\\/])/;
/** Automounted servers and what is no file, on systems whose paths begin with a slash. */
const AUTOMOUNT_OR_DEVICE = /^\/(?:net|network|dev|proc|sys)(?:\/|$)/i;
/** Windows takes these names for devices in every folder, with any extension and with spaces before it. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:[.:]|$)/i;

/** True for a path on any system that leads to a file of this machine, as far as its text tells. */
export function isLocalPath(path: string): boolean {
  if (SHARE_OR_DEVICE.test(path)) return false;
  const parts = path.split(/[\\/]/);
  return !AUTOMOUNT_OR_DEVICE.test(posix.normalize(parts.join('/'))) && !parts.some((part) => DEVICE_NAME.test(part));
}
