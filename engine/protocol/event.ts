// What the engine tells a client.

import * as v from 'valibot';
import { ScenarioDescription } from './catalogue.ts';
import { RunBatch } from './run-batch.ts';
import { RunDescription } from './run-description.ts';
import { OUTCOME_STATUSES } from './vocabulary.ts';

/** Why a command was refused; the message says what to do. */
export const REFUSALS = [
  'unknown-scenario',
  'bad-parameter',
  'bad-file',
  'bad-node',
  'busy',
  'no-such-run',
  'run-has-ended',
  'not-available',
  'bad-sequence',
  'wrong-version',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export const RunListing = v.object({
  description: RunDescription,
  status: v.picklist(['launching', 'running', 'settling', 'stopping', 'ended']),
  outcome: v.exactOptional(v.picklist(OUTCOME_STATUSES)),
  /** Whether the scenario's prediction held; absent before the end, and where there is none. */
  predictionHeld: v.exactOptional(v.boolean()),
});
export type RunListing = v.InferOutput<typeof RunListing>;

export const HostDescription = v.object({
  kind: v.picklist(['desktop', 'served', 'headless']),
  version: v.string(),
  node: v.string(),
  v8: v.string(),
  electron: v.exactOptional(v.string()),
  platform: v.string(),
  /** Why the application is served although the desktop was asked for; absent where that does not apply. */
  notice: v.exactOptional(v.string()),
});
export type HostDescription = v.InferOutput<typeof HostDescription>;

export const EngineEvent = v.variant('type', [
  v.object({
    type: v.literal('welcome'),
    protocolVersion: v.number(),
    host: HostDescription,
    catalogue: v.array(ScenarioDescription),
    /** Oldest first; recordings of earlier runs may have been let go. */
    runs: v.array(RunListing),
  }),
  v.object({ type: v.literal('accepted'), requestId: v.number(), runId: v.exactOptional(v.string()) }),
  v.object({
    type: v.literal('refused'),
    requestId: v.number(),
    refusal: v.picklist(REFUSALS),
    message: v.string(),
  }),
  /** A run began or changed its status; sent to every client, whether it follows the run or not. */
  v.object({ type: v.literal('run-listed'), run: RunListing }),
  /** A recording was let go to make room for newer ones. */
  v.object({ type: v.literal('run-forgotten'), runId: v.string() }),
  /** One batch of a followed run. Sequences are gapless from 0. */
  v.object({ type: v.literal('run-event'), runId: v.string(), sequence: v.number(), batch: RunBatch }),
  /** The client's last message could not be read; the port is closed after it. */
  v.object({ type: v.literal('protocol-error'), message: v.string() }),
]);
export type EngineEvent = v.InferOutput<typeof EngineEvent>;
export type EngineEventOf<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>;
