// What is on screen: a scenario, a script of the user's, the scratch editor, or a process that was started elsewhere.
// Pure functions of the page; the address names the subject, so that a reload or a link comes back to it.

import type { ListedProgram, ListedDescription } from '../../../engine/protocol/run-description.ts';
import { assertNever } from '../../../engine/protocol/vocabulary.ts';

export type Subject =
  | { readonly kind: 'scenario'; readonly id: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'scratch' }
  | { readonly kind: 'target'; readonly targetId: string }
  /** A run that was opened from a file, which stands for itself: its program need not be here. */
  | { readonly kind: 'recording'; readonly runId: string };

/** One text for each subject, to compare and to keep things by. */
export function keyOf(subject: Subject): string {
  switch (subject.kind) {
    case 'scenario':
      return `scenario:${subject.id}`;
    case 'file':
      return `file:${subject.path}`;
    case 'scratch':
      return 'scratch';
    case 'target':
      return `target:${subject.targetId}`;
    case 'recording':
      return `recording:${subject.runId}`;
    default:
      return assertNever(subject);
  }
}

/** The subject that a program is, whichever of its runs is meant. */
export function subjectOf(program: ListedProgram): Subject {
  switch (program.kind) {
    case 'scenario':
      return { kind: 'scenario', id: program.id };
    case 'file':
      return { kind: 'file', path: program.path };
    case 'scratch':
      return { kind: 'scratch' };
    case 'target':
      return { kind: 'target', targetId: program.targetId };
    default:
      return assertNever(program);
  }
}

/** The subject whose runs this run is one of. */
export const subjectOfRun = ({ runId, program, origin }: ListedDescription): Subject =>
  origin === undefined ? subjectOf(program) : { kind: 'recording', runId };

/** The fragment of the page's address for a subject: `#script=%2Fhome%2F…`. */
export function fragmentOf(subject: Subject): string {
  switch (subject.kind) {
    case 'scenario':
      return `#scenario=${encodeURIComponent(subject.id)}`;
    case 'file':
      return `#script=${encodeURIComponent(subject.path)}`;
    case 'scratch':
      return '#scratch';
    case 'target':
      return `#target=${encodeURIComponent(subject.targetId)}`;
    case 'recording':
      return `#recording=${encodeURIComponent(subject.runId)}`;
    default:
      return assertNever(subject);
  }
}

/** What a fragment names; undefined for one that somebody else wrote. Hosts write `#script=<path>` and `#recording=<id>`. */
export function subjectOfFragment(fragment: string): Subject | undefined {
  if (fragment === '#scratch') return { kind: 'scratch' };
  const [, name, encoded] = /^#(scenario|script|target|recording)=(.+)$/.exec(fragment) ?? [];
  if (name === undefined || encoded === undefined) return undefined;
  let value: string;
  try {
    value = decodeURIComponent(encoded);
  } catch {
    // A lone per cent sign: not written by us.
    return undefined;
  }
  switch (name) {
    case 'scenario':
      return { kind: 'scenario', id: value };
    case 'script':
      return { kind: 'file', path: value };
    case 'recording':
      return { kind: 'recording', runId: value };
    default:
      return { kind: 'target', targetId: value };
  }
}
