// What a prediction may take for granted about garbage collection. Called by the scenarios' predictions, in the session.

import type { PredictionFacts } from './define-scenario.ts';

/**
 * `certain`: major GCs came again and again until the end. `none`: nobody asked for one, and a small program gives V8 no
 * reason of its own. `possible`: somebody asked for one by hand or changed the policy, so neither can be expected.
 */
export type ExpectedCollections = 'certain' | 'none' | 'possible';

/** How surely major GCs came after the program let go of its objects. */
export function expectedCollections({ gcPolicy, marks }: PredictionFacts): ExpectedCollections {
  if (marks.some(({ kind }) => kind === 'gc-policy-changed')) return 'possible';
  if (gcPolicy.kind === 'major' || gcPolicy.kind === 'pressure') return 'certain';
  return marks.some(({ kind, name }) => kind === 'gc-requested' && name.includes('major')) ? 'possible' : 'none';
}
