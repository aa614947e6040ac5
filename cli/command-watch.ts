// `heapline watch`: watches a process that was started elsewhere until it is interrupted, and leaves it again. Told as a
// run is: on the terminal, or as one JSON document.

import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from '../engine/protocol/command.ts';
import type { EngineEvent, Target } from '../engine/protocol/event.ts';
import type { AliveReason } from '../engine/protocol/explanation.ts';
import { createMemoryPortPair } from '../engine/protocol/port.ts';
import type { RunBatch } from '../engine/protocol/run-batch.ts';
import type { GcPolicy } from '../engine/protocol/run-description.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { needsConfirmation } from '../engine/protocol/snapshot-estimate.ts';
import { createEngine } from '../engine/session/engine.ts';
import { createNodeLauncher } from '../engine/session/node-launcher.ts';
import { exitStatusOf } from './command-run.ts';
import { checkCanAsk, isSnapshotWanted } from './confirm-snapshot.ts';
import { CommandRefused, createEngineClient, unlessRefused } from './engine-client.ts';
import { engineLocations } from './engine-locations.ts';
import { describeHost } from './host-description.ts';
import { onInterrupts } from './interrupts.ts';
import type { Output } from './output.ts';
import { summarizeRun } from './run-summary.ts';
import { UsageError } from './usage-error.ts';

/** Processes look for a Heapline once a second. */
const SEARCH_LIMIT_MS = 4_000;
const SEARCH_INTERVAL_MS = 50;

export interface WatchOptions {
  readonly pid: number;
  readonly gcPolicy?: GcPolicy;
  /** Leave after so long; absent: when interrupted. */
  readonly seconds?: number;
  /** Before leaving, tell what keeps the living objects alive. */
  readonly why: boolean;
  /** Take the snapshot without asking first. */
  readonly yes: boolean;
  readonly reportedObjects: number;
  readonly json: boolean;
}

/**
 * @returns the exit status
 * @throws UsageError
 */
export async function watchProcess(
  options: WatchOptions,
  io: { stdout: Output; stderr: Output; readerGone: Promise<void> },
): Promise<number> {
  const { pid, gcPolicy, seconds } = options;
  const asks = options.why && !options.yes && needsConfirmation('target');
  if (asks) checkCanAsk();
  let problem: string | undefined;
  const engine = createEngine({
    launcher: createNodeLauncher({ nodePath: process.execPath }),
    host: describeHost('headless'),
    scenarios: [],
    locations: engineLocations,
    reportedObjects: options.reportedObjects,
    rendezvous: { onProblem: (message) => (problem = message) },
  });
  const [clientPort, enginePort] = createMemoryPortPair<Command, EngineEvent>();
  let targets: readonly Target[] = [];
  clientPort.onMessage((event) => {
    if (event.type === 'targets-listed') targets = event.targets;
  });
  engine.attach(enginePort);
  using client = createEngineClient(clientPort);

  const leaving = Promise.withResolvers<void>();
  using _interrupts = onInterrupts(leaving.resolve, (exitStatus) => {
    void engine.close().finally(() => process.exit(exitStatus));
  });
  void io.readerGone.then(leaving.resolve);

  try {
    await client.hello();
    let target: Target | undefined;
    for (let waitedMs = 0; target === undefined && waitedMs < SEARCH_LIMIT_MS; waitedMs += SEARCH_INTERVAL_MS) {
      if (problem !== undefined) throw new UsageError(problem);
      target = targets.find((one) => one.pid === pid);
      await delay(SEARCH_INTERVAL_MS);
    }
    if (target === undefined) {
      throw new UsageError(
        `No process ${pid} can be watched. Allowed: one that was started with node --import heapline/observe, ` +
          'as heapline targets lists them.',
      );
    }
    const { runId } = await client.request({
      type: 'watch-target',
      targetId: target.targetId,
      ...(gcPolicy && { gcPolicy }),
    });
    if (runId === undefined) throw new Error('The engine did not say which run it started.');
    await io.stderr.write(`Watching ${target.title} (${pid}). Ctrl-C leaves it; it goes on.\n`);

    const seen = collectFacts();
    const following = client.follow(runId, seen.take);
    const ended = following.then(() => true);
    const time = seconds === undefined ? [] : [delay(seconds * 1_000, false, { ref: false })];
    const isOver = await Promise.race([ended, leaving.promise.then(() => false), ...time]);
    if (!isOver) {
      // Refused where the process has just ended, or cannot answer: the rest is told without it.
      const isWanted = options.why && (!asks || (await isSnapshotWanted(seen.heapUsedBytes(), io.stderr, ended)));
      if (isWanted) {
        const asked = client.request({ type: 'ask-why', runId }).then(() => seen.explained, unlessRefused);
        await Promise.race([asked, ended]);
      }
      await client.request({ type: 'stop-run', runId }).catch(unlessRefused);
    }
    await following;
    const report = seen.report();
    await io.stdout.write(
      options.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${summarizeRun(report).join('\n')}\n`,
    );
    return exitStatusOf(report);
  } catch (error) {
    if (error instanceof CommandRefused) throw new UsageError(error.message);
    throw error;
  } finally {
    await engine.close();
  }
}

/** What of a run is told at its end. */
function collectFacts() {
  let ended: RunReport | undefined;
  let reasons: AliveReason[] = [];
  let snapshot = 0;
  let isExplaining = false;
  let heapUsedBytes: number | undefined;
  const explained = Promise.withResolvers<void>();
  return {
    /** Resolves when the snapshot that was asked for has been read, or could not be. */
    explained: explained.promise,
    /** As last sampled; undefined: not known yet. */
    heapUsedBytes: () => heapUsedBytes,
    take(batch: RunBatch): void {
      switch (batch.type) {
        case 'status':
          if (isExplaining && batch.step === undefined) explained.resolve();
          isExplaining = batch.step !== undefined;
          return;
        case 'samples':
          heapUsedBytes = batch.usedBytes.findLast((bytes) => !Number.isNaN(bytes)) ?? heapUsedBytes;
          return;
        case 'explanations':
          if (batch.snapshot !== snapshot) reasons = [];
          snapshot = batch.snapshot;
          reasons.push(...batch.reasons);
          return;
        case 'ended':
          ended = batch.report;
          return;
        default:
      }
    },
    report(): RunReport {
      if (ended === undefined) throw new Error('The run ended without a report.');
      if (snapshot === 0) return ended;
      const causes = reasons.map(({ cause, count, summary, fix, retainedBytes, paths }) => ({
        cause,
        count,
        summary,
        fix,
        ...(retainedBytes !== undefined && { retainedBytes }),
        path: paths[0] ?? [],
      }));
      return { ...ended, causes };
    },
  };
}
