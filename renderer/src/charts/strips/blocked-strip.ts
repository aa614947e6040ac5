// Stretches in which the program's thread did not turn its event loop: no callback can run in them.

import { upperBound } from '../../stream/growable-column.ts';
import { drawVerticalGrid } from '../draw-grid.ts';
import { translucent } from '../palette.ts';
import { createSurface } from '../surface.ts';
import type { Strip } from './strip.ts';

const BAR_HEIGHT_PX = 9;
/** Of narrower bars the round corners cannot be seen, and take ten times as long. */
const ROUNDED_FROM_PX = 3;

export function createBlockedStrip(canvas: HTMLCanvasElement, onResize: () => void): Strip {
  const surface = createSurface(canvas, onResize);
  return {
    get revision() {
      return surface.revision;
    },
    draw({ stream, scale, palette, timeFormat }) {
      const { height } = surface;
      const context = surface.begin();
      drawVerticalGrid(context, scale, height, palette, timeFormat);
      if (stream === undefined) return;
      const { startMs, endMs } = stream.blocked;
      const top = Math.round((height - BAR_HEIGHT_PX) / 2);
      context.fillStyle = translucent(palette.amber, 0.42);
      let drawnTo = -1;
      for (let row = 0; row < startMs.length; row++) {
        const start = startMs.values[row] ?? NaN;
        const end = endMs.values[row] ?? NaN;
        if (!(end >= scale.fromMs) || !(start <= scale.toMs)) continue;
        const left = Math.max(-4, Math.round(scale.x(start)));
        const right = Math.min(scale.width + 4, Math.max(left + 1, Math.round(scale.x(end)) - 1));
        if (right <= drawnTo) continue;
        if (right - left < ROUNDED_FROM_PX) context.fillRect(left, top, right - left, BAR_HEIGHT_PX);
        else {
          context.beginPath();
          context.roundRect(left, top, right - left, BAR_HEIGHT_PX, Math.min(2.5, (right - left) / 2));
          context.fill();
        }
        drawnTo = right;
      }
    },
    itemAt({ stream, scale }, x) {
      if (stream === undefined) return undefined;
      const timeMs = scale.timeAt(x);
      const { startMs, endMs } = stream.blocked;
      const row = upperBound(startMs, timeMs) - 1;
      const toMs = endMs.values[row] ?? NaN;
      return row >= 0 && toMs >= timeMs ? { range: { fromMs: startMs.values[row] ?? 0, toMs } } : undefined;
    },
    [Symbol.dispose]() {
      surface[Symbol.dispose]();
    },
  };
}
