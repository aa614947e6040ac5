// Two runs figure by figure: what differs, what of it is worse, and one sentence that names it. Pure; called by the
// comparison's store whenever there is more to read, and told again from nothing each time.
//
// What differs only as much as two runs of one program under the same circumstances do is no difference. How much that
// is was measured on the built-in scenarios: what is left at the end repeats to 2 %, but a peak depends on when V8
// happened to collect (35 % apart), and so does a single pause (70 %) and how late a callback comes (40 %).

import type { RunDescription } from '../../../engine/protocol/run-description.ts';
import type { RunReport } from '../../../engine/protocol/run-report.ts';
import { formatBytes, formatCount, formatDuration, UNKNOWN_FIGURE } from './figures.ts';
import { lastKnownRow, valueAt } from './growable-column.ts';
import type { ColumnView, RunStream } from './run-stream.ts';

export type FigureKind = 'bytes' | 'count' | 'share' | 'duration';
export type WorseDirection = 'more-is-worse' | 'less-is-worse' | 'neither';
/** `different`: it differs, and neither direction is worse. `unknown`: a figure is not known, or not final yet. */
export type DifferenceVerdict = 'worse' | 'better' | 'same' | 'different' | 'unknown';
export type DifferenceGroup = 'Objects' | 'Memory' | 'Latency' | 'Garbage collection' | 'Thread' | 'Run';

export interface RunDifference {
  readonly key: DifferenceKey;
  readonly group: DifferenceGroup;
  readonly title: string;
  readonly kind: FigureKind;
  /** Bytes, ms, a count, or a share in [0, 1]. NaN: not known. */
  readonly a: number;
  readonly b: number;
  /** b − a. */
  readonly change: number;
  /** The change as a share of A's figure; infinite where that is zero, NaN where a figure is not known. */
  readonly relativeChange: number;
  readonly worse: WorseDirection;
  readonly tolerance: Tolerance;
  readonly verdict: DifferenceVerdict;
}

/** A change counts if it is at least as large as both. */
export interface Tolerance {
  /** Share of A's figure. */
  readonly relative: number;
  /** In the figure's own unit. */
  readonly absolute: number;
}

/** Something about the two runs that makes their figures differ for a reason of its own. */
export interface Circumstance {
  /** `parameter:<name>` for a scenario's parameter. */
  readonly key: string;
  readonly title: string;
  readonly a: string;
  readonly b: string;
}

export interface RunComparison {
  readonly circumstances: readonly Circumstance[];
  readonly differences: readonly RunDifference[];
  /** Phrases of what is worse in B, worst first, and of what is better. */
  readonly worse: readonly string[];
  readonly better: readonly string[];
  /** False while one of the runs goes on: figures that are only final at its end have no verdict yet. */
  readonly isFinal: boolean;
  readonly summary: string;
}

/** Whether a figure of a run that goes on can still change, and how. */
type Growth = 'only-grows' | 'until-the-end';

interface FigureSpec {
  readonly key: string;
  readonly group: DifferenceGroup;
  readonly title: string;
  readonly kind: FigureKind;
  readonly worse: WorseDirection;
  readonly growth: Growth;
  readonly tolerance: Tolerance;
  /** A smaller figure is not seen at all, so that zero may be anything below it. */
  readonly leastSeen?: number;
  read(stream: RunStream): number;
}

const KILOBYTE = 1_000;
const MEGABYTE = 1_000_000;
const ANY_OBJECT: Tolerance = { relative: 0.05, absolute: 1 };
const WHAT_IS_LEFT: Tolerance = { relative: 0.05, absolute: 256 * KILOBYTE };
const PEAK: Tolerance = { relative: 0.4, absolute: 2 * MEGABYTE };
const LATENCY: Tolerance = { relative: 0.5, absolute: 20 };
const PAUSE: Tolerance = { relative: 0.75, absolute: 10 };
/** Blocked stretches are told from 50 ms on. */
const LEAST_BLOCKED_MS = 50;

const known = (figure: number | null | undefined) => figure ?? NaN;
/** The report's figure where there is a report, which may be that it is not known. */
const reported = (stream: RunStream, ofReport: (report: RunReport) => number | null, live: () => number) =>
  stream.report === undefined ? live() : known(ofReport(stream.report));

function highest({ values, length }: ColumnView<Float64Array>): number {
  let most = NaN;
  for (let row = 0; row < length; row++) {
    const value = values[row] ?? NaN;
    if (!(value <= most) && !Number.isNaN(value)) most = value;
  }
  return most;
}

const lastKnown = (column: ColumnView<Float64Array>): number => valueAt(column, lastKnownRow(column));

function total({ values, length }: ColumnView<Float64Array>): number {
  let sum = 0;
  for (let row = 0; row < length; row++) sum += values[row] || 0;
  return sum;
}

const collectionsOf = ({ counters }: RunStream) => counters.minorCollections + counters.majorCollections;

/** Registered → callback started, nearest rank, as the report counts it: of those that did not throw. */
function latencyAt(stream: RunStream, percent: number): number {
  const { atMs, callbackStartMs } = stream.registrations;
  const { values: throwing, length: throwingCount } = stream.throwingRows;
  const threw = new Set(throwing.subarray(0, throwingCount));
  const latencies = new Float64Array(atMs.length);
  let count = 0;
  for (let row = 0; row < atMs.length; row++) {
    const latencyMs = valueAt(callbackStartMs, row) - valueAt(atMs, row);
    if (!Number.isNaN(latencyMs) && !threw.has(row)) latencies[count++] = latencyMs;
  }
  const ascending = latencies.subarray(0, count).sort();
  return ascending[Math.max(0, Math.ceil((percent / 100) * count) - 1)] ?? NaN;
}

function longestBlockedMs({ blocked }: RunStream): number {
  let longest = 0;
  for (let row = 0; row < blocked.startMs.length; row++) {
    longest = Math.max(longest, valueAt(blocked.endMs, row) - valueAt(blocked.startMs, row) || 0);
  }
  return longest;
}

const finalizedOf = (stream: RunStream) =>
  reported(
    stream,
    ({ registrations }) => registrations.finalized,
    () => stream.counters.finalized - stream.counters.threw,
  );
const registeredOf = (stream: RunStream) =>
  reported(
    stream,
    ({ registrations }) => registrations.total,
    () => stream.counters.registered,
  );

const FIGURES = [
  {
    key: 'registered',
    group: 'Objects',
    title: 'registered',
    kind: 'count',
    worse: 'neither',
    growth: 'until-the-end',
    tolerance: ANY_OBJECT,
    read: registeredOf,
  },
  {
    key: 'finalized',
    group: 'Objects',
    title: 'finalized',
    kind: 'count',
    worse: 'neither',
    growth: 'until-the-end',
    tolerance: ANY_OBJECT,
    read: finalizedOf,
  },
  {
    key: 'finalized-share',
    group: 'Objects',
    title: 'share finalized',
    kind: 'share',
    worse: 'less-is-worse',
    growth: 'until-the-end',
    tolerance: { relative: 0.05, absolute: 0.01 },
    read: (stream) => finalizedOf(stream) / (registeredOf(stream) || NaN),
  },
  {
    key: 'alive',
    group: 'Objects',
    title: 'alive at the end',
    kind: 'count',
    worse: 'more-is-worse',
    growth: 'until-the-end',
    tolerance: ANY_OBJECT,
    read: (stream) =>
      reported(
        stream,
        ({ registrations }) => registrations.alive,
        () => stream.counters.alive,
      ),
  },
  {
    key: 'left-without-callback',
    group: 'Objects',
    title: 'left without a callback',
    kind: 'count',
    worse: 'more-is-worse',
    growth: 'until-the-end',
    tolerance: ANY_OBJECT,
    // Collected, or never to be known: either way their cleanup was not done.
    read: (stream) =>
      reported(
        stream,
        ({ registrations: { callbackPending, registryCollected, exitedFirst } }) =>
          callbackPending + registryCollected + exitedFirst,
        () => NaN,
      ),
  },
  {
    key: 'callback-threw',
    group: 'Objects',
    title: 'callback threw',
    kind: 'count',
    worse: 'more-is-worse',
    growth: 'only-grows',
    tolerance: ANY_OBJECT,
    read: (stream) =>
      reported(
        stream,
        ({ registrations }) => registrations.callbackThrew,
        () => stream.counters.threw,
      ),
  },
  {
    key: 'unregistered',
    group: 'Objects',
    title: 'unregistered',
    kind: 'count',
    worse: 'neither',
    growth: 'until-the-end',
    tolerance: ANY_OBJECT,
    read: (stream) =>
      reported(
        stream,
        ({ registrations }) => registrations.unregistered,
        () => stream.counters.unregistered,
      ),
  },
  {
    key: 'final-used',
    group: 'Memory',
    title: 'final heap',
    kind: 'bytes',
    worse: 'more-is-worse',
    growth: 'until-the-end',
    tolerance: WHAT_IS_LEFT,
    read: (stream) =>
      reported(
        stream,
        ({ heap }) => heap.finalUsedBytes,
        () => lastKnown(stream.samples.usedBytes),
      ),
  },
  {
    key: 'final-external',
    group: 'Memory',
    title: 'final external',
    kind: 'bytes',
    worse: 'more-is-worse',
    growth: 'until-the-end',
    tolerance: WHAT_IS_LEFT,
    read: (stream) =>
      reported(
        stream,
        ({ heap }) => heap.finalExternalBytes,
        () => lastKnown(stream.samples.externalBytes),
      ),
  },
  {
    key: 'peak-used',
    group: 'Memory',
    title: 'peak heap',
    kind: 'bytes',
    worse: 'more-is-worse',
    growth: 'only-grows',
    tolerance: PEAK,
    read: (stream) =>
      reported(
        stream,
        ({ heap }) => heap.peakUsedBytes,
        () => highest(stream.samples.usedBytes),
      ),
  },
  {
    key: 'peak-external',
    group: 'Memory',
    title: 'peak external',
    kind: 'bytes',
    worse: 'more-is-worse',
    growth: 'only-grows',
    tolerance: PEAK,
    read: (stream) =>
      reported(
        stream,
        ({ heap }) => heap.peakExternalBytes,
        () => highest(stream.samples.externalBytes),
      ),
  },
  {
    key: 'peak-rss',
    group: 'Memory',
    title: 'peak RSS',
    kind: 'bytes',
    worse: 'more-is-worse',
    growth: 'only-grows',
    tolerance: { relative: 0.4, absolute: 8 * MEGABYTE },
    read: (stream) =>
      reported(
        stream,
        ({ heap }) => heap.peakRssBytes,
        () => highest(stream.samples.rssBytes),
      ),
  },
  {
    key: 'latency-p50',
    group: 'Latency',
    title: 'p50 latency',
    kind: 'duration',
    worse: 'more-is-worse',
    growth: 'until-the-end',
    tolerance: LATENCY,
    read: (stream) =>
      reported(
        stream,
        ({ latencyMs }) => latencyMs.p50,
        () => latencyAt(stream, 50),
      ),
  },
  {
    key: 'latency-p95',
    group: 'Latency',
    title: 'p95 latency',
    kind: 'duration',
    worse: 'more-is-worse',
    growth: 'until-the-end',
    tolerance: LATENCY,
    read: (stream) =>
      reported(
        stream,
        ({ latencyMs }) => latencyMs.p95,
        () => latencyAt(stream, 95),
      ),
  },
  {
    key: 'minor-collections',
    group: 'Garbage collection',
    title: 'minor GCs',
    kind: 'count',
    worse: 'neither',
    growth: 'until-the-end',
    tolerance: { relative: 0.05, absolute: 1 },
    read: (stream) =>
      reported(
        stream,
        ({ gc }) => gc.minor,
        () => stream.counters.minorCollections,
      ),
  },
  {
    key: 'major-collections',
    group: 'Garbage collection',
    title: 'major GCs',
    kind: 'count',
    worse: 'neither',
    growth: 'until-the-end',
    tolerance: { relative: 0.05, absolute: 1 },
    read: (stream) =>
      reported(
        stream,
        ({ gc }) => gc.major,
        () => stream.counters.majorCollections,
      ),
  },
  {
    key: 'collection-time',
    group: 'Garbage collection',
    title: 'GC time in total',
    kind: 'duration',
    worse: 'more-is-worse',
    growth: 'only-grows',
    tolerance: { relative: 0.5, absolute: 20 },
    read: (stream) =>
      reported(
        stream,
        ({ gc }) => gc.totalPauseMs,
        () => total(stream.collections.pauseMs),
      ),
  },
  {
    key: 'longest-pause',
    group: 'Garbage collection',
    title: 'longest pause',
    kind: 'duration',
    worse: 'more-is-worse',
    growth: 'only-grows',
    tolerance: PAUSE,
    read: (stream) =>
      reported(
        stream,
        ({ gc }) => gc.longestPauseMs,
        () => (collectionsOf(stream) === 0 ? NaN : stream.counters.longestPauseMs),
      ),
  },
  {
    key: 'longest-stall',
    group: 'Thread',
    title: 'longest stall',
    kind: 'duration',
    worse: 'more-is-worse',
    growth: 'only-grows',
    tolerance: PAUSE,
    // Without a callback there is nothing that could have stalled the thread.
    read: ({ counters }) => (counters.finalized === 0 ? NaN : counters.longestStallMs),
  },
  {
    key: 'longest-blocked',
    group: 'Thread',
    title: 'longest blocked',
    kind: 'duration',
    worse: 'more-is-worse',
    growth: 'only-grows',
    tolerance: PAUSE,
    leastSeen: LEAST_BLOCKED_MS,
    read: longestBlockedMs,
  },
  {
    key: 'duration',
    group: 'Run',
    title: 'duration',
    kind: 'duration',
    // How long a program goes on is its own affair; what it cost is above.
    worse: 'neither',
    growth: 'until-the-end',
    tolerance: { relative: 0.05, absolute: 100 },
    read: (stream) =>
      reported(
        stream,
        ({ durationMs }) => durationMs,
        () => stream.endMs,
      ),
  },
] as const satisfies readonly FigureSpec[];

export type DifferenceKey = (typeof FIGURES)[number]['key'];
type Figure = FigureSpec & { readonly key: DifferenceKey };

/**
 * What it says in the sentence comes first where it weighs most: objects whose cleanup was not done, then what stays in
 * memory, then peaks, then times. Within one weight the larger relative change is first.
 */
const WEIGHTS: readonly (readonly DifferenceKey[])[] = [
  ['alive', 'left-without-callback', 'callback-threw', 'finalized-share'],
  ['final-used', 'final-external'],
  ['peak-used', 'peak-external', 'peak-rss'],
];
/** What the phrase of another figure has said already, where both point the same way. */
const SAID_BY: Partial<Record<DifferenceKey, readonly DifferenceKey[]>> = {
  'finalized-share': ['alive', 'left-without-callback', 'callback-threw'],
  'latency-p50': ['latency-p95'],
  'longest-pause': ['collection-time'],
};
/** More than this would not be read. */
const MOST_PHRASES = 3;

const isLive = ({ status }: RunStream) => status !== 'ended';

function judge(figure: Figure, a: RunStream, b: RunStream, ofA: number, ofB: number): DifferenceVerdict {
  if (Number.isNaN(ofA) || Number.isNaN(ofB)) return 'unknown';
  const { growth, worse, tolerance, leastSeen = 0 } = figure;
  if (growth === 'until-the-end' && (isLive(a) || isLive(b))) return 'unknown';
  const from = Math.max(leastSeen, ofA);
  const change = Math.max(leastSeen, ofB) - from;
  const size = Math.abs(change);
  const isDifferent = size > 0 && size >= tolerance.absolute && size >= Math.abs(from) * tolerance.relative;
  // What is less so far may become as much, and what is the same so far may become more.
  const mayStillGrow = (change < 0 && isLive(b)) || (change > 0 && isLive(a));
  if (!isDifferent) return isLive(a) || isLive(b) ? 'unknown' : 'same';
  if (mayStillGrow) return 'unknown';
  if (worse === 'neither') return 'different';
  return change > 0 === (worse === 'more-is-worse') ? 'worse' : 'better';
}

function compareFigure(figure: Figure, a: RunStream, b: RunStream): RunDifference {
  const { key, group, title, kind, worse, tolerance } = figure;
  const ofA = figure.read(a);
  const ofB = figure.read(b);
  const change = ofB - ofA;
  const relativeChange = change === 0 ? 0 : change / Math.abs(ofA);
  const verdict = judge(figure, a, b, ofA, ofB);
  return { key, group, title, kind, a: ofA, b: ofB, change, relativeChange, worse, tolerance, verdict };
}

export function formatDifferenceFigure(kind: FigureKind, value: number): string {
  if (Number.isNaN(value)) return UNKNOWN_FIGURE;
  switch (kind) {
    case 'bytes':
      return formatBytes(value);
    case 'duration':
      return formatDuration(value);
    case 'count':
      return formatCount(value);
    case 'share':
      return `${(value * 100).toFixed(Number.isInteger(value * 100) ? 0 : 1)} %`;
  }
}

/** With its sign, a true minus; of a share in percentage points. */
export function formatChange(kind: FigureKind, change: number): string {
  if (Number.isNaN(change)) return UNKNOWN_FIGURE;
  if (change === 0) return '0';
  const sign = change > 0 ? '+' : '−';
  const size = Math.abs(change);
  if (kind !== 'share') return `${sign}${formatDifferenceFigure(kind, size)}`;
  const points = size * 100;
  return `${sign}${points.toFixed(Number.isInteger(points) ? 0 : 1)} pp`;
}

/** `+82 %`, `× 12` from ten times on; empty where there is nothing to relate to. */
export function formatRelativeChange(relativeChange: number): string {
  if (!Number.isFinite(relativeChange) || relativeChange === 0) return '';
  if (relativeChange >= 9) return `× ${formatCount(relativeChange + 1)}`;
  const percent = Math.abs(relativeChange) * 100;
  return percent < 0.95 ? '< 1 %' : `${relativeChange > 0 ? '+' : '−'}${percent.toFixed(0)} %`;
}

const objects = (count: number) => `${formatCount(count)} ${count === 1 ? 'object' : 'objects'}`;
const none = (count: number) => (count === 0 ? 'none' : formatCount(count));

function phraseOf({ key, kind, title, a, b, change }: RunDifference): string {
  switch (key) {
    case 'alive':
      return b === 0
        ? `no object stays alive (${none(a)} in A)`
        : `${objects(b)} ${b === 1 ? 'stays' : 'stay'} alive (${none(a)} in A)`;
    case 'left-without-callback':
      return b === 0
        ? `no object is left without a callback (${none(a)} in A)`
        : `${objects(b)} left without a callback (${none(a)} in A)`;
    case 'callback-threw':
      return b === 0
        ? `no callback throws (${none(a)} in A)`
        : `${formatCount(b)} ${b === 1 ? 'callback throws' : 'callbacks throw'} (${none(a)} in A)`;
    case 'finalized-share':
      return `${formatDifferenceFigure(kind, b)} finalized (${formatDifferenceFigure(kind, a)} in A)`;
    default:
      return `${title} ${formatChange(kind, change)}`;
  }
}

function phrasesOf(differences: readonly RunDifference[], verdict: 'worse' | 'better'): string[] {
  const found = differences.filter((difference) => difference.verdict === verdict);
  const keys = new Set<DifferenceKey>(found.map(({ key }) => key));
  const weightOf = ({ key }: RunDifference) => {
    const weight = WEIGHTS.findIndex((keysOfWeight) => keysOfWeight.includes(key));
    return weight === -1 ? WEIGHTS.length : weight;
  };
  return found
    .filter(({ key }) => SAID_BY[key]?.some((other) => keys.has(other)) !== true)
    .sort((one, other) => {
      const byWeight = weightOf(one) - weightOf(other);
      // Two infinities have no difference.
      const [first, second] = [Math.abs(one.relativeChange), Math.abs(other.relativeChange)];
      return byWeight !== 0 ? byWeight : first === second ? 0 : second - first;
    })
    .map(phraseOf);
}

/** `5 objects stay alive (none in A), final heap +4.1 MB and 2 more`: the first few, and how many there are besides. */
export function listPhrases(phrases: readonly string[]): string {
  const rest = phrases.length - MOST_PHRASES;
  const shown = phrases.slice(0, MOST_PHRASES).join(', ');
  return rest > 0 ? `${shown} and ${formatCount(rest)} more` : shown;
}

function summarize(worse: readonly string[], better: readonly string[], isFinal: boolean): string {
  const betterPart = better.length === 0 ? '' : ` Better: ${listPhrases(better)}.`;
  if (worse.length > 0) return `${isFinal ? 'Worse' : 'Worse so far'} in B: ${listPhrases(worse)}.${betterPart}`;
  return `${isFinal ? 'Nothing got worse.' : 'Nothing is worse so far.'}${betterPart}`;
}

function describeProgram({ program, title }: RunDescription): string {
  switch (program.kind) {
    case 'scenario':
      return title;
    case 'file':
      return program.path;
    case 'scratch':
      return program.name;
    case 'target':
      return `process ${program.pid}`;
  }
}

/** As it was set: `20 s`, `3 min`. */
const describeLimit = (milliseconds: number) =>
  milliseconds >= 60_000 && milliseconds % 60_000 === 0 ? `${milliseconds / 60_000} min` : `${milliseconds / 1_000} s`;

const END_WORDS: Record<RunReport['outcome']['status'], string> = {
  completed: 'finished',
  stopped: 'stopped',
  'timed-out': 'timed out',
  'out-of-memory': 'out of memory',
  exited: 'exited',
  threw: 'threw an error',
  crashed: 'crashed',
};

/** Everything about a run that its figures depend on, as text; absent: not known yet. */
function circumstancesOf({
  description,
  runtime,
  report,
  marks,
  counters,
  warnings,
}: RunStream): Map<string, [title: string, text: string]> {
  const told = new Map<string, [string, string]>();
  const tell = (key: string, title: string, text: string | undefined) => {
    if (text !== undefined) told.set(key, [title, text]);
  };
  if (description !== undefined) {
    const { program, gcPolicy, limits, nodePath } = description;
    tell('program', 'Program', describeProgram(description));
    if (program.kind === 'scenario') {
      for (const [name, value] of Object.entries(program.parameters)) tell(`parameter:${name}`, name, String(value));
    }
    if (program.kind === 'scratch') tell('text', 'Text', program.text);
    if (program.kind === 'file' || program.kind === 'scratch') {
      tell('arguments', 'Arguments', program.args.length === 0 ? 'none' : program.args.join(' '));
      tell('folder', 'Folder', program.workingDirectory ?? 'the script’s own');
      tell('input', 'Input', program.standardInput ?? 'none');
      const own = Object.entries(program.environment ?? {}).map(([name, value]) => `${name}=${value}`);
      tell(
        'environment',
        'Environment',
        [...(program.inheritEnvironment === true ? ['inherited'] : []), ...own.sort()].join(' ') || 'minimal',
      );
    }
    tell(
      'policy',
      'GC policy',
      gcPolicy.kind === 'none' ? 'natural' : `${gcPolicy.kind} every ${gcPolicy.intervalMs} ms`,
    );
    const changes = marks.filter(({ kind }) => kind === 'gc-policy-changed').length;
    tell(
      'policy-changes',
      'GC policy changed',
      changes === 0 ? 'never' : `${changes} ${changes === 1 ? 'time' : 'times'}`,
    );
    tell('settle', 'Settle time', describeLimit(limits.settleMs));
    tell('timeout', 'Time limit', describeLimit(limits.timeoutMs));
    tell(
      'heap-limit',
      'Heap limit',
      limits.maxHeapMegabytes === undefined ? 'V8’s own' : `${formatCount(limits.maxHeapMegabytes)} MB`,
    );
    tell('node-path', 'Node path', nodePath ?? 'the host’s');
  }
  const node = runtime?.node ?? report?.runtime.node ?? undefined;
  tell('node', 'Node', node?.replace(/^v/, ''));
  tell('v8', 'V8', runtime?.v8 ?? report?.runtime.v8 ?? undefined);
  tell('host', 'Runs in', runtime?.host ?? report?.runtime.host);
  if (runtime !== undefined) {
    const lost = [
      ...(counters.droppedRows > 0 ? [formatCount(counters.droppedRows)] : []),
      ...(warnings.some(({ code }) => code === 'dropped-unknown-tail') ? ['the last ones'] : []),
    ];
    tell('lost', 'Rows lost', lost.join(', ') || 'none');
  }
  tell('end', 'End', report && END_WORDS[report.outcome.status]);
  return told;
}

/** A text of many lines says more by being another one than by itself. */
const LONGEST_TEXT = 80;
const shortened = (text: string, isA: boolean) =>
  text.length <= LONGEST_TEXT && !text.includes('\n') ? text : isA ? 'as it was' : 'another';

/** Runtime first: a figure of another V8 is another figure. */
const FIRST = ['node', 'v8', 'host', 'program'];

function compareCircumstances(a: RunStream, b: RunStream): Circumstance[] {
  const ofA = circumstancesOf(a);
  const ofB = circumstancesOf(b);
  const isSameProgram = ofA.get('program')?.[1] === ofB.get('program')?.[1];
  const keys = [...new Set([...FIRST, ...ofA.keys(), ...ofB.keys()])];
  return keys.flatMap((key) => {
    const one = ofA.get(key);
    const other = ofB.get(key);
    const title = (one ?? other)?.[0];
    if (title === undefined || one?.[1] === other?.[1]) return [];
    const isParameter = key.startsWith('parameter:');
    // Of another program a parameter says nothing; and of what has not arrived yet nothing is known.
    if (isParameter ? !isSameProgram : one === undefined || other === undefined) return [];
    return [
      {
        key,
        title,
        a: one === undefined ? UNKNOWN_FIGURE : shortened(one[1], true),
        b: other === undefined ? UNKNOWN_FIGURE : shortened(other[1], false),
      },
    ];
  });
}

/** How much a figure must differ before it counts: `5 % and 256 kB`. */
export function describeTolerance({ kind, tolerance: { relative, absolute } }: RunDifference): string {
  const least = kind === 'share' ? `${absolute * 100} percentage points` : formatDifferenceFigure(kind, absolute);
  return `${(relative * 100).toFixed(0)} % and ${least}`;
}

/** Compares what is known of both by now; A is what B is measured against. */
export function compareRuns(a: RunStream, b: RunStream): RunComparison {
  const differences = FIGURES.map((figure) => compareFigure(figure, a, b));
  const worse = phrasesOf(differences, 'worse');
  const better = phrasesOf(differences, 'better');
  const isFinal = !isLive(a) && !isLive(b);
  return {
    circumstances: compareCircumstances(a, b),
    differences,
    worse,
    better,
    isFinal,
    summary: summarize(worse, better, isFinal),
  };
}
