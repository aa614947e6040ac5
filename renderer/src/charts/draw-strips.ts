// The strips between heap and lifelines: garbage collections and the blocked thread; and the overview above them.
// Each is drawn from the columns directly, with at most one shape for a pixel column.

import { COLLECTION_KINDS } from '../../../engine/protocol/vocabulary.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { crisp, drawVerticalGrid } from './draw-grid.ts';
import { translucent, type Palette } from './palette.ts';
import type { TimeScale } from './time-scale.ts';

export interface StripSize {
  readonly width: number;
  readonly height: number;
}

const MAJOR = COLLECTION_KINDS.indexOf('major');
const MINOR_TICK_HEIGHT = 5;
const MARKER_HEIGHT = 7;

/**
 * Minor GCs are small grey ticks, major ones violet bars; a triangle on top says that it was forced. The height of a bar
 * is the square root of its pause against the longest pause of the run, so that a pause of 1 ms is still seen beside
 * one of 100 ms. Where several fall into one pixel column, the longest of each kind is drawn.
 * A short line below the base says that a collection was asked for at that time.
 */
export function drawCollections(
  context: CanvasRenderingContext2D,
  { width, height }: StripSize,
  stream: RunStream | undefined,
  requestedMs: readonly number[],
  scale: TimeScale,
  palette: Palette,
): void {
  drawVerticalGrid(context, scale, height, palette);
  const base = height - 5;
  context.fillStyle = palette.line;
  context.fillRect(0, base, width, 1);
  if (stream === undefined) return;

  context.strokeStyle = palette.violet;
  context.lineWidth = 1;
  context.beginPath();
  for (const atMs of requestedMs) {
    if (atMs < scale.fromMs || atMs > scale.toMs) continue;
    const x = crisp(scale.x(atMs));
    context.moveTo(x, base + 1);
    context.lineTo(x, base + 4);
  }
  context.stroke();

  const { startMs, pauseMs, kind, forced } = stream.collections;
  const longestMs = Math.max(1, stream.counters.longestPauseMs);
  const columnCount = Math.ceil(width) + 1;
  const minor = new Uint8Array(columnCount);
  /** Row of the longest major GC in each column, counted from 1; 0: none. */
  const major = new Uint32Array(columnCount);
  const forcedMajor = new Uint8Array(columnCount);
  const pauseOf = (row: number) => pauseMs.values[row] || 0;
  for (let row = 0; row < startMs.length; row++) {
    const start = startMs.values[row] ?? NaN;
    if (!(start <= scale.toMs) || start + pauseOf(row) < scale.fromMs) continue;
    const column = Math.min(columnCount - 1, Math.max(0, Math.round(scale.x(start))));
    if (kind.values[row] !== MAJOR) {
      minor[column] = 1;
      continue;
    }
    const longest = major[column] ?? 0;
    if (longest === 0 || pauseOf(row) >= pauseOf(longest - 1)) major[column] = row + 1;
    if (forced.values[row] === 1) forcedMajor[column] = 1;
  }
  context.fillStyle = palette.inkFaint;
  for (let column = 0; column < columnCount; column++) {
    if (minor[column] === 1) context.fillRect(column, base - MINOR_TICK_HEIGHT, 1, MINOR_TICK_HEIGHT);
  }
  const room = base - MARKER_HEIGHT - 3;
  context.fillStyle = palette.violet;
  for (let column = 0; column < columnCount; column++) {
    const row = (major[column] ?? 0) - 1;
    if (row < 0) continue;
    const pause = pauseOf(row);
    const barHeight = Math.max(MINOR_TICK_HEIGHT + 2, Math.sqrt(Math.min(1, pause / longestMs)) * room);
    const startX = scale.x(startMs.values[row] ?? 0);
    const endX = startX + pause / scale.millisecondsPerPixel;
    // A bar of three pixels stands with its middle on the start; a longer one begins there.
    const isWide = endX - startX > 3;
    const left = isWide ? Math.max(-2, startX) : Math.round(startX) - 1;
    const right = isWide ? Math.min(width + 2, endX) : left + 3;
    context.fillRect(left, base - barHeight, right - left, barHeight);
    if (forcedMajor[column] !== 1) continue;
    const middle = (left + right) / 2;
    const tip = base - barHeight - 2;
    context.beginPath();
    context.moveTo(middle - 3.5, tip - 5);
    context.lineTo(middle + 3.5, tip - 5);
    context.lineTo(middle, tip);
    context.closePath();
    context.fill();
  }
}

/** Stretches in which the thread did not turn its event loop. */
export function drawBlocked(
  context: CanvasRenderingContext2D,
  { height }: StripSize,
  stream: RunStream | undefined,
  scale: TimeScale,
  palette: Palette,
): void {
  drawVerticalGrid(context, scale, height, palette);
  if (stream === undefined) return;
  const { startMs, endMs } = stream.blocked;
  const top = Math.round(height / 2) - 4;
  context.fillStyle = translucent(palette.amber, 0.42);
  let drawnTo = -1;
  for (let row = 0; row < startMs.length; row++) {
    const start = startMs.values[row] ?? NaN;
    const end = endMs.values[row] ?? NaN;
    if (!(end >= scale.fromMs) || !(start <= scale.toMs)) continue;
    const left = Math.max(-4, Math.round(scale.x(start)));
    const right = Math.min(scale.width + 4, Math.max(left + 1, Math.round(scale.x(end)) - 1));
    if (right <= drawnTo) continue;
    context.beginPath();
    context.roundRect(left, top, right - left, 9, Math.min(2.5, (right - left) / 2));
    context.fill();
    drawnTo = right;
  }
}

/**
 * The whole run in small: used and external memory, one on the other, at the highest of each pixel column, and the
 * window that the strips below show.
 */
export function drawOverview(
  context: CanvasRenderingContext2D,
  { width, height }: StripSize,
  peaks: { readonly used: Float64Array; readonly external: Float64Array },
  window: { readonly left: number; readonly right: number; readonly isWhole: boolean },
  palette: Palette,
): void {
  context.fillStyle = palette.panel;
  context.fillRect(0, 0, width, height);
  let highest = 0;
  for (let column = 0; column < peaks.used.length; column++) {
    highest = Math.max(highest, (peaks.used[column] || 0) + (peaks.external[column] || 0));
  }
  const perByte = highest > 0 ? (height - 6) / (highest * 1.05) : 0;
  const usedHeight = (column: number) => {
    const used = peaks.used[column] ?? NaN;
    return Number.isNaN(used) ? 0 : Math.max(1, used * perByte);
  };
  const base = height - 2;
  fillSteps(context, peaks.used.length, 1, translucent(palette.cyan, 0.3), base, (column) => {
    const bottom = usedHeight(column);
    return bottom === 0 ? 0 : bottom + (peaks.external[column] || 0) * perByte;
  });
  fillSteps(context, peaks.used.length, 1, translucent(palette.blue, 0.6), base, usedHeight);
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
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

/** Fills the area below a curve of steps, each `columnPx` wide, as one path. */
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

/** Highest known value of `values` in each of `columns.length` pixel columns of [fromMs, toMs); NaN where none is. */
export function fillPeaks(
  atMs: { readonly values: Float64Array; readonly length: number },
  highest: (fromMs: number, toMs: number) => number,
  range: { readonly fromMs: number; readonly toMs: number },
  columns: Float64Array,
): void {
  const step = (range.toMs - range.fromMs) / columns.length;
  const lastMs = atMs.length === 0 ? -Infinity : (atMs.values[atMs.length - 1] ?? -Infinity);
  const firstMs = atMs.length === 0 ? Infinity : (atMs.values[0] ?? Infinity);
  for (let column = 0; column < columns.length; column++) {
    const from = range.fromMs + step * column;
    columns[column] = from > lastMs || from + step < firstMs ? NaN : highest(from, from + step);
  }
}
