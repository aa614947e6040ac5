// What every fuzzer has in common: it is opened, tried many times, each time with chance of its own, and closed. Runs a target
// and finds what must never happen: an error that is not one of the expected, a hang, a stalled thread, memory that stays.

import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from './random.ts';

export interface FuzzTarget {
  readonly name: string;
  open(): Promise<OpenedTarget>;
}

export interface OpenedTarget extends AsyncDisposable {
  /** One try. @returns what came of it, to be counted. @throws what must not happen */
  attempt(random: Random): Promise<string>;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Whichever comes first. */
  readonly iterations: number;
  readonly seconds: number;
}

/** A try that takes longer hangs; a thread that does not turn for so long is stalled. Both are far above what is usual. */
const LONGEST_ATTEMPT_MS = 30_000;
const LONGEST_STALL_MS = 10_000;
/** What tries may leave behind, all together. */
const MOST_KEPT_BYTES = 400 * 1024 * 1024;
const LOOK_INTERVAL_MS = 50;

/** What a try found, with the words that repeat it. */
export class FuzzFailure extends Error {
  override name = 'FuzzFailure';
}

/** @returns how often each thing came of a try. @throws FuzzFailure */
export async function fuzz(
  target: FuzzTarget,
  { seed, iterations, seconds }: FuzzOptions,
): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  const endsAtMs = performance.now() + seconds * 1_000;
  let stalledMs = 0;
  let lookedAtMs = performance.now();
  const looking = setInterval(() => {
    const nowMs = performance.now();
    stalledMs = Math.max(stalledMs, nowMs - lookedAtMs - LOOK_INTERVAL_MS);
    lookedAtMs = nowMs;
  }, LOOK_INTERVAL_MS);
  let uncaught: unknown;
  const onUncaught = (error: unknown): void => void (uncaught ??= error);
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
  try {
    await using opened = await target.open();
    const before = keptBytes();
    for (let iteration = 0; iteration < iterations && performance.now() < endsAtMs; iteration += 1) {
      const own = seed + iteration;
      const fail = (what: string, cause?: unknown): never => {
        const words = `npm run fuzz -- --target ${target.name} --seed ${own} --iterations 1`;
        throw new FuzzFailure(`${target.name}: ${what}\nRepeat it with: ${words}`, { cause });
      };
      stalledMs = 0;
      lookedAtMs = performance.now();
      const attempt = opened.attempt(createRandom(own));
      // Of one that hangs, nothing more is awaited.
      attempt.catch(() => undefined);
      const hanging = new AbortController();
      const outcome = await Promise.race([
        attempt.catch((error: unknown) =>
          fail(error instanceof Error ? (error.stack ?? error.message) : String(error), error),
        ),
        delay(LONGEST_ATTEMPT_MS, undefined, { signal: hanging.signal }).catch(() => undefined),
      ]);
      hanging.abort();
      if (outcome === undefined) return fail(`it hangs: no end within ${LONGEST_ATTEMPT_MS} ms`);
      if (uncaught !== undefined) {
        fail(
          `an error that nothing catches: ${uncaught instanceof Error ? (uncaught.stack ?? '') : String(uncaught)}`,
          uncaught,
        );
      }
      // A stall shows when the thread turns again.
      await delay(0);
      const sinceMs = performance.now() - lookedAtMs - LOOK_INTERVAL_MS;
      if (Math.max(stalledMs, sinceMs) > LONGEST_STALL_MS)
        fail(`the thread was stalled for ${Math.max(stalledMs, sinceMs).toFixed(0)} ms`);
      if (keptBytes() - before > MOST_KEPT_BYTES) {
        // What is only not collected yet is not kept.
        globalThis.gc?.();
        await delay(10);
        globalThis.gc?.();
        const kept = keptBytes() - before;
        if (globalThis.gc !== undefined && kept > MOST_KEPT_BYTES) fail(`${(kept / 1e6).toFixed(0)} MB are kept`);
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  } finally {
    clearInterval(looking);
    process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
  }
  return outcomes;
}

function keptBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
