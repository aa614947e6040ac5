// The axis of a comparison: times count from the moment by which the two runs are aligned, negative before it.
// Drawn as the timeline's own axis and grid are, with ticks at round distances from that moment: the timeline's own ticks
// know no time before zero.

import { drawGridLines } from '../draw-grid.ts';
import type { Palette } from '../palette.ts';
import { niceStep, type Tick, type TimeScale } from '../time-scale.ts';

const LEAST_SPACING_PX = 84;
const CLOCK_FROM_MS = 180_000;
const CLOCK_STEPS_MS = [1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** Ticks of the window: `value` is a time of the axis, the label counts from `originMs` and has a true minus. */
export function alignedTicks(scale: TimeScale, originMs: number, leastSpacingPx = LEAST_SPACING_PX): Tick[] {
  const fromMs = scale.fromMs - originMs;
  const toMs = scale.toMs - originMs;
  const longestMs = Math.max(Math.abs(fromMs), Math.abs(toMs));
  const leastStepMs = leastSpacingPx * scale.millisecondsPerPixel;
  const isClock = longestMs >= CLOCK_FROM_MS && leastStepMs > 1000;
  const isMilliseconds = longestMs < 1000;
  const stepMs = (isClock ? CLOCK_STEPS_MS.find((step) => step >= leastStepMs) : undefined) ?? niceStep(leastStepMs);
  const unitMs = isMilliseconds ? 1 : 1000;
  const needed = Math.max(0, Math.ceil(-Math.log10(stepMs / unitMs) - 1e-9));
  const decimals = isMilliseconds || stepMs >= 10_000 ? needed : Math.max(1, needed);
  const ticks: { value: number; label: string }[] = [];
  const last = Math.floor(toMs / stepMs + 1e-9);
  for (let index = Math.ceil(fromMs / stepMs - 1e-9); index <= last && ticks.length < 200; index++) {
    const sinceMs = Math.abs(index) * stepMs;
    const figure = isClock ? clockOf(sinceMs) : (sinceMs / unitMs).toFixed(decimals);
    ticks.push({ value: originMs + index * stepMs, label: index < 0 ? `−${figure}` : figure });
  }
  const final = ticks.at(-1);
  if (final !== undefined) final.label += isClock ? ' min' : isMilliseconds ? ' ms' : ' s';
  return ticks;
}

function clockOf(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A time of the axis as the cursor tells it: with as many digits as a pixel tells apart, and its sign once it counts from a mark. */
export function alignedTimeText(timeMs: number, originMs: number, millisecondsPerPixel: number): string {
  const decimals = Math.min(9, Math.max(3, Math.ceil(3 - Math.log10(millisecondsPerPixel))));
  const figure = (Math.abs(timeMs - originMs) / 1000).toFixed(decimals);
  const isZero = Number(figure) === 0;
  const sign = timeMs < originMs && !isZero ? '−' : originMs > 0 && !isZero ? '+' : '';
  return `${sign}${figure} s`;
}

export function drawAlignedGrid(
  context: CanvasRenderingContext2D,
  scale: TimeScale,
  originMs: number,
  height: number,
  palette: Palette,
): void {
  drawGridLines(context, alignedTicks(scale, originMs), scale, height, palette);
}

/** `bleed` is how far the canvas reaches beyond the plot on both sides, so that edge labels stay whole. */
export function drawAlignedAxis(
  context: CanvasRenderingContext2D,
  scale: TimeScale,
  originMs: number,
  bleed: number,
  palette: Palette,
): void {
  context.font = palette.figuresFont;
  context.fillStyle = palette.inkFaint;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  let freeFrom = -Infinity;
  for (const { value, label } of alignedTicks(scale, originMs)) {
    const { width } = context.measureText(label);
    // Centered on the digits, as if there were neither sign nor unit, and never beyond the plot.
    const signWidth = label.startsWith('−') ? context.measureText('−').width : 0;
    const digitsWidth = context.measureText(label.split(' ')[0] ?? label).width - signWidth;
    const wanted = bleed + scale.x(value) - signWidth - digitsWidth / 2;
    const x = Math.max(0, Math.min(wanted, scale.width + bleed - width));
    if (x < freeFrom) continue;
    context.fillText(label, Math.round(x), 6);
    freeFrom = x + width + 8;
  }
}
