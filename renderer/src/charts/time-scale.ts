// The shared time axis: where a time lies in the plot, and which times get a label.

import { timeFigure, type Figure } from '../stream/figures.ts';
import type { RunStream } from '../stream/run-stream.ts';

export interface TimeScale {
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of the plot in CSS pixels. */
  readonly width: number;
  readonly millisecondsPerPixel: number;
  x(atMs: number): number;
  timeAt(x: number): number;
}

export function createTimeScale(fromMs: number, toMs: number, width: number): TimeScale {
  const pixelsPerMillisecond = width / (toMs - fromMs);
  return {
    fromMs,
    toMs,
    width,
    millisecondsPerPixel: 1 / pixelsPerMillisecond,
    x: (atMs) => (atMs - fromMs) * pixelsPerMillisecond,
    timeAt: (x) => fromMs + x / pixelsPerMillisecond,
  };
}

/**
 * How times are told: counted from the run's start, or as the clock on the wall showed them. `zeroMs` is what it showed at
 * time zero, in ms since midnight.
 */
export type TimeFormat = { readonly kind: 'relative' } | { readonly kind: 'clock'; readonly zeroMs: number };

export const RELATIVE_TIME: TimeFormat = { kind: 'relative' };

/** The clock of the reader's own time zone. */
export function clockFormat(startedAtEpochMs: number): TimeFormat {
  const at = new Date(startedAtEpochMs);
  const wholeMs = ((at.getHours() * 60 + at.getMinutes()) * 60 + at.getSeconds()) * 1000 + at.getMilliseconds();
  return { kind: 'clock', zeroMs: wholeMs + (startedAtEpochMs % 1) };
}

/** How the times of a run are told: as the clock had them where that is wanted and known. */
export function timeFormatOf(
  stream: Pick<RunStream, 'runtime' | 'description'> | undefined,
  showsClock: boolean,
): TimeFormat {
  const startedAt = stream?.runtime?.startedAtEpochMs ?? Date.parse(stream?.description?.startedAt ?? '');
  return showsClock && !Number.isNaN(startedAt) ? clockFormat(startedAt) : RELATIVE_TIME;
}

/** `12:03:11.482`, past midnight from zero again. */
export function wallClockText(sinceMidnightMs: number, decimals: number): string {
  const unit = 10 ** decimals;
  // Rounded once, so that 59.9996 s does not become 60.
  const rounded = Math.round((((sinceMidnightMs % DAY_MS) + DAY_MS) % DAY_MS) * (unit / 1000));
  const seconds = Math.floor(rounded / unit) % 86_400;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const fraction = decimals === 0 ? '' : `.${String(rounded % unit).padStart(decimals, '0')}`;
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`;
}

/** A moment to the ms, wherever it stands: `3.020 s` or `12:03:11.482`. */
export function momentFigure(timeMs: number, format: TimeFormat): Figure {
  if (format.kind === 'relative' || !Number.isFinite(timeMs)) return timeFigure(timeMs);
  return { value: wallClockText(format.zeroMs + timeMs, 3), unit: '' };
}

/** A moment with as many digits as a pixel tells apart, at least ms: `3.020 s` or `12:03:11.482`. */
export function momentText(timeMs: number, format: TimeFormat, millisecondsPerPixel: number): string {
  const decimals = Math.min(9, Math.max(3, Math.ceil(3 - Math.log10(millisecondsPerPixel))));
  if (format.kind === 'clock') return wallClockText(format.zeroMs + timeMs, Math.min(6, decimals));
  return `${(timeMs / 1000).toFixed(decimals)} s`;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** The smallest of 1, 2, 5 × 10ⁿ that is at least `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const share = least / power;
  // A little slack, since 10 ** n is not exact for negative n.
  const factor = share <= 1.0001 ? 1 : share <= 2.0001 ? 2 : share <= 5.0001 ? 5 : 10;
  return factor * power;
}

const MINUTE_STEPS_MS = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** `12:03:11.482` is longer than `3.02`. */
const CLOCK_SPACING_PX = 104;

function clockLabel(atMs: number, decimals: number): string {
  const seconds = atMs / 1000;
  const minutes = Math.floor(seconds / 60 + 1e-9);
  const rest = Math.max(0, seconds - minutes * 60).toFixed(decimals);
  return `${minutes}:${rest.padStart(decimals === 0 ? 2 : decimals + 3, '0')}`;
}

/**
 * Ticks of the window, at least `leastSpacingPx` apart: milliseconds below one second, minutes and seconds beyond three
 * minutes, seconds between. The last tick carries the unit.
 */
export function timeTicks(scale: TimeScale, format: TimeFormat = RELATIVE_TIME, leastSpacingPx = 84): Tick[] {
  if (format.kind === 'clock') return wallClockTicks(scale, format.zeroMs, Math.max(CLOCK_SPACING_PX, leastSpacingPx));
  const leastStep = leastSpacingPx * scale.millisecondsPerPixel;
  const isClock = scale.toMs >= 180_000;
  const isMilliseconds = scale.toMs < 1000;
  const stepMs =
    isClock && leastStep > 1000
      ? (MINUTE_STEPS_MS.find((step) => step >= leastStep) ?? niceStep(leastStep / HOUR_MS) * HOUR_MS)
      : niceStep(leastStep);
  const unitMs = isMilliseconds ? 1 : 1000;
  const needed = Math.max(0, Math.ceil(-Math.log10(stepMs / unitMs) - 1e-9));
  const decimals = isMilliseconds || isClock || stepMs >= 10_000 ? needed : Math.max(1, needed);
  const ticks: { value: number; label: string }[] = [];
  const first = Math.ceil(scale.fromMs / stepMs - 1e-9);
  const last = Math.floor(scale.toMs / stepMs + 1e-9);
  for (let index = first; index <= last && ticks.length < 200; index++) {
    const value = index * stepMs;
    ticks.push({ value, label: isClock ? clockLabel(value, needed) : (value / unitMs).toFixed(decimals) });
  }
  const final = ticks.at(-1);
  if (final !== undefined) final.label += isClock ? ' min' : isMilliseconds ? ' ms' : ' s';
  return ticks;
}

/** Ticks at round times of the clock on the wall. */
function wallClockTicks(scale: TimeScale, zeroMs: number, leastSpacingPx: number): Tick[] {
  const leastStep = leastSpacingPx * scale.millisecondsPerPixel;
  const stepMs =
    leastStep > 1000
      ? (MINUTE_STEPS_MS.find((step) => step >= leastStep) ?? Math.ceil(leastStep / HOUR_MS) * HOUR_MS)
      : niceStep(leastStep);
  const decimals = Math.min(9, Math.max(0, Math.ceil(-Math.log10(stepMs / 1000) - 1e-9)));
  const ticks: Tick[] = [];
  const last = Math.floor((zeroMs + scale.toMs) / stepMs + 1e-9);
  for (let index = Math.ceil((zeroMs + scale.fromMs) / stepMs - 1e-9); index <= last && ticks.length < 200; index++) {
    const atMs = index * stepMs;
    ticks.push({ value: atMs - zeroMs, label: wallClockText(atMs, decimals) });
  }
  return ticks;
}

/** As `niceStep`, with more steps between: half-empty charts waste the curve's height. */
function byteStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 3, 4, 5, 6].find((each) => each * power >= least * 0.9999) ?? 10;
  return factor * power;
}

/** Ticks of a scale of bytes from zero: three or four steps, the highest with its unit, in decimal units. */
export function byteTicks(highestBytes: number, wantedSteps: number): Tick[] {
  const highest = Number.isFinite(highestBytes) && highestBytes > 0 ? highestBytes : 1_000_000;
  const step = byteStep(highest / wantedSteps);
  const count = Math.max(1, Math.ceil(highest / step - 1e-9));
  const top = step * count;
  const [unitBytes, unit] = top >= 1e9 ? [1e9, 'GB'] : top >= 1e6 ? [1e6, 'MB'] : top >= 1e3 ? [1e3, 'kB'] : [1, 'B'];
  const decimals = Number.isInteger(step / unitBytes) ? 0 : Number.isInteger((step / unitBytes) * 10) ? 1 : 2;
  return Array.from({ length: count + 1 }, (_, index) => {
    const figure = ((index * step) / unitBytes).toFixed(index === 0 ? 0 : decimals);
    return { value: index * step, label: index === count ? `${figure} ${unit}` : figure };
  });
}
