// What `heapline run --why` tells a person: what keeps the living objects alive, and how the snapshot comes along.

import type { RunBatchOf } from '../engine/protocol/run-batch.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { assertNever } from '../engine/protocol/vocabulary.ts';
import { formatBytes } from './format-bytes.ts';

type Cause = NonNullable<RunReport['causes']>[number];

/** More of them make nobody wiser; the document has all. */
const SHOWN_CAUSES = 20;
/** Steps of a long path that are shown at its beginning, around its suspect edge, and at its end. */
const STEPS_AT_BEGINNING = 4;
const STEPS_AROUND_SUSPECT = 2;
const STEPS_AT_END = 4;
const ARROW = ' → ';
/** Where a person would cut. */
const SUSPECT_ARROW = ' ─✗→ ';

export type CausesReport = Pick<RunReport, 'causes' | 'causesOmitted'> & {
  readonly registrations: Pick<RunReport['registrations'], 'alive'>;
};

/** Lines without a line end; none if nothing was explained, or nothing is alive. */
export function summarizeCauses(report: CausesReport, count: (value: number) => string): string[] {
  const { causes, causesOmitted = 0 } = report;
  if (causes === undefined) return [];
  // Those of a report that omits some are counted together: a program may have more reasons than anybody lists.
  const explained = causesOmitted > 0 ? Infinity : causes.reduce((sum, cause) => sum + cause.count, 0);
  const unexplained = report.registrations.alive - explained;
  const rest = unexplained > 0 ? [untold(unexplained, count)] : [];
  if (causes.length === 0) return rest.length === 0 ? [] : [...rest, ''];
  const lines = ['What keeps objects alive'];
  for (const cause of causes.slice(0, SHOWN_CAUSES)) {
    const objects = cause.count === 1 ? '1 object' : `${count(cause.count)} objects`;
    const retained = cause.retainedBytes === undefined ? '' : `, ${formatBytes(cause.retainedBytes)}`;
    lines.push(`  ${objects}${retained}: ${cause.cause.replaceAll('-', ' ')}`);
    if (cause.path.length > 0) lines.push(`    ${pathInOneLine(cause.path)}`);
    lines.push(`    ${cause.fix}`);
  }
  const listed = Math.max(0, causes.length - SHOWN_CAUSES);
  if (listed > 0) lines.push(`  and ${count(listed)} more ${listed === 1 ? 'reason' : 'reasons'}, which --json lists`);
  if (causesOmitted > 0) lines.push(`  and ${count(causesOmitted)} more, which are not listed`);
  return [...lines, ...rest.map((line) => `  ${line}`), ''];
}

function untold(objects: number, count: (value: number) => string): string {
  return objects === 1
    ? '1 object is alive, and the heap snapshot tells nothing of it.'
    : `${count(objects)} objects are alive, and the heap snapshot tells nothing of them.`;
}

/** `globalThis → .sessions Map ─✗→ "17" Session`: a cross where the suspect edge is. */
export function pathInOneLine(path: Cause['path']): string {
  const suspect = path.findIndex((step) => step.suspect);
  const isShown = (index: number) =>
    index < STEPS_AT_BEGINNING ||
    index >= path.length - STEPS_AT_END ||
    (suspect !== -1 && Math.abs(index - suspect) <= STEPS_AROUND_SUSPECT);
  let line = '';
  for (const [index, { edge, node, suspect: isSuspect }] of path.entries()) {
    if (!isShown(index)) {
      if (isShown(index - 1)) line += `${ARROW}…`;
      continue;
    }
    if (index > 0) line += isSuspect ? SUSPECT_ARROW : ARROW;
    line += edge === '' ? node : `${edge} ${node}`;
  }
  return line;
}

/** What a run that is being explained does, in a few words; undefined for any other status. */
export function describeExplaining({ step, progress }: RunBatchOf<'status'>): string | undefined {
  const percent = progress === undefined ? '' : `: ${Math.floor(progress * 100)} %`;
  switch (step) {
    case undefined:
      return undefined;
    case 'writing-snapshot':
      return 'Writing a heap snapshot';
    case 'reading-snapshot':
      return `Reading the heap snapshot${percent}`;
    case 'finding-paths':
      return `Finding what keeps objects alive${percent}`;
    default:
      return assertNever(step);
  }
}
