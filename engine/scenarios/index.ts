// The catalogue of built-in scenarios, in the order of the learning path: stage by stage, the easy ones first. Lists group
// them by category. Imported by the session and its hosts.

import { scenario as simple } from './simple.ts';
import { scenario as imagePipeline } from './image-pipeline.ts';
import { scenario as timing } from './timing.ts';
import { scenario as criticalResource } from './critical-resource.ts';
import { scenario as heldValue } from './held-value.ts';
import { scenario as objectGraph } from './object-graph.ts';
import { scenario as listeners } from './listeners.ts';
import { scenario as unboundedCache } from './unbounded-cache.ts';
import { scenario as stall } from './stall.ts';
import { scenario as callbackThrows } from './callback-throws.ts';
import { scenario as weakMap } from './weak-map.ts';
import { scenario as suspendedFunction } from './suspended-function.ts';
import { scenario as pendingPromise } from './pending-promise.ts';
import { scenario as responseBody } from './response-body.ts';
import { scenario as heldValueIsTarget } from './held-value-is-target.ts';
import { scenario as callbackClosure } from './callback-closure.ts';
import { scenario as registryDropped } from './registry-dropped.ts';
import { scenario as minorAndMajor } from './minor-and-major.ts';
import { scenario as blockedThread } from './blocked-thread.ts';
import { scenario as unregister } from './unregister.ts';
import { scenario as safetyNet } from './safety-net.ts';
import { scenario as mindTheGap } from './mind-the-gap.ts';
import { scenario as weakCacheRace } from './weak-cache-race.ts';
import { scenario as weakCache } from './weak-cache.ts';
import type { Scenario } from './define-scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  // First steps
  simple,
  minorAndMajor,
  unregister,
  objectGraph,
  // Everyday use
  imagePipeline,
  safetyNet,
  listeners,
  unboundedCache,
  weakCache,
  // Not guaranteed
  timing,
  criticalResource,
  blockedThread,
  stall,
  callbackThrows,
  // Pitfalls
  heldValue,
  heldValueIsTarget,
  callbackClosure,
  registryDropped,
  // Hard cases
  mindTheGap,
  weakCacheRace,
  weakMap,
  suspendedFunction,
  pendingPromise,
  responseBody,
];
