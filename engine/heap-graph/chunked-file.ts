// Reads a file in big chunks, the next one while the current one is being parsed, and notices when the file changes
// meanwhile. Used by the snapshot reader, in whatever thread explains snapshots.

import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { SnapshotError } from './heap-graph.ts';

export interface ReadOptions {
  /** 0 to 1, by bytes. */
  readonly onProgress?: ((progress: number) => void) | undefined;
  /** Looked at before each chunk. */
  readonly signal?: AbortSignal | undefined;
  /** 1 MiB unless told; tests make it tiny. */
  readonly chunkBytes?: number | undefined;
}

const DEFAULT_CHUNK_BYTES = 1 << 20;

interface Identity {
  readonly size: number;
  readonly mtimeMs: number;
}

function explainOpening(path: string, error: unknown): SnapshotError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const because = { cause: error };
  if (code === 'ENOENT' || code === 'ENOTDIR') return new SnapshotError(`There is no file ${path}.`, because);
  if (code === 'EACCES' || code === 'EPERM') {
    return new SnapshotError(`${path} may not be read: ask for permission to read it.`, because);
  }
  return new SnapshotError(
    `${path} could not be read: ${error instanceof Error ? error.message : String(error)}.`,
    because,
  );
}

/** The current chunk is `bytes` from `position` to `end`; its first byte is the file's byte `chunkStart`. */
export class ChunkedFile implements AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
  readonly chunkBytes: number;
  bytes: Buffer<ArrayBuffer> = Buffer.alloc(0);
  position = 0;
  end = 0;
  chunkStart = 0;
  /** What is being read, for messages: `its edges`. */
  reading = 'its beginning';
  readonly #handle: FileHandle;
  readonly #opened: Identity;
  readonly #options: ReadOptions;
  #nextStart = 0;
  #ahead: Promise<{ buffer: Buffer<ArrayBuffer>; length: number }> | undefined;
  #kept: Buffer<ArrayBuffer>[] | undefined;

  private constructor(path: string, handle: FileHandle, opened: Identity, options: ReadOptions) {
    this.path = path;
    this.sizeBytes = opened.size;
    this.chunkBytes = options.chunkBytes ?? DEFAULT_CHUNK_BYTES;
    this.#handle = handle;
    this.#opened = opened;
    this.#options = options;
  }

  /** @throws SnapshotError if there is no such file, or it is not one that can be read. */
  static async open(path: string, options: ReadOptions): Promise<ChunkedFile> {
    options.signal?.throwIfAborted();
    let handle: FileHandle;
    try {
      // Before opening: opening a pipe waits for its writer.
      const found = await stat(path);
      if (found.isDirectory()) throw new SnapshotError(`${path} is a folder: name a .heapsnapshot file in it.`);
      if (!found.isFile()) throw new SnapshotError(`${path} is not a regular file: save the snapshot to one first.`);
      handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      throw error instanceof SnapshotError ? error : explainOpening(path, error);
    }
    try {
      const opened = await handle.stat();
      if (opened.size === 0) throw new SnapshotError(`${path} is empty: take the snapshot again.`);
      return new ChunkedFile(path, handle, opened, options);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Where the next byte to be parsed is in the file. */
  get offset(): number {
    return this.chunkStart + this.position;
  }

  /** From now on no chunk is used again: returns the list that the current one and all later ones are put in. */
  keepChunks(): { readonly chunks: readonly Buffer<ArrayBuffer>[]; readonly start: number } {
    this.#kept ??= [this.bytes];
    return { chunks: this.#kept, start: this.chunkStart };
  }

  /**
   * Makes the next chunk the current one; false at the end of the file. Chunks have `chunkBytes` each but the last.
   * @throws SnapshotError if the file cannot be read, or has become shorter; the signal's reason if it is aborted.
   */
  async next(): Promise<boolean> {
    this.#options.signal?.throwIfAborted();
    const { buffer, length } = await (this.#ahead ?? this.#read(undefined));
    this.#ahead = undefined;
    // Also when the signal came while waiting: parsing a chunk that nobody wants would only be late.
    this.#options.signal?.throwIfAborted();
    if (length === 0) return false;
    const used = this.#kept === undefined && this.bytes.length > 0 ? this.bytes : undefined;
    this.chunkStart += this.end;
    this.bytes = buffer;
    this.position = 0;
    this.end = length;
    this.#kept?.push(buffer);
    this.#options.onProgress?.(this.chunkStart / this.sizeBytes);
    if (this.#nextStart < this.sizeBytes) {
      this.#ahead = this.#read(used);
      // Its rejection is reported by the next call; until then it is not unhandled.
      this.#ahead.catch(() => undefined);
    }
    return true;
  }

  async #read(used: Buffer<ArrayBuffer> | undefined): Promise<{ buffer: Buffer<ArrayBuffer>; length: number }> {
    const start = this.#nextStart;
    const wanted = Math.min(this.chunkBytes, this.sizeBytes - start);
    const buffer = used !== undefined && wanted <= used.length ? used : Buffer.allocUnsafeSlow(wanted);
    let length = 0;
    try {
      while (length < wanted) {
        const { bytesRead } = await this.#handle.read(buffer, length, wanted - length, start + length);
        if (bytesRead === 0) throw this.#changed();
        length += bytesRead;
      }
    } catch (error) {
      throw error instanceof SnapshotError ? error : explainOpening(this.path, error);
    }
    this.#nextStart = start + length;
    return { buffer, length };
  }

  #changed(): SnapshotError {
    return new SnapshotError(
      `${this.path} changed while it was read: wait until whoever writes it has finished, then open it again.`,
    );
  }

  /** @throws SnapshotError if the file is no longer what it was when it was opened. */
  async assertUnchanged(): Promise<void> {
    const now = await this.#handle.stat();
    if (now.size !== this.#opened.size || now.mtimeMs !== this.#opened.mtimeMs) throw this.#changed();
  }

  /** What is wrong at the current place. */
  wrong(what: string): SnapshotError {
    return new SnapshotError(
      `${this.path} cannot be read as a heap snapshot: at byte ${this.offset}, in ${this.reading}, ${what}. ` +
        'If the file is complete, another one would be the same: report this with the version of Node that wrote it.',
    );
  }

  cutOff(): SnapshotError {
    return new SnapshotError(
      `${this.path} is cut off after ${this.sizeBytes} bytes, in ${this.reading}. ` +
        'Take the snapshot again, and wait until it is complete.',
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A read in flight must not outlive the handle.
    await this.#ahead?.catch(() => undefined);
    await this.#handle.close();
  }
}
