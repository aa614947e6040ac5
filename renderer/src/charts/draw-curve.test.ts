import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawCurve, type Curve } from './draw-curve.ts';
import { createTimeScale } from './time-scale.ts';

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly color: string;
}

/** What a canvas is told to fill, in device pixels. */
function boxesOf(curve: Curve, ratio: number): Box[] {
  const boxes: Box[] = [];
  const context = {
    fillStyle: '',
    fillRect(x: number, y: number, width: number, height: number) {
      boxes.push({
        left: x * ratio,
        right: (x + width) * ratio,
        top: y,
        bottom: y + height,
        color: context.fillStyle,
      });
    },
  };
  drawCurve(context as unknown as CanvasRenderingContext2D, curve, ratio);
  return boxes;
}

const HEIGHT = 100;
const curveOf = (values: readonly (readonly [number, number])[], look: Partial<Curve> = {}): Curve => ({
  shape: {
    kind: 'extents',
    low: Float64Array.from(values, ([low]) => low),
    high: Float64Array.from(values, ([, high]) => high),
  },
  scale: createTimeScale(0, 1_000, values.length),
  zeroY: HEIGHT,
  pixelsPerUnit: 1,
  color: '#123456',
  widthPx: 1.5,
  dash: [],
  fill: 0.2,
  order: 0,
  ...look,
});

const extents = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 })) },
    // Of quiet stretches many columns are the same.
    { weight: 6, arbitrary: fc.constantFrom([20, 20], [20, 60]) },
    { weight: 2, arbitrary: fc.constant([NaN, NaN]) },
  ),
  { minLength: 1, maxLength: 120 },
);

describe('drawing a curve by pixel columns', () => {
  it('reaches from the lowest to the highest in every column, and nowhere else', () => {
    fc.assert(
      fc.property(extents, fc.constantFrom(1, 1.25, 1.5, 2, 3), (pairs, ratio) => {
        const values = pairs.map(([one, other]): [number, number] => [
          Math.min(one ?? NaN, other ?? NaN),
          Math.max(one ?? NaN, other ?? NaN),
        ]);
        const boxes = boxesOf(curveOf(values), ratio);
        for (const { left, right } of boxes) {
          // Between two device pixels, so that neighbors neither overlap nor leave a seam.
          expect(left).toBeCloseTo(Math.round(left), 9);
          expect(right).toBeCloseTo(Math.round(right), 9);
        }
        values.forEach(([low, high], column) => {
          const from = Math.round(column * ratio);
          const to = Math.round((column + 1) * ratio);
          if (to === from) return;
          const over = boxes.filter(({ left, right }) => Math.round(left) <= from && Math.round(right) >= to);
          const line = over.filter(({ color }) => color === '#123456');
          const area = over.filter(({ color }) => color !== '#123456');
          if (Number.isNaN(low)) return expect(over).toEqual([]);
          expect(line.map(({ top, bottom }) => [top, bottom])).toEqual([[HEIGHT - high - 0.75, HEIGHT - low + 0.75]]);
          // The area below it, as far as the line does not hide it.
          expect(area.map(({ top, bottom }) => [top, bottom])).toEqual(low === 0 ? [] : [[HEIGHT - low, HEIGHT]]);
        });
      }),
    );
  });

  it('has dashes where the curve is flat, and none where they would hide that it is not', () => {
    const flat = curveOf(
      Array.from({ length: 12 }, () => [30, 30] as const),
      { dash: [4, 2], fill: 0 },
    );
    expect(boxesOf(flat, 1).map(({ left, right }) => [left, right])).toEqual([
      [0, 4],
      [6, 10],
    ]);
    const steep = curveOf(
      Array.from({ length: 12 }, (_, column) => [column, column + 30] as const),
      { dash: [4, 2], fill: 0 },
    );
    expect(boxesOf(steep, 1)).toHaveLength(12);
  });
});
