// What the crosshair reads at a time, and what each strip says to those who cannot see it.

import { COLLECTION_KINDS } from '../../../engine/protocol/vocabulary.ts';
import { formatBytes, formatCount, formatDuration, formatTime, UNKNOWN_FIGURE } from '../stream/figures.ts';
import { upperBound, valueAt } from '../stream/growable-column.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { LONGEST_SAMPLE_GAP_MS } from './heap-curves.ts';
import { HEAP_SERIES, type HeapSeriesKey } from './heap-series.ts';
import { isMomentMark, type TimelineMark } from './timeline-marks.ts';

export interface Reading {
  readonly name: string;
  readonly figure: string;
}

const FIRST_MARKS = 3;

/** Row of the sample nearest to the time; undefined where no sample is near enough to speak for it. */
export function nearestSample({ samples: { atMs } }: RunStream, timeMs: number): number | undefined {
  const after = upperBound(atMs, timeMs);
  const distance = (row: number) => Math.abs((atMs.values[row] ?? Infinity) - timeMs);
  const row = after > 0 && (after >= atMs.length || distance(after - 1) <= distance(after)) ? after - 1 : after;
  return row < atMs.length && distance(row) <= LONGEST_SAMPLE_GAP_MS ? row : undefined;
}

/** Values at `timeMs`; `reachMs` is how near a GC or a mark must be to be read too. */
export function readingsAt(
  stream: RunStream,
  timeMs: number,
  reachMs: number,
  hidden: ReadonlySet<HeapSeriesKey>,
  marks: readonly TimelineMark[],
): Reading[] {
  const readings: Reading[] = [];
  const sample = timeMs > stream.endMs ? undefined : nearestSample(stream, timeMs);
  for (const { key, title, column } of HEAP_SERIES) {
    if (hidden.has(key)) continue;
    const bytes = sample === undefined ? NaN : (stream.samples[column].values[sample] ?? NaN);
    readings.push({ name: title, figure: formatBytes(bytes) });
  }
  if (timeMs > stream.endMs) {
    readings.push({ name: 'alive', figure: UNKNOWN_FIGURE });
    return readings;
  }
  const { alive, registered } = stream.countsAt(timeMs);
  readings.push({ name: 'alive', figure: `${formatCount(alive)} of ${formatCount(registered)}` });

  const collection = nearestCollection(stream, timeMs, reachMs);
  if (collection !== undefined) {
    const { kind, forced, pauseMs, beforeBytes, afterBytes } = stream.collections;
    const name = `${COLLECTION_KINDS[valueAt(kind, collection)] ?? ''} GC${valueAt(forced, collection) === 1 ? ', forced' : ''}`;
    readings.push({ name, figure: formatDuration(valueAt(pauseMs, collection)) });
    const before = valueAt(beforeBytes, collection);
    if (!Number.isNaN(before)) {
      readings.push({
        name: 'heap',
        figure: `${formatBytes(before)} → ${formatBytes(valueAt(afterBytes, collection))}`,
      });
    }
  }
  const { startMs, endMs } = stream.blocked;
  const stretch = upperBound(startMs, timeMs) - 1;
  if (stretch >= 0 && valueAt(endMs, stretch) >= timeMs) {
    readings.push({
      name: 'thread blocked',
      figure: formatDuration(valueAt(endMs, stretch) - valueAt(startMs, stretch)),
    });
  }
  let markCount = 0;
  for (const mark of marks) {
    const isNear = isMomentMark(mark)
      ? Math.abs(mark.atMs - timeMs) <= reachMs
      : mark.atMs <= timeMs + reachMs && mark.atMs + (mark.durationMs ?? 0) >= timeMs - reachMs;
    if (!isNear || ++markCount > FIRST_MARKS) continue;
    readings.push({
      name: mark.title,
      figure: isMomentMark(mark) ? formatTime(mark.atMs) : formatDuration(mark.durationMs ?? NaN),
    });
  }
  if (markCount > FIRST_MARKS) readings.push({ name: 'more marks', figure: formatCount(markCount - FIRST_MARKS) });
  return readings;
}

/** The collection nearest to the time within reach; a major one before any minor one. */
function nearestCollection({ collections }: RunStream, timeMs: number, reachMs: number): number | undefined {
  const { startMs, pauseMs, kind } = collections;
  let best: number | undefined;
  let bestDistance = Infinity;
  for (let row = 0; row < startMs.length; row++) {
    const start = startMs.values[row] ?? NaN;
    const end = start + (pauseMs.values[row] || 0);
    const distance = Math.max(0, start - timeMs, timeMs - end);
    if (distance > reachMs) continue;
    const ranked = distance + (kind.values[row] === 1 ? 0 : reachMs);
    if (ranked < bestDistance) {
      bestDistance = ranked;
      best = row;
    }
  }
  return best;
}

export interface StripSummaries {
  readonly overview: string;
  readonly heap: string;
  readonly collections: string;
  readonly blocked: string;
  readonly lifelines: string;
}

const plural = (count: number, one: string, many = `${one}s`) => `${formatCount(count)} ${count === 1 ? one : many}`;

/** One sentence for each strip, from the latest data. */
export function summarize(
  stream: RunStream | undefined,
  window: { readonly fromMs: number; readonly toMs: number },
  peaks: { readonly usedBytes: number; readonly externalBytes: number },
): StripSummaries {
  if (stream === undefined) {
    const nothing = 'no run yet';
    return {
      overview: `Overview: ${nothing}`,
      heap: `Heap: ${nothing}`,
      collections: `Garbage collections: ${nothing}`,
      blocked: `Blocked thread: ${nothing}`,
      lifelines: `Lifelines: ${nothing}`,
    };
  }
  const { counters, samples, blocked } = stream;
  const last = samples.atMs.length - 1;
  const lastUsed = formatBytes(samples.usedBytes.values[last] ?? NaN);
  const lastExternal = formatBytes(samples.externalBytes.values[last] ?? NaN);
  let longestBlockMs = 0;
  for (let row = 0; row < blocked.startMs.length; row++) {
    longestBlockMs = Math.max(longestBlockMs, (blocked.endMs.values[row] ?? 0) - (blocked.startMs.values[row] ?? 0));
  }
  const shown = `${formatTime(window.fromMs)} to ${formatTime(window.toMs)}`;
  return {
    overview: `Overview of ${formatTime(stream.endMs)}; shown: ${shown}`,
    heap:
      last < 0
        ? 'Heap: no sample yet'
        : `Heap: used ${lastUsed}, external ${lastExternal} at ${formatTime(valueAt(samples.atMs, last))}; ` +
          `peak used ${formatBytes(peaks.usedBytes)}, peak external ${formatBytes(peaks.externalBytes)}`,
    collections:
      `Garbage collections: ${formatCount(counters.minorCollections)} minor, ` +
      `${formatCount(counters.majorCollections)} major, ${formatCount(counters.forcedCollections)} forced; ` +
      `longest pause ${formatDuration(counters.minorCollections + counters.majorCollections > 0 ? counters.longestPauseMs : NaN)}`,
    blocked:
      blocked.startMs.length === 0
        ? 'Blocked thread: never for more than 50 ms'
        : `Blocked thread: ${plural(blocked.startMs.length, 'stretch', 'stretches')}, longest ${formatDuration(longestBlockMs)}`,
    lifelines:
      `Lifelines: ${plural(counters.registered, 'registration')}, ${formatCount(counters.finalized)} called back` +
      `${counters.threw > 0 ? `, of which ${formatCount(counters.threw)} threw` : ''}, ` +
      `${formatCount(counters.unregistered)} unregistered, ${formatCount(counters.alive)} alive`,
  };
}
