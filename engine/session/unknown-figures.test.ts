// Whatever is not known of a run, its recording is saved, sent and read again: unknown figures are null in it, and nothing that
// a client could not read.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineEvent } from '../protocol/event.ts';
import { decodeFrame, encodeFrame } from '../protocol/frame-codec.ts';
import { parse } from '../protocol/parse.ts';
import type { RunBatch } from '../protocol/run-batch.ts';
import type { RunDescription } from '../protocol/run-description.ts';
import { openRecordedRun } from './open-recording.ts';
import { encodeRecording, readRecording, RECORDING_FORMAT_VERSION } from './recording-file.ts';

const description: RunDescription = {
  runId: 'the-run',
  title: 'Simple',
  program: { kind: 'file', path: '/a.mjs', args: [] },
  gcPolicy: { kind: 'none', intervalMs: 500 },
  limits: { settleMs: 1000, timeoutMs: 60_000 },
  startedAt: '2026-11-12T09:03:00.000Z',
};
const header = {
  type: 'recording',
  formatVersion: RECORDING_FORMAT_VERSION,
  heapline: '0.1.0',
  savedAtEpochMs: 1,
  run: description,
} as const;

/** A time or a size as a column may have it, known or not. */
const figure = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 0, max: 1e6, noNaN: true }) },
  fc.constantFrom(NaN, Infinity, -Infinity),
);
const figures = (rows: number) =>
  fc.array(figure, { minLength: rows, maxLength: rows }).map((v) => Float64Array.from(v));
const codes = (rows: number, max = 3) => fc.uint8Array({ minLength: rows, maxLength: rows, max });
const ids = (rows: number) => fc.uint32Array({ minLength: rows, maxLength: rows, max: 40 });
const rows = fc.nat({ max: 5 });
const batch: fc.Arbitrary<RunBatch> = fc.oneof(
  rows.chain((n) =>
    fc.record({
      type: fc.constant('registrations' as const),
      // With gaps: rows were lost.
      firstId: fc.integer({ min: 1, max: 30 }),
      atMs: figures(n),
      registryId: ids(n),
      siteId: ids(n),
      labelEnd: fc.constant(new Uint32Array(n)),
      labelBytes: fc.constant(new Uint8Array()),
    }),
  ),
  rows.chain((n) =>
    fc.record({
      type: fc.constant('callbacks' as const),
      id: ids(n),
      startMs: figures(n),
      durationMs: figures(n),
      threw: codes(n, 1),
    }),
  ),
  rows.chain((n) => fc.record({ type: fc.constant('unregistrations' as const), id: ids(n), atMs: figures(n) })),
  rows.chain((n) => fc.record({ type: fc.constant('blocked' as const), startMs: figures(n), endMs: figures(n) })),
  rows.chain((n) => fc.record({ type: fc.constant('registries-collected' as const), id: ids(n), atMs: figures(n) })),
  rows.chain((n) =>
    fc.record({
      type: fc.constant('samples' as const),
      atMs: figures(n),
      usedBytes: figures(n),
      totalBytes: figures(n),
      externalBytes: figures(n),
      rssBytes: figures(n),
    }),
  ),
  rows.chain((n) =>
    fc.record({
      type: fc.constant('collections' as const),
      startMs: figures(n),
      pauseMs: figures(n),
      kind: codes(n),
      forced: codes(n, 1),
      beforeBytes: figures(n),
      afterBytes: figures(n),
      reason: codes(n, 0),
      reasons: fc.array(fc.constant('task'), { minLength: 1, maxLength: 1 }),
    }),
  ),
);

describe('a run of which much is not known', () => {
  it('is summed up so that it is read again, from a file and by a client', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 8 }), async (some) => {
        const chunks = encodeRecording(header, [{ type: 'started', description }, ...some]);
        const opened = await openRecordedRun(await readRecording(chunks), {
          runId: 'opened',
          origin: { fileName: 'a.heapline', savedAtEpochMs: 1, recordedRunId: 'the-run' },
        });
        const batches = Array.from(opened.recording.read(0), (each) => each.batch);
        expect(batches.at(-1)?.type).toBe('ended');
        const again = await readRecording(encodeRecording(header, batches));
        const reading = again.batches();
        let step = await reading.next();
        while (step.done !== true) step = await reading.next();
        expect(step.value).toEqual({ kind: 'whole' });
        const event = { type: 'run-events', runId: 'r', sequence: 0, count: batches.length, batches, aheadBytes: 0 };
        expect(parse(EngineEvent, decodeFrame(encodeFrame(event)))).toMatchObject({ success: true });
      }),
      { numRuns: 150 },
    );
  });

  it('lists an object whose registration was lost without a time', async () => {
    const registrations = (firstId: number): RunBatch => ({
      type: 'registrations',
      firstId,
      atMs: Float64Array.of(5),
      registryId: Uint32Array.of(1),
      siteId: Uint32Array.of(0),
      labelEnd: Uint32Array.of(0),
      labelBytes: new Uint8Array(),
    });
    const chunks = encodeRecording(header, [{ type: 'started', description }, registrations(1), registrations(3)]);
    const { report } = await openRecordedRun(await readRecording(chunks), {
      runId: 'opened',
      origin: { fileName: 'a.heapline', savedAtEpochMs: 1, recordedRunId: 'the-run' },
    });
    expect(report.objects.map(({ registeredAtMs }) => registeredAtMs)).toEqual([5, null, 5]);
  });
});
