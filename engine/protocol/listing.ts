// How runs and experiments are listed: without texts, and once listed, by what has changed. A listing goes to every client,
// so what a program is made of (its text, input, arguments and environment) comes to those alone that follow a run of it.

import * as v from 'valibot';
import { ExperimentListing, ExperimentRun, PolicySummary } from './experiment.ts';
import { ListedProgram, type Program, RunDescription, type ListedDescription } from './run-description.ts';
import { assertNever } from './vocabulary.ts';

const Index = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What has changed of an experiment since it was listed, or since the last change. Applying one twice changes nothing. */
export const ExperimentChange = v.object({
  experimentId: v.string(),
  ...v.pick(ExperimentListing, ['status', 'runsLeft', 'elapsedMs', 'remainingMs']).entries,
  /** Runs and summaries by their place in the listing. */
  runs: v.array(v.object({ policy: Index, index: Index, run: ExperimentRun })),
  summaries: v.array(v.object({ policy: Index, summary: PolicySummary })),
});
export type ExperimentChange = v.InferOutput<typeof ExperimentChange>;

/** Returns the listing with the change; the given one is left as it is. */
export function withChange(listing: ExperimentListing, change: ExperimentChange): ExperimentListing {
  const { status, runsLeft, elapsedMs, remainingMs } = change;
  const policies = listing.policies.map((policy, at) => {
    const summary = change.summaries.findLast((changed) => changed.policy === at)?.summary ?? policy.summary;
    const changes = change.runs.filter((changed) => changed.policy === at);
    if (changes.length === 0) return { ...policy, summary };
    const runs = [...policy.runs];
    // A change of another listing cannot make this one longer.
    for (const { index, run } of changes) if (index < runs.length) runs[index] = run;
    return { ...policy, summary, runs };
  });
  return { ...listing, status, runsLeft, elapsedMs, remainingMs, policies };
}

export function listedProgram(program: Program): ListedProgram {
  switch (program.kind) {
    case 'scenario':
    case 'target':
      return program;
    case 'file':
      return { kind: 'file', path: program.path };
    case 'scratch':
      return { kind: 'scratch', name: program.name };
    default:
      return assertNever(program);
  }
}

export const listedDescription = (description: RunDescription): ListedDescription => ({
  ...description,
  program: listedProgram(description.program),
});
