// Which of the few hues stands for a verdict: a class of base.css that sets `--hue` and `--hue-ink`.

import { assertNever, type Verdict } from '../../../engine/protocol/vocabulary.ts';

export type HueClass = 'hue-green' | 'hue-amber' | 'hue-red' | 'hue-blue' | 'hue-violet' | 'hue-grey';

export function hueOfVerdict(verdict: Verdict): HueClass {
  switch (verdict) {
    case 'finalized':
      return 'hue-green';
    case 'alive':
      return 'hue-amber';
    case 'callback-threw':
    case 'registry-collected':
    case 'exited-first':
      return 'hue-red';
    case 'callback-pending':
    case 'unregistered':
    case 'unknown':
      return 'hue-grey';
    default:
      return assertNever(verdict);
  }
}
