// The catalogue of built-in scenarios, in the order of the learning path: stage by stage, the easy ones first. Lists group
// them by category. Imported by the session and its hosts.

import { scenario as simple } from './simple.ts';
import { scenario as imagePipeline } from './image-pipeline.ts';
import { scenario as timing } from './timing.ts';
import { scenario as criticalResource } from './critical-resource.ts';
import { scenario as heldValue } from './held-value.ts';
import type { Scenario } from './define-scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  // First steps
  simple,
  // Everyday use
  imagePipeline,
  // Not guaranteed
  timing,
  criticalResource,
  // Pitfalls
  heldValue,
  // Hard cases
];
