// What goes on at the moment, as any client of the engine is told: for the question before quitting, the progress in the
// task bar, and the notice that something has ended.

import { PROTOCOL_VERSION, type Command } from '../../engine/protocol/command.ts';
import type { EngineEvent, RunListing } from '../../engine/protocol/event.ts';
import type { ExperimentListing } from '../../engine/protocol/experiment.ts';
import { withChange } from '../../engine/protocol/listing.ts';
import { createMemoryPortPair, disposable, type Disposable } from '../../engine/protocol/port.ts';
import type { LateEngine } from './late-engine.ts';

/** A run of its own, or an experiment with all of its runs. */
export type Going =
  | { readonly kind: 'run'; readonly title: string; readonly startedAtMs: number; readonly isWatched: boolean }
  /** `progress` is 0 to 1. */
  | { readonly kind: 'experiment'; readonly title: string; readonly startedAtMs: number; readonly progress: number };

export type Ended =
  | { readonly kind: 'run'; readonly listing: RunListing; readonly tookMs: number }
  | { readonly kind: 'experiment'; readonly listing: ExperimentListing; readonly tookMs: number };

export interface GoingRuns extends Disposable {
  readonly all: readonly Going[];
  /** Called after every change of `all`. */
  onChange(listener: () => void): void;
  onEnd(listener: (ended: Ended) => void): void;
  /** The path of each script that is run. */
  onScript(listener: (path: string) => void): void;
}

export function watchGoingRuns(engine: Pick<LateEngine, 'attach'>): GoingRuns {
  const [port, enginePort] = createMemoryPortPair<Command, EngineEvent>();
  engine.attach(enginePort);
  const going = new Map<string, Going>();
  /** Those that go on. */
  const experiments = new Map<string, ExperimentListing>();
  const changeListeners: (() => void)[] = [];
  const endListeners: ((ended: Ended) => void)[] = [];
  const scriptListeners: ((path: string) => void)[] = [];

  /** Remembers it or lets it go. @returns for how long it went on, where it has just ended */
  function take(id: string, isGoing: boolean, startedAt: string, describe: (startedAtMs: number) => Going) {
    const known = going.get(id);
    if (isGoing) going.set(id, describe(known?.startedAtMs ?? Date.parse(startedAt)));
    else going.delete(id);
    if (isGoing || known !== undefined) for (const listener of changeListeners) listener();
    return !isGoing && known !== undefined ? Date.now() - known.startedAtMs : undefined;
  }

  function takeRun(listing: RunListing): void {
    const { runId, title, program, startedAt, experimentId, origin } = listing.description;
    // Those of an experiment are its business, and what was opened from a file never went on here.
    if (experimentId !== undefined || origin !== undefined) return;
    const isNew = !going.has(runId);
    const tookMs = take(runId, listing.status !== 'ended', startedAt, (startedAtMs) => ({
      kind: 'run',
      title,
      startedAtMs,
      isWatched: program.kind === 'target',
    }));
    if (isNew && program.kind === 'file') for (const listener of scriptListeners) listener(program.path);
    if (tookMs !== undefined) for (const listener of endListeners) listener({ kind: 'run', listing, tookMs });
  }

  function takeExperiment(listing: ExperimentListing): void {
    const { experimentId, title, startedAt, policies, runsLeft } = listing;
    if (runsLeft > 0) experiments.set(experimentId, listing);
    else experiments.delete(experimentId);
    const runs = policies.reduce((sum, policy) => sum + policy.runs.length, 0);
    const tookMs = take(experimentId, runsLeft > 0, startedAt, (startedAtMs) => ({
      kind: 'experiment',
      title,
      startedAtMs,
      progress: runs === 0 ? 0 : 1 - runsLeft / runs,
    }));
    if (tookMs !== undefined) for (const listener of endListeners) listener({ kind: 'experiment', listing, tookMs });
  }

  port.onMessage((event) => {
    if (event.type === 'run-listed') takeRun(event.run);
    else if (event.type === 'experiment-listed') takeExperiment(event.experiment);
    else if (event.type === 'experiment-changed') {
      const known = experiments.get(event.change.experimentId);
      if (known !== undefined) takeExperiment(withChange(known, event.change));
    }
  });
  port.post({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
  return {
    get all() {
      return [...going.values()];
    },
    onChange: (listener) => void changeListeners.push(listener),
    onEnd: (listener) => void endListeners.push(listener),
    onScript: (listener) => void scriptListeners.push(listener),
    ...disposable(() => port.close()),
  };
}
