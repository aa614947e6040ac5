// The environment that an observed program gets: what it needs to start, or all of the session's, without what is the
// session's own affair.

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

/** Heapline's own, Electron's, and the channels of whoever started Heapline, which are not open in the program. */
const OWN_NAMES =
  /^(?:HEAPLINE_.*|ELECTRON_.*|NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE|NODE_UNIQUE_ID|VSCODE_INSPECTOR_OPTIONS)$/;
/** A debugger that attaches to whatever is started keeps objects alive, and would stop the program at its first line. */
const DEBUGGER_OPTION = /^--(?:inspect|debug)(?:-brk|-wait)?(?:=|$)/;

/**
 * @param own variables to add; they win over inherited ones. Names are compared without regard to case, as Windows does.
 * @param options.everything all that is inherited, without what would disturb an observed program
 */
export function programEnvironment(
  own: Readonly<Record<string, string>>,
  options: { readonly everything?: boolean; readonly inherited?: NodeJS.ProcessEnv; readonly platform?: string } = {},
): Record<string, string> {
  const { everything = false, inherited = process.env, platform = process.platform } = options;
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value === undefined || !(everything ? !OWN_NAMES.test(name) : PASSED_ON.includes(name.toUpperCase()))) continue;
    const passed = name === 'NODE_OPTIONS' ? withoutDebugger(value) : value;
    if (passed !== '' || value === '') environment[name] = passed;
  }
  if (platform === 'win32') {
    const ownNames = new Set(Object.keys(own).map((name) => name.toUpperCase()));
    for (const name of Object.keys(environment)) if (ownNames.has(name.toUpperCase())) delete environment[name];
  }
  return { ...environment, ...own };
}

/** Options are separated by blanks; a quoted one may contain some. */
function withoutDebugger(nodeOptions: string): string {
  const options = nodeOptions.match(/(?:"(?:\\.|[^"])*"|[^\s"])+/g) ?? [];
  return options.filter((option) => !DEBUGGER_OPTION.test(option)).join(' ');
}
