// What the cursor reads of both runs at one time of the axis, and what each strip of the comparison says to those who
// cannot see it.

import { COLLECTION_KINDS } from '../../../../engine/protocol/vocabulary.ts';
import { formatChange, formatDifferenceFigure, type FigureKind } from '../../stream/compare-runs.ts';
import { formatBytes, formatCount, formatDuration, UNKNOWN_FIGURE } from '../../stream/figures.ts';
import { lastKnownRow, upperBound, valueAt } from '../../stream/growable-column.ts';
import { HEAP_SERIES, type HeapSeriesKey } from '../heap-series.ts';
import { nearestSample } from '../readings.ts';
import { alignedTimeText } from './aligned-axis.ts';
import { ownTime, type ComparedPair, type ComparedRun } from './compared-run.ts';

export interface PairReading {
  readonly name: string;
  readonly a: string;
  readonly b: string;
  /** b − a, with its sign. */
  readonly change: string;
}

const seriesOf = (key: HeapSeriesKey) => HEAP_SERIES.find((series) => series.key === key);
const titleOfSeries = (key: HeapSeriesKey) => seriesOf(key)?.title ?? key;
const columnOf = (key: HeapSeriesKey) => seriesOf(key)?.column;

/** The chosen series of the run at a time of the axis; NaN where no sample is near enough to speak for it. */
export function heapAt(run: ComparedRun, axisMs: number, series: HeapSeriesKey): number {
  const ownMs = ownTime(run, axisMs);
  const sample = Number.isNaN(ownMs) ? undefined : nearestSample(run.stream, ownMs);
  const column = columnOf(series);
  return sample === undefined || column === undefined ? NaN : valueAt(run.stream.samples[column], sample);
}

function countsAt(run: ComparedRun, axisMs: number): { readonly alive: number; readonly finalized: number } {
  const ownMs = ownTime(run, axisMs);
  return Number.isNaN(ownMs) ? { alive: NaN, finalized: NaN } : run.stream.countsAt(ownMs);
}

interface NearCollection {
  readonly name: string;
  readonly pauseMs: number;
}

/** The nearest collection within reach, a major one before any minor one. */
function collectionNear(
  { stream, offsetMs }: ComparedRun,
  axisMs: number,
  reachMs: number,
): NearCollection | undefined {
  const { startMs, pauseMs, kind, forced } = stream.collections;
  let best: number | undefined;
  let bestDistance = Infinity;
  for (let row = 0; row < startMs.length; row++) {
    const start = valueAt(startMs, row) + offsetMs;
    const distance = Math.max(0, start - axisMs, axisMs - (start + (valueAt(pauseMs, row) || 0)));
    if (distance > reachMs) continue;
    const ranked = distance + (valueAt(kind, row) === 1 ? 0 : reachMs);
    if (ranked >= bestDistance) continue;
    bestDistance = ranked;
    best = row;
  }
  if (best === undefined) return undefined;
  const isForced = valueAt(forced, best) === 1;
  return {
    name: `${COLLECTION_KINDS[valueAt(kind, best)] ?? ''} GC${isForced ? ', forced' : ''}`,
    pauseMs: valueAt(pauseMs, best),
  };
}

function blockedAt(run: ComparedRun, axisMs: number): number {
  const ownMs = ownTime(run, axisMs);
  const { startMs, endMs } = run.stream.blocked;
  const row = upperBound(startMs, ownMs) - 1;
  return row >= 0 && valueAt(endMs, row) >= ownMs ? valueAt(endMs, row) - valueAt(startMs, row) : NaN;
}

/** `reachMs` is how near a GC must be to be read too. */
export function pairReadingsAt(
  { a, b }: ComparedPair,
  axisMs: number,
  reachMs: number,
  series: HeapSeriesKey,
): PairReading[] {
  const reading = (name: string, kind: FigureKind, ofA: number, ofB: number): PairReading => ({
    name,
    a: formatDifferenceFigure(kind, ofA),
    b: formatDifferenceFigure(kind, ofB),
    change: formatChange(kind, ofB - ofA),
  });
  const [livesOfA, livesOfB] = [countsAt(a, axisMs), countsAt(b, axisMs)];
  const readings = [
    reading(titleOfSeries(series), 'bytes', heapAt(a, axisMs, series), heapAt(b, axisMs, series)),
    reading('alive', 'count', livesOfA.alive, livesOfB.alive),
    reading('finalized', 'count', livesOfA.finalized, livesOfB.finalized),
  ];
  const [collectionOfA, collectionOfB] = [collectionNear(a, axisMs, reachMs), collectionNear(b, axisMs, reachMs)];
  if (collectionOfA !== undefined || collectionOfB !== undefined) {
    const names = new Set([collectionOfA?.name, collectionOfB?.name].filter((name) => name !== undefined));
    const [only] = names;
    readings.push(
      reading(
        names.size === 1 ? (only ?? 'GC') : 'GC',
        'duration',
        collectionOfA?.pauseMs ?? NaN,
        collectionOfB?.pauseMs ?? NaN,
      ),
    );
  }
  const [blockedA, blockedB] = [blockedAt(a, axisMs), blockedAt(b, axisMs)];
  if (!Number.isNaN(blockedA) || !Number.isNaN(blockedB))
    readings.push(reading('blocked', 'duration', blockedA, blockedB));
  return readings;
}

export interface PairSummaries {
  readonly overview: string;
  readonly heap: string;
  readonly collections: string;
  readonly blocked: string;
  readonly alive: string;
  readonly finalized: string;
}

/** One sentence for each strip, from the latest data. */
export function summarizePair(
  pair: ComparedPair,
  window: { readonly fromMs: number; readonly toMs: number },
  series: HeapSeriesKey,
  peaks: { readonly a: number; readonly b: number },
): PairSummaries {
  const both = (figureOf: (run: ComparedRun) => string) => `A ${figureOf(pair.a)}; B ${figureOf(pair.b)}`;
  const shown = [window.fromMs, window.toMs].map((atMs) => alignedTimeText(atMs, pair.originMs, 1)).join(' to ');
  const blockedOf = ({ stream: { blocked } }: ComparedRun) => {
    let longestMs = 0;
    for (let row = 0; row < blocked.startMs.length; row++) {
      longestMs = Math.max(longestMs, valueAt(blocked.endMs, row) - valueAt(blocked.startMs, row) || 0);
    }
    const { length } = blocked.startMs;
    if (length === 0) return 'never for more than 50 ms';
    return `${formatCount(length)} ${length === 1 ? 'stretch' : 'stretches'}, longest ${formatDuration(longestMs)}`;
  };
  const column = columnOf(series);
  const finalOf = ({ stream: { samples } }: ComparedRun) =>
    formatBytes(column === undefined ? NaN : valueAt(samples[column], lastKnownRow(samples[column])));
  return {
    overview: `Overview of both runs: ${both(({ stream }) => formatDuration(stream.endMs))}; shown: ${shown}`,
    heap:
      `Heap, ${titleOfSeries(series)}: A at its end ${finalOf(pair.a)}, peak ${formatBytes(peaks.a)}; ` +
      `B at its end ${finalOf(pair.b)}, peak ${formatBytes(peaks.b)}`,
    collections: `Garbage collections: ${both(
      ({ stream: { counters } }) =>
        `${formatCount(counters.minorCollections)} minor, ${formatCount(counters.majorCollections)} major, ` +
        `${formatCount(counters.forcedCollections)} forced`,
    )}`,
    blocked: `Blocked thread: ${both(blockedOf)}`,
    alive: `Alive at the end: ${both(({ stream }) => `${formatCount(stream.counters.alive)} of ${formatCount(stream.counters.registered)}`)}`,
    finalized: `Finalized at the end: ${both(({ stream }) => `${formatCount(stream.counters.finalized)} of ${formatCount(stream.counters.registered)}`)}`,
  };
}

export interface PairTableRow {
  readonly time: string;
  readonly figures: readonly string[];
}

export const PAIR_TABLE_COLUMNS = ['A', 'B', 'A alive', 'B alive', 'A finalized', 'B finalized'] as const;
const PAIR_TABLE_ROWS = 9;

/** The curves as text, at times evenly spread over both runs. */
export function tabulatePair({ a, b, originMs }: ComparedPair, series: HeapSeriesKey): PairTableRow[] {
  const endMs = Math.max(a.stream.endMs + a.offsetMs, b.stream.endMs + b.offsetMs);
  const counted = (count: number) => (Number.isNaN(count) ? UNKNOWN_FIGURE : formatCount(count));
  return Array.from({ length: PAIR_TABLE_ROWS }, (_, row) => {
    const atMs = (endMs * row) / (PAIR_TABLE_ROWS - 1);
    const [ofA, ofB] = [countsAt(a, atMs), countsAt(b, atMs)];
    return {
      time: alignedTimeText(atMs, originMs, 1),
      figures: [
        formatBytes(heapAt(a, atMs, series)),
        formatBytes(heapAt(b, atMs, series)),
        ...[ofA.alive, ofB.alive, ofA.finalized, ofB.finalized].map(counted),
      ],
    };
  });
}
