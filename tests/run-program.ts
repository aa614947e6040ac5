// Runs a program for a test as the command line does: a real engine, a real observed process, every batch of the recording.

import { resolve } from 'node:path';
import { createEngineClient } from '../cli/engine-client.ts';
import { engineLocations } from '../cli/engine-locations.ts';
import { describeHost } from '../cli/host-description.ts';
import type { Command } from '../engine/protocol/command.ts';
import type { EngineEvent } from '../engine/protocol/event.ts';
import { createMemoryPortPair } from '../engine/protocol/port.ts';
import type { RunBatch, RunBatchOf } from '../engine/protocol/run-batch.ts';
import type { GcPolicy, Limits, Program } from '../engine/protocol/run-description.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { SCENARIOS } from '../engine/scenarios/index.ts';
import { createEngine } from '../engine/session/engine.ts';
import { createNodeLauncher } from '../engine/session/node-launcher.ts';

export interface FinishedRun {
  readonly report: RunReport;
  readonly batches: readonly RunBatch[];
  /** All batches of one type, in order. */
  of<Type extends RunBatch['type']>(type: Type): RunBatchOf<Type>[];
  readonly stdout: string;
  readonly stderr: string;
}

/** What a test may ask of the run that it follows. */
export interface RunRequests {
  stop(): void;
  collect(kind: 'minor' | 'major'): void;
  endSettling(): void;
  /** Resolves with why that is not possible; undefined if it was done. */
  why(): Promise<string | undefined>;
}

export interface RunRequest {
  readonly program: Program;
  readonly gcPolicy?: GcPolicy;
  readonly limits?: Partial<Limits>;
  readonly nodePath?: string;
  readonly reportedObjects?: number;
  readonly explain?: boolean;
  readonly snapshotFolder?: string;
  /** Sees each batch when it comes, and may ask for something. */
  readonly onBatch?: (batch: RunBatch, ask: RunRequests) => void;
}

/** A program of tests/fixtures/programs. */
export const fixture = (name: string, ...args: string[]): Program => ({
  kind: 'file',
  path: resolve(import.meta.dirname, 'fixtures/programs', name),
  args,
});

export async function runProgram(request: RunRequest): Promise<FinishedRun> {
  const engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath }),
    host: describeHost('headless'),
    scenarios: SCENARIOS,
    locations: engineLocations,
    ...(request.reportedObjects === undefined ? {} : { reportedObjects: request.reportedObjects }),
    ...(request.snapshotFolder === undefined ? {} : { snapshotFolder: request.snapshotFolder }),
  });
  try {
    const [clientPort, enginePort] = createMemoryPortPair<Command, EngineEvent>();
    engine.attach(enginePort);
    using client = createEngineClient(clientPort);
    await client.hello();
    const { program, gcPolicy, limits, nodePath } = request;
    const { runId = '' } = await client.request({
      type: 'start-run',
      program,
      ...(gcPolicy && { gcPolicy }),
      ...(limits && { limits }),
      ...(nodePath !== undefined && { nodePath }),
      ...(request.explain === true && { explain: true }),
    });
    const ask = {
      stop: () => void client.request({ type: 'stop-run', runId }).catch(() => {}),
      collect: (kind: 'minor' | 'major') =>
        void client.request({ type: 'collect-garbage', runId, kind }).catch(() => {}),
      endSettling: () => void client.request({ type: 'end-settling', runId }).catch(() => {}),
      why: () =>
        client.request({ type: 'ask-why', runId }).then(
          () => undefined,
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        ),
    };
    const batches: RunBatch[] = [];
    await client.follow(runId, (batch) => {
      batches.push(batch);
      request.onBatch?.(batch, ask);
    });
    const of = <Type extends RunBatch['type']>(type: Type) =>
      batches.filter((batch): batch is RunBatchOf<Type> => batch.type === type);
    const [ended] = of('ended');
    if (ended === undefined) throw new Error('The run has no end.');
    const output = (stream: 'stdout' | 'stderr') =>
      of('console')
        .flatMap(({ entries }) => entries)
        .filter((entry) => entry.stream === stream)
        .map(({ text }) => text)
        .join('');
    return { report: ended.report, batches, of, stdout: output('stdout'), stderr: output('stderr') };
  } finally {
    await engine.close();
  }
}
