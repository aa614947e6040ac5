// Pointer, wheel, touch and keys of a timeline: zoom at the pointer, drag to pan, the window in the overview, ranges.
// Attached to the stage by RunTimeline.vue and CompareTimeline.vue; knows the timeline by GestureTarget alone.

import type { TimeRange } from '../stream/run-stream.ts';
import { isFloatingOpen, isTyping } from './free-keys.ts';
import type { Viewport } from './viewport.ts';

/** Something on the timeline that can be zoomed to, and, if it is an object, be selected. */
export interface TimelineItem {
  readonly objectId?: number;
  readonly range: TimeRange;
}

/** What gestures need of a timeline. All coordinates are relative to the stage, in CSS pixels. */
export interface GestureTarget {
  readonly viewport: Viewport;
  readonly plotWidth: number;
  /** The selected range. */
  readonly selection: TimeRange | undefined;
  /** Height at which a cursor that is moved by keys reads. */
  readonly readingY: number;
  /** Time under a point, in the overview's scale or in that of the strips below it. */
  timeAt(x: number, scale: 'overview' | 'strips'): number;
  /** Where a time lies in the strips. */
  xOf(timeMs: number): number;
  isInOverview(y: number): boolean;
  isOnAxis(y: number): boolean;
  /** Where the window lies in the overview. */
  overviewWindow(): { readonly left: number; readonly right: number };
  itemAt(x: number, y: number): TimelineItem | undefined;
  /** Undefined when the pointer has left. */
  setPointer(pointer: { readonly x: number; readonly y: number } | undefined): void;
  /** Looks for changes in the next frame. */
  wake(): void;
}

export interface GestureListener {
  /** An object was clicked; undefined: the click was on none. */
  onSelect(objectId: number | undefined): void;
  /** The cursor moved, or left (undefined). */
  onCursor(timeMs: number | undefined, by: 'pointer' | 'keys'): void;
  onDragging(isDragging: boolean): void;
  /** A range is being drawn, was changed, or was taken off (undefined). */
  onRange(range: TimeRange | undefined): void;
  /** The next or the previous object, in order of registration. */
  onStep?(direction: 1 | -1): void;
  /** The selected object is to be looked at closely. */
  onOpen?(): void;
  /** The selected object, or else the selected range, is to fill the window. */
  onZoomToSelection(): void;
}

const DRAG_THRESHOLD_PX = 3;
const HANDLE_REACH_PX = 5;
const WHEEL_ZOOM_PER_PX = 0.0016;
const KEY_PAN_SHARE = 0.12;
const KEY_ZOOM = 0.7;
const DOUBLE_CLICK_ZOOM = 0.4;
/** A step of the cursor by keys, as a share of the window. */
const KEY_CURSOR_SHARE = 0.02;
/** A wheel that counts in lines or pages instead of pixels. */
const PIXELS_PER_LINE = 16;
/** Room on either side of what is zoomed to, as a share of it. */
const ZOOM_MARGIN_SHARE = 0.08;
const BACK_BUTTON = 3;
const FORWARD_BUTTON = 4;

/** What `aria-keyshortcuts` says of the keys below. */
export const TIMELINE_KEYS =
  'W A S D ArrowLeft ArrowRight ArrowUp ArrowDown 0 Home End F [ ] , . Shift+, Shift+. N P Z X Enter';

type Drag =
  | { readonly kind: 'pan'; lastX: number }
  | { readonly kind: 'window'; readonly grabMs: number; readonly fromMs: number; readonly lengthMs: number }
  | { readonly kind: 'edge'; readonly fixedMs: number }
  | { readonly kind: 'new-window'; readonly startMs: number }
  | { readonly kind: 'range'; readonly fixedMs: number };

/** The stretch with a little room on both sides, never shorter than can be shown. */
export function withMargin({ fromMs, toMs }: TimeRange): TimeRange {
  const margin = Math.max((toMs - fromMs) * ZOOM_MARGIN_SHARE, 0.02);
  return { fromMs: fromMs - margin, toMs: toMs + margin };
}

/** Returns the function that detaches everything. */
export function createGestures(stage: HTMLElement, target: GestureTarget, listener: GestureListener): () => void {
  const { viewport } = target;
  const abort = new AbortController();
  const { signal } = abort;
  let drag: Drag | undefined;
  let pressedAt: { readonly x: number; readonly y: number } | undefined;
  let isPressOnPlot = false;
  let hasMoved = false;
  /** Fingers on the stage, by pointer. */
  const touches = new Map<number, { x: number; y: number }>();
  let pinch: { readonly distance: number; readonly middleX: number } | undefined;
  /** Where the keys have put the cursor. */
  let keyCursorMs: number | undefined;
  let pointerMs: number | undefined;
  /** The end of the range that stays while the other is moved by keys. */
  let keyAnchorMs: number | undefined;

  const place = (event: MouseEvent) => {
    const { left, top } = stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const isOn = (event: Event, selector: string) =>
    event.target instanceof Element && event.target.closest(selector) !== null;
  const isOnControl = (event: Event) => isOn(event, 'button, select, [role="combobox"]');
  const isOnPlot = (event: Event) => isOn(event, '.plot');
  const scaleAt = (y: number) => (target.isInOverview(y) ? 'overview' : 'strips');
  const millisecondsPerPixel = () => (viewport.toMs - viewport.fromMs) / target.plotWidth;
  const withinRun = (timeMs: number) => Math.min(viewport.extentMs, Math.max(0, timeMs));

  /** The end of the selected range that lies under a point; undefined: none does. */
  function rangeEdgeAt(x: number, y: number): 'from' | 'to' | undefined {
    const range = target.selection;
    if (range === undefined || target.isInOverview(y)) return undefined;
    if (Math.abs(target.xOf(range.toMs) - x) <= HANDLE_REACH_PX) return 'to';
    return Math.abs(target.xOf(range.fromMs) - x) <= HANDLE_REACH_PX ? 'from' : undefined;
  }

  function dragFrom(x: number, y: number, isShifted: boolean): Drag {
    if (!target.isInOverview(y)) {
      const edge = rangeEdgeAt(x, y);
      const range = target.selection;
      if (edge !== undefined && range !== undefined)
        return { kind: 'range', fixedMs: edge === 'to' ? range.fromMs : range.toMs };
      if (isShifted || target.isOnAxis(y)) return { kind: 'range', fixedMs: withinRun(target.timeAt(x, 'strips')) };
      return { kind: 'pan', lastX: x };
    }
    const timeMs = target.timeAt(x, 'overview');
    const { left, right } = target.overviewWindow();
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
      case 'pan':
        viewport.panBy((drag.lastX - x) * millisecondsPerPixel());
        drag.lastX = x;
        return;
      case 'window': {
        const from = drag.fromMs + target.timeAt(x, 'overview') - drag.grabMs;
        viewport.show(from, from + drag.lengthMs);
        return;
      }
      case 'edge':
      case 'new-window': {
        const fixed = drag.kind === 'edge' ? drag.fixedMs : drag.startMs;
        const moved = withinRun(target.timeAt(x, 'overview'));
        viewport.show(Math.min(fixed, moved), Math.max(fixed, moved));
        return;
      }
      case 'range': {
        const moved = withinRun(target.timeAt(x, 'strips'));
        listener.onRange({ fromMs: Math.min(drag.fixedMs, moved), toMs: Math.max(drag.fixedMs, moved) });
        return;
      }
    }
  }

  const measurePinch = () => {
    const [one, other] = [...touches.values()];
    if (one === undefined || other === undefined) return undefined;
    return { distance: Math.max(8, Math.abs(one.x - other.x)), middleX: (one.x + other.x) / 2 };
  };

  function onPointerDown(event: PointerEvent): void {
    isPressOnPlot = event.button === 0 && !isOnControl(event) && isOnPlot(event);
    if (!isPressOnPlot) return;
    const at = place(event);
    stage.setPointerCapture(event.pointerId);
    if (event.pointerType === 'touch') {
      touches.set(event.pointerId, at);
      if (touches.size === 2) {
        if (drag !== undefined && hasMoved) listener.onDragging(false);
        drag = undefined;
        hasMoved = true;
        pinch = measurePinch();
        return;
      }
    }
    pressedAt = at;
    hasMoved = false;
    drag = dragFrom(at.x, at.y, event.shiftKey);
  }

  function onPointerMove(event: PointerEvent): void {
    const at = place(event);
    if (touches.has(event.pointerId)) touches.set(event.pointerId, at);
    const pinched = pinch === undefined ? undefined : measurePinch();
    if (pinch !== undefined && pinched !== undefined) {
      viewport.panBy((pinch.middleX - pinched.middleX) * millisecondsPerPixel());
      viewport.zoomAt(target.timeAt(pinched.middleX, 'strips'), pinch.distance / pinched.distance);
      pinch = pinched;
      target.wake();
      return;
    }
    if (drag !== undefined && pressedAt !== undefined) {
      if (!hasMoved && Math.abs(at.x - pressedAt.x) < DRAG_THRESHOLD_PX) return;
      if (!hasMoved) {
        listener.onDragging(true);
        if (drag.kind === 'range') viewport.letGo();
      }
      hasMoved = true;
      dragTo(at.x);
      // While the window moves, readings would only flicker.
      target.setPointer(undefined);
      target.wake();
      return;
    }
    const isReading = isOnPlot(event);
    target.setPointer(isReading ? at : undefined);
    keyCursorMs = undefined;
    pointerMs = isReading ? target.timeAt(at.x, scaleAt(at.y)) : undefined;
    listener.onCursor(pointerMs, 'pointer');
    stage.style.cursor = !isReading
      ? ''
      : rangeEdgeAt(at.x, at.y) !== undefined
        ? 'ew-resize'
        : target.itemAt(at.x, at.y)?.objectId !== undefined
          ? 'pointer'
          : '';
  }

  function onPointerUp(event: PointerEvent): void {
    touches.delete(event.pointerId);
    if (touches.size < 2) pinch = undefined;
    if (stage.hasPointerCapture(event.pointerId)) stage.releasePointerCapture(event.pointerId);
    if (drag === undefined) return;
    const at = place(event);
    const { kind } = drag;
    drag = undefined;
    if (hasMoved) {
      listener.onDragging(false);
      if (event.pointerType !== 'touch') target.setPointer(at);
      return;
    }
    if (event.type === 'pointercancel') return;
    if (target.isInOverview(at.y)) {
      if (viewport.mode === 'all') return;
      const length = viewport.toMs - viewport.fromMs;
      const middle = target.timeAt(at.x, 'overview');
      viewport.glideTo(middle - length / 2, middle + length / 2);
      target.wake();
      return;
    }
    // A click where a range would be drawn takes the one off that is there.
    if (kind === 'range') listener.onRange(undefined);
    else listener.onSelect(target.itemAt(at.x, at.y)?.objectId);
  }

  function onWheel(event: WheelEvent): void {
    if (!isOnPlot(event)) return;
    event.preventDefault();
    const at = place(event);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : PIXELS_PER_LINE;
    const isHorizontal = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (isHorizontal) {
      viewport.panBy((event.deltaX || event.deltaY) * unit * millisecondsPerPixel());
    } else {
      // A pinch on a touchpad arrives as a wheel with the control key, in much smaller steps.
      const strength = event.ctrlKey ? 6 : 1;
      const factor = Math.exp(Math.max(-240, Math.min(240, event.deltaY * unit * strength)) * WHEEL_ZOOM_PER_PX);
      viewport.zoomAt(target.timeAt(at.x, scaleAt(at.y)), factor);
    }
    target.wake();
  }

  function onDoubleClick(event: MouseEvent): void {
    // Its target is the stage, which has captured the pointer: what counts is where it was pressed.
    if (!isPressOnPlot) return;
    const at = place(event);
    const item = target.itemAt(at.x, at.y);
    if (target.isInOverview(at.y)) {
      viewport.showAll();
    } else if (item !== undefined) {
      const { fromMs, toMs } = withMargin(item.range);
      viewport.glideTo(fromMs, toMs);
    } else {
      const timeMs = target.timeAt(at.x, 'strips');
      const { fromMs, toMs } = viewport;
      viewport.glideTo(timeMs - (timeMs - fromMs) * DOUBLE_CLICK_ZOOM, timeMs + (toMs - timeMs) * DOUBLE_CLICK_ZOOM);
    }
    target.wake();
  }

  /** Moves the cursor without a pointer, along with the window where it would leave it. */
  function moveCursor(direction: 1 | -1, extendsRange: boolean): void {
    const length = viewport.toMs - viewport.fromMs;
    const startMs = keyCursorMs ?? pointerMs ?? (viewport.fromMs + viewport.toMs) / 2;
    if (extendsRange) {
      const range = target.selection;
      const isOwnRange = range !== undefined && (keyAnchorMs === range.fromMs || keyAnchorMs === range.toMs);
      if (!isOwnRange) keyAnchorMs = startMs;
    }
    keyCursorMs = withinRun(startMs + direction * length * KEY_CURSOR_SHARE);
    if (keyCursorMs < viewport.fromMs || keyCursorMs > viewport.toMs) viewport.panBy(direction * length * 0.25);
    if (extendsRange && keyAnchorMs !== undefined) {
      listener.onRange({ fromMs: Math.min(keyAnchorMs, keyCursorMs), toMs: Math.max(keyAnchorMs, keyCursorMs) });
    }
    target.setPointer({ x: target.xOf(keyCursorMs), y: target.readingY });
    listener.onCursor(keyCursorMs, 'keys');
  }

  /**
   * Where nothing has the focus, all keys are the timeline's: it is what is looked at. What was clicked before keeps the
   * focus, and the keys that lists, tables, radio buttons and handles have as well; letters mean the same wherever it is.
   */
  function isForTimeline(event: KeyboardEvent): boolean {
    if (event.target === stage || event.target === document.body) return true;
    if (isTyping(event) || isFloatingOpen()) return false;
    const isOwnButton = event.target instanceof Element && stage.contains(event.target.closest('button:not([role])'));
    return isOwnButton ? event.key !== 'Enter' : event.key.length === 1 && !event.altKey;
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || !isForTimeline(event)) return;
    if (event.altKey) {
      if (event.key === 'ArrowLeft') viewport.back();
      else if (event.key === 'ArrowRight') viewport.forward();
      else return;
    } else if (!actOnKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
    target.wake();
  }

  /** @returns false where the key means nothing here */
  function actOnKey(event: KeyboardEvent): boolean {
    // With Shift every keyboard has something else on these two keys.
    if (event.shiftKey && (event.code === 'Comma' || event.code === 'Period')) {
      moveCursor(event.code === 'Period' ? 1 : -1, true);
      return true;
    }
    const length = viewport.toMs - viewport.fromMs;
    const isInWindow = pointerMs !== undefined && pointerMs >= viewport.fromMs && pointerMs <= viewport.toMs;
    const anchorMs = keyCursorMs ?? (isInWindow ? pointerMs : undefined) ?? (viewport.fromMs + viewport.toMs) / 2;
    // With caps lock on, a letter is still the same key.
    switch (event.key.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key) {
      case 'ArrowLeft':
      case 'a':
        viewport.panBy(-length * KEY_PAN_SHARE);
        return true;
      case 'ArrowRight':
      case 'd':
        viewport.panBy(length * KEY_PAN_SHARE);
        return true;
      case '+':
      case '=':
      case 'ArrowUp':
      case 'w':
        viewport.zoomAt(anchorMs, KEY_ZOOM);
        return true;
      case '-':
      case 'ArrowDown':
      case 's':
        viewport.zoomAt(anchorMs, 1 / KEY_ZOOM);
        return true;
      case 'Home':
        viewport.glideTo(0, length);
        return true;
      case 'End':
      case 'f':
        viewport.followEnd();
        return true;
      case '0':
        viewport.showAll();
        return true;
      case '[':
        viewport.back();
        return true;
      case ']':
        viewport.forward();
        return true;
      case ',':
      case '.':
        moveCursor(event.key === '.' ? 1 : -1, false);
        return true;
      case 'n':
        listener.onStep?.(1);
        return true;
      case 'p':
        listener.onStep?.(-1);
        return true;
      case 'z':
        listener.onZoomToSelection();
        return true;
      case 'x':
        listener.onRange({ fromMs: withinRun(viewport.fromMs), toMs: withinRun(viewport.toMs) });
        return true;
      case 'Enter':
        // Elsewhere it may belong to whatever the page makes of it.
        if (event.target !== stage) return false;
        listener.onOpen?.();
        return true;
      case 'Escape':
        if (target.selection === undefined) return false;
        listener.onRange(undefined);
        return true;
      default:
        return false;
    }
  }

  /** The two buttons at the side of a mouse go through what was seen before, as they do through pages. */
  function onSideButton(event: MouseEvent): void {
    if (event.button !== BACK_BUTTON && event.button !== FORWARD_BUTTON) return;
    event.preventDefault();
    if (event.type !== 'mouseup') return;
    if (event.button === BACK_BUTTON) viewport.back();
    else viewport.forward();
    target.wake();
  }

  stage.addEventListener('pointerdown', onPointerDown, { signal });
  stage.addEventListener('pointermove', onPointerMove, { signal });
  stage.addEventListener('pointerup', onPointerUp, { signal });
  stage.addEventListener('pointercancel', onPointerUp, { signal });
  stage.addEventListener(
    'pointerleave',
    () => {
      target.setPointer(undefined);
      pointerMs = undefined;
      listener.onCursor(undefined, 'pointer');
    },
    { signal },
  );
  stage.addEventListener('dblclick', onDoubleClick, { signal });
  stage.addEventListener('mousedown', onSideButton, { signal });
  stage.addEventListener('mouseup', onSideButton, { signal });
  stage.addEventListener('wheel', onWheel, { passive: false, signal });
  // Before the application's own keys: Escape takes the range off first, and only then stops a run.
  window.addEventListener('keydown', onKeyDown, { capture: true, signal });
  return () => abort.abort();
}
