// What the panel of latencies calls things: kinds, times on its axis, and why a figure is missing. Pure.

import { formatCount } from '../stream/figures.ts';
import type { Latencies, LatencyKind } from '../stream/latency.ts';
import { placeOnAxis, type Histogram } from '../stream/latency-histogram.ts';

export const LATENCY_WORDS: Record<LatencyKind, { readonly short: string; readonly long: string }> = {
  registered: { short: 'Registered', long: 'Registered → callback' },
  released: { short: 'Released', long: 'Released → callback' },
  collected: { short: 'Collected', long: 'Collecting GC → callback' },
};

/** Why a whole run has no figure of a kind. */
export const UNTOLD_WORDS: Record<LatencyKind, string> = {
  registered: '',
  released: 'The program marked no release, so it is not known when it let go of an object.',
  collected: 'No major GC is known, so it is not known when an object was collected.',
};

const callbacks = (count: number) => `${formatCount(count)}\u00a0${count === 1 ? 'callback' : 'callbacks'}`;

/** A sentence for each sort of callback that is in no bin. */
export function uncountedSentences({ kind, withoutFigure, threw }: Latencies): string[] {
  const sentences: string[] = [];
  if (withoutFigure > 0) {
    const why: Record<LatencyKind, string> = {
      registered: 'had no registration on record',
      released: `had no release mark before ${withoutFigure === 1 ? 'it' : 'them'}`,
      collected: 'had no known collecting GC',
    };
    sentences.push(`${callbacks(withoutFigure)} ${why[kind]}.`);
  }
  if (threw > 0) sentences.push(`${callbacks(threw)} threw and ${threw === 1 ? 'is' : 'are'} not counted.`);
  return sentences;
}

/** Fewer than floating point adds to a sum. */
const MOST_DECIMALS = 5;
const numberFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: MOST_DECIMALS });

/** A round time with as many digits as it has: `0.2 ms`, `250 ms`, `1.5 s`. Unlike a measured figure it is exact. */
export function edgeText(edgeMs: number): string {
  if (edgeMs === 0) return '0';
  if (edgeMs < 0.0995) return `${numberFormat.format(edgeMs * 1_000)} µs`;
  if (edgeMs < 999.5) return `${numberFormat.format(edgeMs)} ms`;
  return `${numberFormat.format(edgeMs / 1_000)} s`;
}

export const binText = ({ edgesMs }: Histogram, bin: number) =>
  `${edgeText(edgesMs[bin] ?? 0)} to ${edgeText(edgesMs[bin + 1] ?? 0)}`;

export interface AxisTick {
  /** From 0 to 1. */
  readonly place: number;
  readonly text: string;
}

const MOST_TICKS = 5;

/** Times to write under the axis: few, and round ones. A logarithmic axis has its powers of ten. */
export function axisTicks(histogram: Histogram): AxisTick[] {
  const { edgesMs, counts, isLogarithmic } = histogram;
  const edges = Array.from(edgesMs.keys());
  const isPowerOfTen = (edge: number) => {
    const power = Math.log10(edgesMs[edge] ?? 0);
    return Math.abs(power - Math.round(power)) < 1e-9;
  };
  let shown = edges;
  if (isLogarithmic) {
    const powers = edges.filter(isPowerOfTen);
    const every = Math.ceil(powers.length / MOST_TICKS);
    shown = powers.length < 2 ? [0, counts.length] : powers.filter((_, index) => index % every === 0);
  } else {
    // So many bins between two ticks that the last of them is at the end or near it.
    const every = [1, 2, 4, 5].find((step) => counts.length / step < MOST_TICKS) ?? 5;
    shown = edges.filter((edge) => edge % every === 0);
  }
  return shown.map((edge) => ({ place: edge / counts.length, text: edgeText(edgesMs[edge] ?? 0) }));
}

export interface PercentileMark {
  readonly place: number;
  /** Empty where a neighbor's text names it too. */
  readonly text: string;
  /** Where the text stands beside its line. */
  readonly side: 'left' | 'right';
}

/** The room for `p95` and a gap, of the whole axis. */
const LABEL_SHARE = 0.1;

/** Two lines and their names, which never run into each other nor over an end of the axis. */
export function percentileMarks(
  histogram: Histogram,
  { p50Ms, p95Ms }: { readonly p50Ms: number; readonly p95Ms: number },
): PercentileMark[] {
  const p50 = placeOnAxis(histogram, p50Ms);
  const p95 = placeOnAxis(histogram, p95Ms);
  // A name is on the right of its line where it reaches neither the other one nor the end.
  const sideOfLast = 1 - p95 < LABEL_SHARE ? 'left' : 'right';
  const lastFrom = sideOfLast === 'left' ? p95 - LABEL_SHARE : p95;
  const sideOfFirst = lastFrom - p50 < LABEL_SHARE ? 'left' : 'right';
  if (p95 > p50 && lastFrom >= p50 && (sideOfFirst === 'right' || p50 >= LABEL_SHARE)) {
    return [
      { place: p50, text: 'p50', side: sideOfFirst },
      { place: p95, text: 'p95', side: sideOfLast },
    ];
  }
  // No room for each beside its own line.
  const both = 'p50 p95';
  return p95 > 0.5
    ? [
        { place: p50, text: both, side: 'left' },
        { place: p95, text: '', side: 'right' },
      ]
    : [
        { place: p50, text: '', side: 'left' },
        { place: p95, text: both, side: 'right' },
      ];
}
