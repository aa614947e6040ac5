// What a prediction may take for granted about garbage collection. Called by the scenarios' predictions, in the session.

import { assertNever } from '../protocol/vocabulary.ts';
import type { PredictionFacts } from './define-scenario.ts';

/**
 * `certain`: the policy made major GCs after the program had let go of everything. `none`: nobody asked for one, and a
 * small program gives V8 no reason of its own. `possible`: the policy was changed, somebody asked for a major GC by hand,
 * the run left the policy too little time, or there were minor GCs in a V8 where those clear registrations, so neither can
 * be expected.
 */
export type ExpectedCollections = 'certain' | 'none' | 'possible';

/** Callbacks have begun this long after the collection that made them due, where the thread is free. */
const CALLBACK_DELAY_MS = 100;

/** How surely major GCs came after the program let go of its objects. */
export function expectedCollections(facts: PredictionFacts): ExpectedCollections {
  const { gcPolicy, marks, majorCollections, clearingCollections } = facts;
  if (marks.some(({ kind }) => kind === 'gc-policy-changed')) return 'possible';
  const settle = settleTime(marks);
  const hadItsTurn = settle.endMs - settle.startMs >= 1.5 * gcPolicy.intervalMs;
  switch (gcPolicy.kind) {
    case 'major':
      return hadItsTurn ? 'certain' : 'possible';
    case 'pressure': {
      // Memory pressure is a reason for V8 to collect, not a command: on a busy machine it may take its time.
      const lastEndMs = settle.endMs - CALLBACK_DELAY_MS;
      const isSeen = majorCollections.startMs.some(
        (startMs, index) => startMs >= settle.startMs && (majorCollections.endMs[index] ?? Infinity) <= lastEndMs,
      );
      return hadItsTurn && isSeen ? 'certain' : 'possible';
    }
    case 'none':
    case 'minor': {
      const isAskedFor = marks.some(({ kind, name }) => kind === 'gc-requested' && name === 'major');
      return isAskedFor || hasClearingMinors({ majorCollections, clearingCollections }) ? 'possible' : 'none';
    }
    default:
      return assertNever(gcPolicy.kind);
  }
}

/** Whether nobody but the program and V8 made major GCs: the policy asks for none, was not changed, and no user asked. */
export function isLeftAlone({ gcPolicy: { kind }, marks }: Pick<PredictionFacts, 'gcPolicy' | 'marks'>): boolean {
  const isAskedFor = marks.some((mark) => mark.kind === 'gc-requested' && mark.name === 'major');
  return (
    (kind === 'none' || kind === 'minor') && !isAskedFor && !marks.some((mark) => mark.kind === 'gc-policy-changed')
  );
}

/** Whether minor GCs of the program's time can have cleared registrations. The observer's own come before it. */
function hasClearingMinors({
  majorCollections,
  clearingCollections,
}: Pick<PredictionFacts, 'majorCollections' | 'clearingCollections'>): boolean {
  const majors = new Set(majorCollections.startMs);
  return clearingCollections.startMs.some((startMs) => startMs >= 0 && !majors.has(startMs));
}

/** When the policy went on after the program's end; NaN if the process ended with the program. */
function settleTime(marks: PredictionFacts['marks']): { readonly startMs: number; readonly endMs: number } {
  const atMs = (wanted: string) => marks.find(({ kind }) => kind === wanted)?.atMs ?? NaN;
  return { startMs: atMs('settle-started'), endMs: atMs('settle-ended') };
}
