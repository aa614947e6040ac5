import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SIZE, placeWindow, type Rectangle } from './window-state.ts';

const screens = fc.array(
  fc.record({
    x: fc.integer({ min: -4_000, max: 4_000 }),
    y: fc.integer({ min: -2_000, max: 2_000 }),
    width: fc.integer({ min: 800, max: 3_840 }),
    height: fc.integer({ min: 600, max: 2_160 }),
  }),
  { minLength: 1, maxLength: 3 },
);
const last = fc.record({
  x: fc.integer({ min: -6_000, max: 6_000 }),
  y: fc.integer({ min: -4_000, max: 4_000 }),
  width: fc.integer({ min: 1, max: 8_000 }),
  height: fc.integer({ min: 1, max: 8_000 }),
});
const isWithin = (inner: Rectangle, outer: Rectangle) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe('placeWindow', () => {
  const main: Rectangle = { x: 0, y: 25, width: 1920, height: 1055 };
  const right: Rectangle = { x: 1920, y: 0, width: 2560, height: 1440 };

  it('leaves a window where it was, on whichever screen', () => {
    const there = { x: 2_000, y: 100, width: 1_440, height: 900 };
    expect(placeWindow(there, [main, right])).toEqual(there);
  });

  it('lets the system place a window whose screen is gone, and the first one ever', () => {
    expect(placeWindow({ x: 2_000, y: 100, width: 1_440, height: 900 }, [main])).toEqual({ width: 1_440, height: 900 });
    expect(placeWindow(undefined, [main])).toEqual(DEFAULT_SIZE);
    expect(placeWindow(undefined, [{ ...main, width: 1_280, height: 700 }])).toEqual({ width: 1_280, height: 700 });
  });

  it('puts every window wholly on a screen, never larger than it', () => {
    fc.assert(
      fc.property(fc.option(last, { nil: undefined }), screens, (bounds, all) => {
        const { x, y, width = 0, height = 0 } = placeWindow(bounds, all);
        if (x === undefined || y === undefined) return width <= all[0]!.width && height <= all[0]!.height;
        return all.some((screen) => isWithin({ x, y, width, height }, screen));
      }),
    );
  });

  it('opens a window twice in the same place', () => {
    fc.assert(
      fc.property(last, screens, (bounds, [screen]) => {
        const all = [screen!];
        const once = placeWindow(bounds, all);
        fc.pre(once.x !== undefined);
        expect(placeWindow(once as Rectangle, all)).toEqual(once);
      }),
    );
  });
});
