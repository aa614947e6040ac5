import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callbacksBatch, registrationsBatch } from '../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../stream/create-run-stream.ts';
import { CALLBACK, REGISTRATION } from '../stream/event-index.ts';
import { loneRow } from './lone-event.ts';

describe('loneRow', () => {
  it('finds an object where it is the only one of its lane, as looking at all of them does', () => {
    const lives = fc.array(
      fc.record({ gapMs: fc.integer({ min: 0, max: 9 }), lengthMs: fc.integer({ min: 0, max: 60 }) }),
      {
        minLength: 1,
        maxLength: 60,
      },
    );
    const range = fc.record({ fromMs: fc.integer({ min: -5, max: 300 }), lengthMs: fc.integer({ min: 0, max: 30 }) });
    fc.assert(
      fc.property(
        lives,
        range,
        fc.constantFrom<0 | 1>(0, 1),
        fc.boolean(),
        (gaps, { fromMs, lengthMs }, lane, isEnd) => {
          let atMs = 0;
          const rows = gaps.map(({ gapMs, lengthMs: lifeMs }) => ({ atMs: (atMs += gapMs), endMs: atMs + lifeMs }));
          const stream = createRunStream();
          stream.apply(
            0,
            registrationsBatch(
              1,
              rows.map((row, index) => ({ atMs: row.atMs, label: `${index}` })),
            ),
          );
          const ends = rows.map(({ endMs }, index) => ({ id: index + 1, startMs: endMs }));
          stream.apply(1, callbacksBatch(ends.toSorted((a, b) => a.startMs - b.startMs)));
          const toMs = fromMs + lengthMs;
          const expected = rows.flatMap((row, index) => {
            const time = isEnd ? row.endMs : row.atMs;
            return index % 2 === lane && time >= fromMs && time <= toMs ? [index] : [];
          });
          const found = loneRow(stream, { fromMs, toMs }, isEnd ? CALLBACK : REGISTRATION, (row) => row % 2 === lane);
          expect(found).toBe(expected.length === 1 ? expected[0] : undefined);
        },
      ),
    );
  });
});
