// What runs through all strips: the selected range, the program's end, marks, what was the tool's own time, and the
// crosshair with what it touches. Its canvas lies over the plots and takes no pointer.

import { crisp } from './draw-grid.ts';
import { translucent, type Palette } from './palette.ts';
import { hatch } from './strips/fill-steps.ts';
import type { TimelineView } from './strips/strip.ts';
import { isMomentMark } from './timeline-marks.ts';

/** Of the strips below the overview, and of the overview, relative to the canvas. */
export interface OverlayExtent {
  readonly overviewTop: number;
  readonly overviewBottom: number;
  readonly top: number;
  readonly bottom: number;
}

/** Marks closer than this on average would be a hatching of their own: they are drawn in the strip of marks alone. */
const LINE_SPACING_PX = 24;

export function drawMarkLines(
  context: CanvasRenderingContext2D,
  { marks, scale, palette, extentMs }: TimelineView,
  extent: OverlayExtent,
): void {
  const visible = marks.all.filter(
    ({ kind, atMs, durationMs }) =>
      // The axis ends where settling ended; a line there would only double its edge.
      kind !== 'settle-ended' && atMs <= scale.toMs && atMs + (durationMs ?? 0) >= scale.fromMs,
  );
  const dotted = (atX: number, top: number, bottom: number, color: string) => {
    const x = Math.min(crisp(atX), scale.width - 0.5);
    context.strokeStyle = color;
    context.lineWidth = 1;
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.setLineDash([]);
  };
  const programEnd = marks.all.find(({ kind }) => kind === 'settle-started');
  if (programEnd !== undefined) {
    dotted((programEnd.atMs / extentMs) * scale.width, extent.overviewTop, extent.overviewBottom, palette.inkFaint);
  }
  const drawsLines = visible.filter(isMomentMark).length <= scale.width / LINE_SPACING_PX;
  for (const { kind, atMs, durationMs = 0 } of visible) {
    const x = scale.x(atMs);
    if (kind === 'settle-started') {
      dotted(x, extent.top, extent.bottom, palette.inkFaint);
    } else if (kind === 'heap-snapshot') {
      // The program stood still for the observation's own sake: no gap is to pass for its own.
      const left = Math.max(0, Math.round(x));
      const right = Math.min(scale.width, Math.max(left + 2, Math.round(scale.x(atMs + durationMs))));
      hatch(context, { left, right, top: extent.top, bottom: extent.bottom }, palette);
    } else if (kind === 'dropped') {
      dotted(x, extent.top, extent.bottom, palette.red);
    } else if (drawsLines && isMomentMark({ durationMs })) {
      context.fillStyle = translucent(palette.inkFaint, 0.35);
      context.fillRect(crisp(x) - 0.5, extent.top, 1, extent.bottom - extent.top);
    }
  }
}

/** The selected range, with its edges, which can be dragged. */
export function drawSelectedRange(
  context: CanvasRenderingContext2D,
  { selection, scale, palette }: TimelineView,
  extent: OverlayExtent,
): void {
  if (selection === undefined) return;
  const left = Math.max(-4, Math.round(scale.x(selection.fromMs)));
  const right = Math.min(scale.width + 4, Math.max(left + 1, Math.round(scale.x(selection.toMs))));
  if (right < 0 || left > scale.width) return;
  context.fillStyle = translucent(palette.blue, 0.12);
  context.fillRect(left, extent.top, right - left, extent.bottom - extent.top);
  context.fillStyle = palette.blue;
  for (const edge of [left, right]) {
    if (edge < 0 || edge > scale.width) continue;
    context.fillRect(edge - (edge === right ? 1 : 0), extent.top, 1, extent.bottom - extent.top);
    context.beginPath();
    context.roundRect(edge - 2.5, extent.bottom - 14, 5, 12, 2);
    context.fill();
  }
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
