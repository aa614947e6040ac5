// Counts something over a whole run for a panel, in turns with the page, and again as the run goes on: about every second,
// less often where it takes long. What was counted last stays on screen until there is something newer.

import { onUnmounted, shallowRef, watch, type ShallowRef } from 'vue';
import type { RunStream } from '../stream/run-stream.ts';
import { inTurns } from '../stream/in-turns.ts';
import { useRunStore } from '../stores/run-store.ts';

const RECOUNT_EVERY_MS = 1_000;
/** Of the page's time, a count that goes on all the time may take one part in so many. */
const REST_FACTOR = 10;

/**
 * @param stream Whose runs are counted; the result of another one is forgotten.
 * @param begin The work; read reactively, so that it is begun anew where what it asks for has changed.
 */
export function useRecount<Result>(
  stream: () => RunStream,
  begin: () => (() => Generator<void, Result>) | undefined,
): Readonly<ShallowRef<Result | undefined>> {
  const run = useRunStore();
  const result = shallowRef<Result>();
  let work: (() => Generator<void, Result>) | undefined;
  let counted: { readonly stream: RunStream; readonly revision: number } | undefined;
  let abort: AbortController | undefined;
  let dueAtMs = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function drop(): void {
    clearTimeout(timer);
    timer = undefined;
    abort?.abort();
    abort = undefined;
  }

  async function count(): Promise<void> {
    drop();
    if (work === undefined) return;
    const { signal } = (abort = new AbortController());
    const startedAtMs = performance.now();
    const own = stream();
    counted = { stream: own, revision: own.revision };
    const found = await inTurns(work(), { signal });
    if (found === undefined || signal.aborted) return;
    abort = undefined;
    result.value = found;
    const tookMs = performance.now() - startedAtMs;
    dueAtMs = startedAtMs + Math.max(RECOUNT_EVERY_MS, tookMs * REST_FACTOR);
    lookAgain();
  }

  function lookAgain(): void {
    const own = stream();
    // What goes on is left to come to its end, and looks again then.
    if (abort !== undefined || (counted?.stream === own && counted.revision === own.revision)) return;
    const waitMs = own.status === 'ended' ? 0 : dueAtMs - performance.now();
    if (waitMs <= 0) void count();
    else timer ??= setTimeout(() => void count(), waitMs);
  }

  watch(
    [stream, begin] as const,
    ([own, begun], [before]) => {
      drop();
      if (own !== before) result.value = undefined;
      work = begun;
      void count();
    },
    { immediate: true },
  );
  watch(() => run.revision, lookAgain);
  onUnmounted(drop);
  return result;
}
