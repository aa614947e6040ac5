// An engine that speaks the protocol from memory: for the page's own tests and for looking at its states.
// Never part of the application. What it records and answers is decided by whoever makes it.

import { PROTOCOL_VERSION, type Command, type CommandOf } from '../../engine/protocol/command.ts';
import type { ScenarioDescription } from '../../engine/protocol/catalogue.ts';
import type { EngineEvent, EngineEventOf, HostDescription, Refusal, RunListing } from '../../engine/protocol/event.ts';
import { createMemoryPortPair, type Port } from '../../engine/protocol/port.ts';
import type { RunBatch } from '../../engine/protocol/run-batch.ts';

export interface StandInOptions {
  readonly host: HostDescription;
  readonly catalogue: readonly ScenarioDescription[];
  readonly protocolVersion?: number;
  /** Answers what changes a run: a run id, or why not. */
  onCommand?(
    command: CommandOf<
      | 'start-run'
      | 'stop-run'
      | 'collect-garbage'
      | 'set-gc-policy'
      | 'end-settling'
      | 'ask-why'
      | 'mark'
      | 'watch-target'
      | 'close-recording'
    >,
  ): { runId?: string } | { refusal: Refusal; message: string };
  /** Whether what is recorded would be more than a client takes by its port. */
  isFarBehind?(): boolean;
  /** Answers what only asks for something; absent: all of it is refused. */
  onQuery?(
    command: CommandOf<'list-nodes' | 'list-folder' | 'read-source'>,
  ): EngineEventOf<'nodes' | 'folder' | 'source'> | { refusal: Refusal; message: string };
}

export interface StandInEngine {
  /** What the page calls to connect. Rejects while `refuseConnections` is set. */
  connect(): Promise<Port<unknown, Command>>;
  refuseConnections: string | undefined;
  /** Everything that clients sent, in order. */
  readonly received: Command[];
  list(run: RunListing): void;
  record(runId: string, batch: RunBatch): void;
  /** Sends an event as it is, right or wrong. */
  send(event: EngineEvent): void;
  /** Cuts every connection. */
  cut(): void;
}

export function createStandInEngine(options: StandInOptions): StandInEngine {
  const recordings = new Map<string, RunBatch[]>();
  const listings = new Map<string, RunListing>();
  interface Client {
    port: Port<Command, EngineEvent>;
    next: Map<string, number>;
  }
  const clients = new Set<Client>();

  function sendRecorded(client: Client, runId: string): void {
    const recording = recordings.get(runId) ?? [];
    let sequence = client.next.get(runId);
    if (sequence === undefined) return;
    for (; sequence < recording.length; sequence += 1) {
      const batch = recording[sequence];
      if (batch !== undefined)
        client.port.post({ type: 'run-events', runId, sequence, count: 1, batches: [batch], aheadBytes: 0 });
    }
    client.next.set(runId, sequence);
  }

  function answer(client: Client, command: Command): void {
    engine.received.push(command);
    const { port } = client;
    switch (command.type) {
      case 'hello':
        return port.post({
          type: 'welcome',
          protocolVersion: options.protocolVersion ?? PROTOCOL_VERSION,
          host: options.host,
          catalogue: [...options.catalogue],
          runs: [...listings.values()],
          targets: [],
          experiments: [],
          ownScenarios: [],
        });
      case 'follow-run':
        if (!recordings.has(command.runId)) {
          return port.post({
            type: 'refused',
            requestId: command.requestId,
            refusal: 'no-such-run',
            message: 'The engine has no recording of this run.',
          });
        }
        if (command.atMostBytes !== undefined && options.isFarBehind?.() === true) {
          const { requestId } = command;
          return port.post({ type: 'refused', requestId, refusal: 'far-behind', message: 'There is more.' });
        }
        port.post({ type: 'accepted', requestId: command.requestId });
        client.next.set(command.runId, command.fromSequence);
        return sendRecorded(client, command.runId);
      case 'leave-run':
        client.next.delete(command.runId);
        return port.post({ type: 'accepted', requestId: command.requestId });
      case 'acknowledge':
        return;
      case 'start-run':
      case 'stop-run':
      case 'collect-garbage':
      case 'set-gc-policy':
      case 'end-settling':
      case 'ask-why':
      case 'mark':
      case 'watch-target':
      case 'close-recording': {
        const result = options.onCommand?.(command) ?? {};
        const { requestId } = command;
        if ('refusal' in result) return port.post({ type: 'refused', requestId, ...result });
        if (command.type === 'close-recording') {
          listings.delete(command.runId);
          for (const other of clients) other.port.post({ type: 'run-forgotten', runId: command.runId });
        }
        return port.post({ type: 'accepted', requestId, ...result });
      }
      case 'start-experiment':
      case 'cancel-experiment':
      case 'new-scenario': {
        const { requestId } = command;
        return port.post({ type: 'refused', requestId, refusal: 'not-available', message: 'Not in the stand-in.' });
      }
      case 'list-nodes':
      case 'list-folder':
      case 'read-source': {
        const result = options.onQuery?.(command) ?? {
          refusal: 'not-available' as const,
          message: 'The stand-in has no files.',
        };
        if ('refusal' in result) return port.post({ type: 'refused', requestId: command.requestId, ...result });
        return port.post(result);
      }
    }
  }

  const engine: StandInEngine = {
    refuseConnections: undefined,
    received: [],
    connect() {
      if (engine.refuseConnections !== undefined) return Promise.reject(new Error(engine.refuseConnections));
      const [page, own] = createMemoryPortPair<Command, EngineEvent>();
      const client: Client = { port: own, next: new Map() };
      clients.add(client);
      own.onMessage((command) => answer(client, command));
      own.onClose(() => clients.delete(client));
      return Promise.resolve(page);
    },
    list(run) {
      listings.set(run.description.runId, run);
      for (const { port } of clients) port.post({ type: 'run-listed', run });
    },
    record(runId, batch) {
      const recording = recordings.get(runId) ?? [];
      recordings.set(runId, recording);
      recording.push(batch);
      for (const client of clients) sendRecorded(client, runId);
    },
    send(event) {
      for (const { port } of clients) port.post(event);
    },
    cut() {
      for (const { port } of clients) port.close();
      clients.clear();
    },
  };
  return engine;
}
