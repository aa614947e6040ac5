// What an experiment tells a person on the terminal: progress with the time left, and the policies side by side.

import type { ExperimentListing, FiveNumbers } from '../engine/protocol/experiment.ts';
import { assertNever, type GcPolicyKind } from '../engine/protocol/vocabulary.ts';

const PLOT_COLUMNS = 32;

const percent = (share: number) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function nameOfPolicy(kind: GcPolicyKind): string {
  switch (kind) {
    case 'none':
      return 'natural GCs';
    case 'minor':
      return 'forced minor';
    case 'major':
      return 'forced major';
    case 'pressure':
      return 'memory pressure';
    default:
      return assertNever(kind);
  }
}

/** `17 of 40 runs, about 24 s left` */
export function describeProgress({ policies, runsLeft, remainingMs, status }: ExperimentListing): string {
  const runs = policies.reduce((sum, policy) => sum + policy.runs.length, 0);
  const done = `${runs - runsLeft} of ${runs} runs`;
  if (status === 'cancelled') return `${done}, ending the others…`;
  return remainingMs === null ? done : `${done}, about ${Math.ceil(remainingMs / 1000)} s left`;
}

/** Lines without a line end: one block for the finalized share and one for the latency, a row a policy. */
export function describePolicies(experiment: ExperimentListing): string[] {
  const { policies, title, status, elapsedMs, runsAtOnce } = experiment;
  const ran = policies.reduce((sum, { summary }) => sum + summary.runs, 0);
  const cut = status === 'cancelled' ? ', cancelled' : '';
  const lines = [`${title}: ${ran} runs in ${milliseconds(elapsedMs)}, up to ${runsAtOnce} at once${cut}`, ''];
  const rows = policies.map(({ gcPolicy, summary }) => ({ name: nameOfPolicy(gcPolicy.kind), ...summary }));
  const longestMs = Math.max(0, ...rows.map(({ latencyMs }) => latencyMs?.maximum ?? 0));
  lines.push(
    ...plotRows('Finalized, share of each run’s registrations', rows, 1, percent, ({ finalizedShare, runs }) =>
      runs === 0 ? 'no run' : (finalizedShare ?? 'nothing was registered'),
    ),
    ...plotRows('From registration to callback, of all runs', rows, longestMs, milliseconds, ({ latencyMs, runs }) =>
      runs === 0 ? 'no run' : (latencyMs ?? 'no callback ran'),
    ),
  );
  const failures = new Map<string, number>();
  for (const { runs } of policies) {
    for (const { outcome, problem } of runs) {
      const failure = problem ?? (outcome === undefined || outcome === 'completed' ? undefined : outcome);
      if (failure !== undefined) failures.set(failure, (failures.get(failure) ?? 0) + 1);
    }
  }
  for (const [failure, runs] of failures) lines.push(`${runs} × ${failure}`);
  const missed = policies.flatMap((policy) => policy.runs).filter(({ predictionHeld }) => predictionHeld === false);
  if (missed.length > 0) lines.push(`The prediction did not hold in ${missed.length} runs.`);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

interface Row {
  readonly name: string;
}

function plotRows<PolicyRow extends Row>(
  title: string,
  rows: readonly PolicyRow[],
  maximum: number,
  format: (value: number) => string,
  figuresOf: (row: PolicyRow) => FiveNumbers | string,
): string[] {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const described = rows.map((row) => {
    const figures = figuresOf(row);
    if (typeof figures === 'string') return { name: row.name, plot: '', text: figures };
    const { minimum, median, maximum: greatest } = figures;
    const text = `${format(median)}  (${format(minimum)} to ${format(greatest)})`;
    return { name: row.name, plot: boxPlot(figures, maximum), text };
  });
  return [
    title,
    ...described.map(({ name, plot, text }) => `  ${name.padEnd(nameWidth)}  ${plot.padEnd(PLOT_COLUMNS)}  ${text}`),
    '',
  ];
}

/** `├──▒▒█▒───┤`: the whole range, the middle half, and the median, on a scale from 0 to `maximum`. */
function boxPlot(figures: FiveNumbers, maximum: number): string {
  const columnOf = (value: number) =>
    maximum <= 0 ? 0 : Math.round((Math.max(0, value) / maximum) * (PLOT_COLUMNS - 1));
  const from = columnOf(figures.minimum);
  const to = columnOf(figures.maximum);
  const median = columnOf(figures.median);
  const low = columnOf(figures.lowerQuartile);
  const high = columnOf(figures.upperQuartile);
  return Array.from({ length: to + 1 }, (_, column) => {
    if (column === median) return '█';
    if (column < from) return ' ';
    if (column >= low && column <= high) return '▒';
    return column === from ? '├' : column === to ? '┤' : '─';
  }).join('');
}
