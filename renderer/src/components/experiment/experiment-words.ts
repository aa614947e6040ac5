// What an experiment amounts to, in sentences: for the panel beside its figures and for screen readers. Pure functions.

import type { ExperimentListing } from '../../../../engine/protocol/experiment.ts';
import { formatCount, formatDuration } from '../../stream/figures.ts';
import { GC_POLICY_WORDS } from '../run-words.ts';

type Policy = ExperimentListing['policies'][number];

export const formatShare = (share: number) => {
  const percent = share * 100;
  return `${percent === 0 || percent >= 10 || Number.isInteger(percent) ? percent.toFixed(0) : percent.toFixed(1)} %`;
};

export const titleOfPolicy = ({ gcPolicy }: Policy) => GC_POLICY_WORDS[gcPolicy.kind].title;

export const runsOf = ({ policies }: ExperimentListing) => policies.reduce((sum, { runs }) => sum + runs.length, 0);

/** `17 of 40 runs · about 24 s left` */
export function describeProgress(experiment: ExperimentListing): string {
  const { runsLeft, remainingMs, status } = experiment;
  const runs = runsOf(experiment);
  if (status === 'ended') return `${formatCount(runs)} runs in ${formatDuration(experiment.elapsedMs)}`;
  const done = `${formatCount(runs - runsLeft)} of ${formatCount(runs)} runs`;
  if (status === 'cancelled') {
    if (runsLeft > 0) return `${done} · ending the others…`;
    const counted = experiment.policies.reduce((sum, { summary }) => sum + summary.runs, 0);
    return `Cancelled: ${formatCount(counted)} of ${formatCount(runs)} runs came to their end`;
  }
  if (remainingMs === null) return done;
  const seconds = Math.max(1, Math.round(remainingMs / 1_000));
  return `${done} · about ${seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} left`;
}

/** Which policy was the first and which the last to be called back, and where callbacks did not come at all. */
export function describeFindings({ policies }: ExperimentListing): string[] {
  const known = policies.filter(({ summary }) => summary.runs > 0);
  if (known.length === 0) return [];
  const sentences: string[] = [];
  const silent = known.filter(({ summary }) => summary.finalizedShare?.maximum === 0);
  const complete = known.filter(({ summary }) => summary.finalizedShare?.minimum === 1);
  const partly = known.filter(
    (policy) => policy.summary.finalizedShare !== null && !silent.includes(policy) && !complete.includes(policy),
  );
  if (complete.length > 0)
    sentences.push(`${listOf(complete)}: every registered object was called back, in every run.`);
  for (const policy of partly) {
    const { finalizedShare } = policy.summary;
    if (finalizedShare === null) continue;
    const { minimum, maximum } = finalizedShare;
    sentences.push(
      minimum === maximum
        ? `${titleOfPolicy(policy)}: ${formatShare(minimum)} in every run.`
        : `${titleOfPolicy(policy)}: from ${formatShare(minimum)} to ${formatShare(maximum)}, by run.`,
    );
  }
  if (silent.length > 0) sentences.push(`${listOf(silent)}: not a single callback.`);
  const timed = known
    .flatMap((policy) => (policy.summary.latencyMs === null ? [] : [{ policy, latencyMs: policy.summary.latencyMs }]))
    .toSorted((one, other) => one.latencyMs.median - other.latencyMs.median);
  const [first] = timed;
  const last = timed.at(-1);
  if (first !== undefined && last !== undefined && first !== last) {
    sentences.push(
      `The same program’s callbacks took ${formatDuration(first.latencyMs.median)} in the median under ${titleOfPolicy(first.policy)} and ${formatDuration(last.latencyMs.median)} under ${titleOfPolicy(last.policy)}.`,
    );
  }
  return sentences;
}

function listOf(policies: readonly Policy[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(policies.map(titleOfPolicy));
}

/** One line about a run, for its mark's hint and for screen readers. */
export function describeRun(policy: Policy, number: number): string {
  const run = policy.runs[number - 1];
  const name = `${titleOfPolicy(policy)}, run ${number}`;
  if (run === undefined) return name;
  switch (run.state) {
    case 'waiting':
      return `${name}: waiting`;
    case 'running':
      return `${name}: running`;
    case 'not-run':
      return `${name}: not run`;
    case 'ended': {
      if (run.problem !== undefined) return `${name}: ${run.problem}`;
      const { registrations = 0, finalized = 0, latencyMs, outcome } = run;
      const median = latencyMs?.p50;
      const latency = median === null || median === undefined ? '' : `, median ${formatDuration(median)}`;
      const end = outcome === undefined || outcome === 'completed' ? '' : ` (${outcome})`;
      return `${name}: ${formatCount(finalized)} of ${formatCount(registrations)} called back${latency}${end}`;
    }
  }
}
