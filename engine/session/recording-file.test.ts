import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../protocol/frame-codec.ts';
import { COLLECTION_KINDS } from '../protocol/vocabulary.ts';
import { MARK_KINDS, type RunBatch } from '../protocol/run-batch.ts';
import type { RunDescription } from '../protocol/run-description.ts';
import {
  BLOCK_BYTES,
  encodeRecording,
  readRecording,
  RecordingFileError,
  type RecordingEnding,
  type RecordingHeader,
} from './recording-file.ts';

const description: RunDescription = {
  runId: 'the-run',
  title: 'Simple',
  program: { kind: 'scenario', id: 'simple', parameters: { count: 3 } },
  gcPolicy: { kind: 'major', intervalMs: 500 },
  limits: { settleMs: 1000, timeoutMs: 60_000 },
  startedAt: '2026-11-12T09:03:00.000Z',
};
const header: RecordingHeader = {
  type: 'recording',
  formatVersion: 2,
  heapline: '0.1.0',
  savedAtEpochMs: 1_794_474_180_000,
  run: description,
  runtime: { node: 'v24.21.0', v8: '13.6', host: 'node' },
};
const started: RunBatch = { type: 'started', description };

/** JSON does not tell -0 from 0, and has no number that is not finite. */
const ms = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const rowsOf = (rows: number) => fc.float64Array({ minLength: rows, maxLength: rows });
const batch: fc.Arbitrary<RunBatch> = fc.oneof(
  fc.nat({ max: 30 }).chain((rows) =>
    fc.record({
      type: fc.constant('samples' as const),
      atMs: rowsOf(rows),
      usedBytes: rowsOf(rows),
      totalBytes: rowsOf(rows),
      externalBytes: rowsOf(rows),
      rssBytes: rowsOf(rows),
    }),
  ),
  fc.nat({ max: 30 }).chain((rows) =>
    fc.record({
      type: fc.constant('collections' as const),
      startMs: rowsOf(rows),
      pauseMs: rowsOf(rows),
      kind: fc.uint8Array({ minLength: rows, maxLength: rows, max: COLLECTION_KINDS.length - 1 }),
      forced: fc.uint8Array({ minLength: rows, maxLength: rows, max: 1 }),
      beforeBytes: rowsOf(rows),
      afterBytes: rowsOf(rows),
      reason: fc.uint8Array({ minLength: rows, maxLength: rows }),
      reasons: fc.array(fc.string(), { maxLength: 3 }),
    }),
  ),
  fc.record({
    type: fc.constant('marks' as const),
    items: fc.array(
      fc.record({ kind: fc.constantFrom(...MARK_KINDS), name: fc.string({ unit: 'binary' }), atMs: ms }),
      {
        maxLength: 5,
      },
    ),
  }),
  fc.record({
    type: fc.constant('console' as const),
    entries: fc.array(
      fc.record({ stream: fc.constantFrom('stdout', 'stderr'), atMs: ms, text: fc.string(), lines: fc.nat() }),
      { maxLength: 5 },
    ),
  }),
  fc.record({ type: fc.constant('warning' as const), code: fc.string(), message: fc.string() }),
  fc.record({
    type: fc.constant('picture' as const),
    subject: fc.string(),
    step: fc.string(),
    atMs: ms,
    width: fc.nat(),
    height: fc.nat(),
    png: fc.uint8Array({ maxLength: 2_000 }),
  }),
);

const piecesOfFile = (batches: readonly RunBatch[], blockBytes = BLOCK_BYTES, of = header): Promise<Uint8Array[]> =>
  Array.fromAsync(encodeRecording(of, batches, blockBytes));
const fileOf = async (batches: readonly RunBatch[]): Promise<Buffer> => Buffer.concat(await piecesOfFile(batches));
async function* piecesOf(bytes: Uint8Array, pieceBytes = 7_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
async function read(
  bytes: Uint8Array,
  pieceBytes?: number,
): Promise<{ header: RecordingHeader; batches: RunBatch[]; ending: RecordingEnding }> {
  const reader = await readRecording(piecesOf(bytes, pieceBytes));
  const batches: RunBatch[] = [];
  const reading = reader.batches();
  for (;;) {
    const step = await reading.next();
    if (step.done === true) return { header: reader.header, batches, ending: step.value };
    batches.push(step.value);
  }
}
/** What reading comes to, whatever the bytes: batches and an ending, or one sentence. */
async function outcomeOf(
  bytes: Uint8Array,
): Promise<{ batches: RunBatch[]; ending: RecordingEnding['kind'] | 'none' }> {
  try {
    const { batches, ending } = await read(bytes);
    return { batches, ending: ending.kind };
  } catch (error) {
    if (!(error instanceof RecordingFileError)) throw error;
    expect(error.message).toMatch(/\. [A-Z].*\.$|: .*\. .*\.$/);
    return { batches: [], ending: 'none' };
  }
}

const prologue = (version = 2): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes.write('HEAPLINE');
  bytes.writeUInt32LE(version, 8);
  return bytes;
};
function block(raw: Uint8Array, claims: { stored?: number; raw?: number } = {}): Buffer {
  const stored = zstdCompressSync(raw);
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(claims.stored ?? stored.length, 0);
  prefix.writeUInt32LE(claims.raw ?? raw.length, 4);
  return Buffer.concat([prefix, stored]);
}
const UNBOUND_PREFIX_BYTES = 8;
/** Each block bound to all before it, as the document says. */
function handmade(...blocks: readonly Uint8Array[]): Buffer {
  const bound: Uint8Array[] = [prologue()];
  const bind = (before: Uint8Array, stored: Uint8Array) =>
    createHash('sha256').update(before).update(stored).digest().subarray(0, 16);
  let binding = bind(new Uint8Array(16), prologue());
  for (const each of blocks) {
    const stored = each.subarray(UNBOUND_PREFIX_BYTES);
    binding = bind(binding, stored);
    bound.push(each.subarray(0, UNBOUND_PREFIX_BYTES), binding, stored);
  }
  return Buffer.concat(bound);
}
const firstBlock = block(
  Buffer.concat([encodeFrame(header), encodeFrame({ type: 'batch', sequence: 0, batch: started })]),
);

describe('a recording file', () => {
  it('gives back every batch, however its bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { maxLength: 12 }),
        fc.integer({ min: 1, max: 300 }),
        async (some, pieceBytes) => {
          const batches = [started, ...some];
          const back = await read(await fileOf(batches), pieceBytes);
          expect(back).toEqual({ header, batches, ending: { kind: 'run-went-on' } });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has many blocks where there is much, and one for a frame that is larger than a block', async () => {
    const picture = (bytes: number): RunBatch => {
      const png = Uint8Array.from({ length: bytes }, (_, at) => (at * 2_654_435_761) >>> 24);
      return { type: 'picture', subject: 'a', step: 'b', atMs: 1, width: 1, height: 1, png };
    };
    const batches = [started, ...Array.from({ length: 6 }, () => picture(300_000)), picture(2 * BLOCK_BYTES)];
    expect((await piecesOfFile(batches)).length).toBeGreaterThan(3);
    expect((await read(await fileOf(batches))).batches).toEqual(batches);
  });

  it('cut off anywhere, gives every batch of the blocks that are whole, and says that it is cut off', async () => {
    const batches: RunBatch[] = [started];
    for (let at = 1; at < 30; at += 1) batches.push({ type: 'warning', code: 'w', message: `The ${at}th of thirty.` });
    const pieces = await piecesOfFile(batches, 300);
    const whole = Buffer.concat(pieces);
    expect(pieces.length).toBeGreaterThan(8);
    /** Batches that are whole where the file ends after so many bytes. */
    const counts: { readonly endBytes: number; readonly batches: number }[] = [];
    let endBytes = 0;
    for (const piece of pieces) {
      endBytes += piece.length;
      counts.push({ endBytes, batches: (await outcomeOf(whole.subarray(0, endBytes))).batches.length });
    }
    expect(counts.at(-1)?.batches).toBe(30);
    // Each whole block gives more than the ones before it; only the header's and the end's own may give none.
    expect(new Set(counts.map((count) => count.batches)).size).toBeGreaterThanOrEqual(pieces.length - 2);
    for (let bytes = 0; bytes < whole.length; bytes += 1) {
      const outcome = await outcomeOf(whole.subarray(0, bytes));
      const expected = counts.findLast((count) => count.endBytes <= bytes)?.batches ?? 0;
      expect(outcome.batches).toEqual(batches.slice(0, expected));
      // The header has a block of its own here: after it there may be a recording without a batch.
      if (expected > 0) expect(outcome.ending).toBe('cut-off');
    }
  });

  it('with any byte changed, never gives a batch that was not written', async () => {
    const batches: RunBatch[] = [
      started,
      { type: 'warning', code: 'a', message: 'Something that is worth a sentence.' },
    ];
    const whole = await fileOf(batches);
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      const outcome = await outcomeOf(changed);
      expect(outcome.batches).toEqual(batches.slice(0, outcome.batches.length));
      expect(outcome.ending).not.toBe('whole');
    }
  });

  it.each<[what: string, file: Buffer, problem: RegExp]>([
    [
      'a block that claims gigabytes',
      handmade(firstBlock, block(Buffer.from('x'), { raw: 0xffffffff })),
      /larger than/,
    ],
    [
      'a block that claims to be stored in gigabytes',
      handmade(firstBlock, block(Buffer.from('x'), { stored: 0xf0000000 })),
      /larger than/,
    ],
    [
      'a block that unfolds to more than it claims',
      handmade(firstBlock, block(Buffer.alloc(200_000_000), { raw: 64 * 1024 * 1024 })),
      /decompressed/,
    ],
    ['a block that unfolds to less', handmade(firstBlock, block(Buffer.alloc(5), { raw: 500 })), /decompressed/],
    [
      'a frame that reaches beyond its block',
      handmade(firstBlock, block(Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]))),
      /within a frame/,
    ],
    ['half a length of a frame', handmade(firstBlock, block(Buffer.from([1, 0]))), /within a frame/],
    [
      'a frame of an unknown kind',
      handmade(firstBlock, block(encodeFrame({ type: 'program', run: 'rm -rf' }))),
      /cannot be read/,
    ],
    [
      'columns of different lengths',
      handmade(
        firstBlock,
        block(
          encodeFrame({
            type: 'batch',
            sequence: 1,
            batch: { type: 'blocked', startMs: new Float64Array(2), endMs: new Float64Array(1) },
          }),
        ),
      ),
      /columns differ/,
    ],
    [
      'a gap in its sequence',
      handmade(
        firstBlock,
        block(encodeFrame({ type: 'batch', sequence: 2, batch: { type: 'warning', code: '', message: '' } })),
      ),
      /batch 1 is missing/,
    ],
    [
      'a second start',
      handmade(firstBlock, block(encodeFrame({ type: 'batch', sequence: 1, batch: started }))),
      /out of order/,
    ],
    ['an empty block', handmade(firstBlock, block(Buffer.alloc(0))), /block is empty/],
    [
      'registrations so far ahead that room for those before them would take the memory',
      handmade(
        firstBlock,
        block(
          encodeFrame({
            type: 'batch',
            sequence: 1,
            batch: {
              type: 'registrations',
              firstId: 17 * 1024 * 1024,
              atMs: Float64Array.of(1),
              registryId: Uint32Array.of(1),
              siteId: Uint32Array.of(1),
              labelEnd: Uint32Array.of(0),
              labelBytes: new Uint8Array(),
            },
          }),
        ),
      ),
      /registrations are missing/,
    ],
    [
      'a frame that would unfold to millions of values',
      handmade(
        firstBlock,
        block(
          encodeFrame({
            type: 'batch',
            sequence: 1,
            batch: { type: 'warning', code: '', message: '', more: new Array(4_100_000).fill(0) },
          }),
        ),
      ),
      /more values than any message/,
    ],
    ['a second header', handmade(firstBlock, block(encodeFrame(header))), /second header/],
    [
      'fewer batches than it says',
      handmade(firstBlock, block(encodeFrame({ type: 'end', batches: 7 }))),
      /1 batches and should have 7/,
    ],
  ])('with %s, is damaged from there on', async (_what, file, problem) => {
    const { batches, ending } = await read(file);
    expect(batches).toEqual([started]);
    expect(ending).toEqual({ kind: 'damaged', problem: expect.stringMatching(problem) as string });
  });

  it.each<[what: string, file: Buffer, message: RegExp]>([
    ['nothing', Buffer.alloc(0), /^It is not a recording of Heapline\. Open one/],
    ['another kind of file', Buffer.from('{"snapshot":{"meta":{}}}'), /^It is not a recording of Heapline\. Open one/],
    ['a newer version', Buffer.concat([prologue(3), firstBlock]), /^It has version 3 .* Update Heapline to open it\.$/],
    [
      'a beginning without a header',
      handmade(block(encodeFrame({ type: 'end', batches: 0 }))),
      /Save or copy it again/,
    ],
    [
      'a header that cannot be read',
      handmade(block(encodeFrame({ ...header, savedAtEpochMs: 'today' }))),
      /damaged at its beginning/,
    ],
    [
      'a header that is too long to be listed',
      handmade(block(encodeFrame({ ...header, run: { ...header.run, title: 'x'.repeat(14 * 1024 * 1024) } }))),
      /^It says more about its program than can be shown\. Open one/,
    ],
    ['less than a header', handmade(firstBlock.subarray(0, 40)), /ends too early/],
  ])('of %s is refused with what to do', async (_what, file, message) => {
    await expect(read(file)).rejects.toThrow(RecordingFileError);
    await expect(read(file)).rejects.toThrow(message);
  });

  it('is damaged from where blocks of another recording follow, or its own in another order', async () => {
    const warnings = Array.from({ length: 30 }, (_, at): RunBatch => ({
      type: 'warning',
      code: 'w',
      message: `The ${at}th of thirty.`,
    }));
    const one = await piecesOfFile([started, ...warnings], 300);
    // Saved a moment later, and so the same but for its header.
    const other = await piecesOfFile([started, ...warnings], 300, { ...header, savedAtEpochMs: 5 });
    expect(one.length).toBe(other.length);
    expect((await read(Buffer.concat(one))).ending).toEqual({ kind: 'run-went-on' });
    const half = one.length >> 1;
    const spliced = [
      [...one.slice(0, half), ...other.slice(half)],
      [...one.slice(0, -1), ...other.slice(-1)],
      [...one.slice(0, 2), ...one.slice(3)],
      [...one.slice(0, 2), ...one.slice(1)],
    ];
    for (const pieces of spliced) {
      const { batches, ending } = await read(Buffer.concat(pieces));
      expect(ending).toEqual({ kind: 'damaged', problem: 'a block does not belong behind the one before it' });
      expect(batches).toEqual([started, ...warnings].slice(0, batches.length));
    }
  });

  it('of the version before is read, whose blocks are not bound', async () => {
    const { batches, ending } = await read(Buffer.concat([prologue(1), firstBlock]));
    expect({ batches, ending }).toEqual({ batches: [started], ending: { kind: 'cut-off' } });
  });

  it('takes no memory for what a block only claims', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const reader = await readRecording(
      piecesOf(handmade(firstBlock, block(Buffer.from('x'), { stored: 65 * 1024 * 1024, raw: 65 * 1024 * 1024 }))),
    );
    const batches = reader.batches();
    await batches.next();
    await expect(batches.next()).resolves.toEqual({ done: true, value: { kind: 'cut-off' } });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });
});
