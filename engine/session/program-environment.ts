// The environment that an observed program gets: what it needs to start, and nothing of the session's own.

/** Secrets stand in environment variables; these names hold none, and a program misses them. */
const PASSED_ON = [
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

/** @param own variables to add. Names are compared without regard to case, as Windows does. */
export function programEnvironment(
  own: Readonly<Record<string, string>>,
  inherited: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && PASSED_ON.includes(name.toUpperCase())) environment[name] = value;
  }
  return { ...environment, ...own };
}
