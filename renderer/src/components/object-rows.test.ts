import { describe, expect, it } from 'vitest';
import { callbacksBatch, registrationsBatch } from '../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../stream/create-run-stream.ts';
import { arrangeObjects, objectRowAt, type ObjectFilter, type ObjectOrder } from './object-rows.ts';

const all: ObjectFilter = { verdict: undefined, text: '' };

function createStream() {
  const stream = createRunStream();
  stream.apply(
    0,
    registrationsBatch(
      1,
      ['a', 'b', 'c', 'd'].map((label, row) => ({ atMs: row * 10, label })),
    ),
  );
  stream.apply(
    1,
    callbacksBatch([
      { id: 3, startMs: 100, durationMs: 5 },
      { id: 1, startMs: 101, durationMs: 1 },
      { id: 4, startMs: 102, durationMs: 9 },
    ]),
  );
  return stream;
}

function labels(filter: ObjectFilter, order: ObjectOrder): string[] {
  const stream = createStream();
  const rows = arrangeObjects(stream, filter, order);
  return Array.from({ length: rows.count }, (_, index) => stream.objectAt(objectRowAt(rows, index)).label);
}

describe('object rows', () => {
  it('keeps the order of registration without allocating, or reverses it', () => {
    expect(arrangeObjects(createStream(), all, { key: 'registered', isDescending: false }).rows).toBeUndefined();
    expect(labels(all, { key: 'registered', isDescending: false })).toEqual(['a', 'b', 'c', 'd']);
    expect(labels(all, { key: 'registered', isDescending: true })).toEqual(['d', 'c', 'b', 'a']);
  });

  it('sorts by callback, those without one last in either direction', () => {
    expect(labels(all, { key: 'callback', isDescending: false })).toEqual(['c', 'a', 'd', 'b']);
    expect(labels(all, { key: 'callback', isDescending: true })).toEqual(['d', 'a', 'c', 'b']);
    expect(labels(all, { key: 'duration', isDescending: true })).toEqual(['d', 'c', 'a', 'b']);
  });

  it('filters by verdict and text', () => {
    expect(labels({ verdict: 'finalized', text: '' }, { key: 'duration', isDescending: false })).toEqual([
      'a',
      'c',
      'd',
    ]);
    expect(labels({ verdict: undefined, text: 'b' }, { key: 'registered', isDescending: false })).toEqual(['b']);
  });
});
