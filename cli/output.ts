// Standard output and standard error as the commands use them: patient with a slow reader, calm when there is none.

import type { Writable } from 'node:stream';

export interface Output {
  /** Resolves when the reader has taken enough that more may come; at once if the reader has gone. */
  write(text: string): Promise<void>;
  /** Resolves when everything has left the process, or the reader has gone. */
  flush(): Promise<void>;
  readonly hasReader: boolean;
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
  };
}
