// Writes a recording to a file that is either the old one or the whole new one, never half of it. Used by the command line
// and the desktop application.

import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

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
  const temporaryPath = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.part`);
  const file = await open(temporaryPath, 'wx');
  try {
    await writeAll(file, chunks, signal, onWritten);
    await rename(temporaryPath, path);
  } catch (error) {
    await rm(temporaryPath, { force: true });
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
  const probePath = join(folder, `.heapline.${randomBytes(4).toString('hex')}.part`);
  const file = await open(probePath, 'wx');
  await file.close();
  await rm(probePath, { force: true });
}
