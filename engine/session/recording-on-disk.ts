// Recording files of this machine: read piece by piece; written so that a file is either the old one or the whole new one,
// never half of it. Used by the command line and the desktop application.

import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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
const temporaryPathIn = (folder: string): string => join(folder, `.heapline.${randomBytes(4).toString('hex')}.part`);

/**
 * Writes beside the target under another name, and then takes the target's place.
 * @param onWritten is told after each piece
 * @throws the system's error, the signal's reason, or what `chunks` throws; the target is untouched then
 */
export async function writeRecordingFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { signal, onWritten }: { readonly signal?: AbortSignal; readonly onWritten?: () => void } = {},
): Promise<void> {
  const temporaryPath = temporaryPathIn(dirname(path));
  const file = await open(temporaryPath, 'wx');
  try {
    await writeAll(file, chunks, signal, onWritten);
    signal?.throwIfAborted();
    await rename(temporaryPath, path);
  } catch (error) {
    // What went wrong first is what the user can do something about.
    await rm(temporaryPath, { force: true }).catch(() => {});
    throw error;
  }
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
