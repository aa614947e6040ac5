// The engine as the desktop application runs it: on Electron's own Node, or on the user's.

import { app } from 'electron';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { createEngine, type Engine } from '../../engine/session/engine.ts';
import { createNodeLauncher } from '../../engine/session/node-launcher.ts';
import { ownScenariosFolder } from '../../engine/session/own-scenarios.ts';
import type { BuiltPaths } from './built-paths.ts';
import { createDesktopLauncher } from './launcher.ts';
import { createUtilityLauncher } from './utility-launcher.ts';

export function createDesktopEngine(paths: BuiltPaths): Engine {
  return createEngine({
    launcher: createDesktopLauncher({
      utility: createUtilityLauncher(paths.utilityEntry),
      node: createNodeLauncher({ nodePath: 'node' }),
      scenarioRunnerPath: paths.scenarioRunner,
    }),
    host: {
      kind: 'desktop',
      version: app.getVersion(),
      node: process.versions.node,
      v8: process.versions.v8,
      platform: `${process.platform} ${process.arch}`,
      ...(process.versions['electron'] !== undefined && { electron: process.versions['electron'] }),
    },
    scenarios: SCENARIOS,
    locations: {
      observerPath: paths.observer,
      scenarioRunnerPath: paths.scenarioRunner,
      explainWorkerPath: paths.explainWorker,
      scenariosFolder: paths.scenarios,
    },
    ownScenarios: {
      folder: ownScenariosFolder(),
      loaderPath: paths.scenarioLoader,
      templatePath: paths.scenarioTemplate,
    },
    rendezvous: { onProblem: (problem) => console.error(`No other process can be watched. ${problem}`) },
  });
}
