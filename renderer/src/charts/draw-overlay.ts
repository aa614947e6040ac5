// What runs through all strips: the program's end, the program's own marks, the crosshair and what it touches.
// Its canvas lies over the plots and takes no pointer.

import { crisp } from './draw-grid.ts';
import { isMomentMark, type TimelineMark } from './timeline-marks.ts';
import { translucent, type Palette } from './palette.ts';
import type { TimeScale } from './time-scale.ts';

export interface OverlayExtent {
  readonly overviewTop: number;
  readonly overviewBottom: number;
  readonly top: number;
  readonly bottom: number;
}

/** More marks than this in the window are drawn at the top edge alone. */
const MOST_FULL_LINES = 120;
/** Fewer than these are named in place; the names of the others are read by pointing at them. */
const MOST_LABELS = 24;

export function drawMarks(
  context: CanvasRenderingContext2D,
  marks: readonly TimelineMark[],
  extent: OverlayExtent,
  scale: TimeScale,
  palette: Palette,
): void {
  const visible = marks.filter(
    ({ atMs, durationMs }) => atMs <= scale.toMs && atMs + (durationMs ?? 0) >= scale.fromMs && atMs >= 0,
  );
  const drawsLines = visible.length <= MOST_FULL_LINES;
  let lastX = -Infinity;
  let labelFromX = -Infinity;
  context.font = palette.figuresFont;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  const label = (title: string, x: number) => {
    if (visible.length > MOST_LABELS || x < labelFromX) return;
    const { width } = context.measureText(title);
    if (x + width > scale.width) return;
    context.fillStyle = translucent(palette.ground, 0.8);
    context.fillRect(x - 2, extent.top + 1, width + 4, 13);
    context.fillStyle = palette.inkFaint;
    context.fillText(title, Math.round(x), extent.top + 3);
    labelFromX = x + width + 10;
  };
  for (const mark of visible) {
    const x = Math.min(crisp(scale.x(mark.atMs)), scale.width - 0.5);
    if (mark.kind === 'settle-started') {
      drawProgramEnd(context, x, extent, scale, palette);
      continue;
    }
    if (!isMomentMark(mark)) {
      const right = Math.min(scale.width, scale.x(mark.atMs + (mark.durationMs ?? 0)));
      const left = Math.max(0, x);
      context.fillStyle = mark.kind === 'observer-waited' ? palette.amber : palette.inkSoft;
      context.fillRect(left, extent.top, Math.max(1, right - left), 2);
      label(mark.title, left + 6);
      continue;
    }
    if (x - lastX < 1) continue;
    lastX = x;
    context.fillStyle = palette.inkSoft;
    context.beginPath();
    context.moveTo(x - 3, extent.top);
    context.lineTo(x + 3, extent.top);
    context.lineTo(x, extent.top + 5);
    context.closePath();
    context.fill();
    if (!drawsLines) continue;
    context.fillStyle = translucent(palette.inkFaint, 0.35);
    context.fillRect(x - 0.5, extent.top, 1, extent.bottom - extent.top);
    label(mark.title, x + 6);
  }
}

function drawProgramEnd(
  context: CanvasRenderingContext2D,
  x: number,
  extent: OverlayExtent,
  scale: TimeScale,
  palette: Palette,
): void {
  context.strokeStyle = palette.inkFaint;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(x, extent.top);
  context.lineTo(x, extent.bottom);
  context.stroke();
  context.setLineDash([]);
  const label = 'program ended';
  context.font = palette.figuresFont;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  const { width } = context.measureText(label);
  const left = x - width - 6 >= 0 ? x - width - 6 : x + 6;
  if (left + width > scale.width) return;
  context.fillStyle = translucent(palette.ground, 0.8);
  context.fillRect(left - 3, extent.top, width + 6, 13);
  context.fillStyle = palette.inkFaint;
  context.fillText(label, Math.round(left), extent.top + 2);
}

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly color: string;
}

/** `points` are the samples that are read, at their own time. `overviewX` is where the cursor's time lies in the overview, whose scale is another one. */
export function drawCrosshair(
  context: CanvasRenderingContext2D,
  x: number,
  overviewX: number,
  points: readonly CurvePoint[],
  extent: OverlayExtent,
  palette: Palette,
): void {
  context.fillStyle = translucent(palette.ink, 0.75);
  context.fillRect(Math.round(x), extent.top, 1, extent.bottom - extent.top);
  context.fillStyle = translucent(palette.ink, 0.5);
  context.fillRect(Math.round(overviewX), extent.overviewTop, 1, extent.overviewBottom - extent.overviewTop);
  context.lineWidth = 1.5;
  for (const { x: pointX, y, color } of points) {
    context.fillStyle = palette.ground;
    context.strokeStyle = color;
    context.beginPath();
    context.arc(pointX, y, 3, 0, Math.PI * 2);
    context.fill();
    context.stroke();
  }
}
