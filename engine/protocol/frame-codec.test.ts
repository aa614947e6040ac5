import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from './columns.ts';
import { createFrameDecoder, decodeFrame, encodeFrame, FrameError } from './frame-codec.ts';

const column: fc.Arbitrary<Column> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint16Array({ maxLength: 40 }),
  fc.uint32Array({ maxLength: 40 }),
  fc.float64Array({ maxLength: 40 }),
);
/** JSON does not tell -0 from 0, so what is not a column has none. */
const plain = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
/** The codec's own mark for a column is no name for a field. */
const fieldName = fc.string({ maxLength: 12 }).filter((name) => !['batch', '$column', '__proto__'].includes(name));
const fields = fc.dictionary(fieldName, fc.oneof(plain, column), { maxKeys: 6 });
const message = fc
  .tuple(fields, fc.option(fields, { nil: undefined }))
  .map(([outer, batch]) => (batch === undefined ? outer : { ...outer, batch }));
const hasColumnMark = (value: unknown) => JSON.stringify(value).includes('$column');
const sendable = message.filter((candidate) => !hasColumnMark(candidate));

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((start, index) => bytes.slice(start, ends[index] ?? bytes.length));
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(frames));
}

describe('frame codec', () => {
  it('gives back every message, however the bytes were cut', () => {
    fc.assert(
      fc.property(
        fc.array(sendable, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (messages, places) => {
          const decoder = createFrameDecoder();
          const received = cut(joined(messages.map(encodeFrame)), places).flatMap((chunk) => decoder.push(chunk));
          expect(received).toEqual(messages);
        },
      ),
    );
  });

  it('gives back a message that came one byte at a time', () => {
    const sent = { type: 'x', at: Float64Array.of(1, NaN, -0), batch: { rows: Uint32Array.of(1, 2, 3), name: 'é' } };
    const decoder = createFrameDecoder();
    const received = [...encodeFrame(sent)].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
    expect(received).toEqual([sent]);
  });

  it('copies columns out of the memory that a frame came in', () => {
    // A Buffer of the pool: at an odd offset, sharing its memory with others.
    const pool = Buffer.alloc(4096);
    const frame = encodeFrame({ values: Float64Array.of(1, 2, 3) });
    pool.set(frame, 13);
    const received = decodeFrame(pool.subarray(13, 13 + frame.length));
    pool.fill(0xff);
    expect(received).toEqual({ values: Float64Array.of(1, 2, 3) });
  });

  it('takes a view into the middle of a larger column as what it shows', () => {
    const view = Uint32Array.of(1, 2, 3, 4).subarray(1, 3);
    expect(decodeFrame(encodeFrame({ view }))).toEqual({ view: Uint32Array.of(2, 3) });
  });

  it('answers bytes that are no frame with FrameError, and with nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expectFrameErrorOrMessage(() => decodeFrame(bytes));
        expectFrameErrorOrMessage(() => createFrameDecoder().push(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('answers a damaged frame with FrameError or a message, and with nothing else', () => {
    fc.assert(
      fc.property(sendable, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, place, flip) => {
        const frame = encodeFrame(sent);
        const index = place % frame.length;
        frame[index] = (frame[index] ?? 0) ^ flip;
        expectFrameErrorOrMessage(() => decodeFrame(frame));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a frame that was cut short', () => {
    fc.assert(
      fc.property(sendable, fc.nat(), (sent, place) => {
        const frame = encodeFrame(sent);
        expect(() => decodeFrame(frame.subarray(0, place % frame.length))).toThrow(FrameError);
      }),
    );
  });

  it('refuses a length beyond the limit before the bytes have come', () => {
    const prefix = new Uint8Array(8);
    new DataView(prefix.buffer).setUint32(0, 0xffff_ffff, true);
    expect(() => createFrameDecoder().push(prefix)).toThrow(FrameError);
    expect(() => createFrameDecoder({ mostBytes: 100 }).push(encodeFrame({ text: 'x'.repeat(200) }))).toThrow(
      FrameError,
    );
  });

  it.each([
    ['JSON that reaches beyond the frame', (view: DataView) => view.setUint32(4, view.byteLength - 7, true)],
    ['JSON whose length wraps around', (view: DataView) => view.setUint32(4, 0xffff_fff9, true)],
  ])('refuses %s', (_name, damage) => {
    const frame = encodeFrame({ type: 'hello' });
    damage(new DataView(frame.buffer));
    expect(() => decodeFrame(frame)).toThrow(FrameError);
  });

  it.each([
    ['an unknown kind', [9, 0, 1]],
    ['more rows than there are bytes', [3, 0, 2 ** 40]],
    ['an offset beyond the end', [0, 2 ** 52, 1]],
    ['an offset that is not aligned', [3, 4, 0]],
    ['a negative offset', [0, -8, 1]],
    ['a place that is no place', 'here'],
  ])('refuses a column with %s', (_name, place) => {
    expect(() => decodeFrame(encodeFrame({ values: { $column: place } }))).toThrow(FrameError);
  });

  it.each(['[]', '1', 'null', '"text"', '{'])('refuses %s, which is not an object', (json) => {
    const bytes = new TextEncoder().encode(json);
    const frame = new Uint8Array(8 + bytes.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, frame.length - 4, true);
    view.setUint32(4, bytes.length, true);
    frame.set(bytes, 8);
    expect(() => decodeFrame(frame)).toThrow(FrameError);
  });

  it('refuses to encode what the other side would refuse', () => {
    expect(() => encodeFrame({ values: new Uint8Array(65 * 1024 * 1024) })).toThrow(FrameError);
  });
});

function expectFrameErrorOrMessage(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
  }
}
