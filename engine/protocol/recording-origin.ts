// Where a run comes from that was not observed by this engine, but read from a recording file. Part of a run's description.

import * as v from 'valibot';

/** How the name of a recording file ends. */
export const RECORDING_EXTENSION = '.heapline';

/** True for the name or path of a file that is taken for a recording. */
export const isRecordingName = (name: string): boolean => name.toLowerCase().endsWith(RECORDING_EXTENSION);

export const RecordingOrigin = v.object({
  /** Without its folder: where it lies is nobody's business but the host's. */
  fileName: v.string(),
  /** When it was saved, in ms since 1970 (Unix time). */
  savedAtEpochMs: v.number(),
  /** The id that the run had where it was observed. */
  recordedRunId: v.string(),
});
export type RecordingOrigin = v.InferOutput<typeof RecordingOrigin>;
