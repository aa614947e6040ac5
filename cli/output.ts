// Standard output and standard error as the commands use them: patient with a slow reader, calm when there is none.

import { fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';

export interface Output {
  /** Resolves when the reader has taken enough that more may come; at once if the reader has gone. */
  write(text: string): Promise<void>;
  /** Resolves when everything has left the process, or the reader has gone. */
  flush(): Promise<void>;
  readonly hasReader: boolean;
  /** True for a file that other users of this machine can read: no secret may be written to it. */
  readonly isReadableByOthers: boolean;
}

/** @param onReaderGone called once, when whoever read the stream has closed it (`heapline run … | head`) */
export function createOutput(stream: Writable, onReaderGone: () => void = () => {}): Output {
  let hasReader = true;
  let wake: (() => void) | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EOF' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    if (!hasReader) return;
    hasReader = false;
    wake?.();
    onReaderGone();
  });
  const untilWoken = (listen: (wakeUp: () => void) => void) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      listen(resolve);
    });
  return {
    async write(text) {
      if (!hasReader || text === '') return;
      if (!stream.write(text)) await untilWoken((wakeUp) => stream.once('drain', wakeUp));
    },
    async flush() {
      if (hasReader) await untilWoken((wakeUp) => stream.write('', () => wakeUp()));
    },
    get hasReader() {
      return hasReader;
    },
    get isReadableByOthers() {
      return 'fd' in stream && typeof stream.fd === 'number' && isFileOfEverybody(stream.fd);
    },
  };
}

/** Windows has no such modes: there, a file's folder decides. */
function isFileOfEverybody(descriptor: number): boolean {
  if (process.platform === 'win32') return false;
  const stats = fstatSync(descriptor);
  return stats.isFile() && (stats.mode & 0o044) !== 0;
}
