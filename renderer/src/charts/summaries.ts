// What each strip says to those who cannot see it: a sentence, and the figures of the window as a table.

import { COLLECTION_KINDS } from '../../../engine/protocol/vocabulary.ts';
import { formatBytes, formatCount, formatDuration, formatTime } from '../stream/figures.ts';
import { lastKnownRow, lowerBound, valueAt } from '../stream/growable-column.ts';
import type { RunStream, TimeRange } from '../stream/run-stream.ts';
import { LONGEST_SAMPLE_GAP_MS } from './heap-curves.ts';
import { nearestSample, waitingText, type ReadingOptions } from './readings.ts';
import { momentText, type TimeFormat } from './time-scale.ts';

export interface StripSummaries {
  readonly overview: string;
  readonly heap: string;
  readonly collections: string;
  readonly blocked: string;
  readonly phases: string;
  readonly backlog: string;
  readonly lifelines: string;
}

const plural = (count: number, one: string, many = `${one}s`) => `${formatCount(count)} ${count === 1 ? one : many}`;

/** What the observation itself did to the run or missed of it, which others see as marks; empty: nothing. */
function describeObservation({ marks, counters, warnings }: RunStream): string {
  const count = (sought: RunStream['marks'][number]['kind']) => marks.filter(({ kind }) => kind === sought).length;
  const parts = [
    [count('heap-snapshot'), 'heap snapshot', 'heap snapshots'],
    [count('observer-waited'), 'wait for the observer', 'waits for the observer'],
    [count('gc-policy-changed'), 'change of the GC policy', 'changes of the GC policy'],
    [counters.droppedRows, 'lost row', 'lost rows'],
  ] as const;
  const told = parts.filter(([times]) => times > 0).map(([times, one, many]) => plural(times, one, many));
  if (warnings.some(({ code }) => code === 'dropped-unknown-tail')) told.push('the last moments lost');
  return told.length === 0 ? '' : `; of the observation: ${told.join(', ')}`;
}

/** One sentence for each strip, from the latest data. */
export function summarize(
  stream: RunStream | undefined,
  window: { readonly fromMs: number; readonly toMs: number },
  peaks: { readonly usedBytes: number; readonly externalBytes: number; readonly waiting: number },
): StripSummaries {
  if (stream === undefined) {
    const nothing = 'no run yet';
    return {
      overview: `Overview: ${nothing}`,
      heap: `Heap: ${nothing}`,
      collections: `Garbage collections: ${nothing}`,
      blocked: `Blocked thread: ${nothing}`,
      phases: `Phases and marks: ${nothing}`,
      backlog: `Backlog: ${nothing}`,
      lifelines: `Lifelines: ${nothing}`,
    };
  }
  const { counters, samples, blocked } = stream;
  const last = lastKnownRow(samples.usedBytes);
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
          `peak used ${formatBytes(peaks.usedBytes)}, peak external ${formatBytes(peaks.externalBytes)}` +
          (counters.largestSampleGapMs > LONGEST_SAMPLE_GAP_MS
            ? `; without a sample for up to ${formatDuration(counters.largestSampleGapMs)}`
            : ''),
    collections:
      `Garbage collections: ${formatCount(counters.minorCollections)} minor, ` +
      `${formatCount(counters.majorCollections)} major, ${formatCount(counters.forcedCollections)} forced; ` +
      `longest pause ${formatDuration(counters.minorCollections + counters.majorCollections > 0 ? counters.longestPauseMs : NaN)}`,
    blocked:
      blocked.startMs.length === 0
        ? 'Blocked thread: never for more than 50 ms'
        : `Blocked thread: ${plural(blocked.startMs.length, 'stretch', 'stretches')}, longest ${formatDuration(longestBlockMs)}`,
    phases:
      `Phases and marks: ${plural(stream.marks.filter(({ kind }) => kind === 'user-mark').length, 'mark')} and ` +
      `${plural(stream.marks.filter(({ kind }) => kind === 'user-measure').length, 'measured stretch', 'measured stretches')} of the program` +
      describeObservation(stream),
    backlog:
      `Backlog: ${formatCount(counters.alive)} registered and not finalized at the end; ` +
      `at most ${formatCount(peaks.waiting)} collected and waiting for their callback in what is shown`,
    lifelines:
      `Lifelines: ${plural(counters.registered, 'registration')}, ${formatCount(counters.finalized)} called back` +
      `${counters.threw > 0 ? `, of which ${formatCount(counters.threw)} threw` : ''}, ` +
      `${formatCount(counters.unregistered)} unregistered, ${formatCount(counters.alive)} alive`,
  };
}

export interface TimelineTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Stretches that the window is divided into: as many as can be listened to. */
const TABLE_ROWS = 12;
const TABLE_COLUMNS = [
  'from',
  'used heap',
  'external',
  'minor GCs',
  'major GCs',
  'registered',
  'called back',
  'not finalized',
  'collected and waiting',
] as const;

/** The window in equal stretches: values at the beginning of each, and what happened in it. */
export function tabulate(
  stream: RunStream | undefined,
  window: TimeRange,
  format: TimeFormat,
  waitingAt: (timeMs: number) => ReadingOptions['waiting'],
): TimelineTable {
  if (stream === undefined) return { columns: TABLE_COLUMNS, rows: [] };
  const step = (window.toMs - window.fromMs) / TABLE_ROWS;
  const minors = new Uint32Array(TABLE_ROWS);
  const majors = new Uint32Array(TABLE_ROWS);
  const { startMs, kind } = stream.collections;
  // Nearly in order of time; what is told a moment late lies nearby.
  const first = Math.max(0, lowerBound(startMs, window.fromMs) - 64);
  for (let row = first; row < startMs.length; row++) {
    const stretch = Math.floor(((startMs.values[row] ?? NaN) - window.fromMs) / step);
    if (!(stretch >= 0 && stretch < TABLE_ROWS)) continue;
    const counts = COLLECTION_KINDS[kind.values[row] ?? 0] === 'major' ? majors : minors;
    counts[stretch] = (counts[stretch] ?? 0) + 1;
  }
  const rows: string[][] = [];
  for (let stretch = 0; stretch < TABLE_ROWS; stretch++) {
    const fromMs = window.fromMs + stretch * step;
    if (fromMs > stream.endMs) break;
    const sample = nearestSample(stream, fromMs);
    const bytes = (column: 'usedBytes' | 'externalBytes') =>
      formatBytes(sample === undefined ? NaN : valueAt(stream.samples[column], sample));
    const before = stream.countsBefore(fromMs);
    const after = stream.countsBefore(fromMs + step);
    rows.push([
      momentText(fromMs, format, step),
      bytes('usedBytes'),
      bytes('externalBytes'),
      formatCount(minors[stretch] ?? 0),
      formatCount(majors[stretch] ?? 0),
      formatCount(after.registered - before.registered),
      formatCount(after.finalized - before.finalized),
      formatCount(before.alive),
      waitingText(waitingAt(fromMs)),
    ]);
  }
  return { columns: TABLE_COLUMNS, rows };
}
