// Figures as text: the one place that decides on units and digits. Used by the stream's event texts, charts and views.

/** What stands for a figure that is not known; never a zero. */
export const UNKNOWN_FIGURE = '–';

const MEGABYTE = 1_000_000;

/** A figure and its unit, so that the unit can be set thinner: `14.2` and `MB`. */
export interface Figure {
  readonly value: string;
  readonly unit: string;
}

/** Bytes in decimal units, three significant digits at most one after the point. NaN: a dash without a unit. */
export function bytesFigure(bytes: number): Figure {
  if (!Number.isFinite(bytes)) return { value: UNKNOWN_FIGURE, unit: '' };
  const size = Math.abs(bytes);
  if (size >= 1000 * MEGABYTE) return { value: (bytes / (1000 * MEGABYTE)).toFixed(2), unit: 'GB' };
  if (size >= 100 * MEGABYTE) return { value: (bytes / MEGABYTE).toFixed(0), unit: 'MB' };
  if (size >= 999_500) return { value: (bytes / MEGABYTE).toFixed(1), unit: 'MB' };
  if (size >= 99_950) return { value: (bytes / 1000).toFixed(0), unit: 'kB' };
  if (size >= 1000) return { value: (bytes / 1000).toFixed(1), unit: 'kB' };
  return { value: bytes.toFixed(0), unit: 'B' };
}

/** A length of time: µs, ms, s or min, whichever reads best. NaN: a dash without a unit. */
export function durationFigure(milliseconds: number): Figure {
  if (!Number.isFinite(milliseconds)) return { value: UNKNOWN_FIGURE, unit: '' };
  const size = Math.abs(milliseconds);
  if (size === 0) return { value: '0', unit: 'ms' };
  if (size < 0.0995) return { value: (milliseconds * 1000).toFixed(size < 0.00995 ? 1 : 0), unit: 'µs' };
  if (size < 9.995) return { value: milliseconds.toFixed(2), unit: 'ms' };
  if (size < 99.95) return { value: milliseconds.toFixed(1), unit: 'ms' };
  if (size < 999.5) return { value: milliseconds.toFixed(0), unit: 'ms' };
  if (size < 120_000) return { value: (milliseconds / 1000).toFixed(2), unit: 's' };
  return { value: (milliseconds / 60_000).toFixed(1), unit: 'min' };
}

/** A point on the run's axis, in seconds with ms: `3.020 s`. */
export function timeFigure(atMs: number): Figure {
  if (!Number.isFinite(atMs)) return { value: UNKNOWN_FIGURE, unit: '' };
  return { value: (atMs / 1000).toFixed(3), unit: 's' };
}

const countFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A count with thousands separated: `1,000,000`. */
export const formatCount = (count: number) => (Number.isFinite(count) ? countFormat.format(count) : UNKNOWN_FIGURE);

/** A rate, three digits at most: `52.0 k/s`. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return UNKNOWN_FIGURE;
  if (perSecond >= 999_500) return `${(perSecond / 1_000_000).toFixed(perSecond >= 99_950_000 ? 0 : 1)} M/s`;
  if (perSecond >= 999.5) return `${(perSecond / 1000).toFixed(perSecond >= 99_950 ? 0 : 1)} k/s`;
  return `${perSecond.toFixed(perSecond >= 9.95 ? 0 : 1)}/s`;
}

/** What came and what went, with one unit where both have the same: `↑13.6 ↓12.1 k/s`. */
export function formatRates(upPerSecond: number, downPerSecond: number): string {
  const [up, down] = [formatRate(upPerSecond), formatRate(downPerSecond)];
  const unit = / ?\D?\/s$/.exec(up)?.[0];
  const isShared = unit !== undefined && unit === / ?\D?\/s$/.exec(down)?.[0];
  return `↑${isShared ? up.slice(0, -unit.length) : up} ↓${down}`;
}

/** As it is written where the unit stands in the same font. */
export const figureText = ({ value, unit }: Figure) => (unit === '' ? value : `${value} ${unit}`);
export const formatBytes = (bytes: number) => figureText(bytesFigure(bytes));
export const formatDuration = (milliseconds: number) => figureText(durationFigure(milliseconds));
export const formatTime = (atMs: number) => figureText(timeFigure(atMs));
