// What "About Heapline" shows: which version, and what runs within it.

import { app } from 'electron';

/** The line for what runs within it is macOS's alone; elsewhere it stands behind the version. */
export function aboutPanel(platform: NodeJS.Platform): Electron.AboutPanelOptionsOptions {
  const { electron = 'unknown', node, v8 } = process.versions as NodeJS.ProcessVersions & { electron?: string };
  const version = app.getVersion();
  const within = `Electron ${electron}, Node ${node}, V8 ${v8}`;
  return {
    applicationName: 'Heapline',
    ...(platform === 'darwin'
      ? { applicationVersion: version, version: within }
      : { applicationVersion: `${version} (${within})` }),
    copyright: 'MIT license',
  };
}
