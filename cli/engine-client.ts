// Speaks the protocol with an engine over a port, as every client does: greets, asks, follows a run to its end.

import type { Command, CommandOf } from '../engine/protocol/command.ts';
import { PROTOCOL_VERSION } from '../engine/protocol/command.ts';
import type { ExperimentListing } from '../engine/protocol/experiment.ts';
import { withChange } from '../engine/protocol/listing.ts';
import type { EngineEvent, EngineEventOf, Refusal } from '../engine/protocol/event.ts';
import type { Disposable, Port } from '../engine/protocol/port.ts';
import type { RunBatch } from '../engine/protocol/run-batch.ts';
import { assertNever } from '../engine/protocol/vocabulary.ts';

/** The engine refused a command; the message says what to do. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
  readonly refusal: Refusal;
  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

/** For a request that may come too late: what the engine refuses is left at that, and anything else is passed on. */
export function unlessRefused(error: unknown): void {
  if (!(error instanceof CommandRefused)) throw error;
}

type AnsweredCommand = Extract<Command, { requestId: number }>;
type WithoutRequestId<Member> = Member extends AnsweredCommand ? Omit<Member, 'requestId'> : never;
/** A command that is answered; the client numbers it. */
export type Request = WithoutRequestId<Command>;

export interface EngineClient extends Disposable {
  hello(): Promise<EngineEventOf<'welcome'>>;
  /** @throws CommandRefused */
  request(request: Request): Promise<EngineEventOf<'accepted'>>;
  /**
   * Gives every batch of a run to `onBatch`, one after the other, and resolves after the last. A batch is acknowledged
   * when `onBatch` is done with it, so a slow one (a full pipe) holds the engine back instead of filling memory.
   */
  follow(runId: string, onBatch: (batch: RunBatch) => void | Promise<void>): Promise<void>;
  /** Resolves with the experiment's last listing; `onListing` gets those before it. @throws if the connection ends first */
  followExperiment(experimentId: string, onListing: (listing: ExperimentListing) => void): Promise<ExperimentListing>;
}

export function createEngineClient(port: Port<EngineEvent, Command>): EngineClient {
  let nextRequestId = 1;
  const waitingRequests = new Map<number, PromiseWithResolvers<EngineEventOf<'accepted'>>>();
  let waitingWelcome: PromiseWithResolvers<EngineEventOf<'welcome'>> | undefined;
  const followed = new Map<string, { readonly take: (event: EngineEventOf<'run-events'>) => void }>();
  const experiments = new Map<string, ExperimentListing>();
  const experimentListeners = new Set<(listing: ExperimentListing) => void>();
  const failures = new Set<(error: Error) => void>();

  const fail = (error: Error) => {
    waitingWelcome?.reject(error);
    for (const { reject } of waitingRequests.values()) reject(error);
    waitingRequests.clear();
    for (const failure of failures) failure(error);
  };
  const takeExperiment = (experiment: ExperimentListing) => {
    experiments.set(experiment.experimentId, experiment);
    for (const take of experimentListeners) take(experiment);
  };
  const closing = port.onClose((problem) => fail(new Error(problem ?? 'The engine closed the connection.')));
  const listening = port.onMessage((event) => {
    switch (event.type) {
      case 'welcome':
        for (const experiment of event.experiments) experiments.set(experiment.experimentId, experiment);
        waitingWelcome?.resolve(event);
        return;
      case 'accepted':
        waitingRequests.get(event.requestId)?.resolve(event);
        waitingRequests.delete(event.requestId);
        return;
      case 'refused':
        waitingRequests.get(event.requestId)?.reject(new CommandRefused(event.refusal, event.message));
        waitingRequests.delete(event.requestId);
        return;
      case 'run-events':
        followed.get(event.runId)?.take(event);
        return;
      case 'protocol-error':
        fail(new Error(event.message));
        return;
      case 'experiment-listed':
        takeExperiment(event.experiment);
        return;
      case 'experiment-changed': {
        const known = experiments.get(event.change.experimentId);
        if (known !== undefined) takeExperiment(withChange(known, event.change));
        return;
      }
      case 'experiment-forgotten':
        experiments.delete(event.experimentId);
        return;
      case 'run-listed':
      case 'run-forgotten':
      case 'targets-listed':
      case 'own-scenarios-listed':
      case 'scenario-written':
      case 'nodes':
      case 'folder':
      case 'source':
        return;
      default:
        assertNever(event);
    }
  });

  return {
    hello() {
      waitingWelcome ??= Promise.withResolvers();
      port.post({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
      return waitingWelcome.promise;
    },
    request(request) {
      const requestId = nextRequestId++;
      const answer = Promise.withResolvers<EngineEventOf<'accepted'>>();
      waitingRequests.set(requestId, answer);
      port.post({ ...request, requestId });
      return answer.promise;
    },
    async follow(runId, onBatch) {
      const done = Promise.withResolvers<void>();
      let work = Promise.resolve();
      let nextSequence = 0;
      const take = ({ sequence, count, batches }: EngineEventOf<'run-events'>) => {
        if (sequence !== nextSequence) {
          done.reject(new Error(`The engine sent batch ${sequence} of the run instead of ${nextSequence}.`));
          return;
        }
        nextSequence += count;
        const lastSequence = nextSequence - 1;
        work = work
          .then(async () => {
            for (const batch of batches) await onBatch(batch);
            port.post({ type: 'acknowledge', runId, sequence: lastSequence } satisfies CommandOf<'acknowledge'>);
            if (batches.at(-1)?.type === 'ended') done.resolve();
          })
          .catch(done.reject);
      };
      followed.set(runId, { take });
      failures.add(done.reject);
      try {
        await Promise.all([done.promise, this.request({ type: 'follow-run', runId, fromSequence: 0 })]);
      } finally {
        followed.delete(runId);
        failures.delete(done.reject);
      }
    },
    async followExperiment(experimentId, onListing) {
      const last = Promise.withResolvers<ExperimentListing>();
      const take = (listing: ExperimentListing) => {
        if (listing.experimentId !== experimentId) return;
        if (listing.runsLeft === 0) last.resolve(listing);
        else onListing(listing);
      };
      experimentListeners.add(take);
      failures.add(last.reject);
      const known = experiments.get(experimentId);
      if (known !== undefined) take(known);
      try {
        return await last.promise;
      } finally {
        experimentListeners.delete(take);
        failures.delete(last.reject);
      }
    },
    [Symbol.dispose]() {
      listening[Symbol.dispose]();
      closing[Symbol.dispose]();
      port.close();
    },
  };
}
