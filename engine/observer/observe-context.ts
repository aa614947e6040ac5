// What `heapline/observe` takes hold of before the program runs, so that nothing the program replaces later matters.

import type { Timers } from './heartbeat.ts';
import type { RegistryObserver } from './observed-registry.ts';

export interface ObserveContext {
  readonly registries: RegistryObserver;
  readonly timers: Timers;
  /** The program thread's `performance.now`. */
  readonly now: () => number;
  /** The machine's monotonic clock, in ms. */
  readonly monotonicMs: () => number;
  /** Where the built parts of the observer are. */
  readonly partsFolder: string;
  /** Heard by `NODE_DEBUG=heapline` alone: standard error is the program's. */
  readonly debug: (message: string) => void;
}
