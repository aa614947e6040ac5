// What the crosshair reads at a time, in all strips at once.

import { COLLECTION_KINDS } from '../../../engine/protocol/vocabulary.ts';
import { formatBytes, formatCount, formatDuration, UNKNOWN_FIGURE } from '../stream/figures.ts';
import { upperBound, valueAt } from '../stream/growable-column.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { LONGEST_SAMPLE_GAP_MS } from './heap-curves.ts';
import { HEAP_SERIES, type HeapSeriesKey } from './heap-series.ts';
import { nearestCollection } from './strips/collections-strip.ts';
import { momentText, type TimeFormat } from './time-scale.ts';
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

export interface ReadingOptions {
  /** How near a GC or a mark must be to be read too. */
  readonly reachMs: number;
  readonly hidden: ReadonlySet<HeapSeriesKey>;
  readonly marks: readonly TimelineMark[];
  /** How the axis tells the times of marks. */
  readonly format: TimeFormat;
  /** How many were collected and not called back; undefined: not known. */
  readonly waiting: { readonly certain: number; readonly possible: number } | undefined;
}

/** Between what is certain and what is possible, where these differ. */
export const waitingText = (waiting: ReadingOptions['waiting']) =>
  waiting === undefined
    ? UNKNOWN_FIGURE
    : waiting.certain === waiting.possible
      ? formatCount(waiting.certain)
      : `${formatCount(waiting.certain)} to ${formatCount(waiting.possible)}`;

/** Values of all strips at `timeMs`. */
export function readingsAt(
  stream: RunStream,
  timeMs: number,
  { reachMs, hidden, marks, format, waiting }: ReadingOptions,
): Reading[] {
  const readings: Reading[] = [];
  const sample = timeMs > stream.endMs ? undefined : nearestSample(stream, timeMs);
  for (const { key, title, column } of HEAP_SERIES) {
    if (hidden.has(key)) continue;
    const bytes = sample === undefined ? NaN : (stream.samples[column].values[sample] ?? NaN);
    readings.push({ name: title, figure: formatBytes(bytes) });
  }
  if (timeMs > stream.endMs) {
    readings.push({ name: 'not finalized', figure: UNKNOWN_FIGURE });
    return readings;
  }
  const { alive, registered } = stream.countsAt(timeMs);
  readings.push({ name: 'not finalized', figure: `${formatCount(alive)} of ${formatCount(registered)}` });
  if (waiting === undefined || waiting.possible > 0) {
    readings.push({ name: 'of these collected', figure: waitingText(waiting) });
  }

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
      figure: isMomentMark(mark) ? momentText(mark.atMs, format, 1) : formatDuration(mark.durationMs ?? NaN),
    });
  }
  if (markCount > FIRST_MARKS) readings.push({ name: 'more marks', figure: formatCount(markCount - FIRST_MARKS) });
  return readings;
}
