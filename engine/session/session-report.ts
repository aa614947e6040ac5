// The document of a finished run, put together from its tally, verdicts and outcome, in turns with everything else. Called by
// the run.

import type { Outcome, ReportedObject, RunReport, VerdictCounts } from '../protocol/run-report.ts';
import { RUN_REPORT_SCHEMA_VERSION } from '../protocol/run-report.ts';
import type { Program } from '../protocol/run-description.ts';
import { siteText } from '../protocol/site-text.ts';
import { assertNever, VERDICT_REASONS, VERDICTS } from '../protocol/vocabulary.ts';
import { createCollectionBrackets } from './collection-bracket.ts';
import { createWhyReader, reportedCauses, type AliveExplanation } from './explanations.ts';
import { createTurns } from './in-turns.ts';
import { sumUpLatencies, type Latencies } from './latencies.ts';
import { createSiteTally } from './report-sites.ts';
import type { RegistryTally, RunTally } from './run-tally.ts';
import type { VerdictColumns } from './verdicts.ts';

/** How many objects a report lists unless it is told otherwise. */
export const DEFAULT_REPORTED_OBJECTS = 1_000;
/** How many registries a report lists: a program may make one for each object. */
const MAXIMUM_REPORTED_REGISTRIES = 1_000;

export interface ReportFacts {
  readonly tally: RunTally;
  readonly verdicts: VerdictColumns;
  readonly outcome: Outcome;
  readonly program: Program;
  readonly durationMs: number;
  /** What ran the program, where the observer did not say. */
  readonly host: string;
  /** What the snapshot at the end told; absent if there is none. */
  readonly alive?: AliveExplanation;
  /** Whether all latencies are asked for. */
  readonly isComparedWithOthers?: boolean;
}

/** A report without its prediction, and every object of the run, each put together when it is asked for. */
export interface SessionReport {
  readonly report: RunReport;
  readonly objects: Iterable<ReportedObject>;
  /** Registered → callback started of the finalized, in ms, ascending; empty if they were not asked for. */
  readonly latenciesMs: Float64Array;
}

/**
 * @param maximumObjects listed in `report.objects`, in order of registration. If there are more, those that were not
 * finalized come first, since they are what a reader looks for; `objectsOmitted` counts the rest.
 */
export async function buildReport(
  facts: ReportFacts,
  maximumObjects = DEFAULT_REPORTED_OBJECTS,
): Promise<SessionReport> {
  const { tally, verdicts, program } = facts;
  const { rows, runtime, collections } = tally;
  const objectAt = createObjectReader(tally, verdicts, facts.alive);
  const chosen = await chooseRows(verdicts, maximumObjects);
  const registries = tally.registries();
  const registriesOmitted = registries.length - MAXIMUM_REPORTED_REGISTRIES;
  const latencies = await sumUpLatencies(rows, REPORTED_PERCENTAGES, facts.isComparedWithOthers === true);
  const sites = await tallySites(tally, verdicts);
  const report: RunReport = {
    schemaVersion: RUN_REPORT_SCHEMA_VERSION,
    runtime: {
      node: runtime?.node ?? null,
      v8: runtime?.v8 ?? null,
      host: runtime?.host ?? facts.host,
      ...(runtime?.electron === undefined ? {} : { electron: runtime.electron }),
    },
    scenario: describeProgram(program),
    outcome: facts.outcome,
    durationMs: facts.durationMs,
    heap: heapFigures(tally),
    gc: {
      minor: collections.minor,
      major: collections.major,
      forced: collections.forced,
      totalPauseMs: figure(collections.totalPauseMs),
      longestPauseMs: figure(collections.longestPauseMs),
    },
    registrations: await countVerdicts(verdicts),
    latencyMs: latencyFigures(latencies),
    registries: chooseRegistries(registries).map((registry) => ({
      id: registry.id,
      site: reportedSite(tally, registry.siteId),
      registrations: registry.registrations,
      finalized: registry.finalized,
      callbackTotalMs: figure(registry.callbackTotalMs),
      longestStallMs: figure(registry.longestStallMs),
    })),
    ...(registriesOmitted > 0 && { registriesOmitted }),
    ...sites.report((siteId) => reportedSite(tally, siteId)),
    objects: Array.from(chosen, objectAt),
    objectsOmitted: rows.length - chosen.length,
    ...(facts.alive !== undefined && reportedCauses(facts.alive)),
    console: { lines: tally.consoleLines, droppedLines: tally.droppedConsoleLines },
    warnings: [...tally.warnings],
    droppedRows: tally.droppedRows,
  };
  return {
    report,
    objects: {
      *[Symbol.iterator]() {
        for (let row = 0; row < rows.length; row += 1) yield objectAt(row);
      },
    },
    latenciesMs: latencies.ascendingMs,
  };
}

function describeProgram(program: Program): RunReport['scenario'] {
  switch (program.kind) {
    case 'scenario':
      return { id: program.id, parameters: program.parameters };
    case 'file':
      return { file: program.path, parameters: {} };
    case 'scratch':
      return { file: program.name, parameters: {} };
    case 'target':
      return { file: `process ${program.pid}`, parameters: {} };
    default:
      return assertNever(program);
  }
}

/** A figure that is not known is null in the document, which has no number that is not finite. */
function figure(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** `src/cart.ts:12:3`; null if the site was not recorded. */
function reportedSite(tally: RunTally, siteId: number): string | null {
  const site = tally.siteAt(siteId);
  return site === undefined ? null : siteText(site);
}

function classOf(tally: RunTally, siteId: number): { className?: string } {
  const className = tally.siteAt(siteId)?.className;
  return className === undefined ? {} : { className };
}

function createObjectReader(
  tally: RunTally,
  verdicts: VerdictColumns,
  alive: AliveExplanation | undefined,
): (row: number) => ReportedObject {
  const { rows } = tally;
  const whyOf = alive === undefined ? () => undefined : createWhyReader(alive);
  const collectedBetween = createCollectionBrackets({
    clearingCollections: tally.clearingCollections(),
    blocked: tally.blocked(),
  });
  return (row) => {
    const own = rows.at(row);
    const registeredAtMs = own.registeredAtMs[0] ?? NaN;
    const callbackStartedAtMs = own.callbackStartMs[0] ?? NaN;
    const callbackMs = own.callbackMs[0] ?? NaN;
    const label = tally.labelAt(row);
    const releasedAtMs = tally.releasedAtMs(label, registeredAtMs);
    const hasCallback = Number.isFinite(callbackStartedAtMs);
    const collectedBetweenMs = hasCallback
      ? (collectedBetween(releasedAtMs ?? registeredAtMs, callbackStartedAtMs) ??
        // V8 may see that an object is not used any more before the program says so.
        collectedBetween(registeredAtMs, callbackStartedAtMs))
      : undefined;
    const why = whyOf(row + 1);
    const siteId = own.siteId[0] ?? 0;
    return {
      id: row + 1,
      label,
      ...classOf(tally, siteId),
      site: reportedSite(tally, siteId),
      verdict: VERDICTS[verdicts.verdictAt(row)] ?? 'unknown',
      reason: VERDICT_REASONS[verdicts.reasonAt(row)] ?? 'none',
      registeredAtMs: figure(registeredAtMs),
      ...(releasedAtMs === undefined ? {} : { releasedAtMs }),
      ...(collectedBetweenMs?.every(Number.isFinite) === true ? { collectedBetweenMs } : {}),
      ...(hasCallback ? { callbackStartedAtMs } : {}),
      ...(Number.isFinite(callbackMs) ? { callbackMs } : {}),
      ...(why === undefined ? {} : { why }),
    };
  };
}

function overlapMs(fromMs: number, toMs: number, mark: { atMs: number; durationMs?: number }): number {
  return Math.max(0, Math.min(toMs, mark.atMs + (mark.durationMs ?? 0)) - Math.max(fromMs, mark.atMs));
}

async function chooseRows({ chunks, length }: VerdictColumns, maximum: number): Promise<Uint32Array> {
  if (length <= maximum) return Uint32Array.from({ length }, (_, row) => row);
  const finalized = VERDICTS.indexOf('finalized');
  const takeTurns = createTurns();
  const others: number[] = [];
  const finalizedRows: number[] = [];
  let first = 0;
  for (const { verdict } of chunks) {
    for (let row = 0; row < verdict.length && others.length < maximum; row += 1) {
      if (verdict[row] !== finalized) others.push(first + row);
      else if (finalizedRows.length < maximum) finalizedRows.push(first + row);
    }
    first += verdict.length;
    await takeTurns();
  }
  return Uint32Array.from([...others, ...finalizedRows.slice(0, maximum - others.length)]).sort();
}

async function tallySites({ rows }: RunTally, { chunks }: VerdictColumns) {
  const takeTurns = createTurns();
  const sites = createSiteTally();
  let chunk = 0;
  for (const { siteId } of rows.windows('registrations')) {
    const { verdict } = chunks[chunk] ?? {};
    if (verdict !== undefined) sites.add(siteId, verdict);
    chunk += 1;
    await takeTurns();
  }
  return sites;
}

/** Those that held the thread longest, in order of their ids. */
function chooseRegistries(registries: readonly RegistryTally[]): readonly RegistryTally[] {
  if (registries.length <= MAXIMUM_REPORTED_REGISTRIES) return registries;
  return registries
    .toSorted((one, other) => other.longestStallMs - one.longestStallMs)
    .slice(0, MAXIMUM_REPORTED_REGISTRIES)
    .sort((one, other) => one.id - other.id);
}

async function countVerdicts({ chunks, length }: VerdictColumns): Promise<VerdictCounts> {
  const counts = new Float64Array(VERDICTS.length);
  const notReturned = VERDICT_REASONS.indexOf('callback-not-returned');
  let callbackNotReturned = 0;
  const takeTurns = createTurns();
  for (const { verdict, reason } of chunks) {
    for (let row = 0; row < verdict.length; row += 1) {
      const code = verdict[row] ?? 0;
      counts[code] = (counts[code] ?? 0) + 1;
      if (reason[row] === notReturned) callbackNotReturned += 1;
    }
    await takeTurns();
  }
  const count = (name: (typeof VERDICTS)[number]) => counts[VERDICTS.indexOf(name)] ?? 0;
  return {
    total: length,
    finalized: count('finalized'),
    ...(callbackNotReturned > 0 && { callbackNotReturned }),
    unregistered: count('unregistered'),
    alive: count('alive'),
    callbackPending: count('callback-pending'),
    registryCollected: count('registry-collected'),
    exitedFirst: count('exited-first'),
    callbackThrew: count('callback-threw'),
    unknown: count('unknown'),
  };
}

/**
 * Gaps are between rows that have a heap figure: a row without one says nothing about the curve. While a heap snapshot is
 * written there is none to be had, and that is no gap of the program's.
 */
function heapFigures(tally: RunTally): RunReport['heap'] {
  const { atMs, usedBytes, externalBytes, peakRssBytes } = tally.samples;
  const known = atMs.filter((_, row) => !Number.isNaN(usedBytes[row]));
  const snapshots = tally.marks.filter(({ kind }) => kind === 'heap-snapshot');
  const gaps = known.subarray(1).map((at, row) => {
    const before = known[row] ?? NaN;
    return at - before - snapshots.reduce((sum, mark) => sum + overlapMs(before, at, mark), 0);
  });
  gaps.sort();
  const isKnown = (bytes: number) => !Number.isNaN(bytes);
  const peak = (column: Float64Array) =>
    column.reduce((most, bytes) => (bytes <= most || Number.isNaN(bytes) ? most : bytes), NaN);
  return {
    samples: known.length,
    maxGapMs: figure(gaps.at(-1)),
    medianGapMs: figure(percentile(gaps, 50)),
    peakUsedBytes: figure(peak(usedBytes)),
    finalUsedBytes: figure(usedBytes.findLast(isKnown)),
    peakRssBytes: figure(peakRssBytes),
    peakExternalBytes: figure(peak(externalBytes)),
    finalExternalBytes: figure(externalBytes.findLast(isKnown)),
  };
}

const REPORTED_PERCENTAGES = [50, 95, 99, 100];

function latencyFigures({ count, percentilesMs: [p50, p95, p99, max] }: Latencies): RunReport['latencyMs'] {
  return { count, p50: figure(p50), p95: figure(p95), p99: figure(p99), max: figure(max) };
}

/** Nearest rank: the smallest value that at least `percent` of all are not above. */
function percentile(ascending: Float64Array, percent: number): number | undefined {
  return ascending[Math.max(0, Math.ceil((percent / 100) * ascending.length) - 1)];
}
