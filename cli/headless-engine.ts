// An engine of the command's own with a client at it, as `run` needs it. Both end when it is disposed of.

import type { Command } from '../engine/protocol/command.ts';
import type { EngineEvent } from '../engine/protocol/event.ts';
import type { Program } from '../engine/protocol/run-description.ts';
import { createMemoryPortPair } from '../engine/protocol/port.ts';
import { createEngine, type Engine } from '../engine/session/engine.ts';
import { createNodeLauncher } from '../engine/session/node-launcher.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';
import { engineLocations } from './engine-locations.ts';
import { describeHost } from './host-description.ts';

export interface HeadlessEngine {
  readonly client: EngineClient;
  readonly saveRecording: Engine['saveRecording'];
  /** Ends what is running, then the engine. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * @param options.givesInputAway the program reads this command's standard input
 * @param options.program what will be run: a script needs no scenarios, and only for one of the user's own is their folder
 *   looked at; absent: built-in scenarios
 */
export async function openHeadlessEngine(options: {
  readonly givesInputAway: boolean;
  readonly reportedObjects: number;
  readonly program?: Program;
}): Promise<HeadlessEngine> {
  const { program } = options;
  // Loaded when they are needed: they are most of what a start would read.
  const mayBeScenario = program === undefined || program.kind === 'scenario';
  const scenarios = mayBeScenario ? (await import('../engine/scenarios/index.ts')).SCENARIOS : [];
  const isOwn = program?.kind === 'scenario' && !scenarios.some(({ id }) => id === program.id);
  const engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath, givesInputAway: options.givesInputAway }),
    host: describeHost('headless'),
    scenarios,
    locations: engineLocations,
    reportedObjects: options.reportedObjects,
    ...(isOwn && { ownScenarios: (await import('./own-scenarios.ts')).ownScenariosOptions() }),
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
