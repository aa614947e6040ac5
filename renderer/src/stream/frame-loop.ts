// The one animation frame loop of the whole application: parts register, and each frame draws those that changed.
// Runs in the page; it measures its own work, which is what keeps or loses the frame rate.

import { disposable, type Disposable } from '../../../engine/protocol/port.ts';

/** Something that draws. */
export interface FramePart {
  /** Any number that differs from the last one when there is something new to draw: sums of revisions will do. */
  version(): number;
  draw(): void;
}

/** Of the last frames in which something was drawn (at most 600); NaN before the first. */
export interface FrameStatistics {
  readonly frames: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly longestMs: number;
}

export interface FrameLoop {
  /** The part is drawn in the next frame, and then whenever its version changes. */
  register(part: FramePart): Disposable;
  /** Looks for changes in the very next frame, where a loop that is quiet or rests might take a moment. */
  wake(): void;
  frameStatistics(): FrameStatistics;
  [Symbol.dispose](): void;
}

/** What the loop needs of its surroundings; `browserFrameHost()` in the page. */
export interface FrameHost {
  requestFrame(callback: () => void): number;
  cancelFrame(handle: number): void;
  startTimer(callback: () => void, delayMs: number): number;
  cancelTimer(handle: number): void;
  /** Calls back once what was drawn in this frame is painted, and the page is free for other things. */
  whenPainted(callback: () => void): void;
  isHidden(): boolean;
  onVisibilityChange(listener: () => void): Disposable;
  now(): number;
}

const KEPT_FRAMES = 600;
/** After this many frames without a change the loop looks only every so often: an open window costs next to nothing. */
const QUIET_FRAMES = 90;
const QUIET_DELAY_MS = 100;
/**
 * A browser draws before it does anything else: where painting takes longer than a frame lasts, as it may in software, a
 * loop that drew whenever it could would keep a run's batches waiting. After a frame that took longer than this, painting
 * included, as much time is left to them.
 */
const AFFORDABLE_FRAME_MS = 16;

export function createFrameLoop(host: FrameHost): FrameLoop {
  const parts = new Map<FramePart, number>();
  const durations = new Float64Array(KEPT_FRAMES);
  let frames = 0;
  let quietFrames = 0;
  let frameHandle: number | undefined;
  let timerHandle: number | undefined;
  let isDisposed = false;
  /** Until then only what was woken for is drawn. */
  let restsUntilMs = -Infinity;
  let isWoken = false;

  function cancel(): void {
    if (frameHandle !== undefined) host.cancelFrame(frameHandle);
    if (timerHandle !== undefined) host.cancelTimer(timerHandle);
    frameHandle = undefined;
    timerHandle = undefined;
  }

  function schedule(): void {
    if (isDisposed || host.isHidden() || parts.size === 0) return;
    if (frameHandle !== undefined || timerHandle !== undefined) return;
    if (quietFrames < QUIET_FRAMES) {
      frameHandle = host.requestFrame(runFrame);
      return;
    }
    timerHandle = host.startTimer(() => {
      timerHandle = undefined;
      frameHandle = host.requestFrame(runFrame);
    }, QUIET_DELAY_MS);
  }

  function runFrame(): void {
    frameHandle = undefined;
    const startedAt = host.now();
    if (startedAt < restsUntilMs && !isWoken) return schedule();
    isWoken = false;
    let hasDrawn = false;
    const failures: unknown[] = [];
    for (const [part, drawnVersion] of parts) {
      try {
        const version = part.version();
        if (Object.is(version, drawnVersion)) continue;
        parts.set(part, version);
        hasDrawn = true;
        part.draw();
      } catch (error) {
        failures.push(error);
      }
    }
    if (hasDrawn) {
      durations[frames++ % KEPT_FRAMES] = host.now() - startedAt;
      host.whenPainted(() => {
        const paintedAt = host.now();
        const frameMs = paintedAt - startedAt;
        if (frameMs > AFFORDABLE_FRAME_MS) restsUntilMs = paintedAt + frameMs;
      });
    }
    quietFrames = hasDrawn ? 0 : quietFrames + 1;
    schedule();
    // One part that fails must not stop the others, and must not fail in silence either.
    if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
  }

  function wake(): void {
    isWoken = true;
    quietFrames = 0;
    if (timerHandle !== undefined) cancel();
    schedule();
  }

  const visibility = host.onVisibilityChange(() => {
    cancel();
    wake();
  });

  return {
    register(part) {
      parts.set(part, NaN);
      wake();
      return disposable(() => parts.delete(part));
    },
    wake,
    frameStatistics() {
      const kept = durations.slice(0, Math.min(frames, KEPT_FRAMES)).sort();
      const at = (share: number) => kept[Math.min(kept.length - 1, Math.floor(kept.length * share))] ?? NaN;
      return { frames, p50Ms: at(0.5), p95Ms: at(0.95), longestMs: at(1) };
    },
    [Symbol.dispose]() {
      isDisposed = true;
      cancel();
      visibility[Symbol.dispose]();
      parts.clear();
    },
  };
}

/** The page's own frames, timers and visibility. */
export function browserFrameHost(): FrameHost {
  return {
    requestFrame: (callback) => requestAnimationFrame(callback),
    cancelFrame: (handle) => cancelAnimationFrame(handle),
    startTimer: (callback, delayMs) => window.setTimeout(callback, delayMs),
    cancelTimer: (handle) => window.clearTimeout(handle),
    whenPainted(callback) {
      // A task of its own comes after style, layout and paint of the frame it was posted in.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        callback();
      };
      port2.postMessage(undefined);
    },
    isHidden: () => document.hidden,
    onVisibilityChange(listener) {
      document.addEventListener('visibilitychange', listener);
      return disposable(() => document.removeEventListener('visibilitychange', listener));
    },
    now: () => performance.now(),
  };
}
