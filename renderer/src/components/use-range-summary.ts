// The figures of the timeline's selection, worked out in turns with the page. What was known of the selection before it
// was moved stays until there is something better. Used by the panel of the selection.

import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type Ref } from 'vue';
import { inTurns } from '../stream/in-turns.ts';
import { summarizeRange, type RangeSummary } from '../stream/range-summary.ts';
import type { RunStream, TimeRange } from '../stream/run-stream.ts';

/** While the selection is dragged. */
const FOLLOW_EVERY_MS = 80;
/** While a run goes on. */
const RECOUNT_EVERY_MS = 1_000;

export interface RangeFigures {
  readonly summary: Readonly<Ref<RangeSummary | undefined>>;
  /** The summary is that of a selection which is not this one any more. */
  readonly isOutdated: ComputedRef<boolean>;
}

/** `revision` grows when the stream may have more to read. */
export function useRangeSummary(
  stream: () => RunStream,
  selection: () => TimeRange,
  revision: () => number,
): RangeFigures {
  const summary = shallowRef<RangeSummary>();
  const isOutdated = computed(() => {
    const { fromMs, toMs } = selection();
    return summary.value?.range.fromMs !== fromMs || summary.value.range.toMs !== toMs;
  });
  let abort: AbortController | undefined;
  let summarizedAtMs = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueAtMs = Infinity;
  /** More has come since the figures were begun. */
  let hasMore = false;

  async function summarize(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    dueAtMs = Infinity;
    hasMore = false;
    abort?.abort();
    const { signal } = (abort = new AbortController());
    const found = await inTurns(summarizeRange(stream(), selection()), { signal });
    if (found === undefined || signal.aborted) return;
    abort = undefined;
    summarizedAtMs = performance.now();
    summary.value = found;
    if (hasMore) recount();
  }
  function summarizeIn(waitMs: number): void {
    const atMs = performance.now() + waitMs;
    if (atMs >= dueAtMs) return;
    clearTimeout(timer);
    dueAtMs = atMs;
    timer = setTimeout(() => void summarize(), Math.max(0, waitMs));
  }

  function recount(): void {
    const restMs = summarizedAtMs + RECOUNT_EVERY_MS - performance.now();
    summarizeIn(stream().status === 'ended' ? FOLLOW_EVERY_MS : Math.max(FOLLOW_EVERY_MS, restMs));
  }

  watch(
    stream,
    () => {
      summary.value = undefined;
      void summarize();
    },
    { immediate: true },
  );
  watch(selection, () => summarizeIn(FOLLOW_EVERY_MS));
  watch(revision, () => {
    // What is being worked out is not begun anew for it: where that takes long, it would never come to its end.
    if (abort === undefined) recount();
    else hasMore = true;
  });
  onScopeDispose(() => {
    clearTimeout(timer);
    abort?.abort();
  });
  return { summary, isOutdated };
}
