// Garbage collections, drawn from the columns directly, with at most one shape of each kind for a pixel column.

import { COLLECTION_KINDS } from '../../../../engine/protocol/vocabulary.ts';
import { crisp, drawVerticalGrid } from '../draw-grid.ts';
import { createSurface } from '../surface.ts';
import type { Strip, TimelineView } from './strip.ts';

const MAJOR = COLLECTION_KINDS.indexOf('major');
const MINOR_TICK_HEIGHT = 5;
const MARKER_HEIGHT = 7;
const REACH_PX = 4;

export function createCollectionsStrip(canvas: HTMLCanvasElement, onResize: () => void): Strip {
  const surface = createSurface(canvas, onResize);
  let minor = new Uint8Array(0);
  /** Row of the longest major GC in each column, counted from 1; 0: none. */
  let major = new Uint32Array(0);
  let forced = new Uint8Array(0);

  function sortIntoColumns({ stream, scale }: TimelineView, columnCount: number): void {
    if (minor.length === columnCount) {
      minor.fill(0);
      major.fill(0);
      forced.fill(0);
    } else {
      minor = new Uint8Array(columnCount);
      major = new Uint32Array(columnCount);
      forced = new Uint8Array(columnCount);
    }
    if (stream === undefined) return;
    const { collections } = stream;
    const { length } = collections.startMs;
    const starts = collections.startMs.values;
    const pauses = collections.pauseMs.values;
    const kinds = collections.kind.values;
    const { fromMs, toMs } = scale;
    for (let row = 0; row < length; row++) {
      const start = starts[row] ?? NaN;
      const pause = pauses[row] || 0;
      if (!(start <= toMs) || start + pause < fromMs) continue;
      const column = Math.min(columnCount - 1, Math.max(0, Math.round(scale.x(start))));
      if (collections.forced.values[row] === 1) forced[column] = 1;
      if (kinds[row] !== MAJOR) {
        minor[column] = 1;
        continue;
      }
      const longest = major[column] ?? 0;
      if (longest === 0 || pause >= (pauses[longest - 1] || 0)) major[column] = row + 1;
    }
  }

  return {
    get revision() {
      return surface.revision;
    },
    /**
     * Minor GCs are small grey ticks, major ones violet bars; a triangle on top says that it was forced. A bar is as wide
     * as its pause where that is more than its line; its height is the square root of the pause against the longest of the
     * run, so that a pause of 1 ms is still seen beside one of 100 ms. Where several fall into one pixel column, the
     * longest of each kind is drawn. A short line below the base says that a collection was asked for at that time.
     */
    draw(view) {
      const { stream, scale, palette } = view;
      const { width, height } = surface;
      const context = surface.begin();
      drawVerticalGrid(context, scale, height, palette, view.timeFormat);
      const base = height - 5;
      context.fillStyle = palette.line;
      context.fillRect(0, base, width, 1);
      if (stream === undefined) return;

      context.strokeStyle = palette.violet;
      context.lineWidth = 1;
      context.beginPath();
      for (const atMs of view.marks.requestedMs) {
        if (atMs < scale.fromMs || atMs > scale.toMs) continue;
        const x = crisp(scale.x(atMs));
        context.moveTo(x, base + 1);
        context.lineTo(x, base + 4);
      }
      context.stroke();

      const columnCount = Math.ceil(width) + 1;
      sortIntoColumns(view, columnCount);
      const drawForced = (middle: number, tip: number) => {
        context.beginPath();
        context.moveTo(middle - 3.5, tip - 5);
        context.lineTo(middle + 3.5, tip - 5);
        context.lineTo(middle, tip);
        context.closePath();
        context.fill();
      };
      context.fillStyle = palette.inkFaint;
      for (let column = 0; column < columnCount; column++) {
        if (minor[column] !== 1) continue;
        context.fillRect(column, base - MINOR_TICK_HEIGHT, 1, MINOR_TICK_HEIGHT);
        if (forced[column] === 1 && major[column] === 0) drawForced(column + 0.5, base - MINOR_TICK_HEIGHT - 2);
      }
      const longestMs = Math.max(1, stream.counters.longestPauseMs);
      const room = base - MARKER_HEIGHT - 3;
      const { startMs, pauseMs } = stream.collections;
      context.fillStyle = palette.violet;
      for (let column = 0; column < columnCount; column++) {
        const row = (major[column] ?? 0) - 1;
        if (row < 0) continue;
        const pause = pauseMs.values[row] || 0;
        const barHeight = Math.max(MINOR_TICK_HEIGHT + 2, Math.sqrt(Math.min(1, pause / longestMs)) * room);
        const startX = scale.x(startMs.values[row] ?? 0);
        const endX = startX + pause / scale.millisecondsPerPixel;
        // A bar of three pixels stands with its middle on the start; a longer one begins there.
        const isWide = endX - startX > 3;
        const left = isWide ? Math.max(-2, startX) : Math.round(startX) - 1;
        const right = isWide ? Math.min(width + 2, endX) : left + 3;
        context.fillRect(left, base - barHeight, right - left, barHeight);
        if (forced[column] === 1) drawForced((left + right) / 2, base - barHeight - 2);
      }
    },
    itemAt({ stream, scale }, x) {
      if (stream === undefined) return undefined;
      const row = nearestCollection(stream, scale.timeAt(x), REACH_PX * scale.millisecondsPerPixel);
      if (row === undefined) return undefined;
      const fromMs = stream.collections.startMs.values[row] ?? 0;
      return { range: { fromMs, toMs: fromMs + (stream.collections.pauseMs.values[row] || 0) } };
    },
    [Symbol.dispose]() {
      surface[Symbol.dispose]();
    },
  };
}

/** The collection nearest to the time within reach; a major one before any minor one. */
export function nearestCollection(
  { collections }: NonNullable<TimelineView['stream']>,
  timeMs: number,
  reachMs: number,
): number | undefined {
  const { startMs, pauseMs, kind } = collections;
  let best: number | undefined;
  let bestDistance = Infinity;
  for (let row = 0; row < startMs.length; row++) {
    const start = startMs.values[row] ?? NaN;
    const end = start + (pauseMs.values[row] || 0);
    const distance = Math.max(0, start - timeMs, timeMs - end);
    if (distance > reachMs) continue;
    const ranked = distance + (kind.values[row] === MAJOR ? 0 : reachMs);
    if (ranked < bestDistance) {
      bestDistance = ranked;
      best = row;
    }
  }
  return best;
}
