import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { RunReport } from '../protocol/run-report.ts';
import { createRunTally } from './run-tally.ts';
import { buildReport } from './session-report.ts';
import { decideVerdicts } from './verdicts.ts';

/** `callbacks[i]` is when the callback of registration i + 1 started; all were registered at 0. */
async function report(callbacks: readonly (number | undefined)[], maximumObjects?: number) {
  const tally = createRunTally();
  const rows = callbacks.length;
  tally.apply({
    type: 'sites',
    items: [{ id: 1, file: 'C:\\programs\\cache.ts', line: 12, column: 3, functionName: 'fill' }],
  });
  tally.apply({ type: 'registries', items: [{ id: 1, atMs: 0, siteId: 1 }] });
  tally.apply({
    type: 'registrations',
    firstId: 1,
    atMs: new Float64Array(rows),
    registryId: new Uint32Array(rows).fill(1),
    siteId: new Uint32Array(rows).fill(1),
    labelEnd: new Uint32Array(rows),
    labelBytes: new Uint8Array(0),
  });
  for (const [row, startMs] of callbacks.entries()) {
    if (startMs === undefined) continue;
    tally.apply({
      type: 'callbacks',
      id: Uint32Array.of(row + 1),
      startMs: Float64Array.of(startMs),
      durationMs: Float64Array.of(0),
      threw: Uint8Array.of(0),
    });
  }
  tally.apply({
    type: 'samples',
    atMs: Float64Array.of(0, 20, 45, 60, 80),
    usedBytes: Float64Array.of(10, 30, NaN, 20, NaN),
    totalBytes: new Float64Array(5),
    externalBytes: new Float64Array(5).fill(NaN),
    rssBytes: Float64Array.of(NaN, 100, 90, NaN, NaN),
  });
  const verdicts = await decideVerdicts({
    rows: tally.rows,
    majorCollections: tally.majorCollections(),
    clearingCollections: tally.clearingCollections(),
    blocked: tally.blocked(),
    registryCollectedAtMs: tally.registryCollectedAtMs,
    droppedRows: 0,
    settled: true,
    processEnded: true,
    observationEnded: false,
    endedOrderly: true,
    settleTimeCompleted: true,
    lastEventMs: 100,
  });
  return buildReport(
    {
      tally,
      verdicts,
      outcome: { status: 'completed', message: '' },
      program: { kind: 'file', path: '/programs/cache.ts', args: [] },
      durationMs: 100,
      host: 'node',
    },
    maximumObjects,
  );
}

describe('buildReport', () => {
  it('lists those that were not finalized first, in order, and counts what it leaves out', async () => {
    const { report: document, objects } = await report([1, undefined, 2, undefined, 3, 4], 3);
    expect(document.objects.map(({ id }) => id)).toEqual([1, 2, 4]);
    expect(document.objectsOmitted).toBe(3);
    expect(Array.from(objects, ({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(document.registrations).toMatchObject({ total: 6, finalized: 4, alive: 2 });
  });

  it('gives exact percentiles of all latencies', async () => {
    const { report: document } = await report(Array.from({ length: 1_000 }, (_, row) => 1_000 - row));
    expect(document.latencyMs).toEqual({ count: 1_000, p50: 500, p95: 950, p99: 990, max: 1_000 });
  });

  it('measures gaps between known heap figures, and shows what is not known as null', async () => {
    const { heap, gc } = (await report([])).report;
    expect(heap).toEqual({
      samples: 3,
      maxGapMs: 40,
      medianGapMs: 20,
      peakUsedBytes: 30,
      finalUsedBytes: 20,
      peakRssBytes: 100,
      peakExternalBytes: null,
      finalExternalBytes: null,
    });
    expect(gc.longestPauseMs).toBeNull();
  });

  it('is a valid document, also of a run of which nothing is known', async () => {
    expect(v.safeParse(RunReport, (await report([])).report).success).toBe(true);
    expect(v.safeParse(RunReport, (await report([1, undefined])).report).success).toBe(true);
    expect((await report([1])).report.objects[0]?.site).toBe('cache.ts:12:3');
  });
});
