// The environment that an observed program gets. A script of the user's gets all that it would have in the same shell; a
// scenario gets what every program needs, so that it behaves alike on every machine.

import type { Program } from '../protocol/run-description.ts';

const NEEDED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'TMP',
  'TEMP',
  'LD_LIBRARY_PATH',
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'USERPROFILE',
  'USERNAME',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
];

/** @param own variables to add. Names of needed ones are compared without regard to case, as Windows does. */
export function programEnvironment(
  kind: Program['kind'],
  own: Readonly<Record<string, string>>,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value === undefined) continue;
    if (kind === 'file' || NEEDED.includes(name.toUpperCase())) environment[name] = value;
  }
  return { ...environment, ...own };
}
