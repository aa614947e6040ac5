// Lets an index that is derived from a run's events read on without holding up what is drawn: what comes live is read in the
// frame that shows it, and what is more than a frame can bear in tasks of their own between the frames. No Vue in here.

import type { Disposable } from '../../../engine/protocol/port.ts';

/** What reads a run's events as they come. */
export interface EventReader {
  /** Reads on, at most `most` events. @returns whether all that have come are read */
  advance(most: number): boolean;
}

export interface ReadingHost {
  now(): number;
  /** Calls back in a task of its own, behind frames and input that wait. */
  nextTask(callback: () => void): void;
}

const EVENTS_A_STEP = 4_096;
/** Of a frame: more than its share of a hundred thousand events a second takes. */
const FRAME_SLICE_MS = 2;
/** Of a task between frames: short enough that a frame which is due meanwhile is not late. */
const TASK_SLICE_MS = 3;
/** What is read shows by that time, and not in every frame: drawing it would take longer than reading it. */
const SHOWN_EVERY_MS = 150;

export class Reading<Reader extends EventReader = EventReader> implements Disposable {
  readonly reader: Reader;
  readonly #host: ReadingHost;
  #isScheduled = false;
  #isDisposed = false;
  #revision = 0;
  #shownAtMs = -Infinity;

  constructor(reader: Reader, host: ReadingHost = pageHost) {
    this.reader = reader;
    this.#host = host;
  }

  /** Grows now and then while it reads between the frames, and once all is read: then it is worth drawing again. */
  get revision(): number {
    return this.#revision;
  }

  /** Called in a frame. @returns whether all that have come are read; otherwise reading goes on after it */
  readOn(): boolean {
    // Far behind: what a frame could add to it is not worth the frame.
    if (this.#isScheduled) return false;
    if (this.#readWithin(FRAME_SLICE_MS)) return true;
    this.#schedule();
    return false;
  }

  #readWithin(sliceMs: number): boolean {
    const endsAtMs = this.#host.now() + sliceMs;
    for (;;) {
      if (this.reader.advance(EVENTS_A_STEP)) return true;
      if (this.#host.now() >= endsAtMs) return false;
    }
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isDisposed) return;
    this.#isScheduled = true;
    this.#host.nextTask(() => this.#read());
  }

  #read(): void {
    this.#isScheduled = false;
    if (this.#isDisposed) return;
    const isDone = this.#readWithin(TASK_SLICE_MS);
    const now = this.#host.now();
    if (isDone || now - this.#shownAtMs >= SHOWN_EVERY_MS) {
      this.#revision++;
      this.#shownAtMs = now;
    }
    if (!isDone) this.#schedule();
  }

  /** Reads no further. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
  }
}

const pageHost: ReadingHost = {
  now: () => performance.now(),
  nextTask(callback) {
    // Timers would be held back in a page that is not in front.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      callback();
    };
    port2.postMessage(undefined);
  },
};
