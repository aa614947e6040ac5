// Paths of the host's machine, as far as a page has to understand them: the host decides what a path means.
// Pure functions; both `/` and the backslash of Windows separate, the latter only where a path begins as Windows's do.

import { SCRIPT_EXTENSIONS } from '../../../engine/protocol/run-description.ts';

const isWindowsPath = (path: string) => /^([a-z]:|\\\\)/i.test(path);
const separatorsOf = (path: string) => (isWindowsPath(path) ? /[\\/]/ : /\//);
const lastSeparator = (path: string) =>
  isWindowsPath(path) ? Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) : path.lastIndexOf('/');

/** `leak.mjs` of `/home/somebody/leak.mjs`. */
export const baseNameOf = (path: string) => path.slice(lastSeparator(path) + 1);

/** `/home/somebody` of `/home/somebody/leak.mjs`; the top of a file system stays. */
export function folderOf(path: string): string {
  const at = lastSeparator(path);
  const folder = path.slice(0, Math.max(at, 0));
  return folder === '' || /^[a-z]:$/i.test(folder) ? path.slice(0, at + 1) : folder;
}

/** True for `/a`, `C:\a` and `\\server\share`. */
export const isAbsolutePath = (path: string) => path.startsWith('/') || /^([a-z]:[\\/]|\\\\)/i.test(path);

/** The extension of a file name if Node runs such files. */
export function scriptExtensionOf(name: string): (typeof SCRIPT_EXTENSIONS)[number] | undefined {
  const dot = name.lastIndexOf('.');
  // `.mjs` alone is a hidden file without an extension.
  return dot <= 0 ? undefined : SCRIPT_EXTENSIONS.find((extension) => extension === name.slice(dot));
}

/** Where typed text leads, seen from `folder`: `..`, `~` and names are resolved, a separator at its end stays. */
export function resolvePath(folder: string, typed: string, home: string): string {
  const started = typed === '~' || /^~[\\/]/.test(typed) ? home + typed.slice(1) : typed;
  const whole = isAbsolutePath(started) ? started : `${folder.replace(/[\\/]$/, '')}/${started}`;
  const separators = separatorsOf(whole);
  const separator = isWindowsPath(whole) ? '\\' : '/';
  const [, prefix = ''] = /^(\\\\|[a-z]:[\\/]?|\/+)/i.exec(whole) ?? [];
  const names: string[] = [];
  for (const name of whole.slice(prefix.length).split(separators)) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  const end = names.length > 0 && separators.test(whole.slice(-1)) ? separator : '';
  return prefix.replace(/^\/+$/, '/').replace(/^([a-z]:)\/?$/i, '$1\\') + names.join(separator) + end;
}

/** A path cut at each folder, outermost first: for a trail that can be climbed. */
export function trailOf(path: string): { readonly name: string; readonly path: string }[] {
  const separators = separatorsOf(path);
  const [, prefix = ''] = /^(\\\\[^\\/]+[\\/][^\\/]+[\\/]?|[a-z]:[\\/]|\/)/i.exec(path) ?? [];
  const trail = prefix === '' ? [] : [{ name: prefix, path: prefix }];
  let reached = prefix;
  for (const name of path.slice(prefix.length).split(separators)) {
    if (name === '') continue;
    reached += (reached === '' || separators.test(reached.slice(-1)) ? '' : isWindowsPath(path) ? '\\' : '/') + name;
    trail.push({ name, path: reached });
  }
  return trail;
}

/** What Node makes of a file name. Which kind of module a `.js` or `.ts` is, is decided by the nearest package.json. */
export function describeScript(name: string): { readonly language: string; readonly module: string } {
  const extension = scriptExtensionOf(name);
  const language = extension?.endsWith('ts') === true ? 'TypeScript' : 'JavaScript';
  switch (extension) {
    case '.mjs':
    case '.mts':
      return { language, module: 'ES module' };
    case '.cjs':
    case '.cts':
      return { language, module: 'CommonJS' };
    default:
      return { language, module: 'module kind by package.json' };
  }
}
