// Sends one run's recording to one client, no faster than the client takes it. Made by the engine for each `follow-run`.

import type { BatchGroup } from '../protocol/run-batch.ts';
import { groupFrom, MOST_JOINED_BYTES } from './join-batches.ts';
import type { Recording } from './recording.ts';

/** Unacknowledged bytes in flight to one client. One batch, or one group, is always sent, however large. */
export const FOLLOW_WINDOW_BYTES = 8 * 1024 * 1024;

export interface RunFollower {
  /** Sends what there is and what the window allows. Called when the recording has grown. */
  pump(): void;
  /** The client has worked through everything up to and including `sequence`; more is sent. */
  acknowledge(sequence: number): void;
}

/**
 * Keeps a cursor into the recording and nothing else, so that a slow client costs no memory.
 * @param fromSequence the first batch to send; at most `recording.length`.
 * @param joins whether batches are joined to groups where there are several to send
 */
export function createRunFollower(
  recording: Recording,
  fromSequence: number,
  send: (group: BatchGroup) => void,
  { windowBytes = FOLLOW_WINDOW_BYTES, joins = false }: { windowBytes?: number; joins?: boolean } = {},
): RunFollower {
  let cursor = fromSequence;
  let firstUnacknowledged = fromSequence;
  const pump = (): void => {
    while (cursor < recording.length && recording.bytesBetween(firstUnacknowledged, cursor) < windowBytes) {
      const group = groupFrom(recording, cursor, joins ? MOST_JOINED_BYTES : 0);
      cursor += group.count;
      send(group);
    }
  };
  return {
    pump,
    acknowledge(sequence) {
      // A client cannot have worked through what it was not sent.
      firstUnacknowledged = Math.max(firstUnacknowledged, Math.min(sequence + 1, cursor));
      pump();
    },
  };
}
