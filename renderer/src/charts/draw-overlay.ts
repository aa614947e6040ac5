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
/** Between two lines of what is hatched. */
const HATCH_PX = 6;
/** Fewer than these are named in place; the names of the others are read by pointing at them. */
const MOST_NAMES = 24;

/** `overviewX` is where a time lies in the overview, which always shows the program's end. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  marks: readonly TimelineMark[],
  extent: OverlayExtent,
  scale: TimeScale,
  overviewX: (atMs: number) => number,
  palette: Palette,
): void {
  const visible = marks.filter(
    ({ kind, atMs, durationMs }) =>
      // The axis ends where settling ended; a line there would only double its edge.
      kind !== 'settle-ended' && atMs <= scale.toMs && atMs + (durationMs ?? 0) >= scale.fromMs,
  );
  const names = createNamePlaces(context, scale, extent, palette);
  const drawEnd = (atX: number, top: number, bottom: number): number => {
    const x = Math.min(crisp(atX), scale.width - 0.5);
    context.strokeStyle = palette.inkFaint;
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.setLineDash([]);
    return x;
  };
  const programEnd = marks.find(({ kind }) => kind === 'settle-started');
  if (programEnd !== undefined) drawEnd(overviewX(programEnd.atMs), extent.overviewTop, extent.overviewBottom);
  // First, so that no other name takes its place.
  for (const { kind, atMs, title } of visible) {
    if (kind !== 'settle-started') continue;
    const x = drawEnd(scale.x(atMs), extent.top, extent.bottom);
    if (!names.place(title, x - 6, 'left')) names.place(title, x + 6, 'right');
  }
  for (const mark of visible) if (mark.kind === 'heap-snapshot') drawSnapshot(context, mark, extent, scale, palette);
  const drawsLines = visible.length <= MOST_FULL_LINES;
  const drawsNames = visible.length <= MOST_NAMES;
  let lastX = -Infinity;
  for (const mark of visible) {
    if (mark.kind === 'settle-started') continue;
    const x = Math.min(crisp(scale.x(mark.atMs)), scale.width - 0.5);
    if (!isMomentMark(mark)) {
      const right = Math.min(scale.width, scale.x(mark.atMs + (mark.durationMs ?? 0)));
      const left = Math.max(0, x);
      const isObservers = mark.kind === 'observer-waited' || mark.kind === 'heap-snapshot';
      context.fillStyle = isObservers ? palette.amber : palette.inkSoft;
      context.fillRect(left, extent.top, Math.max(1, right - left), 2);
      if (drawsNames && !names.place(mark.title, left + 6, 'right')) names.place(mark.title, left - 6, 'left');
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
    if (drawsNames) names.place(mark.title, x + 6, 'right');
  }
}

/** The program stood still for the observation's own sake: hatched through all strips, so that no gap passes for its own. */
function drawSnapshot(
  context: CanvasRenderingContext2D,
  { atMs, durationMs = 0 }: TimelineMark,
  extent: OverlayExtent,
  scale: TimeScale,
  palette: Palette,
): void {
  const left = Math.max(0, Math.round(scale.x(atMs)));
  const right = Math.min(scale.width, Math.max(left + 2, Math.round(scale.x(atMs + durationMs))));
  const height = extent.bottom - extent.top;
  context.save();
  context.beginPath();
  context.rect(left, extent.top, right - left, height);
  context.clip();
  context.fillStyle = translucent(palette.inkFaint, 0.07);
  context.fillRect(left, extent.top, right - left, height);
  context.strokeStyle = translucent(palette.inkFaint, 0.2);
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - height; x < right; x += HATCH_PX) {
    context.moveTo(x, extent.bottom);
    context.lineTo(x + height, extent.top);
  }
  context.stroke();
  context.restore();
}

/** Writes names along the top edge where they cover neither each other nor the edges of the plot. */
function createNamePlaces(
  context: CanvasRenderingContext2D,
  scale: TimeScale,
  extent: OverlayExtent,
  palette: Palette,
): { place(name: string, x: number, side: 'left' | 'right'): boolean } {
  const taken: { left: number; right: number }[] = [];
  context.font = palette.figuresFont;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  return {
    place(name, x, side) {
      const { width } = context.measureText(name);
      const left = Math.round(side === 'right' ? x : x - width);
      const right = left + width;
      if (left < 0 || right > scale.width) return false;
      if (taken.some((other) => left < other.right + 8 && right > other.left - 8)) return false;
      taken.push({ left, right });
      // A halo rather than a box: curves and grid go on right beside the letters.
      context.strokeStyle = palette.ground;
      context.lineWidth = 3;
      context.lineJoin = 'round';
      context.strokeText(name, left, extent.top + 3);
      context.fillStyle = palette.inkFaint;
      context.fillText(name, left, extent.top + 3);
      return true;
    },
  };
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
