// Compares what was told of a generated program's objects with what is true by construction and natively.

import type { ReportedObject, RunReport } from '../../engine/protocol/run-report.ts';
import type { Expectation, HolderName } from './expectation.ts';
import type { GeneratedProgram } from './write-program.ts';

export const FAULTS = [
  /** The generator itself is wrong: natively the object ends otherwise. */
  'native',
  'count',
  'verdict',
  'cause',
  'fix',
  'path',
  'suspect',
  'innocent',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Failure {
  readonly program: string;
  readonly label: string;
  readonly fault: Fault;
  readonly message: string;
}

const LABEL = /\bp\d+-\d+\b/;

export function judge(
  programs: readonly GeneratedProgram[],
  finalizedNatively: ReadonlySet<string>,
  report: RunReport,
): Failure[] {
  const objects = new Map(report.objects.map((object) => [LABEL.exec(object.label ?? '')?.[0] ?? '', object]));
  const failures = programs.flatMap((program) =>
    program.expectations.flatMap((expectation) =>
      judgeObject(expectation, finalizedNatively.has(expectation.label), objects.get(expectation.label)).map(
        ([fault, message]): Failure => ({ program: program.name, label: expectation.label, fault, message }),
      ),
    ),
  );
  const total = programs.reduce((sum, { expectations }) => sum + expectations.length, 0);
  const counted = { total, finalized: finalizedNatively.size, alive: total - finalizedNatively.size };
  const { registrations } = report;
  const seen = { total: registrations.total, finalized: registrations.finalized, alive: registrations.alive };
  if (JSON.stringify(counted) !== JSON.stringify(seen)) {
    const message = `natively ${JSON.stringify(counted)}, observed ${JSON.stringify(seen)}`;
    failures.push({ program: programs[0]?.name ?? '', label: '', fault: 'count', message });
  }
  return failures;
}

function judgeObject(
  expectation: Expectation,
  isFinalizedNatively: boolean,
  object: ReportedObject | undefined,
): [Fault, string][] {
  const { holders, path, innocent } = expectation;
  const isKept = holders.length > 0;
  if (isKept === isFinalizedNatively)
    return [['native', isKept ? 'is finalized natively' : 'is not finalized natively']];
  if (object === undefined) return [['count', 'is not reported']];
  const verdict = isKept ? 'alive' : 'finalized';
  const text = textOf(object);
  if (object.verdict !== verdict) return [['verdict', `${object.verdict}, not ${verdict} ${text}`]];
  if (!isKept) return [];
  const { why } = object;
  if (why === undefined) return [['cause', 'has no explanation']];

  const found: [Fault, string][] = [];
  const suspects = why.path.filter(({ suspect }) => suspect).length;
  if (suspects !== 1) found.push(['suspect', `${suspects} suspects: ${text}`]);
  if (!holders.some((names) => names.some(({ causes }) => causes.includes(why.cause)))) {
    const causes = holders.flatMap((names) => names.flatMap((name) => name.causes));
    found.push(['cause', `${why.cause}, not ${causes.join(' or ')}: ${text}`]);
  }
  for (const names of holders) {
    const isNamed = ({ causes, fix }: HolderName) =>
      fix.every((part) => why.fix.includes(part)) && (holders.length > 1 || causes.includes(why.cause));
    if (!names.some(isNamed)) {
      found.push(['fix', `does not say ${names.map(({ fix }) => fix.join(' and ')).join(', or ')}: ${text}`]);
    }
  }
  const missing = path.filter((part) => !text.includes(part));
  if (missing.length > 0) found.push(['path', `has no ${missing.join(', ')}: ${text}`]);
  if (innocent !== undefined) {
    const suspect = why.path.findIndex((step) => step.suspect);
    const registry = why.path.findLastIndex(({ edge }) => edge.includes(innocent));
    if (suspect >= 0 && suspect <= registry + 1) found.push(['innocent', `suspects ${innocent}: ${text}`]);
  }
  return found;
}

function textOf({ why }: ReportedObject): string {
  if (why === undefined) return '';
  const steps = why.path.map(({ edge, node, suspect, place }) => {
    const file = place?.file.replace(/^.*\//, '') ?? '';
    return `${suspect ? '!' : ''}${edge} ${node}${file === '' ? '' : ` (${file}:${place?.line})`}`.trim();
  });
  return `${why.cause}: ${steps.join(' → ')} — ${why.fix}`;
}
