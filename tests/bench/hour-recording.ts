// An hour of a busy program as the session would have recorded it: millions of registrations, in batches of the size in
// which the observer sends them. Deterministic. Made in Node by the timeline bench; far too long to be written by hand.

import type { RunBatch, RunBatchOf } from '../../engine/protocol/run-batch.ts';
import type { RunReport } from '../../engine/protocol/run-report.ts';
import { VERDICT_REASONS, VERDICTS } from '../../engine/protocol/vocabulary.ts';

export interface HourOptions {
  readonly registrations: number;
  readonly durationMs: number;
  /** Share of the ticks of 20 ms in which anything is registered: 1 is a steady drip, 0.1 comes in bursts. */
  readonly busyShare: number;
}

/** What the companion waits for before it sends few rows; see engine/observer/companion.ts. */
const DRAIN_INTERVAL_MS = 20;
const SAMPLES_IN_A_BATCH = 3;
const MAXIMUM_BATCH_ROWS = 32_768;
const VERDICT_ROWS = 65_536;
const REGISTRIES = 4;
const SITES = 12;
/** In this part of the run all objects are let go of soon: there are moments in which few are alive. */
const FORGETFUL_SHARE = 0.3;
const BURST_TICKS = 8;

function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Writes what labels are made of: a path for one registry, a number for the next, nothing for the others. */
function writeLabel(id: number, registryId: number, bytes: Uint8Array, offset: number): number {
  if (registryId > 2) return offset;
  const text = registryId === 1 ? `Session /users/${id}` : String(id);
  for (let index = 0; index < text.length; index++) bytes[offset + index] = text.charCodeAt(index);
  return offset + text.length;
}

function registrationsOf(
  firstId: number,
  fromMs: number,
  toMs: number,
  count: number,
  random: () => number,
): RunBatchOf<'registrations'> {
  const atMs = new Float64Array(count);
  const registryId = new Uint32Array(count);
  const siteId = new Uint32Array(count);
  const labelEnd = new Uint32Array(count);
  const labelBytes = new Uint8Array(count * 32);
  let end = 0;
  const spacingMs = (toMs - fromMs) / count;
  for (let row = 0; row < count; row++) {
    atMs[row] = fromMs + (row + random() * 0.9) * spacingMs;
    registryId[row] = 1 + ((((firstId + row) * 2654435761) >>> 16) % REGISTRIES);
    siteId[row] = 1 + ((((firstId + row) * 40503) >>> 4) % SITES);
    end = writeLabel(firstId + row, registryId[row]!, labelBytes, end);
    labelEnd[row] = end;
  }
  return { type: 'registrations', firstId, atMs, registryId, siteId, labelEnd, labelBytes: labelBytes.slice(0, end) };
}

/** Numbers of registrations that wait for something, by the tick or the collection that they wait for. */
class Waiting {
  readonly #ids: (number[] | undefined)[] = [];

  add(when: number, id: number): void {
    (this.#ids[when] ??= []).push(id);
  }

  take(when: number): readonly number[] {
    const ids = this.#ids[when] ?? [];
    this.#ids[when] = undefined;
    return ids;
  }
}

/** All batches of the run, in the order in which a client gets them. */
export function* hourRecording(options: HourOptions): Generator<RunBatch> {
  const { registrations, durationMs, busyShare } = options;
  const random = createRandom(11);
  const ticks = Math.floor(durationMs / DRAIN_INTERVAL_MS);
  const majorsStartMs: number[] = [];
  const majorAtOrAfterTick = new Uint32Array(ticks + 1);
  for (let at = 700; at < durationMs; at += 500 + random() * 1_500) majorsStartMs.push(at);
  for (let tick = 0, major = 0; tick <= ticks; tick++) {
    while ((majorsStartMs[major] ?? Infinity) < tick * DRAIN_INTERVAL_MS) major++;
    majorAtOrAfterTick[tick] = major;
  }
  const majorAfter = (atMs: number) =>
    majorAtOrAfterTick[Math.min(ticks, Math.ceil(atMs / DRAIN_INTERVAL_MS))] ?? majorsStartMs.length;

  yield {
    type: 'started',
    description: {
      runId: 'hour',
      title: 'An hour',
      program: { kind: 'scenario', id: 'hour', parameters: {} },
      gcPolicy: { kind: 'none', intervalMs: 500 },
      limits: { settleMs: 1_000, timeoutMs: 4_000_000 },
      startedAt: '2026-01-01T00:00:00.000Z',
    },
  };
  yield {
    type: 'runtime',
    node: '24.21.0',
    v8: '13.6',
    host: 'node',
    pid: 1,
    capabilities: { heap: 'live', external: 'live', collections: 'live', forcedGc: 'live' },
  };
  yield { type: 'status', status: 'running', atMs: 0 };
  yield {
    type: 'sites',
    items: Array.from({ length: SITES }, (_, index) => ({
      id: index + 1,
      file: `/project/source/module-${index}.ts`,
      line: 10 + index,
      column: 3,
      functionName: 'load',
    })),
  };
  yield {
    type: 'registries',
    items: Array.from({ length: REGISTRIES }, (_, index) => ({ id: index + 1, atMs: 1, siteId: index + 1 })),
  };

  const forMajor = new Waiting();
  const forTick = new Waiting();
  const verdict = new Uint8Array(registrations).fill(VERDICTS.indexOf('alive'));
  const reason = new Uint8Array(registrations).fill(VERDICT_REASONS.indexOf('survived-major-gc'));
  const counts = { finalized: 0, unregistered: 0, callbackThrew: 0 };
  let nextId = 1;
  let nextMajor = 0;
  let nextMinorMs = 60;
  let nextBlockedMs = 9_000;
  let blockedUntilMs = 0;
  let used = 30e6;
  let samples: number[][] = [];
  let minors = 0;
  const perBusyTick = registrations / ticks / busyShare;
  let owed = 0;

  function* flushSamples(): Generator<RunBatch> {
    if (samples.length === 0) return;
    const column = (index: number) => Float64Array.from(samples, (row) => row[index] ?? NaN);
    yield {
      type: 'samples',
      atMs: column(0),
      usedBytes: column(1),
      totalBytes: column(2),
      externalBytes: column(3),
      rssBytes: column(4),
    };
    samples = [];
  }

  function collection(startMs: number, pauseMs: number, kind: number): RunBatchOf<'collections'> {
    const before = used;
    used = 30e6 + (used - 30e6) * (kind === 1 ? 0.1 : 0.9);
    return {
      type: 'collections',
      startMs: Float64Array.of(startMs),
      pauseMs: Float64Array.of(pauseMs),
      kind: Uint8Array.of(kind),
      forced: Uint8Array.of(kind === 1 && nextMajor % 9 === 0 ? 1 : 0),
      beforeBytes: Float64Array.of(before),
      afterBytes: Float64Array.of(used),
      reason: Uint8Array.of(0),
      reasons: [kind === 1 ? 'finalize incremental marking via stack guard' : 'task'],
    };
  }

  function callbacksOf(ids: readonly number[], startMs: number): RunBatchOf<'callbacks'> {
    const batch = {
      type: 'callbacks' as const,
      id: Uint32Array.from(ids),
      startMs: new Float64Array(ids.length),
      durationMs: new Float64Array(ids.length),
      threw: new Uint8Array(ids.length),
    };
    ids.forEach((id, row) => {
      batch.startMs[row] = startMs + row * 0.0021;
      batch.durationMs[row] = 0.0008 + random() * 0.001;
      const threw = id % 200_000 === 77;
      batch.threw[row] = threw ? 1 : 0;
      verdict[id - 1] = VERDICTS.indexOf(threw ? 'callback-threw' : 'finalized');
      reason[id - 1] = VERDICT_REASONS.indexOf(threw ? 'callback-threw-error' : 'callback-ran');
      if (threw) counts.callbackThrew++;
      else counts.finalized++;
    });
    return batch;
  }

  for (let tick = 0; tick < ticks; tick++) {
    const fromMs = tick * DRAIN_INTERVAL_MS;
    const toMs = fromMs + DRAIN_INTERVAL_MS;
    const marks: RunBatchOf<'marks'>['items'] = [];
    if (tick % 1_500 === 7) marks.push({ kind: 'user-mark', name: `request ${tick / 1_500}`, atMs: fromMs + 3 });
    if (tick % 3_000 === 11) {
      marks.push({ kind: 'user-measure', name: 'indexing', atMs: fromMs + 1, durationMs: 900 });
    }
    if (tick % 40 === 0) marks.push({ kind: 'release', name: `Session /users/${nextId}`, atMs: fromMs + 2 });

    owed += registrations / ticks;
    // Bursts of some ticks each, as requests come to a server.
    const isBusy = busyShare >= 1 || tick % Math.round(BURST_TICKS / busyShare) < BURST_TICKS;
    const due =
      tick === ticks - 1 ? registrations + 1 - nextId : isBusy ? Math.round(perBusyTick * (0.7 + random() * 0.6)) : 0;
    let count = Math.max(0, Math.min(due, Math.ceil(owed), registrations + 1 - nextId));
    owed -= count;
    if (marks.length > 0) yield { type: 'marks', items: marks };
    while (count > 0) {
      const rows = Math.min(count, MAXIMUM_BATCH_ROWS);
      count -= rows;
      const batch = registrationsOf(nextId, fromMs, toMs, rows, random);
      yield batch;
      const isForgetful = fromMs < durationMs * FORGETFUL_SHARE;
      for (let row = 0; row < rows; row++) {
        const id = nextId + row;
        const atMs = batch.atMs[row] ?? 0;
        const fate = random();
        if (!isForgetful && fate < 0.004) continue;
        if (fate < 0.015) forTick.add(Math.min(ticks - 1, tick + 1 + Math.floor(random() * 40)), id);
        else if (fate < 0.06 && !isForgetful) forMajor.add(majorAfter(atMs - 60_000 * Math.log(1 - random())), id);
        else forMajor.add(majorAfter(isForgetful ? toMs : atMs + random() * 1_500), id);
      }
      nextId += rows;
    }
    while (nextMinorMs < toMs) {
      yield collection(nextMinorMs, 0.3 + random() * 0.9, 0);
      minors++;
      nextMinorMs += 60 + random() * 180;
    }
    for (
      let startMs = majorsStartMs[nextMajor];
      startMs !== undefined && startMs < toMs;
      startMs = majorsStartMs[++nextMajor]
    ) {
      const pauseMs = 2 + random() * 12;
      yield collection(startMs, pauseMs, 1);
      // Last in, first out, as V8 calls them.
      const ids = [...forMajor.take(nextMajor)].reverse();
      for (let first = 0; first < ids.length; first += MAXIMUM_BATCH_ROWS) {
        yield callbacksOf(ids.slice(first, first + MAXIMUM_BATCH_ROWS), startMs + pauseMs + 0.5 + first * 0.0021);
      }
    }
    const gone = forTick.take(tick);
    if (gone.length > 0) {
      yield {
        type: 'unregistrations',
        id: Uint32Array.from(gone),
        atMs: Float64Array.from(gone, (_, row) => fromMs + (row * DRAIN_INTERVAL_MS) / gone.length),
      };
      for (const id of gone) {
        verdict[id - 1] = VERDICTS.indexOf('unregistered');
        reason[id - 1] = VERDICT_REASONS.indexOf('token-unregistered');
      }
      counts.unregistered += gone.length;
    }
    if (nextBlockedMs < fromMs) {
      const lengthMs = 60 + random() * 400;
      blockedUntilMs = nextBlockedMs + lengthMs;
      yield { type: 'blocked', startMs: Float64Array.of(nextBlockedMs), endMs: Float64Array.of(blockedUntilMs) };
      nextBlockedMs += 2_000 + random() * 8_000;
    }
    used += 200_000 + random() * 300_000;
    const external = 20e6 + Math.sin(fromMs / 90_000) * 8e6 + random() * 1e6;
    const isMissed = tick % 977 === 5;
    samples.push([
      fromMs + 3 + random(),
      isMissed ? NaN : used,
      isMissed ? NaN : 90e6,
      isMissed ? NaN : external,
      160e6 + used,
    ]);
    if (samples.length === SAMPLES_IN_A_BATCH) yield* flushSamples();
    if (tick % 250 === 0) {
      yield { type: 'console', entries: [{ stream: 'stdout', atMs: fromMs, text: `tick ${tick}\n`, lines: 1 }] };
    }
  }
  yield* flushSamples();
  for (let first = 0; first < registrations; first += VERDICT_ROWS) {
    yield {
      type: 'verdicts',
      firstId: first + 1,
      verdict: verdict.slice(first, first + VERDICT_ROWS),
      reason: reason.slice(first, first + VERDICT_ROWS),
    };
  }
  yield { type: 'ended', atMs: durationMs, report: reportOf(options, counts, minors, majorsStartMs.length, ticks) };
}

function reportOf(
  { registrations, durationMs }: HourOptions,
  counts: { finalized: number; unregistered: number; callbackThrew: number },
  minor: number,
  major: number,
  samples: number,
): RunReport {
  return {
    schemaVersion: 1,
    runtime: { node: '24.21.0', v8: '13.6', host: 'node' },
    scenario: { id: 'hour', parameters: {} },
    outcome: { status: 'completed', exitCode: 0, message: 'The program ended.' },
    durationMs,
    heap: {
      samples,
      maxGapMs: 21,
      medianGapMs: 20,
      peakUsedBytes: null,
      finalUsedBytes: null,
      peakRssBytes: null,
      peakExternalBytes: null,
      finalExternalBytes: null,
    },
    gc: { minor, major, forced: 0, totalPauseMs: 0, longestPauseMs: 14 },
    registrations: {
      total: registrations,
      ...counts,
      alive: registrations - counts.finalized - counts.unregistered - counts.callbackThrew,
      callbackPending: 0,
      registryCollected: 0,
      exitedFirst: 0,
      unknown: 0,
    },
    latencyMs: { count: counts.finalized, p50: 700, p95: 1_800, p99: 2_000, max: 60_000 },
    registries: [],
    objects: [],
    objectsOmitted: registrations,
    console: { lines: 0, droppedLines: 0 },
    warnings: [],
    droppedRows: 0,
  };
}

/** What goes on at the end of a live run: `perSecond` events, half registrations and half callbacks, from `firstId` on. */
export function createLiveBatches(
  firstId: number,
  perSecond: number,
): (fromMs: number, toMs: number) => readonly RunBatch[] {
  const random = createRandom(5);
  let nextId = firstId;
  let nextCalled = firstId;
  let owed = 0;
  let ticks = 0;
  return (fromMs, toMs) => {
    owed += ((toMs - fromMs) / 1_000) * (perSecond / 2);
    const count = Math.floor(owed);
    owed -= count;
    const batches: RunBatch[] = [registrationsOf(nextId, fromMs, toMs, count, random)];
    nextId += count;
    ticks++;
    // A collection every fifth tick brings the callbacks of all that were registered before it.
    if (ticks % 5 === 0) {
      const called = nextId - count - nextCalled;
      batches.push({
        type: 'collections',
        startMs: Float64Array.of(fromMs),
        pauseMs: Float64Array.of(1.5),
        kind: Uint8Array.of(1),
        forced: Uint8Array.of(1),
        beforeBytes: Float64Array.of(60e6),
        afterBytes: Float64Array.of(40e6),
        reason: Uint8Array.of(0),
        reasons: ['testing'],
      });
      const spacingMs = (toMs - fromMs - 2) / Math.max(1, called);
      const first = nextCalled;
      batches.push({
        type: 'callbacks',
        id: Uint32Array.from({ length: called }, (_, row) => first + called - 1 - row),
        startMs: Float64Array.from({ length: called }, (_, row) => fromMs + 2 + row * spacingMs),
        durationMs: new Float64Array(called).fill(0.0008),
        threw: new Uint8Array(called),
      });
      nextCalled += called;
    }
    if (ticks % 3 === 0) {
      batches.push({
        type: 'samples',
        atMs: Float64Array.of(toMs - 2 * DRAIN_INTERVAL_MS, toMs - DRAIN_INTERVAL_MS, toMs),
        usedBytes: Float64Array.from({ length: 3 }, () => 40e6 + random() * 20e6),
        totalBytes: new Float64Array(3).fill(90e6),
        externalBytes: Float64Array.from({ length: 3 }, () => 20e6 + random() * 1e6),
        rssBytes: new Float64Array(3).fill(160e6),
      });
    }
    return batches;
  };
}
