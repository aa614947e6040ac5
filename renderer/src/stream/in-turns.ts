// Carries out long work in steps, so that the page draws and answers keys in between. No Vue in here.

/** How long the page may wait for its turn: well below a frame at 60 a second, whose rest it needs itself. */
const SLICE_MS = 6;

export interface TurnsOptions {
  readonly signal: AbortSignal;
  readonly now?: () => number;
  /** Resolves when the page has had its turn. */
  readonly pause?: () => Promise<void>;
}

/** A task of its own, behind input that waits; timers would be held back in a page that is not in front. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Runs `work` to its end. @returns its result, or undefined where `signal` was aborted before */
export async function inTurns<Result>(
  work: Generator<void, Result>,
  { signal, now = () => performance.now(), pause = nextTask }: TurnsOptions,
): Promise<Result | undefined> {
  let sliceEndsMs = now() + SLICE_MS;
  for (;;) {
    if (signal.aborted) return undefined;
    const step = work.next();
    if (step.done === true) return step.value;
    if (now() < sliceEndsMs) continue;
    await pause();
    sliceEndsMs = now() + SLICE_MS;
  }
}
