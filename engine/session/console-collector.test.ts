import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RunBatch, RunBatchOf } from '../protocol/run-batch.ts';
import { createConsoleCollector } from './console-collector.ts';

const line = (isolate: string, endedAtMs: number, collector = 'Scavenge', reason = 'task') =>
  `[77:${isolate}]       ${endedAtMs} ms: ${collector} 3.0 (5.5) -> 2.0 (5.5) MB, 4.00 / 0.00 ms  (average mu = 1.000, current mu = 1.000) ${reason}; \n`;

function collect(options: { budgetBytes?: number } = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const batches: RunBatch[] = [];
  let time = 1_000;
  const collector = createConsoleCollector({
    stdout,
    stderr,
    clock: { monotonicMs: () => time, isoTime: () => '' },
    launchedAtMs: 900,
    pid: () => 77,
    emit: (batch) => batches.push(batch),
    ...options,
  });
  const only = <Type extends RunBatch['type']>(type: Type) =>
    batches.filter((batch): batch is RunBatchOf<Type> => batch.type === type);
  return {
    collector,
    batches,
    only,
    out: (data: string | Uint8Array) => stdout.emit('data', Buffer.from(data)),
    err: (data: string | Uint8Array) => stderr.emit('data', Buffer.from(data)),
    setTime: (atMs: number) => (time = atMs),
    entries: () => only('console').flatMap((batch) => batch.entries),
    text: (stream: 'stdout' | 'stderr') =>
      only('console')
        .flatMap((batch) => batch.entries)
        .filter((entry) => entry.stream === stream)
        .map((entry) => entry.text)
        .join(''),
  };
}

describe('console collector', () => {
  it('places collections on the program’s time by the last of the observer’s own', () => {
    const run = collect();
    run.out(line('0xa', 22, 'Scavenge', 'testing') + line('0xa', 30, 'Scavenge', 'testing') + line('0xa', 50));
    run.collector.align(1_000, { pid: 77, ownLines: 2, ownEndedAtMs: -2 });
    run.out(line('0xb', 60) + line('0xa', 70, 'Mark-Compact', 'testing; GC in old space requested'));
    run.collector.end();
    const [batch] = run.only('collections');
    // Ended at 50 − 30 − 2 = 18 and lasted 4; the one of 0xb is a worker's.
    expect(batch).toMatchObject({
      startMs: Float64Array.of(14, 34),
      pauseMs: Float64Array.of(4, 4),
      kind: Uint8Array.of(0, 1),
      forced: Uint8Array.of(0, 1),
      beforeBytes: Float64Array.of(3 * 2 ** 20, 3 * 2 ** 20),
    });
    expect(Array.from(batch?.reason ?? [], (reason) => batch?.reasons[reason])).toEqual([
      'task',
      'testing; GC in old space requested',
    ]);
    expect(run.only('console')).toEqual([]);
  });

  it('holds output until the program’s time is known, and places it by its arrival', () => {
    const run = collect();
    run.out('early\n');
    run.setTime(1_500);
    expect(run.batches).toEqual([]);
    run.collector.align(990, null);
    run.err('late\n');
    run.collector.end();
    expect(run.entries()).toEqual([
      { stream: 'stdout', atMs: 10, text: 'early\n', lines: 1 },
      { stream: 'stderr', atMs: 510, text: 'late\n', lines: 1 },
    ]);
  });

  it('keeps characters whole that are split over chunks, and around V8’s lines', () => {
    const run = collect();
    run.collector.align(1_000, { pid: 77, ownLines: 1, ownEndedAtMs: 0 });
    const fox = Buffer.from('🦊ü');
    run.out(fox.subarray(0, 2));
    run.out(line('0xa', 30));
    run.out(fox.subarray(2, 5));
    run.out(fox.subarray(5));
    run.err(fox.subarray(0, 3));
    run.err(fox.subarray(3));
    run.collector.end();
    expect(run.text('stdout')).toBe('🦊ü');
    expect(run.text('stderr')).toBe('🦊ü');
  });

  it('keeps text in order over both streams', () => {
    const run = collect();
    run.collector.align(1_000, null);
    run.out('a');
    run.err('b');
    run.out('c');
    run.out('d\n');
    run.collector.end();
    expect(run.entries().map(({ text }) => text)).toEqual(['a', 'b', 'cd\n']);
  });

  it('counts the lines beyond its budget exactly, and still knows the last of them', () => {
    const run = collect({ budgetBytes: 1_000 });
    run.collector.align(1_000, null);
    for (let number = 0; number < 10_000; number += 1) run.out(`line ${number}\n`);
    for (let number = 0; number < 100; number += 1) run.err(`problem ${number}\n`);
    run.collector.end();
    const kept = run.entries().reduce((sum, entry) => sum + entry.lines, 0);
    const dropped = run.only('dropped').reduce((sum, batch) => sum + batch.count, 0);
    expect(kept + dropped).toBe(10_100);
    expect(run.text('stdout').length).toBeLessThan(1_100);
    expect(run.collector.standardOutputTail.endsWith('line 9999\n')).toBe(true);
    expect(run.collector.stderrTail).toHaveLength(40);
    expect(run.collector.stderrTail.at(-1)).toBe('problem 99');
  });

  it('notices that V8 ran out of memory, also in a text that is split over chunks', () => {
    const run = collect();
    run.err('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap ');
    run.err('out of memory\n');
    expect(run.collector.saidOutOfMemory).toBe(false);
    run.collector.end();
    expect(run.collector.saidOutOfMemory).toBe(true);
  });

  it('removes V8’s lines also if no observer ever came', () => {
    const run = collect();
    run.out(`hello ${line('0xa', 30)}world\n`);
    run.collector.end();
    expect(run.text('stdout')).toBe('hello world\n');
    expect(run.only('collections')).toEqual([]);
  });

  it('warns once of lines that it cannot read, and leaves them in the console', () => {
    const run = collect();
    const strange = '[77:0xa]       30 ms: Defragment 3.0 MB\n';
    run.collector.align(1_000, { pid: 77, ownLines: 1, ownEndedAtMs: 0 });
    run.out(strange + strange);
    run.collector.end();
    expect(run.text('stdout')).toBe(strange + strange);
    expect(run.only('warning')).toMatchObject([{ code: 'unreadable-gc-trace' }]);
  });
});
