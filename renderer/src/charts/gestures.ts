// Pointer, wheel and keys of the timeline: zoom at the pointer, drag to pan, the window in the overview.
// Attached to the stage by RunTimeline.vue; knows the timeline by its interface alone.

import type { Timeline } from './create-timeline.ts';

export interface GestureListener {
  onSelect(objectId: number | undefined): void;
  onCursor(timeMs: number | undefined): void;
  onDragging(isDragging: boolean): void;
}

const DRAG_THRESHOLD_PX = 3;
const HANDLE_REACH_PX = 5;
const WHEEL_ZOOM_PER_PX = 0.0016;
const KEY_PAN_SHARE = 0.12;
const KEY_ZOOM = 0.7;
/** A wheel that counts in lines or pages instead of pixels. */
const PIXELS_PER_LINE = 16;

type Drag =
  | { readonly kind: 'pan'; lastX: number }
  | { readonly kind: 'window'; readonly grabMs: number; readonly fromMs: number; readonly lengthMs: number }
  | { readonly kind: 'edge'; readonly fixedMs: number }
  | { readonly kind: 'new-window'; readonly startMs: number };

/** Returns the function that detaches everything. */
export function createGestures(stage: HTMLElement, timeline: Timeline, listener: GestureListener): () => void {
  const { viewport } = timeline;
  const abort = new AbortController();
  const { signal } = abort;
  let drag: Drag | undefined;
  let pressedAt: { readonly x: number; readonly y: number } | undefined;
  let hasMoved = false;

  const place = (event: MouseEvent) => {
    const { left, top } = stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const isOnControl = (event: Event) => event.target instanceof Element && event.target.closest('button') !== null;
  const isOnPlot = (event: Event) => event.target instanceof Element && event.target.closest('.plot') !== null;

  function dragFrom(x: number, y: number): Drag {
    if (!timeline.isInOverview(y)) return { kind: 'pan', lastX: x };
    const timeMs = timeline.timeAt(x, 'overview');
    const { left, right } = timeline.overviewWindow();
    const { fromMs, toMs } = viewport;
    if (viewport.mode !== 'all') {
      if (Math.abs(x - left) <= HANDLE_REACH_PX) return { kind: 'edge', fixedMs: toMs };
      if (Math.abs(x - right) <= HANDLE_REACH_PX) return { kind: 'edge', fixedMs: fromMs };
      if (x > left && x < right) return { kind: 'window', grabMs: timeMs, fromMs, lengthMs: toMs - fromMs };
    }
    return { kind: 'new-window', startMs: timeMs };
  }

  function dragTo(x: number): void {
    if (drag === undefined) return;
    switch (drag.kind) {
      case 'pan': {
        const millisecondsPerPixel = (viewport.toMs - viewport.fromMs) / timeline.plotWidth;
        viewport.panBy((drag.lastX - x) * millisecondsPerPixel);
        drag.lastX = x;
        return;
      }
      case 'window': {
        const from = drag.fromMs + timeline.timeAt(x, 'overview') - drag.grabMs;
        viewport.show(from, from + drag.lengthMs);
        return;
      }
      case 'edge':
      case 'new-window': {
        const fixed = drag.kind === 'edge' ? drag.fixedMs : drag.startMs;
        const moved = Math.min(viewport.extentMs, Math.max(0, timeline.timeAt(x, 'overview')));
        viewport.show(Math.min(fixed, moved), Math.max(fixed, moved));
        return;
      }
    }
  }

  function onPointerDown(event: PointerEvent): void {
    if (event.button !== 0 || isOnControl(event) || !isOnPlot(event)) return;
    const at = place(event);
    pressedAt = at;
    hasMoved = false;
    drag = dragFrom(at.x, at.y);
    stage.setPointerCapture(event.pointerId);
  }

  function onPointerMove(event: PointerEvent): void {
    const at = place(event);
    if (drag !== undefined && pressedAt !== undefined) {
      if (!hasMoved && Math.abs(at.x - pressedAt.x) < DRAG_THRESHOLD_PX) return;
      if (!hasMoved) listener.onDragging(true);
      hasMoved = true;
      dragTo(at.x);
      // While the window moves, readings would only flicker.
      timeline.setPointer(undefined);
      timeline.wake();
      return;
    }
    const isReading = isOnPlot(event);
    timeline.setPointer(isReading ? at : undefined);
    listener.onCursor(
      isReading ? timeline.timeAt(at.x, timeline.isInOverview(at.y) ? 'overview' : 'strips') : undefined,
    );
    stage.style.cursor = isReading && timeline.objectAt(at.x, at.y) !== undefined ? 'pointer' : '';
  }

  function onPointerUp(event: PointerEvent): void {
    if (drag === undefined) return;
    const at = place(event);
    drag = undefined;
    if (stage.hasPointerCapture(event.pointerId)) stage.releasePointerCapture(event.pointerId);
    if (hasMoved) {
      listener.onDragging(false);
      timeline.setPointer(at);
      return;
    }
    if (event.type === 'pointercancel') return;
    if (timeline.isInOverview(at.y)) {
      const length = viewport.toMs - viewport.fromMs;
      if (viewport.mode === 'all') return;
      const middle = timeline.timeAt(at.x, 'overview');
      viewport.show(middle - length / 2, middle + length / 2);
      timeline.wake();
      return;
    }
    listener.onSelect(timeline.objectAt(at.x, at.y));
  }

  function onWheel(event: WheelEvent): void {
    if (!isOnPlot(event)) return;
    event.preventDefault();
    const at = place(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : PIXELS_PER_LINE;
    const isHorizontal = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const millisecondsPerPixel = (viewport.toMs - viewport.fromMs) / timeline.plotWidth;
    if (isHorizontal) {
      viewport.panBy((event.deltaX || event.deltaY) * unit * millisecondsPerPixel);
    } else {
      // A pinch on a touchpad arrives as a wheel with the control key, in much smaller steps.
      const strength = event.ctrlKey ? 6 : 1;
      const factor = Math.exp(Math.max(-240, Math.min(240, event.deltaY * unit * strength)) * WHEEL_ZOOM_PER_PX);
      viewport.zoomAt(timeline.timeAt(at.x, timeline.isInOverview(at.y) ? 'overview' : 'strips'), factor);
    }
    timeline.wake();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const length = viewport.toMs - viewport.fromMs;
    const middle = (viewport.fromMs + viewport.toMs) / 2;
    switch (event.key) {
      case 'ArrowLeft':
        viewport.panBy(-length * KEY_PAN_SHARE);
        break;
      case 'ArrowRight':
        viewport.panBy(length * KEY_PAN_SHARE);
        break;
      case '+':
      case '=':
      case 'ArrowUp':
        viewport.zoomAt(middle, KEY_ZOOM);
        break;
      case '-':
      case 'ArrowDown':
        viewport.zoomAt(middle, 1 / KEY_ZOOM);
        break;
      case 'Home':
        viewport.show(0, length);
        break;
      case 'End':
        viewport.followEnd();
        break;
      case '0':
        viewport.showAll();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
    timeline.wake();
  }

  stage.addEventListener('pointerdown', onPointerDown, { signal });
  stage.addEventListener('pointermove', onPointerMove, { signal });
  stage.addEventListener('pointerup', onPointerUp, { signal });
  stage.addEventListener('pointercancel', onPointerUp, { signal });
  stage.addEventListener(
    'pointerleave',
    () => {
      timeline.setPointer(undefined);
      listener.onCursor(undefined);
    },
    { signal },
  );
  stage.addEventListener(
    'dblclick',
    (event) => {
      if (isOnControl(event) || !isOnPlot(event)) return;
      viewport.showAll();
      timeline.wake();
    },
    { signal },
  );
  stage.addEventListener('wheel', onWheel, { passive: false, signal });
  stage.addEventListener('keydown', onKeyDown, { signal });
  return () => abort.abort();
}
