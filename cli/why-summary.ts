// What `heapline run --why` tells a person: what keeps the living objects alive, and how the snapshot comes along.

import type { RunBatchOf } from '../engine/protocol/run-batch.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { assertNever } from '../engine/protocol/vocabulary.ts';

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

/** Lines without a line end; none if nothing was explained. */
export function summarizeCauses(causes: readonly Cause[] | undefined, count: (value: number) => string): string[] {
  if (causes === undefined || causes.length === 0) return [];
  const lines = ['What keeps objects alive'];
  for (const cause of causes.slice(0, SHOWN_CAUSES)) {
    const objects = cause.count === 1 ? '1 object' : `${count(cause.count)} objects`;
    const retained = cause.retainedBytes === undefined ? '' : `, ${retainedSize(cause.retainedBytes)}`;
    lines.push(`  ${objects}${retained}: ${cause.cause.replaceAll('-', ' ')}`);
    if (cause.path.length > 0) lines.push(`    ${pathInOneLine(cause.path)}`);
    lines.push(`    ${cause.fix}`);
  }
  const more = causes.length - SHOWN_CAUSES;
  if (more > 0) lines.push(`  and ${count(more)} more reasons, which --json lists`);
  return [...lines, ''];
}

/** What one reason keeps is mostly little. */
function retainedSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
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
