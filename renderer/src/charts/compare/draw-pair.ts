// What the strips of a comparison draw themselves: the overview of both runs, and their collections and blocked stretches
// one below the other, on one scale of lengths.

import { COLLECTION_KINDS } from '../../../../engine/protocol/vocabulary.ts';
import { crisp } from '../draw-grid.ts';
import { translucent, type Palette } from '../palette.ts';
import { hatch } from '../strips/fill-steps.ts';
import type { TimeScale } from '../time-scale.ts';
import type { TimelineMark } from '../timeline-marks.ts';
import { ownScale, type ComparedRun } from './compared-run.ts';

export interface Box {
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How A's curves are drawn; B's are solid. */
export const DASH_OF_A: readonly number[] = [4, 3];

const MAJOR = COLLECTION_KINDS.indexOf('major');
const MINOR_TICK_PX = 4;
const FORCED_MARKER_PX = 5;

/** The longest pause of both, so that bars of equal height are pauses of equal length. */
export const longestPauseOf = (...runs: readonly ComparedRun[]) =>
  Math.max(1, ...runs.map(({ stream }) => stream.counters.longestPauseMs));

/** As in the timeline: grey ticks for minor GCs, violet bars for major ones, a triangle on those that were forced. */
export function drawCollectionsRow(
  context: CanvasRenderingContext2D,
  { top, width, height }: Box,
  run: ComparedRun,
  longestMs: number,
  scale: TimeScale,
  palette: Palette,
): void {
  const base = top + height - 3;
  context.fillStyle = palette.line;
  context.fillRect(0, base, width, 1);
  const own = ownScale(scale, run);
  const { startMs, pauseMs, kind, forced } = run.stream.collections;
  const columnCount = Math.ceil(width) + 1;
  const minor = new Uint8Array(columnCount);
  /** Longest major pause in each pixel column; −1: none. */
  const major = new Float64Array(columnCount).fill(-1);
  const forcedMajor = new Uint8Array(columnCount);
  for (let row = 0; row < startMs.length; row++) {
    const start = startMs.values[row] ?? NaN;
    const pause = pauseMs.values[row] || 0;
    if (!(start <= own.toMs) || start + pause < own.fromMs) continue;
    const column = Math.min(columnCount - 1, Math.max(0, Math.round(own.x(start))));
    if (kind.values[row] !== MAJOR) {
      minor[column] = 1;
      continue;
    }
    major[column] = Math.max(major[column] ?? 0, pause);
    if (forced.values[row] === 1) forcedMajor[column] = 1;
  }
  context.fillStyle = palette.inkFaint;
  for (let column = 0; column < columnCount; column++) {
    if (minor[column] === 1) context.fillRect(column, base - MINOR_TICK_PX, 1, MINOR_TICK_PX);
  }
  context.fillStyle = palette.violet;
  const room = height - 3 - FORCED_MARKER_PX - 3;
  for (let column = 0; column < columnCount; column++) {
    const pause = major[column] ?? -1;
    if (pause < 0) continue;
    const barHeight = Math.max(MINOR_TICK_PX + 2, Math.sqrt(Math.min(1, pause / longestMs)) * room);
    // A bar of three pixels stands with its middle on the start; a longer pause is as wide as it took.
    const pausePx = pause / own.millisecondsPerPixel;
    const isWide = pausePx > 3;
    const left = isWide ? column : column - 1;
    const right = isWide ? Math.min(width + 2, column + pausePx) : column + 2;
    context.fillRect(left, base - barHeight, right - left, barHeight);
    if (forcedMajor[column] !== 1) continue;
    const middle = (left + right) / 2;
    const tip = base - barHeight - 1;
    context.beginPath();
    context.moveTo(middle - 3, tip - FORCED_MARKER_PX + 1);
    context.lineTo(middle + 3, tip - FORCED_MARKER_PX + 1);
    context.lineTo(middle, tip);
    context.closePath();
    context.fill();
  }
}

/** Stretches in which the thread did not turn its event loop. */
export function drawBlockedRow(
  context: CanvasRenderingContext2D,
  { top, width, height }: Box,
  run: ComparedRun,
  scale: TimeScale,
  palette: Palette,
): void {
  const own = ownScale(scale, run);
  const { startMs, endMs } = run.stream.blocked;
  const y = Math.round(top + height / 2) - 4;
  context.fillStyle = translucent(palette.amber, 0.42);
  let drawnTo = -1;
  for (let row = 0; row < startMs.length; row++) {
    const start = startMs.values[row] ?? NaN;
    const end = endMs.values[row] ?? NaN;
    if (!(end >= own.fromMs) || !(start <= own.toMs)) continue;
    const left = Math.max(-4, Math.round(own.x(start)));
    const right = Math.min(width + 4, Math.max(left + 1, Math.round(own.x(end)) - 1));
    if (right <= drawnTo) continue;
    context.beginPath();
    context.roundRect(left, y, right - left, 8, Math.min(2.5, (right - left) / 2));
    context.fill();
    drawnTo = right;
  }
}

/** Over a run's blocked stretches: where it stood still for a heap snapshot, and where rows of it are missing. */
export function drawObservationRow(
  context: CanvasRenderingContext2D,
  { top, width, height }: Box,
  run: ComparedRun,
  marks: readonly TimelineMark[],
  scale: TimeScale,
  palette: Palette,
): void {
  const own = ownScale(scale, run);
  for (const { kind, atMs, durationMs = 0 } of marks) {
    if ((kind !== 'heap-snapshot' && kind !== 'dropped') || atMs > own.toMs || atMs + durationMs < own.fromMs) continue;
    const left = Math.max(0, Math.round(own.x(atMs)));
    if (kind === 'heap-snapshot') {
      const right = Math.min(width, Math.max(left + 2, Math.round(own.x(atMs + durationMs))));
      hatch(context, { left, right, top, bottom: top + height }, palette);
    } else {
      context.fillStyle = palette.red;
      context.fillRect(Math.min(left, width - 2), top, 2, height);
    }
  }
}

/** Peaks of the chosen series in every pixel column of the whole axis: B as an area, A as a line over it. */
export function drawPairOverview(
  context: CanvasRenderingContext2D,
  { width, height }: { readonly width: number; readonly height: number },
  peaks: { readonly a: Float64Array; readonly b: Float64Array },
  window: { readonly left: number; readonly right: number; readonly isWhole: boolean },
  color: string,
  palette: Palette,
): void {
  context.fillStyle = palette.panel;
  context.fillRect(0, 0, width, height);
  let highest = 0;
  for (const values of [peaks.a, peaks.b]) for (const value of values) if (value > highest) highest = value;
  const base = height - 2;
  const perUnit = highest > 0 ? (height - 6) / (highest * 1.05) : 0;
  const yOf = (value: number) => base - value * perUnit;
  context.fillStyle = translucent(color, 0.4);
  context.beginPath();
  peaks.b.forEach((value, column) => {
    if (!Number.isNaN(value)) context.rect(column, yOf(value), 1, base - yOf(value));
  });
  context.fill();
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.setLineDash([...DASH_OF_A]);
  context.beginPath();
  let isDrawing = false;
  peaks.a.forEach((value, column) => {
    if (Number.isNaN(value)) isDrawing = false;
    else if (isDrawing) context.lineTo(column + 0.5, yOf(value));
    else context.moveTo(column + 0.5, yOf(value));
    isDrawing = !Number.isNaN(value);
  });
  context.stroke();
  context.setLineDash([]);
  context.strokeStyle = palette.line;
  context.strokeRect(0.5, 0.5, width - 1, height - 1);
  if (window.isWhole) return;
  const left = crisp(window.left);
  const right = Math.max(left + 2, crisp(window.right) - 1);
  context.fillStyle = translucent(palette.ground, 0.6);
  context.fillRect(1, 1, Math.max(0, left - 1), height - 2);
  context.fillRect(right, 1, Math.max(0, width - 1 - right), height - 2);
  context.fillStyle = translucent(palette.blue, 0.14);
  context.fillRect(left, 1, right - left, height - 2);
  context.strokeStyle = palette.blue;
  context.strokeRect(left, 0.5, right - left, height - 1);
  context.fillStyle = palette.blue;
  for (const edge of [left, right]) {
    context.beginPath();
    context.roundRect(edge - 2.5, height / 2 - 5, 5, 10, 2);
    context.fill();
  }
}
