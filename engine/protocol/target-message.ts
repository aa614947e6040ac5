// The talk between a process that may be watched and a Heapline that listens: one JSON text a line, over the endpoint
// that the rendezvous file names. What is observed goes another way, from the companion to the run's own endpoint.

import * as v from 'valibot';
import { ObserverOptions } from './observer-message.ts';

/** Raised when a change would be misread by the other side. */
export const TARGET_PROTOCOL_VERSION = 1;

/** A longer line ends the connection. */
export const MAXIMUM_TARGET_LINE_BYTES = 64 * 1024;

const WatchId = v.pipe(v.string(), v.maxLength(64));
const Text = v.pipe(v.string(), v.maxLength(4_096));

/** From the target. */
export const TargetMessage = v.variant('type', [
  /** First message; the connection is closed without it, or with a wrong token. */
  v.object({
    type: v.literal('target-hello'),
    version: v.literal(TARGET_PROTOCOL_VERSION),
    token: v.string(),
    pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
    title: Text,
    command: Text,
    workingDirectory: Text,
    node: Text,
    startedAt: Text,
  }),
  /** The watch that was asked for does not begin, or is over without its observer having said so. */
  v.object({ type: v.literal('target-not-watched'), watchId: WatchId, message: Text }),
]);
export type TargetMessage = v.InferOutput<typeof TargetMessage>;

/** To the target. It is left by word to the observer that the watch has started, or when that one's connection closes. */
export const TargetCommand = v.variant('type', [
  v.object({ type: v.literal('target-watch'), watchId: WatchId, observerOptions: ObserverOptions }),
]);
export type TargetCommand = v.InferOutput<typeof TargetCommand>;
