import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTraceSplitter, parseTraceLine, type TracedCollection } from './collection-trace.ts';

const PID = 3031;
const node20 =
  '[3031:0x1f789bc0]       35 ms: Mark-Compact 3.8 (4.5) -> 3.0 (5.5) MB, 4.58 / 0.00 ms  (average mu = 1.000, current mu = 1.000) testing; GC in old space requested';
const node20Scavenge =
  '[3031:0x1f789bc0]       36 ms: Scavenge 3.0 (5.5) -> 3.0 (5.5) MB, 0.15 / 0.00 ms  (average mu = 1.000, current mu = 1.000) testing; ';
const node24 =
  '[3031:0x39ae9000]       50 ms: Scavenge (interleaved) 3.9 (6.6) -> 3.9 (6.6) MB, pooled: 0 MB, 0.17 / 0.00 ms  (average mu = 0.526, current mu = 0.052) allocation failure; ';
const node24Incremental =
  '[3031:0x25a8e000]      118 ms: Mark-Compact 22.9 (54.1) -> 8.0 (45.8) MB, pooled: 6 MB, 6.22 / 0.00 ms  (+ 1.7 ms in 0 steps since start of marking, biggest step 0.0 ms, walltime since start of marking 12 ms) (average mu = 0.877, current mu = 0.909) finalize incremental marking via stack guard; GC in old space requested';
const reduce =
  '[3031:0x3d40e000]       53 ms: Mark-Compact (reduce) 4.1 (21.5) -> 4.1 (5.8) MB, pooled: 0 MB, 4.57 / 0.00 ms  (average mu = 0.820, current mu = 0.061) heap profiler; GC in old space requested';
const node26Incremental =
  '[3031:0x25a8e000]      118 ms: Incremental Mark-Compact 13.7 (22.6) -> 5.2 (21.9) MB, pooled: 0.8 MB, 6.22 / 0.00 ms (+ 1.7 ms in 0 steps since start of marking, biggest step 0.0 ms, walltime since start of marking 12 ms) (average mu = 0.877, current mu = 0.909) finalize incremental marking via stack guard; GC in old space requested';
const node26IncrementalReduce = node26Incremental
  .replace('Mark-Compact', 'Mark-Compact (reduce)')
  .replace(/finalize.*$/, 'heap profiler; GC in old space requested');
const node26Minor =
  '[3031:0x25a8e000]      119 ms: Incremental Minor Mark-Sweep (during sweeping) 7.4 (21.9) -> 5.3 (21.9) MB, pooled: 0.8 MB, 0.22 / 0.00 ms (average mu = 0.877, current mu = 0.909) allocation failure; ';
const windows =
  '[3031:000001F5A2B3C4D0]       53 ms: Scavenge 4.1 (21.5) -> 4.0 (5.8) MB, 4.57 / 0.00 ms  (average mu = 0.820, current mu = 0.061) task; \r';

describe('parseTraceLine', () => {
  it.each<[string, string, Partial<TracedCollection>]>([
    [
      'Node 20',
      node20,
      {
        isolate: '0x1f789bc0',
        endedAtIsolateMs: 35,
        pauseMs: 4.58,
        kind: 'major',
        forced: true,
        reason: 'testing; GC in old space requested',
      },
    ],
    [
      'Node 20, minor',
      node20Scavenge,
      { kind: 'minor', forced: true, reason: 'testing', beforeBytes: 3 * 1024 * 1024 },
    ],
    ['Node 24, minor', node24, { kind: 'minor', forced: false, pauseMs: 0.17, reason: 'allocation failure' }],
    [
      'Node 24, incremental',
      node24Incremental,
      {
        kind: 'major',
        forced: false,
        afterBytes: 8 * 1024 * 1024,
        reason: 'finalize incremental marking via stack guard; GC in old space requested',
      },
    ],
    ['a collection that the inspector asked for', reduce, { kind: 'major', forced: true }],
    [
      'Node 26, incremental',
      node26Incremental,
      { kind: 'major', forced: false, pauseMs: 6.22, beforeBytes: 13.7 * 1024 * 1024, afterBytes: 5.2 * 1024 * 1024 },
    ],
    ['Node 26, incremental and forced', node26IncrementalReduce, { kind: 'major', forced: true }],
    [
      'Node 26, minor and incremental',
      node26Minor,
      { kind: 'minor', forced: false, pauseMs: 0.22, reason: 'allocation failure' },
    ],
    ['Windows', windows, { isolate: '000001F5A2B3C4D0', kind: 'minor', reason: 'task' }],
  ])('reads a line of %s', (_where, line, expected) => {
    expect(parseTraceLine(line)).toMatchObject(expected);
  });

  it.each(['', 'hello', '[3031:0x1f] ', '[3031:0x1f]    35 ms: hello', node20.slice(0, 80)])(
    'does not take %j for a collection',
    (line) => {
      expect(parseTraceLine(line)).toBeUndefined();
    },
  );
});

function splitAll(chunks: readonly Uint8Array[]) {
  const splitter = createTraceSplitter(PID);
  const pieces = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  return {
    program: Buffer.concat(pieces.flatMap((piece) => (piece.type === 'program' ? [piece.bytes] : []))),
    collections: pieces.flatMap((piece) => (piece.type === 'collection' ? [piece.collection] : [])),
    unparsedLines: splitter.unparsedLines,
  };
}

describe('createTraceSplitter', () => {
  it('cuts out a line that is glued to a partial line of the program', () => {
    const { program, collections } = splitAll([Buffer.from(`progress: 10%${node20}\n, 20%\n`)]);
    expect(program.toString()).toBe('progress: 10%, 20%\n');
    expect(collections).toHaveLength(1);
  });

  it('leaves text that only looks like a line of V8, and counts what has the prefix but another shape', () => {
    const otherProcess = `${node20.replace('3031', '3032')}\n`;
    const otherShape = '[3031:0x1f789bc0]       35 ms: Something else entirely\n';
    const { program, collections, unparsedLines } = splitAll([Buffer.from(otherProcess + otherShape + '[3031:')]);
    expect(program.toString()).toBe(otherProcess + otherShape + '[3031:');
    expect(collections).toEqual([]);
    expect(unparsedLines).toBe(1);
  });

  it('does not keep back a prompt that ends like a prefix begins for longer than until it goes on', () => {
    const splitter = createTraceSplitter(PID);
    expect(splitter.push(Buffer.from('continue? [y/n] '))).toEqual([
      { type: 'program', bytes: Buffer.from('continue? [y/n] ') },
    ]);
  });

  it('gives the program its own bytes and finds every collection, wherever the lines stand and chunks end', () => {
    const lines = [node20, node20Scavenge, node24, node24Incremental, reduce, node26Incremental, node26Minor, windows];
    // Bits of what a line is made of, so that beginnings of lines stand right before lines.
    const programBytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
      fc
        .constantFrom(
          '[',
          '[3',
          '[3031',
          '[3031:',
          '[3031:0x1f',
          '[3031:0x1f] ',
          '[3031:0x1f]  35 ms: ',
          ' ms: ',
          '\n',
          'Scavenge 3.0',
          '🦊',
        )
        .map((text) => Buffer.from(text)),
    );
    const piece = fc.oneof(
      programBytes.map((bytes) => ({ bytes: Buffer.from(bytes), isLine: false })),
      fc.constantFrom(...lines).map((line) => ({ bytes: Buffer.from(`${line}\n`), isLine: true })),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.array(fc.nat(400), { maxLength: 12 }), (pieces, cuts) => {
        const all = Buffer.concat(pieces.map(({ bytes }) => bytes));
        const chunks: Uint8Array[] = [];
        let start = 0;
        for (const cut of cuts) {
          chunks.push(all.subarray(start, start + cut));
          start += cut;
        }
        chunks.push(all.subarray(start));
        const { program, collections } = splitAll(chunks);
        const ownBytes = Buffer.concat(pieces.flatMap(({ bytes, isLine }) => (isLine ? [] : [bytes])));
        expect(program.equals(ownBytes)).toBe(true);
        expect(collections).toEqual(
          pieces.flatMap(({ bytes, isLine }) => (isLine ? [parseTraceLine(bytes.toString().slice(0, -1))] : [])),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
