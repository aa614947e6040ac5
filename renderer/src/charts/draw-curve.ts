// Draws one curve over time, as a line with an area below it. Where a curve has more to show than there are pixels it is
// drawn as one upright box for each pixel column: exact, and painted twenty times faster than a line that goes to and fro.

import type { ColumnExtents, Point } from '../stream/level-of-detail.ts';
import { translucent } from './palette.ts';
import type { TimeScale } from './time-scale.ts';

/** What is drawn: single points, `x` in ms and in order, or how low and how high the curve is in each pixel column. */
export type CurveShape =
  { readonly kind: 'points'; readonly points: readonly Point[] } | ({ readonly kind: 'extents' } & ColumnExtents);

export interface Curve {
  readonly shape: CurveShape;
  /** Of the curve's own times. */
  readonly scale: TimeScale;
  /** Where zero lies, in CSS pixels from the top, and how far above it a value is. The area ends at zero. */
  readonly zeroY: number;
  readonly pixelsPerUnit: number;
  /** `#rrggbb`. */
  readonly color: string;
  readonly widthPx: number;
  /** In CSS pixels; in vain where the curve goes up and down: gaps would hide that. */
  readonly dash: readonly number[];
  /** Opacity of the area between the line and zero; 0: none. */
  readonly fill: number;
  /** Curves of a lower order are drawn over those of a higher one. */
  readonly order: number;
}

/** A dash leaves out a pixel column only if the curve is as flat there as this. */
const FLAT_PX = 1;

/** `ratio`: device pixels for each CSS pixel, so that boxes begin and end between two pixels. */
export function drawCurve(context: CanvasRenderingContext2D, curve: Curve, ratio: number): void {
  switch (curve.shape.kind) {
    case 'points':
      return drawPoints(context, curve, curve.shape.points);
    case 'extents':
      return drawExtents(context, curve, curve.shape, ratio);
  }
}

function drawPoints(
  context: CanvasRenderingContext2D,
  { scale, zeroY, pixelsPerUnit, color, widthPx, dash, fill }: Curve,
  points: readonly Point[],
): void {
  const line = new Path2D();
  const area = new Path2D();
  let lastX = NaN;
  const endArea = () => {
    if (!Number.isNaN(lastX)) area.lineTo(lastX, zeroY);
    lastX = NaN;
  };
  for (const point of points) {
    if (Number.isNaN(point.y)) {
      endArea();
      continue;
    }
    const x = scale.x(point.x);
    const y = zeroY - point.y * pixelsPerUnit;
    if (Number.isNaN(lastX)) {
      line.moveTo(x, y);
      area.moveTo(x, zeroY);
    } else line.lineTo(x, y);
    area.lineTo(x, y);
    lastX = x;
  }
  endArea();
  if (fill > 0) {
    context.fillStyle = translucent(color, fill);
    context.fill(area);
  }
  context.strokeStyle = color;
  context.lineWidth = widthPx;
  // At these widths no join can be seen, and round ones are painted twice as slowly.
  context.lineJoin = 'bevel';
  context.setLineDash([...dash]);
  context.stroke(line);
  context.setLineDash([]);
}

function drawExtents(
  context: CanvasRenderingContext2D,
  { scale, zeroY, pixelsPerUnit, color, widthPx, dash, fill }: Curve,
  { low, high }: ColumnExtents,
  ratio: number,
): void {
  const columns = low.length;
  const devicePxPerColumn = (scale.width * ratio) / columns;
  const edge = (column: number) => Math.round(column * devicePxPerColumn) / ratio;
  if (fill > 0) {
    context.fillStyle = translucent(color, fill);
    // Up to the whole pixel that the line lies on: columns that differ less than it can show are one box.
    const topOf = (column: number) => Math.round(zeroY - low[column]! * pixelsPerUnit);
    for (let column = 0; column < columns;) {
      const from = column;
      const top = topOf(column);
      do column++;
      while (column < columns && topOf(column) === top);
      if (top < zeroY) context.fillRect(edge(from), top, edge(column) - edge(from), zeroY - top);
    }
  }
  context.fillStyle = color;
  const [on = Infinity, off = 0] = dash;
  for (let column = 0; column < columns;) {
    const from = column;
    const bottom = low[column]!;
    const top = high[column]!;
    // Columns of the same extents are one box: most of a run is quiet.
    do column++;
    while (column < columns && low[column] === bottom && high[column] === top);
    if (Number.isNaN(top)) continue;
    const left = edge(from);
    const right = edge(column);
    const y = zeroY - top * pixelsPerUnit - widthPx / 2;
    const height = (top - bottom) * pixelsPerUnit + widthPx;
    if (off === 0 || height > widthPx + FLAT_PX) {
      context.fillRect(left, y, right - left, height);
      continue;
    }
    // Dashes are counted from the left edge of the plot, so that those of neighboring boxes join.
    for (let start = Math.floor(left / (on + off)) * (on + off); start < right; start += on + off) {
      const dashLeft = Math.max(left, start);
      const dashRight = Math.min(right, start + on);
      if (dashRight > dashLeft) context.fillRect(dashLeft, y, dashRight - dashLeft, height);
    }
  }
}
