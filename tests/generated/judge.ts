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
  /** The object is reachable without what the fix names. */
  'cut',
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

/** @param message of a cut that does not free an object, with its label. */
export function judgeCut(programs: readonly GeneratedProgram[], message: string): Failure {
  const label = LABEL.exec(message)?.[0] ?? '';
  const program = label === '' ? (programs[0]?.name ?? '') : label.replace(/-.*/, '');
  return { program, label, fault: 'cut', message };
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
      fix.every((part) => says(why.fix, part)) && (holders.length > 1 || causes.includes(why.cause));
    if (!names.some(isNamed)) {
      found.push(['fix', `does not say ${names.map(({ fix }) => fix.join(' and ')).join(', or ')}: ${text}`]);
    }
  }
  const missing = path.filter((part) => !says(text, part));
  if (missing.length > 0) found.push(['path', `has no ${missing.join(', ')}: ${text}`]);
  if (innocent !== undefined) {
    const suspect = why.path.findIndex((step) => step.suspect);
    const registry = why.path.findLastIndex(({ edge }) => says(edge, innocent));
    if (suspect >= 0 && suspect <= registry + 1) found.push(['innocent', `suspects ${innocent}: ${text}`]);
  }
  return found;
}

/** Whether `part` stands in `text` by itself: `openRooms` is not `openRooms2`. */
function says(text: string, part: string): boolean {
  const isWord = (character: string | undefined): boolean => character !== undefined && /[\w$]/.test(character);
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    const isBegun = isWord(text[at - 1]) && isWord(part[0]);
    const isContinued = isWord(text[at + part.length]) && isWord(part.at(-1));
    if (!isBegun && !isContinued) return true;
  }
  return false;
}

function textOf({ why }: ReportedObject): string {
  if (why === undefined) return '';
  const steps = why.path.map(({ edge, node, suspect, place }) => {
    const file = place?.file.replace(/^.*\//, '') ?? '';
    return `${suspect ? '!' : ''}${edge} ${node}${file === '' ? '' : ` (${file}:${place?.line})`}`.trim();
  });
  return `${why.cause}: ${steps.join(' → ')} — ${why.fix}`;
}
