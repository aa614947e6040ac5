// Waits for the rest of what an ended program wrote. Used by the launchers of every host.

import type { Readable } from 'node:stream';

/** After the process ended, its output may still be in the pipe; a pipe silent for longer is held open by somebody else. */
const OUTPUT_GRACE_MS = 1_000;

/** Resolves when all `streams` are closed; those that stay silent are destroyed. Somebody else reads them. */
export async function untilOutputEnds(streams: readonly Readable[]): Promise<void> {
  const giveUp = (): void => {
    for (const stream of streams) stream.destroy();
  };
  let quiet = setTimeout(giveUp, OUTPUT_GRACE_MS);
  const more = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(giveUp, OUTPUT_GRACE_MS);
  };
  for (const stream of streams) stream.on('data', more);
  await Promise.all(streams.map(untilClosed));
  clearTimeout(quiet);
}

function untilClosed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
