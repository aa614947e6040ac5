// Recording files of this machine: read piece by piece; written so that a file is either the old one or the whole new one,
// never half of it. Used by the command line and the desktop application.

import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { partialFileName, removePartialFilesOfTheDead } from './private-folders.ts';
import { isRecordingName } from '../protocol/recording-origin.ts';
import { Refused } from './refused.ts';
import { RecordingFileError } from './recording-file.ts';
import { checkFile, reasonOf } from './source-files.ts';

const PIECE_BYTES = 1024 * 1024;

/** A file that is being read; closed when it is disposed of. */
export interface OpenRecordingFile extends AsyncDisposable {
  readonly fileName: string;
  readonly bytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * @param path absolute
 * @param onRead is told how much of the file has been read, 0 to 1
 * @throws RecordingFileError if there is no such file, or it cannot be read
 */
export async function openRecordingFile(path: string, onRead?: (share: number) => void): Promise<OpenRecordingFile> {
  const file = await checkFile(path, 'bad-file')
    .then(() => open(path))
    .catch((error: unknown) => {
      throw new RecordingFileError(error instanceof Refused ? error.message : unreadable(path, error));
    });
  const { size: bytes } = await file.stat().catch(async (error: unknown) => {
    await file.close();
    throw new RecordingFileError(unreadable(path, error));
  });
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let readBytes = 0;
    for (;;) {
      // Each piece has memory of its own, for what is read from it is kept.
      const { bytesRead, buffer } = await file
        .read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, null)
        .catch((error: unknown) => {
          throw new RecordingFileError(unreadable(path, error));
        });
      if (bytesRead === 0) return;
      readBytes += bytesRead;
      onRead?.(Math.min(1, readBytes / Math.max(1, bytes)));
      yield buffer.subarray(0, bytesRead);
    }
  }
  return { fileName: basename(path), bytes, chunks: chunks(), [Symbol.asyncDispose]: () => file.close() };
}

const unreadable = (path: string, error: unknown): string =>
  `${path} cannot be read: ${reasonOf(error)}. Copy it to a folder of yours, and open it there.`;

/** Beside the target, so that its place can be taken; the target's own name may be as long as a name may be. */
const temporaryPathIn = (folder: string): string => join(folder, partialFileName(randomBytes(4).toString('hex')));

/** Windows refuses to replace a file that somebody reads just now: a virus scanner, an indexer. They are done soon. */
const BUSY_CODES = new Set(['EACCES', 'EBUSY', 'EPERM']);
const BUSY_DELAYS_MS = [20, 50, 100, 200, 400, 800];

export interface WriteRecordingOptions {
  readonly signal?: AbortSignal;
  /** Is told after each piece. */
  readonly onWritten?: () => void;
  /** Of the system, if no other is given. */
  readonly renameFile?: (from: string, to: string) => Promise<void>;
}

/** Where what is written to a path comes to lie: a link to a recording is followed; one to a script is never written to. */
export async function recordingPathOf(path: string): Promise<string> {
  // There is none yet, or it is a link that leads nowhere.
  const target = await realpath(path).catch(() => path);
  return isRecordingName(target) ? target : path;
}

/**
 * Writes beside the target under another name, and then takes the target's place; a link to a file stays one.
 * @throws the system's error, the signal's reason, or what `chunks` throws; the target is untouched then
 */
export async function writeRecordingFile(
  chosenPath: string,
  chunks: AsyncIterable<Uint8Array>,
  { signal, onWritten, renameFile = rename }: WriteRecordingOptions = {},
): Promise<void> {
  const path = await recordingPathOf(chosenPath);
  await removePartialFilesOfTheDead(dirname(path));
  const temporaryPath = temporaryPathIn(dirname(path));
  const file = await open(temporaryPath, 'wx');
  try {
    await writeAll(file, chunks, signal, onWritten);
    signal?.throwIfAborted();
    await takePlace(() => renameFile(temporaryPath, path));
  } catch (error) {
    // What went wrong first is what the user can do something about.
    await rm(temporaryPath, { force: true }).catch(() => {});
    throw error;
  }
}

async function takePlace(renameOnce: () => Promise<void>): Promise<void> {
  for (const waitMs of BUSY_DELAYS_MS) {
    try {
      return await renameOnce();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && BUSY_CODES.has(String(error.code)))) throw error;
      await delay(waitMs);
    }
  }
  return renameOnce();
}

async function writeAll(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
  onWritten?: () => void,
): Promise<void> {
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      await file.writeFile(chunk);
      onWritten?.();
    }
    // Before the name is given away: a power cut must not leave an empty file under it.
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Finds out now whether a file could be written there later. @throws the system's error */
export async function checkWritableFolder(folder: string): Promise<void> {
  const probePath = temporaryPathIn(folder);
  const file = await open(probePath, 'wx');
  await file.close();
  await rm(probePath, { force: true });
}
