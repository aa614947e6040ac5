// How each GC policy looks in an experiment's figures: a hue, and a dash or mark that tells it apart without one.

import type { GcPolicyKind } from '../../../../engine/protocol/vocabulary.ts';

export interface PolicyLook {
  /** A token of the palette. */
  readonly hue: string;
  /** SVG's stroke-dasharray. */
  readonly dash: string;
}

export const POLICY_LOOKS: Record<GcPolicyKind, PolicyLook> = {
  none: { hue: 'var(--ink-faint)', dash: '1 3' },
  minor: { hue: 'var(--cyan)', dash: '6 3' },
  major: { hue: 'var(--violet)', dash: 'none' },
  pressure: { hue: 'var(--blue)', dash: '9 3 2 3' },
};
