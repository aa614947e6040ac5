// How opening or saving a recording goes, as a host tells its page: beside the engine's port, since files are the host's.

import * as v from 'valibot';

/** From 0 to 1. */
const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const RecordingProgress = v.variant('kind', [
  v.object({ kind: v.literal('opening'), fileName: v.string(), share: Share }),
  /** It is in the engine's list under this id. */
  v.object({ kind: v.literal('opened'), runId: v.string() }),
  v.object({ kind: v.literal('saving'), fileName: v.string(), share: Share }),
  v.object({ kind: v.literal('saved'), fileName: v.string(), isRunGoingOn: v.boolean() }),
  /** Both are for a person; the message says what to do. */
  v.object({ kind: v.literal('failed'), title: v.string(), message: v.string() }),
  v.object({ kind: v.literal('canceled') }),
]);
export type RecordingProgress = v.InferOutput<typeof RecordingProgress>;
