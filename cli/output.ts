// Standard output and standard error as the commands use them: patient with a slow reader, calm when there is none.

import { fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { createProgramText, visibleText } from '../engine/protocol/visible-text.ts';

export interface Output {
  /**
   * Writes words of Heapline's own, with what a terminal would act on made visible: there is text from elsewhere in nearly all
   * of them. Resolves when the reader has taken enough that more may come; at once if the reader has gone.
   */
  write(text: string): Promise<void>;
  /** Writes what the program has printed: as it is, and on a terminal without anything that it would act on but colors. */
  writeOfProgram(text: string): Promise<void>;
  /** Writes a line over the one that the cursor is in; only on a terminal. */
  writeOver(text: string): Promise<void>;
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
  const ofProgram = 'isTTY' in stream && stream.isTTY === true ? createProgramText() : undefined;
  const writeAsItIs = async (text: string): Promise<void> => {
    if (!hasReader || text === '') return;
    if (!stream.write(text)) await untilWoken((wakeUp) => stream.once('drain', wakeUp));
  };
  return {
    write: (text) => writeAsItIs((ofProgram?.end() ?? '') + visibleText(text)),
    writeOfProgram: (text) => writeAsItIs(ofProgram === undefined ? text : ofProgram.push(text)),
    writeOver: (text) => writeAsItIs(`\r\u001b[K${visibleText(text)}`),
    async flush() {
      await writeAsItIs(ofProgram?.end() ?? '');
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
