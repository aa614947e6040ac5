import fc from 'fast-check';
import { visibleText } from '../../../engine/protocol/visible-text.ts';
import { describe, expect, it } from 'vitest';
import { callbacksBatch, explanationsBatch, registrationsBatch } from '../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from './create-run-stream.ts';
import type { RunStream } from './run-stream.ts';

function streamWith(objects: number): RunStream {
  const stream = createRunStream();
  const rows = Array.from({ length: objects }, (_, row) => ({ atMs: row, label: `object ${row + 1}` }));
  stream.apply(0, registrationsBatch(1, rows));
  return stream;
}
const tell = (stream: RunStream, batch: Parameters<typeof explanationsBatch>[0]) =>
  stream.apply(stream.nextSequence, explanationsBatch(batch));

describe('explanations of a run’s stream', () => {
  it('tells each object’s reason, what it retains and its own entries', () => {
    const stream = streamWith(4);
    expect(stream.explanation).toBeUndefined();
    tell(stream, {
      atMs: 90,
      reasons: [{ id: 12, cause: 'map-entry' }],
      rows: [
        { id: 3, reasonId: 12, retainedBytes: 64, entry: '[17]\n"ключ"' },
        { id: 1, reasonId: 12 },
      ],
    });
    expect(stream.explanation).toMatchObject({ snapshot: 1, atMs: 90 });
    expect(stream.whyAlive(2)).toMatchObject({ reason: { id: 12 }, retainedBytes: 64, entries: ['[17]', '"ключ"'] });
    expect(stream.whyAlive(0)).toEqual({
      reason: stream.whyAlive(2)?.reason,
      path: stream.whyAlive(2)?.path,
      entries: [],
    });
    expect(stream.whyAlive(1)).toBeUndefined();
    expect(stream.whyAlive(3)).toBeUndefined();
  });

  it('forgets what an earlier snapshot told, and leaves out what comes late from one', () => {
    const stream = streamWith(3);
    tell(stream, { atMs: 1, reasons: [{ id: 1, cause: 'timer' }], rows: [{ id: 2, reasonId: 1 }] });
    tell(stream, { snapshot: 2, atMs: 5, reasons: [{ id: 1, cause: 'closure' }], rows: [{ id: 3, reasonId: 1 }] });
    tell(stream, { snapshot: 1, atMs: 1, reasons: [{ id: 1, cause: 'timer' }], rows: [{ id: 1, reasonId: 1 }] });
    expect(stream.explanation).toMatchObject({ snapshot: 2, atMs: 5 });
    expect([0, 1, 2].map((row) => stream.whyAlive(row)?.reason.cause)).toEqual([undefined, undefined, 'closure']);
    expect(stream.counters.droppedRows).toBe(0);
  });

  it('says nothing more of an object that was called back after the snapshot', () => {
    const stream = streamWith(1);
    tell(stream, { atMs: 1, reasons: [{ id: 1 }], rows: [{ id: 1, reasonId: 1 }] });
    expect(stream.whyAlive(0)).toBeDefined();
    stream.apply(stream.nextSequence, callbacksBatch([{ id: 1, startMs: 9 }]));
    expect(stream.whyAlive(0)).toBeUndefined();
  });

  it('leaves out rows of no registration or no reason, and counts them', () => {
    const stream = streamWith(2);
    tell(stream, {
      atMs: 1,
      reasons: [{ id: 1 }],
      rows: [
        { id: 0, reasonId: 1 },
        { id: 3, reasonId: 1 },
        { id: 1, reasonId: 4 },
        { id: 2, reasonId: 1, entry: 'mine' },
      ],
    });
    expect(stream.counters.droppedRows).toBe(3);
    expect(stream.whyAlive(1)?.entries).toEqual(['mine']);
  });

  it('keeps every entry with its object, in however many batches they come', () => {
    const entry = fc.array(
      fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !text.includes('\n')),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.nat({ max: 39 }), { maxLength: 12 })),
        fc.infiniteStream(entry),
        (batches, entries) => {
          const stream = streamWith(40);
          const expected = new Map<number, string>();
          batches.forEach((rows, index) =>
            tell(stream, {
              atMs: index,
              reasons: [{ id: index }],
              rows: rows.map((row) => {
                const text = (entries.next().value ?? []).join('\n');
                expected.set(row, visibleText(text));
                return { id: row + 1, reasonId: index, entry: text };
              }),
            }),
          );
          for (let row = 0; row < 40; row++)
            expect(stream.whyAlive(row)?.entries.join('\n')).toEqual(expected.get(row));
        },
      ),
    );
  });

  it('tells what a snapshot is being read for, and how far that is', () => {
    const stream = streamWith(1);
    stream.apply(1, { type: 'status', status: 'explaining', atMs: 5, step: 'reading-snapshot', progress: 0.25 });
    expect(stream.explaining).toEqual({ step: 'reading-snapshot', progress: 0.25 });
    stream.apply(2, { type: 'status', status: 'stopping', atMs: 6 });
    expect(stream.explaining).toBeUndefined();
  });

  it('keeps the place of a warning and of each site', () => {
    const stream = streamWith(1);
    const place = { file: '/p/server.js', line: 4, column: 7 };
    stream.apply(1, { type: 'warning', code: 'held-value-reaches-target', message: 'It does.', atMs: 3, place });
    const site = { id: 5, file: '/p/a.js', line: 2, column: 1, functionName: 'open' };
    stream.apply(2, { type: 'sites', items: [site] });
    expect(stream.warnings).toEqual([{ code: 'held-value-reaches-target', message: 'It does.', atMs: 3, place }]);
    expect(stream.sites.get(5)).toEqual(site);
  });
});
