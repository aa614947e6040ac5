// `--record <file>`: refuses early what could not be written at the end, and writes the recording then.

import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isRecordingName, RECORDING_EXTENSION } from '../engine/protocol/recording-origin.ts';
import { messageOf } from '../engine/session/message-of.ts';
import { checkWritableFolder, recordingPathOf, writeRecordingFile } from '../engine/session/recording-on-disk.ts';
import type { SavedRecording } from '../engine/session/save-recording.ts';
import { UsageError } from './usage-error.ts';

/**
 * The absolute path to write to, tried out now: a run that cannot be saved is better not begun.
 * @throws UsageError
 */
export async function checkRecordFile(file: string): Promise<string> {
  const path = resolve(file);
  // A slip of the hand must not replace a script.
  if (!isRecordingName(path)) {
    throw new UsageError(
      `--record ${file} is no name for a recording. Allowed: a name that ends in ${RECORDING_EXTENSION}.`,
    );
  }
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) {
    throw new UsageError(
      `--record ${file} is a folder. Allowed: the name of a file, such as run${RECORDING_EXTENSION}.`,
    );
  }
  await checkWritableFolder(dirname(await recordingPathOf(path))).catch((error: unknown) => {
    throw new UsageError(
      `--record ${file} cannot be written: ${messageOf(error)}. Allowed: a file in a folder that is there and that you may write to.`,
    );
  });
  return path;
}

/**
 * @param signal gives it up: nothing is left of it then
 * @throws UsageError if the disk is full, say
 */
export async function writeRecord(
  path: string,
  saved: Pick<SavedRecording, 'chunks'>,
  signal?: AbortSignal,
): Promise<void> {
  await writeRecordingFile(path, saved.chunks(), { ...(signal && { signal }) }).catch((error: unknown) => {
    throw new UsageError(`The recording was not written: ${messageOf(error)}. Allowed: --record with another file.`);
  });
}
