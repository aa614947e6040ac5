import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createViewport } from './viewport.ts';

const still = () => createViewport({ glides: () => false });

describe('createViewport', () => {
  it('shows the whole run and grows in steps, not with every batch', () => {
    const viewport = still();
    const extents = new Set<number>();
    for (let endMs = 0; endMs <= 60_000; endMs += 25) {
      viewport.extendTo(endMs, true);
      expect(viewport.toMs).toBeGreaterThanOrEqual(endMs);
      extents.add(viewport.toMs);
    }
    expect(viewport.mode).toBe('all');
    expect(extents.size).toBeLessThan(30);
    viewport.extendTo(60_000, false);
    expect([viewport.fromMs, viewport.toMs]).toEqual([0, 60_000]);
  });

  it('keeps the time under the pointer where it is when zooming', () => {
    const viewport = still();
    viewport.extendTo(10_000, false);
    viewport.zoomAt(2500, 0.5);
    expect((2500 - viewport.fromMs) / (viewport.toMs - viewport.fromMs)).toBeCloseTo(0.25);
    expect(viewport.mode).toBe('chosen');
    viewport.showAll();
    expect([viewport.fromMs, viewport.toMs]).toEqual([0, 10_000]);
  });

  it('follows the live end with a window that reaches it, and stays where the user looks otherwise', () => {
    const viewport = still();
    viewport.extendTo(9000, true);
    viewport.show(8000, 9500);
    expect(viewport.mode).toBe('following');
    viewport.extendTo(30_000, true);
    expect(viewport.toMs).toBeGreaterThan(30_000);
    expect(viewport.toMs - viewport.fromMs).toBeCloseTo(1500);
    viewport.show(1000, 2000);
    viewport.extendTo(60_000, true);
    expect([viewport.fromMs, viewport.toMs]).toEqual([1000, 2000]);
    viewport.followEnd();
    expect(viewport.mode).toBe('following');
    expect(viewport.toMs).toBeGreaterThan(60_000);
  });

  it('glides to where it is sent, unless less motion is asked for', () => {
    const viewport = createViewport({ glides: () => true });
    viewport.extendTo(1000, true);
    viewport.extendTo(5000, true);
    expect(viewport.isMoving).toBe(true);
    viewport.advance(0);
    viewport.advance(50);
    expect(viewport.toMs).toBeGreaterThan(2000);
    expect(viewport.toMs).toBeLessThan(6250);
    viewport.advance(1000);
    expect(viewport.isMoving).toBe(false);
    expect(viewport.toMs).toBe(6250);
  });

  it('never leaves the run, whatever the gestures', () => {
    const gesture = fc.oneof(
      fc.tuple(
        fc.constant('zoom' as const),
        fc.double({ min: -1e4, max: 3e4, noNaN: true }),
        fc.double({ min: 0.01, max: 90, noNaN: true }),
      ),
      fc.tuple(fc.constant('pan' as const), fc.double({ min: -1e5, max: 1e5, noNaN: true }), fc.constant(0)),
      fc.tuple(
        fc.constant('show' as const),
        fc.double({ min: -1e4, max: 3e4, noNaN: true }),
        fc.double({ min: 0, max: 3e4, noNaN: true }),
      ),
      fc.tuple(fc.constant('end' as const), fc.double({ min: 0, max: 3e4, noNaN: true }), fc.constant(1)),
      fc.tuple(fc.constant('follow' as const), fc.constant(0), fc.constant(0)),
    );
    fc.assert(
      fc.property(fc.array(gesture, { maxLength: 40 }), (gestures) => {
        const viewport = still();
        let endMs = 1000;
        viewport.extendTo(endMs, true);
        for (const [kind, one, other] of gestures) {
          if (kind === 'zoom') viewport.zoomAt(one, other);
          else if (kind === 'pan') viewport.panBy(one);
          else if (kind === 'show') viewport.show(one, one + other);
          else if (kind === 'follow') viewport.followEnd();
          else viewport.extendTo((endMs = Math.max(endMs, one)), true);
          expect(viewport.fromMs).toBeGreaterThanOrEqual(0);
          expect(viewport.toMs).toBeLessThanOrEqual(viewport.extentMs + 1e-6);
          expect(viewport.toMs).toBeGreaterThan(viewport.fromMs);
        }
      }),
    );
  });
});

describe('the history of a viewport', () => {
  function withClock() {
    let nowMs = 0;
    const viewport = createViewport({ glides: () => false, now: () => nowMs });
    viewport.extendTo(10_000, false);
    return { viewport, wait: (milliseconds: number) => (nowMs += milliseconds) };
  }
  const shown = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => [Math.round(fromMs), Math.round(toMs)];

  it('goes back to what was shown before a movement, and forward again', () => {
    const { viewport, wait } = withClock();
    expect([viewport.canGoBack, viewport.canGoForward]).toEqual([false, false]);
    viewport.show(1000, 3000);
    wait(2000);
    viewport.glideTo(1500, 2000);
    viewport.back();
    expect(shown(viewport)).toEqual([1000, 3000]);
    viewport.back();
    expect([shown(viewport), viewport.mode]).toEqual([[0, 10_000], 'all']);
    expect(viewport.canGoBack).toBe(false);
    viewport.back();
    viewport.forward();
    viewport.forward();
    expect(shown(viewport)).toEqual([1500, 2000]);
    expect(viewport.canGoForward).toBe(false);
  });

  it('takes the steps of one wheel or one drag for one movement, and forgets what was undone when the user goes elsewhere', () => {
    const { viewport, wait } = withClock();
    for (let step = 0; step < 20; step++) {
      viewport.zoomAt(5000, 0.9);
      wait(30);
    }
    wait(1000);
    const zoomed = shown(viewport);
    for (let step = 0; step < 20; step++) {
      viewport.panBy(20);
      wait(30);
    }
    viewport.back();
    expect(shown(viewport)).toEqual(zoomed);
    wait(1000);
    viewport.show(100, 200);
    expect(viewport.canGoForward).toBe(false);
    viewport.back();
    viewport.back();
    expect(shown(viewport)).toEqual([0, 10_000]);
  });

  it('has no step for what moved nothing, and does not forget for it what was undone', () => {
    const { viewport, wait } = withClock();
    const moveNothing = (...moves: (() => void)[]) => {
      for (const move of moves) {
        wait(2000);
        move();
      }
    };
    moveNothing(
      () => viewport.zoomAt(5000, 2),
      () => viewport.panBy(100),
      () => viewport.showAll(),
      () => viewport.followEnd(),
    );
    expect(viewport.canGoBack).toBe(false);
    viewport.show(2000, 2000);
    const closest = shown(viewport);
    wait(2000);
    viewport.glideTo(9000, 10_000);
    viewport.back();
    moveNothing(
      () => viewport.zoomAt(2000.007, 0.5),
      () => viewport.zoomAt(2000.013, 0.1),
      () => viewport.glideTo(viewport.fromMs, viewport.toMs),
    );
    expect(viewport.canGoForward).toBe(true);
    viewport.forward();
    expect(shown(viewport)).toEqual([9000, 10_000]);
    viewport.back();
    expect(shown(viewport)).toEqual(closest);
    viewport.back();
    expect([viewport.mode, viewport.canGoBack]).toEqual(['all', false]);
  });

  it('lets go of the live end where a range is drawn, and goes back to following it', () => {
    const viewport = still();
    viewport.extendTo(20_000, true);
    viewport.show(18_000, 20_500);
    viewport.letGo();
    viewport.extendTo(40_000, true);
    expect([shown(viewport), viewport.mode]).toEqual([[18_000, 20_500], 'chosen']);
    viewport.letGo();
    viewport.back();
    expect(viewport.mode).toBe('following');
    expect(viewport.toMs).toBeGreaterThan(40_000);
  });

  it('lets go of the live end when the user looks back, and comes back to it', () => {
    const viewport = still();
    viewport.extendTo(20_000, true);
    viewport.show(18_000, 20_500);
    expect(viewport.mode).toBe('following');
    viewport.panBy(-100);
    expect(viewport.mode).toBe('chosen');
    viewport.extendTo(40_000, true);
    expect(viewport.toMs).toBeLessThan(21_000);
    viewport.followEnd();
    expect(viewport.mode).toBe('following');
    expect(viewport.toMs).toBeGreaterThan(40_000);
    viewport.back();
    expect(viewport.mode).toBe('chosen');
    expect(viewport.toMs).toBeLessThan(21_000);
  });
});
