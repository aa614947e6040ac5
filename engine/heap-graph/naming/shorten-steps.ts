// Leaves the middle of a long path out, and says so: nobody reads a thousand times `.next`.

import type { NamedStep } from './named-step.ts';
import { NO_EDGE } from '../cheapest-paths.ts';

const LONGEST = 24;
const KEPT_AT_ENDS = 6;

/** @returns the steps that are shown, with their places in `steps`; -1 for one that stands for others. */
export function shortenSteps(steps: readonly NamedStep[], suspect: number): { step: NamedStep; at: number }[] {
  const all = steps.map((step, at) => ({ step, at }));
  if (steps.length <= LONGEST && !steps.some(({ hold }) => hold === 'gap')) return all;
  const isLong = steps.length > LONGEST;
  const isKept = (at: number): boolean =>
    steps[at]!.hold !== 'gap' &&
    (!isLong ||
      at < KEPT_AT_ENDS ||
      at >= steps.length - KEPT_AT_ENDS ||
      (suspect >= 0 && Math.abs(at - suspect) <= 1));
  const shown: { step: NamedStep; at: number }[] = [];
  for (let at = 0; at < steps.length; at++) {
    if (isKept(at)) {
      shown.push(all[at]!);
      continue;
    }
    let count = 0;
    const names = new Set<string>();
    const from = at;
    for (; at < steps.length && !isKept(at); at++) {
      const step = steps[at]!;
      // A gap counts what is left out in `fanOut`.
      count += step.hold === 'gap' ? step.fanOut : 1;
      if (step.hold !== 'gap') names.add(step.edge);
    }
    at--;
    if (names.size === 0) names.add(steps[from - 1]?.edge ?? '').add(steps[at + 1]?.edge ?? '');
    const [name = ''] = names;
    const what = names.size === 1 && name !== '' ? name : 'steps';
    const node = `… ${count.toLocaleString('en-US')} more ${what} …`;
    const gap: NamedStep = { hold: 'gap', edge: '', node, head: steps[at]!.head, rawEdge: NO_EDGE, fanOut: count };
    shown.push({ step: gap, at: -1 });
  }
  return shown;
}
