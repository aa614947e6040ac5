// Where the built parts are that an engine needs, seen from the command line's own file.

import { join } from 'node:path';

/** The built command line is in out/cli; run from its source (tests do), it uses the same built parts. */
const outFolder = import.meta.filename.endsWith('.ts')
  ? join(import.meta.dirname, '..', 'out')
  : join(import.meta.dirname, '..');

export const engineLocations = {
  observerPath: join(outFolder, 'engine', 'probe.cjs'),
  scenarioRunnerPath: join(outFolder, 'engine', 'scenario-runner.mjs'),
  explainWorkerPath: join(outFolder, 'engine', 'explain-worker.mjs'),
  scenariosFolder: join(outFolder, 'scenarios'),
};

/** What scenarios of the user's own need besides. */
export const ownScenarioParts = {
  loaderPath: join(outFolder, 'engine', 'scenario-loader.mjs'),
  templatePath: join(outFolder, 'engine', 'scenario-template.mjs'),
};

/** The page that the served host shows. */
export const rendererFolder = join(outFolder, 'renderer');
