// What `perf_hooks` tells of the program: its marks and measures, and collections. Runs in the program's thread, and
// tells when that thread turns, with exact times.

import { PerformanceObserver } from 'node:perf_hooks';
import { slice } from './intrinsics.ts';
import type { ProbeMessage } from './probe-message.ts';

/** UTF-16 units of a mark's name that are told. */
const MAXIMUM_NAME_LENGTH = 1_000;

export interface EntryObservation {
  /** Tells what was not told yet. */
  tellPending(): void;
  stop(): void;
}

type Tell = (message: ProbeMessage) => void;
type EntryType = 'mark' | 'measure' | 'gc';

function observeEntries(entryTypes: EntryType[], report: (entry: PerformanceEntry) => void): EntryObservation {
  // By index: the program may have replaced the iterators of arrays.
  const reportAll = (entries: readonly PerformanceEntry[]) => {
    for (let index = 0; index < entries.length; index++) report(entries[index]!);
  };
  const observer = new PerformanceObserver((list) => {
    reportAll(list.getEntries());
  });
  observer.observe({ entryTypes });
  return {
    tellPending() {
      reportAll(observer.takeRecords());
    },
    stop: () => observer.disconnect(),
  };
}

/** The program's own marks and measures. */
export function observeMarks(tell: Tell): EntryObservation {
  return observeEntries(['mark', 'measure'], (entry) =>
    tell({
      type: 'mark',
      kind: entry.entryType === 'measure' ? 'measure' : 'mark',
      name: slice(entry.name, 0, MAXIMUM_NAME_LENGTH),
      atMs: entry.startTime,
      durationMs: entry.duration,
    }),
  );
}

/** Collections that had ended before `untilMs`, which is 0 as long as it is not known; those after it are told otherwise. */
export function observeCollectionsUntil(untilMs: () => number, tell: Tell): void {
  const observation = observeCollectionsWhenIdle((message) => {
    if (message.type !== 'collection') return;
    const endMs = untilMs();
    if (endMs === 0 || message.startMs + message.pauseMs < endMs) tell(message);
    else observation.stop();
  });
}

/** Collections, without heap sizes. */
export function observeCollectionsWhenIdle(tell: Tell): EntryObservation {
  return observeEntries(['gc'], (entry) => {
    const { kind, flags } = (entry as PerformanceEntry & { detail: { kind: number; flags: number } }).detail;
    tell({ type: 'collection', startMs: entry.startTime, pauseMs: entry.duration, kind, flags });
  });
}
