import { describe, expect, it } from 'vitest';
import { disposable } from '../../../engine/protocol/port.ts';
import { createFrameLoop, type FrameHost } from './frame-loop.ts';

/** Frames, timers and visibility that the test turns by hand. */
function createHandHost() {
  let nextHandle = 1;
  let time = 0;
  let isHidden = false;
  const frames = new Map<number, () => void>();
  const timers = new Map<number, () => void>();
  const painted = new Map<number, () => void>();
  const visibilityListeners = new Set<() => void>();
  const host: FrameHost = {
    requestFrame(callback) {
      frames.set(nextHandle, callback);
      return nextHandle++;
    },
    cancelFrame: (handle) => frames.delete(handle),
    startTimer(callback) {
      timers.set(nextHandle, callback);
      return nextHandle++;
    },
    cancelTimer: (handle) => timers.delete(handle),
    whenPainted: (callback) => painted.set(nextHandle++, callback),
    isHidden: () => isHidden,
    onVisibilityChange(listener) {
      visibilityListeners.add(listener);
      return disposable(() => visibilityListeners.delete(listener));
    },
    now: () => time,
  };
  const run = (waiting: Map<number, () => void>) => {
    const callbacks = [...waiting.values()];
    waiting.clear();
    for (const callback of callbacks) callback();
    return callbacks.length;
  };
  return {
    host,
    frame: () => run(frames),
    timer: () => run(timers),
    paint: () => run(painted),
    work(milliseconds: number) {
      time += milliseconds;
    },
    hide(hidden: boolean) {
      isHidden = hidden;
      for (const listener of visibilityListeners) listener();
    },
    pending: () => ({ frames: frames.size, timers: timers.size }),
    listeners: () => visibilityListeners.size,
  };
}

describe('createFrameLoop', () => {
  it('draws a part once for each version, all parts in one frame', () => {
    const hand = createHandHost();
    const loop = createFrameLoop(hand.host);
    const drawn: string[] = [];
    let version = 1;
    loop.register({ version: () => version, draw: () => drawn.push('a') });
    loop.register({ version: () => 7, draw: () => drawn.push('b') });
    expect(hand.frame()).toBe(1);
    hand.frame();
    expect(drawn).toEqual(['a', 'b']);
    version++;
    hand.frame();
    expect(drawn).toEqual(['a', 'b', 'a']);
  });

  it('measures its own work in frames that drew something', () => {
    const hand = createHandHost();
    const loop = createFrameLoop(hand.host);
    expect(loop.frameStatistics().p95Ms).toBeNaN();
    let version = 0;
    loop.register({ version: () => version, draw: () => hand.work(version) });
    for (version = 1; version <= 100; version++) hand.frame();
    hand.frame();
    hand.frame();
    expect(loop.frameStatistics()).toMatchObject({ frames: 101, p50Ms: 51, p95Ms: 96, longestMs: 101 });
  });

  it('stops while the page is hidden, draws what it missed when it is shown, and stops for good when disposed', () => {
    const hand = createHandHost();
    const loop = createFrameLoop(hand.host);
    let version = 1;
    let draws = 0;
    loop.register({ version: () => version, draw: () => draws++ });
    hand.frame();
    hand.hide(true);
    version++;
    expect(hand.pending()).toEqual({ frames: 0, timers: 0 });
    hand.hide(false);
    hand.frame();
    expect(draws).toBe(2);
    loop[Symbol.dispose]();
    expect(hand.pending()).toEqual({ frames: 0, timers: 0 });
    expect(hand.listeners()).toBe(0);
  });

  it('looks only now and then once nothing changes, and at once when woken', () => {
    const hand = createHandHost();
    const loop = createFrameLoop(hand.host);
    let version = 1;
    let draws = 0;
    loop.register({ version: () => version, draw: () => draws++ });
    let frames = 0;
    while (hand.pending().frames > 0 && frames < 1000) frames += hand.frame();
    expect(hand.pending()).toEqual({ frames: 0, timers: 1 });
    version++;
    loop.wake();
    expect(hand.pending()).toEqual({ frames: 1, timers: 0 });
    hand.frame();
    expect(draws).toBe(2);
  });

  it('leaves the page as long as a frame took that it could not afford, but draws at once what it is woken for', () => {
    const hand = createHandHost();
    const loop = createFrameLoop(hand.host);
    let version = 0;
    let draws = 0;
    loop.register({ version: () => version, draw: () => draws++ });
    const frameAfter = (waitMs: number) => {
      hand.work(waitMs);
      version++;
      hand.frame();
      return draws;
    };
    hand.frame();
    hand.work(10);
    hand.paint();
    expect(frameAfter(0)).toBe(2);
    hand.work(50);
    hand.paint();
    expect(frameAfter(0)).toBe(2);
    expect(frameAfter(49)).toBe(2);
    expect(frameAfter(2)).toBe(3);
    hand.work(50);
    hand.paint();
    loop.wake();
    expect(frameAfter(0)).toBe(4);
  });

  it('goes on drawing the others when one part fails, and lets the failure be seen', () => {
    const hand = createHandHost();
    const loop = createFrameLoop(hand.host);
    let draws = 0;
    const failing = loop.register({
      version: () => 1,
      draw() {
        throw new Error('cannot draw');
      },
    });
    loop.register({ version: () => draws, draw: () => draws++ });
    expect(() => hand.frame()).toThrow('cannot draw');
    hand.frame();
    expect(draws).toBe(2);
    failing[Symbol.dispose]();
  });
});
