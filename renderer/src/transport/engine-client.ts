// The page's side of the protocol: greets the engine, matches answers to requests, follows runs, and reconnects.
// Runs in the page without Vue; the stores listen to it. A run that was being followed goes on where it stopped.

import * as v from 'valibot';
import { PROTOCOL_VERSION, type Command } from '../../../engine/protocol/command.ts';
import type { ExperimentListing } from '../../../engine/protocol/experiment.ts';
import type { ExperimentChange } from '../../../engine/protocol/listing.ts';
import {
  EngineEvent,
  type EngineEventOf,
  type Refusal,
  type RunListing,
  type Target,
} from '../../../engine/protocol/event.ts';
import type { OwnScenario } from '../../../engine/protocol/own-scenario.ts';
import { FrameError } from '../../../engine/protocol/frame-codec.ts';
import { parse, ParseError } from '../../../engine/protocol/parse.ts';
import { validatedPort, type Disposable, type Port } from '../../../engine/protocol/port.ts';
import { FAR_BEHIND_BYTES, type BatchGroup } from '../../../engine/protocol/run-batch.ts';
import { assertNever } from '../../../engine/protocol/vocabulary.ts';
import type { ReadRecorded } from './read-recorded.ts';

/** What followed batches are given to. A RunStream is one. */
export interface RunSink {
  readonly nextSequence: number;
  apply(group: BatchGroup): void;
}

/** `retryAtMs` is on the clock of `Date.now()`. `unusable` is not retried: it would end the same way. */
export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly problem: string; readonly retryAtMs: number }
  | { readonly kind: 'unusable'; readonly problem: string };

/** Called synchronously, in the order in which things happened. */
export interface EngineClientListener {
  onConnection(state: ConnectionState): void;
  onWelcome(welcome: EngineEventOf<'welcome'>): void;
  onRunListed(run: RunListing): void;
  onRunForgotten(runId: string): void;
  onExperimentListed(experiment: ExperimentListing): void;
  /** Of one that is listed. */
  onExperimentChanged(change: ExperimentChange): void;
  onExperimentForgotten(experimentId: string): void;
  /** All processes that can be watched; after `onWelcome`, which has the first list. */
  onTargetsListed(targets: readonly Target[]): void;
  /** All scenarios of the user's own; after `onWelcome`, which has the first list. */
  onOwnScenariosListed(ownScenarios: readonly OwnScenario[]): void;
  /** A followed run cannot be followed any more; what was received stays. */
  onFollowFailed(runId: string, message: string): void;
}

type Requested = Extract<Command, { requestId: number }>;
type WithoutRequestId<Request> = Request extends Requested ? Omit<Request, 'requestId'> : never;
/** A command that is answered. */
export type EngineRequest = WithoutRequestId<Requested>;

/** The event that answers a request; `accepted` where there is none. */
const ANSWER_TYPES = {
  'list-nodes': 'nodes',
  'list-folder': 'folder',
  'read-source': 'source',
  'new-scenario': 'scenario-written',
} as const;
type AnswerTypes = typeof ANSWER_TYPES;
type AnswerType<Type extends EngineRequest['type']> = Type extends keyof AnswerTypes ? AnswerTypes[Type] : 'accepted';
type AnswerEvent = EngineEventOf<AnswerTypes[keyof AnswerTypes] | 'accepted'>;
/** What a request resolves with: `source` for `read-source`, `accepted` for most. */
export type AnswerTo<Request extends EngineRequest> = Extract<AnswerEvent, { type: AnswerType<Request['type']> }>;

const answerTypeOf = (type: EngineRequest['type']): AnswerEvent['type'] =>
  type === 'list-nodes' || type === 'list-folder' || type === 'read-source' || type === 'new-scenario'
    ? ANSWER_TYPES[type]
    : 'accepted';

/** The engine said no; the message is for the user. */
export class RefusedError extends Error {
  override name = 'RefusedError';
  readonly refusal: Refusal;
  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

/** There is no connection, or it was lost before the answer came. */
export class NotConnectedError extends Error {
  override name = 'NotConnectedError';
}

export interface EngineClient extends Disposable {
  /** Begins to connect; called once. */
  start(listener: EngineClientListener): void;
  /**
   * Resolves with the event that answers this request: `source` for `read-source`, `nodes` for `list-nodes`, `folder` for
   * `list-folder`, `scenario-written` for `new-scenario`, `accepted` for all others. @throws RefusedError, NotConnectedError (as rejections)
   */
  request<Request extends EngineRequest>(request: Request): Promise<AnswerTo<Request>>;
  /** Gives every batch of a run to `sink`, from its next sequence on, across reconnections, without gap or duplicate. */
  follow(runId: string, sink: RunSink): void;
  leave(runId: string): void;
  /** Does not wait for the next attempt. */
  reconnectNow(): void;
}

/** How the page reaches its host. */
export interface HostConnection {
  /** Opens a fresh port; a rejection's message is shown to the user. */
  readonly connect: () => Promise<Port<unknown, Command>>;
  /** A quicker way than the port to what is recorded already; absent where there is none. */
  readonly readRecorded?: ReadRecorded;
}

export interface EngineClientOptions extends HostConnection {
  /** Waits between attempts; the last one repeats. */
  readonly retryDelaysMs?: readonly number[];
  /** How long the engine may take to say `welcome`. */
  readonly welcomeTimeoutMs?: number;
}

/** What may be told of a message that cannot be read as a whole. */
const Subject = v.object({
  type: v.exactOptional(v.string()),
  runId: v.exactOptional(v.string()),
  requestId: v.exactOptional(v.number()),
});

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Makes a client that is not connected yet. */
export function createEngineClient({
  connect,
  readRecorded,
  retryDelaysMs = [1_000, 2_000, 5_000],
  welcomeTimeoutMs = 10_000,
}: EngineClientOptions): EngineClient {
  /** `accept` is false if the event is not the answer that the request has. */
  type Answer = { accept(event: AnswerEvent): boolean; reject(error: Error): void };
  let listener: EngineClientListener | undefined;
  let port: Port<EngineEvent, Command> | undefined;
  let isOpening = false;
  let isWelcome = false;
  let isDisposed = false;
  let failedAttempts = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let nextRequestId = 0;
  const answers = new Map<number, Answer>();
  const followed = new Map<string, RunSink>();
  /** By run, the event that was asked for again because it was missing. */
  const missed = new Map<string, number>();

  function tellConnection(state: ConnectionState): void {
    listener?.onConnection(state);
  }

  /** What is asked and not answered fails, with the reason why there will be no answer. */
  function forgetPort(reason: string): void {
    clearTimeout(timer);
    port = undefined;
    isWelcome = false;
    const unanswered = [...answers.values()];
    answers.clear();
    for (const answer of unanswered) answer.reject(new NotConnectedError(reason));
  }

  function lose(problem: string): void {
    forgetPort(problem);
    if (isDisposed) return;
    const delayMs = retryDelaysMs[Math.min(failedAttempts, retryDelaysMs.length - 1)] ?? 5_000;
    failedAttempts += 1;
    tellConnection({ kind: 'lost', problem, retryAtMs: Date.now() + delayMs });
    timer = setTimeout(open, delayMs);
  }

  function giveUp(problem: string): void {
    const closing = port;
    forgetPort(problem);
    closing?.close();
    tellConnection({ kind: 'unusable', problem });
  }

  function open(): void {
    clearTimeout(timer);
    isOpening = true;
    if (failedAttempts === 0) tellConnection({ kind: 'connecting' });
    connect().then(
      (rawPort) => {
        isOpening = false;
        if (isDisposed) return rawPort.close();
        const opened = validatedPort(rawPort, EngineEvent, (problem, raw) => {
          if (port === opened) leaveUnread(problem, raw);
        });
        port = opened;
        timer = setTimeout(() => abandon(opened, 'The engine does not answer.'), welcomeTimeoutMs);
        opened.onClose((problem) => {
          if (port === opened) lose(problem ?? 'The connection to the engine was closed.');
        });
        opened.onMessage((event) => {
          if (port === opened) receive(opened, event);
        });
        opened.post({ type: 'hello', protocolVersion: PROTOCOL_VERSION });
      },
      (error: unknown) => {
        isOpening = false;
        if (!isDisposed) lose(messageOf(error));
      },
    );
  }

  /** Closes a port that cannot be trusted any more and begins again with a fresh one. */
  function abandon(abandoned: Port<EngineEvent, Command>, problem: string): void {
    if (port !== abandoned) return;
    lose(problem);
    abandoned.close();
  }

  /** What cannot be read would not be any better another time: whatever it answers is given up, and never asked for again. */
  function leaveUnread(problem: string, raw: unknown): void {
    const about = parse(Subject, raw);
    const { type, runId, requestId } = about.success ? about.output : {};
    if (type === 'run-events' && runId !== undefined) {
      return stopFollowing(runId, `An event of the run could not be read: ${problem}`);
    }
    const answer = requestId === undefined ? undefined : answers.get(requestId);
    if (requestId === undefined || answer === undefined) {
      return giveUp(`A message of the engine could not be read: ${problem}. Reload the page.`);
    }
    answers.delete(requestId);
    answer.reject(new RefusedError('not-available', `The engine's answer could not be read: ${problem}.`));
  }

  /** Keeps what is here of a run, of which no more can be shown. */
  function stopFollowing(runId: string, message: string): void {
    if (!followed.has(runId)) return;
    client.leave(runId);
    listener?.onFollowFailed(runId, message);
  }

  function askToFollow(runId: string, sink: RunSink, atMostBytes?: number): void {
    const request = {
      type: 'follow-run',
      runId,
      fromSequence: sink.nextSequence,
      joins: true,
      ...(atMostBytes === undefined ? {} : { atMostBytes }),
    } as const;
    client.request(request).catch((error: unknown) => {
      // A lost connection is taken up again; only a refusal is final.
      if (error instanceof NotConnectedError || followed.get(runId) !== sink) return;
      if (error instanceof RefusedError && error.refusal === 'far-behind') return void catchUp(runId, sink);
      followed.delete(runId);
      listener?.onFollowFailed(runId, messageOf(error));
    });
  }
  /** Follows from here on, whatever is ahead. */
  const beginToFollow = (runId: string, sink: RunSink) =>
    askToFollow(runId, sink, readRecorded === undefined ? undefined : FAR_BEHIND_BYTES);

  /** Reads what is recorded in the quicker way, and follows then. Where that way fails, the port brings the rest. */
  async function catchUp(runId: string, sink: RunSink): Promise<void> {
    const asked = port;
    if (asked === undefined || readRecorded === undefined) return;
    // Over another connection it is asked for anew.
    const isStillAsked = () => port === asked && followed.get(runId) === sink;
    try {
      for await (const events of readRecorded(runId, sink.nextSequence)) {
        if (!isStillAsked()) return;
        const isNext = events.runId === runId && events.sequence <= sink.nextSequence;
        if (!isNext || !takeEvents(asked, events)) break;
      }
    } catch (error) {
      if (error instanceof FrameError || error instanceof ParseError) {
        if (isStillAsked()) stopFollowing(runId, `An event of the run could not be read: ${error.message}`);
        return;
      }
      // As through the port, from where it stopped.
    }
    if (isStillAsked()) askToFollow(runId, sink);
  }

  /** @returns whether they are here now */
  function takeEvents(from: Port<EngineEvent, Command>, events: EngineEventOf<'run-events'>): boolean {
    const { runId, sequence, batches } = events;
    const sink = followed.get(runId);
    // Left in the meantime.
    if (sink === undefined) return false;
    // Sent twice, because following began anew while events were on their way.
    if (sequence < sink.nextSequence) return true;
    if (sequence > sink.nextSequence) {
      if (missed.get(runId) === sink.nextSequence) {
        stopFollowing(runId, `Event ${sink.nextSequence} of the run is missing.`);
        return false;
      }
      missed.set(runId, sink.nextSequence);
      abandon(from, `Event ${sink.nextSequence} of a run is missing; asking for it again.`);
      return false;
    }
    try {
      sink.apply(events);
    } catch (error) {
      // Asking again would bring the same batch: stop here, with everything that came before it.
      stopFollowing(runId, `Event ${sequence} cannot be shown: ${messageOf(error)}`);
      return false;
    }
    // Nothing follows: an engine that was started again meanwhile must not be asked for what is all here.
    if (batches.at(-1)?.type === 'ended') followed.delete(runId);
    return true;
  }

  function receive(from: Port<EngineEvent, Command>, event: EngineEvent): void {
    switch (event.type) {
      case 'welcome': {
        clearTimeout(timer);
        if (event.protocolVersion !== PROTOCOL_VERSION) {
          return giveUp(
            `The engine speaks version ${event.protocolVersion} of the protocol, this page ${PROTOCOL_VERSION}. Reload the page.`,
          );
        }
        isWelcome = true;
        failedAttempts = 0;
        // First those that were being followed: what the listener follows from here on is asked for by `follow` itself.
        for (const [runId, sink] of followed) beginToFollow(runId, sink);
        listener?.onWelcome(event);
        tellConnection({ kind: 'connected' });
        return;
      }
      case 'refused': {
        answers.get(event.requestId)?.reject(new RefusedError(event.refusal, event.message));
        answers.delete(event.requestId);
        // A version that is not understood is refused instead of welcomed.
        if (event.refusal === 'wrong-version') giveUp(event.message);
        return;
      }
      case 'accepted':
      case 'nodes':
      case 'folder':
      case 'source':
      case 'scenario-written': {
        const answer = answers.get(event.requestId);
        if (answer?.accept(event) === false) {
          return abandon(from, `The engine answered a request with “${event.type}”, which does not belong to it.`);
        }
        answers.delete(event.requestId);
        return;
      }
      case 'run-listed':
        return listener?.onRunListed(event.run);
      case 'run-forgotten':
        // No more of it will come, also over another connection.
        followed.delete(event.runId);
        return listener?.onRunForgotten(event.runId);
      case 'experiment-listed':
        return listener?.onExperimentListed(event.experiment);
      case 'experiment-changed':
        return listener?.onExperimentChanged(event.change);
      case 'experiment-forgotten':
        return listener?.onExperimentForgotten(event.experimentId);
      case 'targets-listed':
        return listener?.onTargetsListed(event.targets);
      case 'own-scenarios-listed':
        return listener?.onOwnScenariosListed(event.ownScenarios);
      case 'run-events':
        if (takeEvents(from, event)) {
          from.post({ type: 'acknowledge', runId: event.runId, sequence: event.sequence + event.count - 1 });
        }
        return;
      case 'protocol-error':
        return abandon(from, event.message);
      default:
        assertNever(event);
    }
  }

  const client: EngineClient = {
    start(startListener) {
      listener = startListener;
      open();
    },
    request<Request extends EngineRequest>(request: Request): Promise<AnswerTo<Request>> {
      if (port === undefined || !isWelcome) {
        return Promise.reject(new NotConnectedError('There is no connection to the engine.'));
      }
      const requestId = nextRequestId++;
      const answerType = answerTypeOf(request.type);
      const isAnswer = (event: AnswerEvent): event is AnswerTo<Request> => event.type === answerType;
      const { promise, resolve, reject } = Promise.withResolvers<AnswerTo<Request>>();
      answers.set(requestId, {
        accept(event) {
          if (!isAnswer(event)) return false;
          resolve(event);
          return true;
        },
        reject,
      });
      port.post({ ...request, requestId });
      return promise;
    },
    follow(runId, sink) {
      followed.set(runId, sink);
      missed.delete(runId);
      if (isWelcome) beginToFollow(runId, sink);
    },
    leave(runId) {
      if (!followed.delete(runId) || !isWelcome) return;
      client.request({ type: 'leave-run', runId }).catch((error: unknown) => {
        // Leaving what the engine let go of already, or over a connection that just ended, changes nothing.
        if (!(error instanceof RefusedError) && !(error instanceof NotConnectedError)) throw error;
      });
    },
    reconnectNow() {
      if (port === undefined && !isOpening && !isDisposed) open();
    },
    [Symbol.dispose]() {
      isDisposed = true;
      const closing = port;
      forgetPort('The page has closed its connection to the engine.');
      closing?.close();
    },
  };
  return client;
}
