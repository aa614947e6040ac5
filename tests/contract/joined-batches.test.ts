// A client that is sent joined batches must come to know exactly what one knows that is sent each of them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from '../../engine/protocol/frame-codec.ts';
import { EngineEvent } from '../../engine/protocol/event.ts';
import { quickened } from '../../engine/protocol/port.ts';
import type { RunBatch } from '../../engine/protocol/run-batch.ts';
import { groupFrom } from '../../engine/session/join-batches.ts';
import { createRecording } from '../../engine/session/recording.ts';
import { createRunStream } from '../../renderer/src/stream/create-run-stream.ts';
import type { RunStream } from '../../renderer/src/stream/run-stream.ts';
import { callbacksBatch, collectionsBatch, registrationsBatch, samplesBatch } from '../fixtures/synthetic-run.ts';
import * as v from 'valibot';

/** A failing property stops looking for a smaller example after this long. */
const LONGEST_MS = 20_000;
const DRAIN_MS = 20;

/**
 * What one drain brings: how much of each, and which objects end in it. Nothing of two kinds is of the same time: which of
 * them is the first then is left to the order of arrival.
 */
const drains = fc.array(
  fc.record({
    registered: fc.integer({ min: 0, max: 12 }),
    ended: fc.array(fc.tuple(fc.nat(200), fc.boolean(), fc.boolean()), { maxLength: 8 }),
    samples: fc.nat(2),
    collections: fc.array(fc.tuple(fc.boolean(), fc.constantFrom('', 'allocation failure', 'task')), { maxLength: 2 }),
    isBlocked: fc.boolean(),
    other: fc.option(fc.constantFrom('mark', 'console', 'status'), { freq: 4, nil: undefined }),
    /** Ends come before the registrations of the same drain. */
    isSwapped: fc.boolean(),
  }),
  { maxLength: 60, size: 'max' },
);
type Drain = typeof drains extends fc.Arbitrary<(infer Value)[]> ? Value : never;

function batchesOf(all: readonly Drain[]): RunBatch[] {
  const living = new Set<number>();
  let nextId = 1;
  return all.flatMap((drain, index): RunBatch[] => {
    const fromMs = index * DRAIN_MS;
    const rows = Array.from({ length: drain.registered }, (_, row) => ({
      atMs: fromMs + row,
      label: row % 3 === 0 ? `é ${row}` : '',
      registryId: 1 + (row % 2),
      siteId: row % 5,
    }));
    const registrations = rows.length === 0 ? [] : [registrationsBatch(nextId, rows)];
    const before = [...living];
    for (let row = 0; row < rows.length; row++) living.add(nextId++);
    const called: { id: number; startMs: number; durationMs: number; threw: boolean }[] = [];
    const unregistered: { id: number; atMs: number }[] = [];
    drain.ended.forEach(([which, isCalled, threw], place) => {
      const ending = drain.isSwapped ? before : [...living];
      const id = ending[which % Math.max(1, ending.length)];
      if (id === undefined || !living.has(id)) return;
      living.delete(id);
      if (isCalled) called.push({ id, startMs: fromMs + 13 + place / 8, durationMs: 0.1, threw });
      else unregistered.push({ id, atMs: fromMs + 14 + place / 8 });
    });
    const ends: RunBatch[] = [
      ...(called.length === 0 ? [] : [callbacksBatch(called)]),
      ...(unregistered.length === 0
        ? []
        : [
            {
              type: 'unregistrations' as const,
              id: Uint32Array.from(unregistered, ({ id }) => id),
              atMs: Float64Array.from(unregistered, ({ atMs }) => atMs),
            },
          ]),
    ];
    const samples = Array.from({ length: drain.samples }, (_, row) => ({
      atMs: fromMs + 5 * row,
      used: row + index,
    }));
    const collections = drain.collections.map(([isMajor, reason], row) => ({
      startMs: fromMs + 10.45 + row,
      pauseMs: 0.5,
      kind: isMajor ? ('major' as const) : ('minor' as const),
      reason,
    }));
    const others: Record<string, RunBatch> = {
      mark: { type: 'marks', items: [{ kind: 'user-mark', name: `mark ${index}`, atMs: fromMs }] },
      console: { type: 'console', entries: [{ stream: 'stdout', atMs: fromMs, text: `${index}\n`, lines: 1 }] },
      status: { type: 'status', status: 'running', atMs: fromMs },
    };
    return [
      ...(samples.length === 0 ? [] : [samplesBatch(samples)]),
      ...(drain.isSwapped ? [...ends, ...registrations] : [...registrations, ...ends]),
      ...(collections.length === 0 ? [] : [collectionsBatch(collections)]),
      ...(drain.isBlocked
        ? [{ type: 'blocked' as const, startMs: Float64Array.of(fromMs + 0.3), endMs: Float64Array.of(fromMs + 19) }]
        : []),
      ...(drain.other === undefined ? [] : [others[drain.other]!]),
    ];
  });
}

/** All that a client can ask of a stream, as far as it depends on what came. */
function knownOf(stream: RunStream) {
  const column = ({ values, length }: { values: ArrayLike<number>; length: number }) =>
    Array.from(values).slice(0, length);
  const { registrations, samples, collections, majors, blocked } = stream;
  return {
    nextSequence: stream.nextSequence,
    counters: { ...stream.counters },
    endMs: stream.endMs,
    status: stream.status,
    objects: Array.from({ length: registrations.atMs.length }, (_, row) => stream.objectAt(row)),
    events: Array.from({ length: stream.eventCount }, (_, position) => stream.eventAt(position)),
    order: Array.from({ length: stream.events.length }, (_, position) => stream.events.timeAt(position)),
    samples: Object.values(samples).map(column),
    collections: [collections.startMs, collections.pauseMs, collections.kind, collections.forced].map(column),
    reasons: column(collections.startMs).map((_, row) => collections.reasonAt(row)),
    majors: [majors.startMs, majors.endMs].map(column),
    blocked: [blocked.startMs, blocked.endMs].map(column),
    marks: stream.marks,
    throwing: column(stream.throwingRows).sort((one, other) => one - other),
    console: Array.from({ length: stream.consoleLineCount }, (_, row) => stream.consoleLineAt(row)),
  };
}

const schema = quickened(EngineEvent);

describe('joined batches', () => {
  it('say the same as each of them, whatever their size and wherever a client begins', () => {
    fc.assert(
      fc.property(
        drains,
        fc.constantFrom(1, 300, 2_000, 1e9),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, mostBytes, share) => {
          const recording = createRecording();
          const single = createRunStream();
          const batches = batchesOf(all);
          for (const batch of batches) single.apply(recording.append(batch), batch);
          const joined = createRunStream();
          // Up to here one by one, as they came; the rest after a pause.
          const from = Math.floor(share * batches.length);
          for (let sequence = 0; sequence < from; sequence++) joined.apply(sequence, recording.at(sequence));
          let groups = 0;
          while (joined.nextSequence < recording.length) {
            const group = groupFrom(recording, joined.nextSequence, mostBytes);
            const event = v.parse(schema, decodeFrame(encodeFrame({ type: 'run-events', runId: 'r', ...group })));
            if (event.type !== 'run-events') throw new Error('It became something else.');
            joined.applyGroup(event);
            groups++;
          }
          expect(knownOf(joined)).toEqual(knownOf(single));
          if (mostBytes === 1) expect(groups).toBe(batches.length - from);
        },
      ),
      { numRuns: 150, interruptAfterTimeLimit: LONGEST_MS },
    );
  }, 60_000);

  it('are few and large', () => {
    const recording = createRecording();
    for (let tick = 0; tick < 200; tick++) {
      recording.append(samplesBatch([{ atMs: tick * 20, used: tick }]));
      recording.append(registrationsBatch(tick + 1, [{ atMs: tick * 20 + 1, label: 'é' }]));
    }
    const group = groupFrom(recording, 0);
    expect(group).toMatchObject({ sequence: 0, count: 400 });
    expect(group.batches.map(({ type }) => type)).toEqual(['samples', 'registrations']);
  });

  it('are never too large for a frame where each of their batches fits into one', () => {
    const recording = createRecording();
    const rows = 1_670_000;
    const column = () => new Float64Array(rows);
    recording.append(registrationsBatch(1, [{ atMs: 0, label: 'x'.repeat(400_000) }]));
    recording.append({
      type: 'samples',
      atMs: column(),
      usedBytes: column(),
      totalBytes: column(),
      externalBytes: column(),
      rssBytes: column(),
    });
    recording.append(registrationsBatch(2, [{ atMs: 1, label: 'x'.repeat(400_000) }]));
    let groups = 0;
    for (let sequence = 0; sequence < recording.length; groups++) {
      const group = groupFrom(recording, sequence);
      expect(() => encodeFrame({ type: 'run-events', runId: 'r', ...group })).not.toThrow();
      sequence += group.count;
    }
    expect(groups).toBe(3);
  });

  it('never move anything across what is not joined, nor over rows that are missing', () => {
    const recording = createRecording();
    recording.append(registrationsBatch(1, [{ atMs: 0, label: '' }]));
    recording.append(registrationsBatch(5, [{ atMs: 1, label: '' }]));
    recording.append({ type: 'marks', items: [{ kind: 'user-mark', name: 'here', atMs: 2 }] });
    recording.append(registrationsBatch(6, [{ atMs: 3, label: '' }]));
    recording.append(registrationsBatch(7, [{ atMs: 4, label: '' }]));
    const { count, batches } = groupFrom(recording, 0);
    expect(count).toBe(5);
    expect(batches).toMatchObject([{ firstId: 1 }, { firstId: 5 }, { type: 'marks' }, { firstId: 6 }]);
    expect(batches[3]).toMatchObject({ registryId: { length: 2 } });
  });
});
