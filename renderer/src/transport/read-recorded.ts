// Reads what is recorded of a run over HTTP, from a host that serves the page: several times as fast as through its socket,
// which a browser takes in small pieces. Runs in the page; called by the engine client where a run is far ahead of it.

import { EngineEvent, type EngineEventOf } from '../../../engine/protocol/event.ts';
import { createFrameDecoder } from '../../../engine/protocol/frame-codec.ts';
import { parseOrThrow } from '../../../engine/protocol/parse.ts';
import { quickened } from '../../../engine/protocol/port.ts';

/** What is recorded by then from a sequence on, in order. Rejects where it cannot be read; what came before stands. */
export type ReadRecorded = (runId: string, fromSequence: number) => AsyncGenerator<EngineEventOf<'run-events'>, void>;

const Event = quickened(EngineEvent);

/** @param addressOf the path with its token, at the host that serves the page */
export const createReadRecorded = (
  addressOf: (path: string, query: Readonly<Record<string, string>>) => string,
): ReadRecorded =>
  async function* readRecorded(runId, fromSequence) {
    // Whoever reads no further lets go of the connection.
    const noMore = new AbortController();
    try {
      const path = `/recordings/${encodeURIComponent(runId)}/events`;
      const response = await fetch(addressOf(path, { from: String(fromSequence) }), { signal: noMore.signal });
      if (!response.ok || response.body === null) throw new Error(`The host answered with ${response.status}.`);
      const decoder = createFrameDecoder();
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        for (const message of decoder.push(value)) {
          const event = parseOrThrow(Event, message);
          if (event.type !== 'run-events') throw new Error(`The host sent “${event.type}”.`);
          yield event;
        }
      }
    } finally {
      noMore.abort();
    }
  };
