// Recordings whose bytes, frames and blocks are not what a Heapline writes. Whatever is opened can be read by every client.

import { EngineEvent } from '../../engine/protocol/event.ts';
import { decodeFrame, encodeFrame, FrameError } from '../../engine/protocol/frame-codec.ts';
import { parse } from '../../engine/protocol/parse.ts';
import { quickened } from '../../engine/protocol/port.ts';
import type { RunBatch } from '../../engine/protocol/run-batch.ts';
import { groupsFrom } from '../../engine/session/join-batches.ts';
import { openRecordedRun } from '../../engine/session/open-recording.ts';
import { encodeRecording, readRecording, RecordingFileError } from '../../engine/session/recording-file.ts';
import { GOLDEN_BATCHES, GOLDEN_HEADER } from '../fixtures/recordings/golden-recording.ts';
import { syntheticRun } from '../fixtures/synthetic-run.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { damaged, withHostileValues, type Random } from './random.ts';

const Event = quickened(EngineEvent);
/** A file may say that it is much. */
const BUDGET_BYTES = 100 * 1024 * 1024;

/** Batches of every kind, as an observer and a session would have them. */
function batchesOf(random: Random): RunBatch[] {
  const own = GOLDEN_BATCHES as readonly RunBatch[];
  const run = Array.from(
    syntheticRun({ objects: 5 + random.below(50), durationMs: 200 + random.below(500), settleMs: 50 }),
    ({ batch }) => batch,
  );
  const started = run.find((batch) => batch.type === 'started') ?? own[0]!;
  const others = [...run, ...own].filter(({ type }) => type !== 'started' && type !== 'ended');
  const ended = run.filter(({ type }) => type === 'ended');
  return [started, ...others.filter(() => random.chance(0.8)), ...(random.chance(0.5) ? ended : [])];
}

async function fileOf(random: Random): Promise<Buffer> {
  const batches = batchesOf(random).map((batch) => (random.chance(0.02) ? withHostileValues(random, batch) : batch));
  const header = random.chance(0.1) ? withHostileValues(random, GOLDEN_HEADER) : GOLDEN_HEADER;
  const pieces = await Array.fromAsync(encodeRecording(header, batches, random.pick([200, 5_000, 1024 * 1024])));
  // Blocks in another order, or of another file.
  if (random.chance(0.15)) pieces.splice(random.below(pieces.length), random.below(3));
  if (random.chance(0.15)) pieces.splice(random.below(pieces.length), 0, random.pick(pieces));
  const file = Buffer.concat(pieces);
  return random.chance(0.3) ? damaged(random, file) : file;
}

async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export const recordings: FuzzTarget = {
  name: 'recordings',
  open: () =>
    Promise.resolve({
      async attempt(random) {
        let file: Buffer;
        try {
          file = await fileOf(random);
        } catch (error) {
          // No frame can have it: nothing that a file could hold.
          if (error instanceof FrameError) return 'not to be written';
          throw error;
        }
        let opened;
        try {
          opened = await openRecordedRun(await readRecording(piecesOf(file, random.pick([7, 4_096, 1_000_000]))), {
            runId: 'opened',
            origin: { fileName: 'a.heapline', savedAtEpochMs: 0, recordedRunId: 'r' },
            recordingBudgetBytes: BUDGET_BYTES,
          });
        } catch (error) {
          if (error instanceof RecordingFileError) return 'refused';
          throw error;
        }
        for (const group of groupsFrom(opened.recording, 0)) {
          const read = parse(Event, decodeFrame(encodeFrame({ type: 'run-events', runId: 'opened', ...group })));
          if (!read.success) throw new Error(`A client could not read what was opened: ${read.problem}`);
        }
        return opened.isWhole ? 'opened whole' : 'opened in part';
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};
