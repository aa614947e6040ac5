// What recordings keep in memory is what they show, whatever the frames were that they came in.

import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, FrameError } from '../protocol/frame-codec.ts';
import { RunBatch } from '../protocol/run-batch.ts';
import { parseOrThrow } from '../protocol/parse.ts';
import { approximateBytes, createRecording } from './recording.ts';

const MEBIBYTE = 1024 * 1024;
const blocked = { type: 'blocked', startMs: Float64Array.of(1), endMs: Float64Array.of(2) } as const;
/** Bytes of the buffers that a batch's columns are views of. */
const keptBy = (batch: object): number =>
  new Set(Object.values(batch).flatMap((value) => (ArrayBuffer.isView(value) ? [value.buffer] : [])))
    .values()
    .reduce((sum, { byteLength }) => sum + byteLength, 0);

/** As it comes from a file or an observer: decoded, then parsed. */
function received(frame: Uint8Array): RunBatch {
  const { batch } = decodeFrame(frame) as { batch: unknown };
  return parseOrThrow(RunBatch, batch);
}
function recorded(frame: Uint8Array): { kept: number; counted: number } {
  const recording = createRecording();
  const batch = received(frame);
  expect(recording.hasRoomFor(batch)).toBe(true);
  recording.append(batch);
  return { kept: keptBy(recording.at(0)), counted: recording.bytes };
}

describe('what a recording keeps in memory', () => {
  it('leaves out a column that no batch has, with all of its memory', () => {
    const { kept, counted } = recorded(encodeFrame({ batch: { ...blocked, more: new Uint8Array(60 * MEBIBYTE) } }));
    expect(kept).toBe(16);
    expect(counted).toBeLessThan(1024);
  });

  it('leaves out the text that a frame had beside its columns', () => {
    const { kept, counted } = recorded(encodeFrame({ batch: { ...blocked, more: 'x'.repeat(2 * MEBIBYTE) } }));
    expect(kept).toBeLessThan(1024);
    expect(counted).toBeLessThan(2048);
  });

  it('counts what a small batch keeps beside its rows', () => {
    const frame = encodeFrame({ batch: { ...blocked, startMs: new Float64Array(500), endMs: new Float64Array(500) } });
    const { kept, counted } = recorded(frame);
    expect(kept).toBeGreaterThan(8_000);
    expect(counted).toBeGreaterThanOrEqual(kept);
  });

  it('is full when what is kept is as much as it may be, however little is shown', () => {
    const viewOfMost = () => new Float64Array(1_000).subarray(100);
    const batch: RunBatch = { type: 'blocked', startMs: viewOfMost(), endMs: viewOfMost() };
    const beyondShown = (bytes: number) => createRecording(approximateBytes(batch) + bytes).hasRoomFor(batch);
    expect([beyondShown(1_500), beyondShown(1_600)]).toEqual([false, true]);
  });

  it.each([
    ['bytes behind the last column', '[3,8,1]', 16 + 64],
    ['two columns in one place', '[3,0,1]', 8],
  ])('is never asked to keep %s', (_what, second, columnBytes) => {
    const json = new TextEncoder().encode(`{"a":{"$column":[3,0,1]},"b":{"$column":${second}}}`);
    const start = (8 + json.length + 7) & ~7;
    const frame = new Uint8Array(start + columnBytes);
    const view = new DataView(frame.buffer);
    view.setUint32(0, frame.length - 4, true);
    view.setUint32(4, json.length, true);
    frame.set(json, 8);
    expect(() => decodeFrame(frame)).toThrow(FrameError);
  });
});
