// An engine of the command's own with a client at it, as `run` needs it. Both end when it is disposed of.

import type { Command } from '../engine/protocol/command.ts';
import type { EngineEvent } from '../engine/protocol/event.ts';
import type { Program } from '../engine/protocol/run-description.ts';
import { createMemoryPortPair } from '../engine/protocol/port.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { createEngine, type Engine } from '../engine/session/engine.ts';
import { createNodeLauncher } from '../engine/session/node-launcher.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';
import { engineLocations } from './engine-locations.ts';
import { describeHost } from './host-description.ts';
import { ownScenariosOptions } from './own-scenarios.ts';

export interface HeadlessEngine {
  readonly client: EngineClient;
  readonly saveRecording: Engine['saveRecording'];
  /** Ends what is running, then the engine. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param options.givesInputAway the program reads this command's standard input
 * @param options.program what will be run: only for a scenario of the user's own is their folder looked at
 */
export function openHeadlessEngine(options: {
  readonly givesInputAway: boolean;
  readonly reportedObjects: number;
  readonly program?: Program;
}): HeadlessEngine {
  const { program } = options;
  const isOwn = program?.kind === 'scenario' && !SCENARIOS.some(({ id }) => id === program.id);
  const engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath, givesInputAway: options.givesInputAway }),
    host: describeHost('headless'),
    scenarios: SCENARIOS,
    locations: engineLocations,
    reportedObjects: options.reportedObjects,
    ...(isOwn && { ownScenarios: ownScenariosOptions() }),
  });
  const [clientPort, enginePort] = createMemoryPortPair<Command, EngineEvent>();
  engine.attach(enginePort);
  const client = createEngineClient(clientPort);
  const close = async (): Promise<void> => {
    await engine.close();
    client[Symbol.dispose]();
  };
  return { client, saveRecording: engine.saveRecording, close, [Symbol.asyncDispose]: close };
}
