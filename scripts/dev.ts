// `npm run dev`: the desktop application from its sources, rebuilt as they change.

import { createServer } from 'electron-vite';
import { buildAll } from './build.ts';
import { projectFolder } from './built-parts.ts';
import { findElectronBinary } from './electron-binary.ts';

if (findElectronBinary() === undefined) {
  console.error(
    "Electron's program is not installed: run npm start once where the network reaches it, or set ELECTRON_MIRROR or " +
      'ELECTRON_OVERRIDE_DIST_PATH; npm run heapline -- serve needs none.',
  );
  process.exitCode = 1;
} else {
  const problems = await buildAll({ root: projectFolder, engineOnly: true, log: (line) => console.log(line) });
  for (const problem of problems) console.error(`Not built: ${problem}`);
  if (problems.length === 0) await createServer({ root: projectFolder }, { rendererOnly: false });
  else process.exitCode = 1;
}
