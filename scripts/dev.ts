// `npm run dev`: the desktop application from its sources. What changes in the page is replaced in the window; a change of
// the main process starts it again, one of the preload script loads the page again. Observers are built once.

import { createServer } from 'electron-vite';
import { buildAll } from './build.ts';
import { projectFolder } from './built-parts.ts';
import { findElectronBinary } from './electron-binary.ts';

const binary = findElectronBinary();
if (binary === undefined) {
  console.error(
    "Electron's program is not installed: run npm start once where the network reaches it, or set ELECTRON_MIRROR or " +
      'ELECTRON_OVERRIDE_DIST_PATH; npm run heapline -- serve needs none.',
  );
  process.exitCode = 1;
} else {
  const problems = await buildAll({ root: projectFolder, engineOnly: true, log: (line) => console.log(line) });
  for (const problem of problems) console.error(`Not built: ${problem}`);
  // By itself it looks only where Electron's package downloads to.
  process.env['ELECTRON_EXEC_PATH'] = binary;
  if (problems.length === 0) await createServer({ root: projectFolder, build: { watch: {} } }, { rendererOnly: false });
  else process.exitCode = 1;
}
