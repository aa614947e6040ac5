// The scenarios of the user's own as the command line needs them: looked at once, without an engine.

import type { OwnScenario } from '../engine/protocol/own-scenario.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { createNodeFinder } from '../engine/session/find-nodes.ts';
import { createOwnScenarios, ownScenariosFolder, type OwnScenarios } from '../engine/session/own-scenarios.ts';
import { ownScenarioParts } from './engine-locations.ts';

/** What an engine needs to have them. */
export const ownScenariosOptions = () => ({ ...ownScenarioParts, folder: ownScenariosFolder() });

export function openOwnScenarios(): OwnScenarios {
  return createOwnScenarios({
    ...ownScenariosOptions(),
    nodes: createNodeFinder({ defaultNode: process.execPath }),
    builtInIds: SCENARIOS.map(({ id }) => id),
  });
}

/** All that are in the folder, each looked at. */
export async function lookAtOwnScenarios(): Promise<OwnScenario[]> {
  await using own = openOwnScenarios();
  await own.refresh();
  return own.list();
}
