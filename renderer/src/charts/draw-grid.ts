// Lines and labels that all strips share: vertical grid lines at the ticks of time, and the axis itself.

import type { Palette } from './palette.ts';
import { RELATIVE_TIME, timeTicks, type Tick, type TimeFormat, type TimeScale } from './time-scale.ts';

/** On the pixel grid, so that a one-pixel line is one pixel. */
export const crisp = (position: number) => Math.round(position) + 0.5;

export function drawVerticalGrid(
  context: CanvasRenderingContext2D,
  scale: TimeScale,
  height: number,
  palette: Palette,
  format: TimeFormat = RELATIVE_TIME,
): void {
  drawGridLines(context, timeTicks(scale, format), scale, height, palette);
}

/** As `drawVerticalGrid`, at ticks of the caller's. */
export function drawGridLines(
  context: CanvasRenderingContext2D,
  ticks: readonly Tick[],
  scale: TimeScale,
  height: number,
  palette: Palette,
): void {
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.globalAlpha = 0.6;
  context.beginPath();
  for (const { value } of ticks) {
    const x = crisp(scale.x(value));
    context.moveTo(x, 0);
    context.lineTo(x, height);
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** `bleed` is how far the canvas reaches beyond the plot on both sides, so that edge labels stay whole. */
export function drawTimeAxis(
  context: CanvasRenderingContext2D,
  scale: TimeScale,
  bleed: number,
  palette: Palette,
  format: TimeFormat = RELATIVE_TIME,
): void {
  context.font = palette.figuresFont;
  context.fillStyle = palette.inkFaint;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  let freeFrom = -Infinity;
  for (const { value, label } of timeTicks(scale, format)) {
    const { width } = context.measureText(label);
    // Centred on the figure, not on figure and unit, and never beyond the plot.
    const figureWidth = context.measureText(label.split(' ')[0] ?? label).width;
    const x = Math.max(0, Math.min(bleed + scale.x(value) - figureWidth / 2, scale.width + bleed - width));
    if (x < freeFrom) continue;
    context.fillText(label, Math.round(x), 6);
    freeFrom = x + width + 8;
  }
}
