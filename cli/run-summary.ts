// What `heapline run` tells a person at the end: the outcome, the prediction, and the figures with their units.

import type { RunReport } from '../engine/protocol/run-report.ts';
import { formatBytes } from './format-bytes.ts';
import { summarizeCauses } from './why-summary.ts';

const VERDICT_NAMES = {
  finalized: 'finalized',
  unregistered: 'unregistered',
  alive: 'alive',
  callbackPending: 'callback pending',
  registryCollected: 'registry collected',
  exitedFirst: 'exited first',
  callbackThrew: 'callback threw',
  unknown: 'unknown',
} as const satisfies Partial<Record<keyof RunReport['registrations'], string>>;

const MAXIMUM_LISTED_SITES = 20;

/** `1,234,567`. Not by the locale's formatter, which takes longer to load than everything else that is printed. */
const count = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(2)} ms`;
}

/** A table of two columns under a title: names to the left, figures to the right. */
function section(title: string, rows: readonly (readonly [name: string, figure: string])[]): string[] {
  const nameWidth = Math.max(...rows.map(([name]) => name.length), 22);
  const figureWidth = Math.max(...rows.map(([, figure]) => figure.length), 10);
  return [title, ...rows.map(([name, figure]) => `  ${name.padEnd(nameWidth)}  ${figure.padStart(figureWidth)}`), ''];
}

/** Figures first, so that they stay in line however long the sites are. */
function siteTable({ sites = [], sitesOmitted = 0 }: RunReport): string[] {
  if (sites.length === 0) return [];
  const figures = (texts: readonly string[]) => texts.map((text) => text.padStart(10)).join('  ');
  const rows = sites.slice(0, MAXIMUM_LISTED_SITES).map(({ site, registered, finalized, alive }) => {
    return `  ${figures([count(registered), count(finalized), count(alive)])}  ${site ?? 'site not recorded'}`;
  });
  const more = Math.max(0, sites.length - MAXIMUM_LISTED_SITES) + sitesOmitted;
  return [
    'By site of registration',
    `  ${figures(['registered', 'finalized', 'alive'])}  site`,
    ...rows,
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
    '',
  ];
}

/** Where it happened, the lines around, what to do, and how it came there; without a place, all that is known. */
function errorLines({ place, frame, hint, stack }: NonNullable<RunReport['outcome']['error']>): string[] {
  if (place === undefined) return [...stack.trimEnd().split('\n'), ...(hint === undefined ? [] : [hint])];
  const callers = stack.split('\n').filter((line) => /^ +at /.test(line) && !/[( ]node:/.test(line));
  return [
    `${place.file}:${place.line}:${place.column}`,
    ...(frame?.split('\n') ?? []),
    ...(hint === undefined ? [] : [hint]),
    ...callers,
  ];
}

/** Lines without a line end. A figure that is not known is a dash, never a zero. */
export function summarizeRun(report: RunReport): string[] {
  const { runtime, registrations, latencyMs, heap, gc, prediction } = report;
  const name = report.scenario.id ?? report.scenario.file ?? 'run';
  const machine = [runtime.node && `Node ${runtime.node}`, runtime.v8 && `V8 ${runtime.v8}`].filter(Boolean).join(', ');
  const lines = [`${name}: ${report.outcome.message}`];
  lines.push(`${duration(report.durationMs)}${machine === '' ? '' : ` on ${machine}`}`, '');

  const verdicts = Object.entries(VERDICT_NAMES)
    .map(([key, verdict]) => [verdict, registrations[key as keyof typeof VERDICT_NAMES]] as const)
    .filter(([, rows]) => rows > 0)
    .map(([verdict, rows]): readonly [string, string] => [verdict, count(rows)]);
  const { total, callbackNotReturned = 0 } = registrations;
  if (callbackNotReturned > 0) {
    const place = verdicts.findIndex(([verdict]) => verdict === VERDICT_NAMES.finalized) + 1;
    verdicts.splice(place, 0, ['  callback never returned', count(callbackNotReturned)]);
  }
  lines.push(...section('Registrations', [['registered', count(total)], ...verdicts]));
  lines.push(...siteTable(report), ...summarizeCauses(report, count));

  if (latencyMs.count > 0) {
    lines.push(
      ...section('From registration to callback', [
        ['median', duration(latencyMs.p50)],
        ['95th percentile', duration(latencyMs.p95)],
        ['longest', duration(latencyMs.max)],
      ]),
    );
  }
  lines.push(
    ...section('Memory', [
      ['heap used, peak', formatBytes(heap.peakUsedBytes)],
      ['heap used, at the end', formatBytes(heap.finalUsedBytes)],
      ['external, peak', formatBytes(heap.peakExternalBytes)],
      ['process, peak', formatBytes(heap.peakRssBytes)],
      ['samples', count(heap.samples)],
    ]),
    ...section('Garbage collections', [
      ['minor', count(gc.minor)],
      ['major', count(gc.major)],
      ['of these forced', count(gc.forced)],
      ['pauses, all together', duration(gc.totalPauseMs)],
      ['longest pause', duration(gc.longestPauseMs)],
    ]),
  );
  if (report.outcome.error) lines.push(...errorLines(report.outcome.error), '');
  for (const warning of report.warnings) lines.push(`Warning: ${warning}`);
  if (report.droppedRows > 0) lines.push(`Warning: ${count(report.droppedRows)} rows of the recording were dropped.`);
  if (prediction) {
    lines.push(`Prediction ${prediction.held ? 'held' : 'did not hold'}:`);
    for (const { held, expectation, observed } of prediction.checks) {
      lines.push(`  ${held ? '✓' : '✗'} ${expectation}`, `    observed: ${observed}`);
    }
    if (prediction.checks.length === 0) lines.push(`  ${prediction.details}`);
    const { place, frame, hint } = prediction.problem ?? {};
    if (place !== undefined) lines.push(`${place.file}:${place.line}:${place.column}`);
    lines.push(...(frame?.split('\n') ?? []), ...(hint === undefined ? [] : [hint]));
  }
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
