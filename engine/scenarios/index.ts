// The catalogue of built-in scenarios, in the order in which they are shown. Imported by the session and its hosts.

import { scenario as simple } from './simple.ts';
import { scenario as imagePipeline } from './image-pipeline.ts';
import { scenario as timing } from './timing.ts';
import { scenario as criticalResource } from './critical-resource.ts';
import { scenario as heldValue } from './held-value.ts';
import type { Scenario } from './define-scenario.ts';

export const SCENARIOS: readonly Scenario[] = [simple, imagePipeline, timing, criticalResource, heldValue];
