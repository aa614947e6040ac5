// The shapes that several strips draw: areas in steps, and the hatching of what is not known or not the program's.

import { translucent, type Palette } from '../palette.ts';

/** Between two lines of what is hatched. */
const HATCH_PX = 6;

/**
 * Fills the area below a curve of steps, each `columnPx` wide, as one path. A negative height reaches below the base.
 * @param heightOf height above the base of each column, in CSS pixels
 */
export function fillSteps(
  context: CanvasRenderingContext2D,
  columnCount: number,
  columnPx: number,
  color: string,
  baseY: number,
  heightOf: (column: number) => number,
): void {
  context.fillStyle = color;
  context.beginPath();
  let lastHeight = 0;
  context.moveTo(0, baseY);
  for (let column = 0; column < columnCount; column++) {
    const height = heightOf(column);
    if (height === lastHeight) continue;
    context.lineTo(column * columnPx, baseY - lastHeight);
    context.lineTo(column * columnPx, baseY - height);
    lastHeight = height;
  }
  context.lineTo(columnCount * columnPx, baseY - lastHeight);
  context.lineTo(columnCount * columnPx, baseY);
  context.closePath();
  context.fill();
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Nothing is known here, or it is not the program's doing: the eye is not to take an empty stretch for a quiet one. */
export function hatch(context: CanvasRenderingContext2D, { left, right, top, bottom }: Box, palette: Palette): void {
  if (right <= left) return;
  const height = bottom - top;
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, height);
  context.clip();
  context.fillStyle = translucent(palette.inkFaint, 0.07);
  context.fillRect(left, top, right - left, height);
  context.strokeStyle = translucent(palette.inkFaint, 0.22);
  context.lineWidth = 1;
  context.beginPath();
  // All on one grid, so that neighboring boxes join.
  for (let x = Math.floor((left - height) / HATCH_PX) * HATCH_PX; x < right; x += HATCH_PX) {
    context.moveTo(x, bottom);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}
