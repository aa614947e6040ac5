// What the probe tells its companion by message: only what is rare. Events go through the shared columns.

import type { MessagePort } from 'node:worker_threads';
import type { ExitCall } from './exit-call.ts';
import type { Place } from '../protocol/explanation.ts';
import type { ShownIn } from './program-inspector.ts';
import type { Site } from './site-recorder.ts';

export type ProbeMessage =
  | { type: 'site'; site: Site }
  | {
      type: 'warning';
      atMs: number;
      code: string;
      message: string;
      place?: Place;
      key?: string;
      registrationId?: number;
    }
  | { type: 'mark'; kind: 'mark' | 'measure'; name: string; atMs: number; durationMs: number }
  /** The heap, read by the thread itself, where the companion cannot yet or no more. */
  | { type: 'sample'; atMs: number; usedBytes: number; totalBytes: number; externalBytes: number; rssBytes: number }
  | { type: 'collection'; startMs: number; pauseMs: number; kind: number; flags: number }
  | {
      type: 'picture';
      atMs: number;
      /** Or anything: the program sends it. */
      picture: { subject: string; step: string; width: number; height: number; png: Uint8Array<ArrayBuffer> };
    }
  | {
      type: 'uncaught';
      atMs: number;
      origin: 'uncaughtException' | 'unhandledRejection';
      error: { name: string; message: string; stack: string };
    }
  | { type: 'exit-called'; atMs: number; exitCode: number; place?: ExitCall }
  /** The snapshot at the program's end is written, or could not be (`problem`, empty if it is). */
  | { type: 'last-snapshot'; problem: string }
  | { type: 'exiting' };

/** What a companion asks of a program that is watched for a while only: to stop observing, and to say `exiting` then. */
export type CompanionMessage = { type: 'leave' };

/** Handed to the companion when it starts. */
export interface CompanionData {
  readonly columns: SharedArrayBuffer;
  readonly optionsJson: string;
  readonly port: MessagePort;
  readonly shownIn: ShownIn;
}
