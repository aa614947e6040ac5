// Electron's MessagePortMain and its channel. Two ends in this process at first; one that is given to a frame becomes the
// stand-in's own, which passes on what comes for the page.

import type * as Electron from 'electron';
import { complain, Loud, LoudEmitter } from './loud.ts';

type Shape = Pick<Electron.MessagePortMain, 'close' | 'postMessage' | 'start'>;

/** Where an end delivers: its peer, or the page that it was given to. */
interface Sink {
  message(data: unknown): void;
  closed(): void;
}

export class StandInPort extends LoudEmitter implements Shape {
  #sink: Sink | undefined;
  #isStarted = false;
  #isClosed = false;
  #waiting: unknown[] = [];
  constructor() {
    super('MessagePortMain');
  }

  postMessage(message: unknown, transfer: unknown[] = []): void {
    if (transfer.length > 0) throw complain('The stand-in transfers no port over a port.');
    if (!this.#isClosed) this.#sink?.message(message);
  }
  start(): void {
    this.#isStarted = true;
    for (const data of this.#waiting.splice(0)) this.#emitMessage(data);
  }
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sink?.closed();
  }

  /** Connects this end with what takes what is posted here. */
  connect(sink: Sink): void {
    this.#sink = sink;
  }
  /** What the other end posted. */
  deliver(data: unknown): void {
    if (this.#isStarted) this.#emitMessage(data);
    else this.#waiting.push(data);
  }
  /** The other end has gone. */
  endedByPeer(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.emit('close');
  }
  /** Gives this end away: what its peer posted, and posts from now on, is the new owner's. */
  giveAway(owner: Sink): { post(data: unknown): void; close(): void } {
    const peer = this.#sink;
    if (peer === undefined || this.#isClosed) throw complain('A port that is closed was given away.');
    this.deliver = (data) => owner.message(data);
    this.endedByPeer = () => owner.closed();
    for (const data of this.#waiting.splice(0)) owner.message(data);
    return { post: (data) => peer.message(data), close: () => peer.closed() };
  }

  #emitMessage(data: unknown): void {
    // As messages come in Electron: never within the call that posted them.
    setImmediate(() => {
      if (!this.#isClosed) this.emit('message', { data, ports: [] });
    });
  }
}

export class StandInMessageChannel extends Loud {
  readonly port1 = new StandInPort();
  readonly port2 = new StandInPort();
  constructor() {
    super('MessageChannelMain');
    const { port1, port2 } = this;
    for (const [one, other] of [
      [port1, port2],
      [port2, port1],
    ] as const) {
      one.connect({
        // Cloned as it is posted: the sender may change it afterwards.
        message: (data) => other.deliver(structuredClone(data)),
        closed: () => setImmediate(() => other.endedByPeer()),
      });
    }
  }
}
