// Which stretch of the run is on screen: all of it, a window that follows the live end, or one that the user chose.
// No Vue and no canvas; create-timeline.ts feeds it with the run's end and the user's gestures.

/** `all`: the whole run, growing with it. `following`: a window of fixed length at the live end. `chosen`: stays put. */
export type ViewportMode = 'all' | 'following' | 'chosen';

export interface Viewport {
  readonly fromMs: number;
  readonly toMs: number;
  /** End of the axis when all is shown: beyond the live end, so that it need not grow with every batch. */
  readonly extentMs: number;
  readonly mode: ViewportMode;
  /** Grows whenever what is shown, or the extent, changed. */
  readonly revision: number;
  readonly isMoving: boolean;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  /** Back to the start of another run. */
  reset(): void;
  /** Told in every frame: how far the run has come, and whether it goes on. */
  extendTo(endMs: number, isLive: boolean): void;
  /** Moves a step of an animation that goes on; does nothing else. */
  advance(nowMs: number): void;
  show(fromMs: number, toMs: number): void;
  /** As `show`, in a movement that the eye can follow, and a step of its own in the history. */
  glideTo(fromMs: number, toMs: number): void;
  zoomAt(atMs: number, factor: number): void;
  panBy(milliseconds: number): void;
  showAll(): void;
  followEnd(): void;
  /** Stays where it is, if it follows the live end: a stretch cannot be drawn in what slides away under the pointer. */
  letGo(): void;
  /** What was shown before the last movement of the user's; movements close to each other are one. */
  back(): void;
  forward(): void;
}

/** The axis of a run that has just begun. */
const FIRST_EXTENT_MS = 2000;
/** An ended run may be shorter than any axis that would be read. */
const SHORTEST_EXTENT_MS = 1;
const SHORTEST_WINDOW_MS = 0.02;
const GLIDE_MS = 180;
/** How much of the axis the live end may fill before the axis grows, and how much room is left then. */
const FILLED_SHARE = 0.97;
const GROWTH = 1.25;
/** Steps of a wheel or a drag that follow each other within this are one movement. */
const ONE_MOVEMENT_MS = 600;
const LONGEST_HISTORY = 100;
/** Far less than a pixel of the shortest window: what rounding leaves between two equal times. */
const isSame = (oneMs: number, otherMs: number) => Math.abs(oneMs - otherMs) < 1e-6;

interface Seen {
  readonly fromMs: number;
  readonly toMs: number;
  readonly mode: ViewportMode;
}

export interface ViewportOptions {
  /** False where the user asked for less motion. */
  readonly glides: () => boolean;
  readonly now?: () => number;
}

export function createViewport(options: ViewportOptions): Viewport {
  const { now = () => performance.now() } = options;
  let extentMs = FIRST_EXTENT_MS;
  let endMs = 0;
  let isLive = false;
  let mode: ViewportMode = 'all';
  let revision = 0;
  let fromMs = 0;
  let toMs = FIRST_EXTENT_MS;
  let target = { fromMs, toMs };
  let origin = { fromMs, toMs };
  let glideStartMs: number | undefined;
  let isGliding = false;
  const past: Seen[] = [];
  const future: Seen[] = [];
  let movedAtMs = -Infinity;

  /** Makes a movement of the user's. What moves nothing, such as zooming out of the whole run, is no step to go back. */
  function movement(isOwnStep: boolean, make: () => void): void {
    const seen: Seen = { ...target, mode };
    make();
    if (isSame(seen.fromMs, target.fromMs) && isSame(seen.toMs, target.toMs) && seen.mode === mode) return;
    const atMs = now();
    const isAnother = isOwnStep || atMs - movedAtMs > ONE_MOVEMENT_MS;
    movedAtMs = isOwnStep ? -Infinity : atMs;
    if (!isAnother) return;
    past.push(seen);
    if (past.length > LONGEST_HISTORY) past.shift();
    future.length = 0;
  }

  function goTo(seen: Seen): void {
    movedAtMs = -Infinity;
    revision++;
    if (seen.mode === 'all') {
      mode = 'all';
      moveTo(0, extentMs, true);
      return;
    }
    mode = seen.mode === 'following' && isLive ? 'following' : 'chosen';
    const length = seen.toMs - seen.fromMs;
    if (mode === 'following') moveTo(endMs - length * 0.75, endMs + length * 0.25, true);
    else moveTo(seen.fromMs, seen.toMs, true);
  }

  function travel(from: Seen[], to: Seen[]): void {
    const seen = from.pop();
    if (seen === undefined) return;
    to.push({ ...target, mode });
    goTo(seen);
  }

  function moveTo(nextFromMs: number, nextToMs: number, glides: boolean): void {
    const length = Math.min(extentMs, Math.max(SHORTEST_WINDOW_MS, nextToMs - nextFromMs));
    const from = Math.min(Math.max(0, nextFromMs), extentMs - length);
    if (from === target.fromMs && from + length === target.toMs) return;
    target = { fromMs: from, toMs: from + length };
    revision++;
    if (glides && options.glides()) {
      origin = { fromMs, toMs };
      glideStartMs = undefined;
      isGliding = true;
      return;
    }
    isGliding = false;
    fromMs = target.fromMs;
    toMs = target.toMs;
  }

  /** After a gesture: a window that holds all is `all`; one that reaches the live end follows it. */
  function settleMode(): void {
    const holdsAll = target.fromMs <= 0 && target.toMs >= extentMs;
    mode = holdsAll ? 'all' : isLive && target.toMs >= endMs && target.fromMs < endMs ? 'following' : 'chosen';
  }

  return {
    get fromMs() {
      return fromMs;
    },
    get toMs() {
      return toMs;
    },
    get extentMs() {
      return extentMs;
    },
    get mode() {
      return mode;
    },
    get revision() {
      return revision;
    },
    get isMoving() {
      return isGliding;
    },
    reset() {
      extentMs = FIRST_EXTENT_MS;
      endMs = 0;
      isLive = false;
      mode = 'all';
      past.length = 0;
      future.length = 0;
      moveTo(0, extentMs, false);
      revision++;
    },
    extendTo(nextEndMs, nextIsLive) {
      if (nextEndMs === endMs && nextIsLive === isLive) return;
      // A recording that comes in one piece is not watched growing.
      const glides = endMs > 0;
      endMs = nextEndMs;
      isLive = nextIsLive;
      const wanted = isLive
        ? endMs > extentMs * FILLED_SHARE
          ? endMs * GROWTH
          : extentMs
        : Math.max(SHORTEST_EXTENT_MS, endMs);
      if (wanted !== extentMs) {
        extentMs = wanted;
        revision++;
      }
      const length = target.toMs - target.fromMs;
      if (mode === 'all') {
        moveTo(0, extentMs, glides);
      } else if (mode === 'following') {
        if (!isLive) mode = 'chosen';
        else if (endMs > target.fromMs + length * FILLED_SHARE)
          moveTo(endMs - length * 0.75, endMs + length * 0.25, true);
      }
      if (target.toMs > extentMs) moveTo(target.fromMs, target.toMs, false);
    },
    advance(nowMs) {
      if (!isGliding) return;
      glideStartMs ??= nowMs;
      const share = Math.min(1, (nowMs - glideStartMs) / GLIDE_MS);
      const eased = 1 - (1 - share) ** 3;
      fromMs = origin.fromMs + (target.fromMs - origin.fromMs) * eased;
      toMs = origin.toMs + (target.toMs - origin.toMs) * eased;
      if (share === 1) {
        fromMs = target.fromMs;
        toMs = target.toMs;
        isGliding = false;
      }
      revision++;
    },
    show(nextFromMs, nextToMs) {
      movement(false, () => {
        moveTo(nextFromMs, nextToMs, false);
        settleMode();
      });
    },
    glideTo(nextFromMs, nextToMs) {
      movement(true, () => {
        moveTo(nextFromMs, nextToMs, true);
        settleMode();
      });
    },
    zoomAt(atMs, factor) {
      movement(false, () => {
        const length = target.toMs - target.fromMs;
        const nextLength = Math.min(extentMs, Math.max(SHORTEST_WINDOW_MS, length * factor));
        const share = Math.min(1, Math.max(0, (atMs - target.fromMs) / length));
        moveTo(atMs - share * nextLength, atMs + (1 - share) * nextLength, false);
        settleMode();
      });
    },
    panBy(milliseconds) {
      movement(false, () => {
        moveTo(target.fromMs + milliseconds, target.toMs + milliseconds, false);
        settleMode();
        // Who looks back lets go of the live end, also while it is still in sight.
        if (milliseconds < 0 && mode === 'following') mode = 'chosen';
      });
    },
    showAll() {
      movement(true, () => {
        mode = 'all';
        moveTo(0, extentMs, true);
      });
    },
    followEnd() {
      if (mode === 'following') return;
      movement(true, () => {
        const length = target.toMs - target.fromMs;
        mode = length >= extentMs ? 'all' : isLive ? 'following' : 'chosen';
        if (mode === 'all') return;
        moveTo(endMs - length * (isLive ? 0.75 : 1), endMs + length * (isLive ? 0.25 : 0), true);
      });
    },
    letGo() {
      if (mode !== 'following') return;
      movement(true, () => {
        mode = 'chosen';
        revision++;
      });
    },
    get canGoBack() {
      return past.length > 0;
    },
    get canGoForward() {
      return future.length > 0;
    },
    back: () => travel(past, future),
    forward: () => travel(future, past),
  };
}
