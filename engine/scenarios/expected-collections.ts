// What a prediction may take for granted about garbage collection. Called by the scenarios' predictions, in the session.

import { assertNever } from '../protocol/vocabulary.ts';
import type { PredictionFacts } from './define-scenario.ts';

/**
 * `certain`: the policy made major GCs after the program had let go of everything. `none`: nobody asked for one, and a
 * small program gives V8 no reason of its own. `possible`: the policy was changed, somebody asked for a major GC by hand,
 * or the run left the policy too little time, so neither can be expected.
 */
export type ExpectedCollections = 'certain' | 'none' | 'possible';

/** How surely major GCs came after the program let go of its objects. */
export function expectedCollections({ gcPolicy, marks }: PredictionFacts): ExpectedCollections {
  if (marks.some(({ kind }) => kind === 'gc-policy-changed')) return 'possible';
  switch (gcPolicy.kind) {
    case 'major':
    case 'pressure':
      return settledMs(marks) >= 1.5 * gcPolicy.intervalMs ? 'certain' : 'possible';
    case 'none':
    case 'minor':
      return marks.some(({ kind, name }) => kind === 'gc-requested' && name === 'major') ? 'possible' : 'none';
    default:
      return assertNever(gcPolicy.kind);
  }
}

/** How long the policy went on after the program's end; 0 if the process ended with the program. */
function settledMs(marks: PredictionFacts['marks']): number {
  const startedAtMs = marks.find(({ kind }) => kind === 'settle-started')?.atMs;
  const endedAtMs = marks.find(({ kind }) => kind === 'settle-ended')?.atMs;
  return startedAtMs === undefined || endedAtMs === undefined ? 0 : endedAtMs - startedAtMs;
}
