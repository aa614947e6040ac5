// Where the built parts lie, also when the application is packed into an archive.

import { join } from 'node:path';

export interface BuiltPaths {
  readonly preload: string;
  /** Folder of the built page. */
  readonly page: string;
  readonly observer: string;
  readonly scenarioRunner: string;
  readonly scenarioLoader: string;
  readonly scenarioTemplate: string;
  readonly explainWorker: string;
  readonly utilityEntry: string;
  /** Folder of the built-in scenarios. */
  readonly scenarios: string;
}

/**
 * @param outFolder everything that was built, absolute. In a packed application it lies in `app.asar`, which Electron alone
 * can read: what a plain `node` loads was left beside the archive, in `app.asar.unpacked`.
 */
export function builtPaths(outFolder: string): BuiltPaths {
  const outside = outFolder.replace(/(?<=[\\/])app\.asar(?=[\\/](?!.*[\\/]app\.asar[\\/]))/, 'app.asar.unpacked');
  const engine = (name: string) => join(outside, 'engine', name);
  return {
    preload: join(outFolder, 'preload', 'index.cjs'),
    page: join(outFolder, 'renderer'),
    observer: engine('probe.cjs'),
    scenarioRunner: engine('scenario-runner.mjs'),
    scenarioLoader: engine('scenario-loader.mjs'),
    scenarioTemplate: engine('scenario-template.mjs'),
    explainWorker: engine('explain-worker.mjs'),
    utilityEntry: engine('utility-entry.cjs'),
    scenarios: join(outside, 'scenarios'),
  };
}
