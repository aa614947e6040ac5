import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packLanes, type PackedLife } from './lane-packing.ts';

const lives = fc
  .array(
    fc.record({
      startMs: fc.integer({ min: 0, max: 1000 }),
      lengthMs: fc.option(fc.integer({ min: 0, max: 400 }), { nil: Infinity }),
      group: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 120, size: 'max' },
  )
  .map((drafts) =>
    drafts
      .sort((a, b) => a.startMs - b.startMs)
      .map(({ startMs, lengthMs, group }, row): PackedLife => ({ row, startMs, endMs: startMs + lengthMs, group })),
  );

describe('packLanes', () => {
  it('never puts two lives that overlap into one lane, and keeps each group in its own lanes', () => {
    fc.assert(
      fc.property(
        lives,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 30 }),
        (all, comfortable, gapMs) => {
          const packing = packLanes(all, 3, { capacity: 200, comfortable, gapMs });
          if (packing === undefined) throw new Error('200 lanes hold any of these');
          all.forEach((life, index) => {
            const lane = packing.lanes[index] ?? -1;
            expect(lane).toBeGreaterThanOrEqual(packing.groupStart[life.group] ?? NaN);
            expect(lane).toBeLessThan(packing.groupStart[life.group + 1] ?? NaN);
            all.slice(index + 1).forEach((later, offset) => {
              if (packing.lanes[index + 1 + offset] !== lane) return;
              expect(later.startMs).toBeGreaterThanOrEqual(life.endMs + gapMs);
            });
          });
        },
      ),
    );
  });

  it('tells that lives do not fit exactly when more of them overlap than there are lanes', () => {
    fc.assert(
      fc.property(lives, fc.integer({ min: 1, max: 30 }), (all, capacity) => {
        const oneGroup = all.map((life) => ({ ...life, group: 0 }));
        // A life needs a lane when it begins, one without length too, beside those that have not ended by then.
        const needed = oneGroup.map(
          ({ startMs }, index) => 1 + oneGroup.slice(0, index).filter(({ endMs }) => endMs > startMs).length,
        );
        const most = Math.max(0, ...needed);
        const packing = packLanes(oneGroup, 1, { capacity, comfortable: capacity, gapMs: 0 });
        expect(packing === undefined).toBe(most > capacity);
      }),
    );
  });

  it('takes lanes in turn, so that objects one after the other form a staircase', () => {
    const steps = Array.from({ length: 6 }, (_, row) => ({ row, startMs: row * 10, endMs: row * 10 + 5, group: 0 }));
    const packing = packLanes(steps, 1, { capacity: 20, comfortable: 4, gapMs: 0 });
    expect([...(packing?.lanes ?? [])]).toEqual([0, 1, 2, 3, 0, 1]);
  });

  it('moves no life to another lane when later ones arrive', () => {
    const steps = Array.from({ length: 60 }, (_, row) => ({
      row,
      startMs: row * 10,
      endMs: row % 9 === 0 ? Infinity : row * 10 + 35,
      group: 0,
    }));
    const options = { capacity: 40, comfortable: 14, gapMs: 2 };
    const before = packLanes(steps.slice(0, 30), 1, options);
    const after = packLanes(steps, 1, options);
    expect([...(after?.lanes.slice(0, 30) ?? [])]).toEqual([...(before?.lanes ?? [])]);
  });
});
