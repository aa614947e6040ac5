// The ring from both ends: whatever the program does and whenever the companion looks, every row arrives once, in order,
// with its label, and at a time that its neighbors allow.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObservedBatch } from '../protocol/observer-message.ts';
import { createColumnDrain } from './column-drain.ts';
import { createRowWriter } from './row-writer.ts';
import { createSharedColumns } from './shared-columns.ts';

type Step =
  | { do: 'register'; times: number; label: string | number | undefined; everyMs: number }
  | { do: 'call-back'; times: number; everyMs: number }
  | { do: 'unregister' }
  | { do: 'pause'; forMs: number }
  | { do: 'drain' }
  | { do: 'turn' };

const everyMs = fc.constantFrom(0.0001, 0.0005, 0.0019, 0.05, 3);
const label = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 90 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, 9, 10, 99, 2 ** 31 - 1, 2 ** 31, undefined),
);
const step = fc.oneof(
  fc.record({ do: fc.constant('register' as const), times: fc.integer({ min: 1, max: 60 }), label, everyMs }),
  fc.record({ do: fc.constant('call-back' as const), times: fc.integer({ min: 1, max: 60 }), everyMs }),
  fc.constant<Step>({ do: 'unregister' }),
  fc.record({ do: fc.constant('pause' as const), forMs: fc.double({ min: 0, max: 20, noNaN: true }) }),
  fc.constant<Step>({ do: 'drain' }),
  fc.constant<Step>({ do: 'turn' }),
);

/** A label as the ring keeps it: at most 80 UTF-16 units. */
const cut = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text.slice(0, 80)));

function createBench() {
  let clockMs = 1_000;
  const columns = createSharedColumns();
  const writer = createRowWriter(columns, () => clockMs);
  const registrations: { atMs: number; label: string; registryId: number; siteId: number }[] = [];
  const callbacks: { id: number; startMs: number; durationMs: number; threw: number }[] = [];
  const unregistrations: number[] = [];
  const take = (batch: ObservedBatch) => {
    switch (batch.type) {
      case 'registrations': {
        expect(batch.firstId).toBe(registrations.length + 1);
        let from = 0;
        batch.atMs.forEach((atMs, row) => {
          const end = batch.labelEnd[row] ?? 0;
          const text = new TextDecoder().decode(batch.labelBytes.subarray(from, end));
          from = end;
          registrations.push({
            atMs,
            label: text,
            registryId: batch.registryId[row] ?? 0,
            siteId: batch.siteId[row] ?? 0,
          });
        });
        break;
      }
      case 'callbacks':
        batch.id.forEach((id, row) =>
          callbacks.push({
            id,
            startMs: batch.startMs[row] ?? NaN,
            durationMs: batch.durationMs[row] ?? NaN,
            threw: batch.threw[row] ?? NaN,
          }),
        );
        break;
      case 'unregistrations':
        unregistrations.push(...batch.id);
        break;
      default:
        expect.fail(`A batch of ${batch.type}.`);
    }
  };
  const createdDrain = createColumnDrain(columns, take);
  return {
    writer,
    drain: () => createdDrain.drain(() => {}, false),
    advance: (ms: number) => (clockMs += ms),
    now: () => clockMs,
    registrations,
    callbacks,
    unregistrations,
  };
}

describe('rows through the shared columns', () => {
  it('arrive once each, in order, with their labels and possible times', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const bench = createBench();
        const { writer, drain } = bench;
        const expected: { atMs: number; label: string }[] = [];
        const calls: { id: number; threw: number }[] = [];
        let unregistered = 0;
        for (const one of steps) {
          switch (one.do) {
            case 'register':
              for (let time = 0; time < one.times; time++) {
                expect(writer.reserve()).toBe(true);
                writer.registration(7, time % 5, one.label);
                const text = typeof one.label === 'string' ? cut(one.label) : String(one.label ?? '');
                expected.push({ atMs: bench.now(), label: text });
                bench.advance(one.everyMs);
              }
              break;
            case 'call-back':
              for (let time = 0; time < one.times; time++) {
                const outerId = writer.callbackStarts(calls.length + 1);
                bench.advance(one.everyMs);
                writer.callbackEnded(calls.length + 1, time % 3 === 0, outerId);
                calls.push({ id: calls.length + 1, threw: time % 3 === 0 ? 1 : 0 });
              }
              break;
            case 'unregister':
              writer.unregistration(++unregistered);
              break;
            case 'pause':
              bench.advance(one.forMs);
              break;
            case 'drain':
              drain();
              break;
            case 'turn':
              await Promise.resolve();
              writer.settleTimes();
              break;
          }
        }
        writer.settleTimes();
        drain();
        expect(bench.registrations.map((row) => row.label)).toEqual(expected.map((row) => row.label));
        expect(bench.registrations.every(({ registryId }) => registryId === 7)).toBe(true);
        expect(bench.callbacks.map(({ id, threw }) => ({ id, threw }))).toEqual(calls);
        expect(bench.unregistrations).toEqual(Array.from({ length: unregistered }, (_none, index) => index + 1));
        // No time is after the event's own by more than a burst's spread, none is after now, and none goes back.
        let lastMs = -Infinity;
        bench.registrations.forEach(({ atMs }, row) => {
          expect(atMs).toBeGreaterThanOrEqual(lastMs);
          expect(atMs).toBeLessThanOrEqual((expected[row]?.atMs ?? NaN) + 0.25);
          lastMs = atMs;
        });
        for (const { startMs, durationMs } of bench.callbacks) {
          expect(durationMs).toBeGreaterThanOrEqual(0);
          expect(startMs + durationMs).toBeLessThanOrEqual(bench.now() + 1e-9);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are timed one by one where they are rare', () => {
    const bench = createBench();
    const expected: number[] = [];
    for (let row = 0; row < 100; row++) {
      bench.writer.registration(1, 0, row);
      expected.push(bench.now());
      bench.advance(0.01);
    }
    bench.drain();
    expect(bench.registrations.map(({ atMs }) => atMs)).toEqual(expected);
  });

  it('are timed anew after the thread turned, however dense they were before', async () => {
    const bench = createBench();
    for (let row = 0; row < 40; row++) {
      bench.writer.registration(1, 0, row);
      bench.advance(0.0005);
    }
    await Promise.resolve();
    bench.advance(5);
    bench.writer.registration(1, 0, 'after');
    const atMs = bench.now();
    bench.drain();
    expect(bench.registrations.at(-1)).toMatchObject({ label: 'after', atMs });
  });

  it('arrive although no reading of the clock follows', () => {
    const bench = createBench();
    for (let row = 0; row < 45; row++) {
      bench.writer.registration(1, 0, row);
      bench.advance(0.0005);
    }
    // The thread is blocked from here on; the second look takes what still waited at the first.
    bench.drain();
    bench.drain();
    expect(bench.registrations.length).toBe(45);
    bench.writer.registration(1, 0, 'later');
    bench.writer.settleTimes();
    bench.drain();
    bench.drain();
    expect(bench.registrations.map(({ label: text }) => text)).toEqual([
      ...Array.from({ length: 45 }, (_none, row) => String(row)),
      'later',
    ]);
  });
});
