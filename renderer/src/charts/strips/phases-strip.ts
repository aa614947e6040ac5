// The phases of the run, and below them what the program and the tool have marked: stretches as bars, moments as
// triangles, with their names where they find room. Everything that the tool did itself is amber; what failed is red.

import type { RunStream } from '../../stream/run-stream.ts';
import { crisp, drawVerticalGrid } from '../draw-grid.ts';
import { freePlace, type Stretch } from '../free-place.ts';
import { translucent } from '../palette.ts';
import { createSurface } from '../surface.ts';
import type { TimeScale } from '../time-scale.ts';
import { isMomentMark, type TimelineMark } from '../timeline-marks.ts';
import { hatch } from './fill-steps.ts';
import type { Strip, TimelineView } from './strip.ts';

const PHASE_HEIGHT_PX = 13;
const MARKS_TOP_PX = 17;
const MARK_HEIGHT_PX = 11;
/** Fewer than these are named in place; the names of the others are read by pointing at them. */
const MOST_NAMES = 40;
const REACH_PX = 4;

export interface Phase {
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** What the program itself does, as against what is done to it. */
  readonly isProgram: boolean;
}

/** The program, the wait for late callbacks after it, and what was done then. Without gaps, in order of time. */
export function phasesOf(stream: RunStream, marks: readonly TimelineMark[]): Phase[] {
  const at = (kind: TimelineMark['kind']) => marks.find((mark) => mark.kind === kind)?.atMs;
  const endMs = stream.endMs;
  const settleStartMs = at('settle-started');
  const settleEndMs = at('settle-ended') ?? endMs;
  const programEndMs = settleStartMs ?? at('settle-ended') ?? endMs;
  const phases: Phase[] = [{ title: 'program', fromMs: 0, toMs: programEndMs, isProgram: true }];
  if (settleStartMs !== undefined) {
    phases.push({ title: 'waiting for late callbacks', fromMs: settleStartMs, toMs: settleEndMs, isProgram: false });
  }
  const last = Math.max(programEndMs, settleStartMs === undefined ? 0 : settleEndMs);
  if (endMs > last) phases.push({ title: 'afterwards', fromMs: last, toMs: endMs, isProgram: false });
  return phases;
}

/** Of what has a mark's hue: the observer's own doing, a failure, or the program's. */
function hueOf({ kind }: TimelineMark): 'amber' | 'red' | 'inkSoft' {
  switch (kind) {
    case 'observer-waited':
    case 'heap-snapshot':
    case 'gc-policy-changed':
      return 'amber';
    case 'uncaught-exception':
    case 'unhandled-rejection':
    case 'dropped':
      return 'red';
    case 'user-mark':
    case 'user-measure':
    case 'settle-started':
    case 'settle-ended':
    case 'stop-requested':
    case 'exit-called':
      return 'inkSoft';
  }
}

export function createPhasesStrip(canvas: HTMLCanvasElement, onResize: () => void): Strip {
  const surface = createSurface(canvas, onResize);

  function drawPhases(context: CanvasRenderingContext2D, { stream, scale, palette, marks }: TimelineView): void {
    if (stream === undefined) return;
    for (const { title, fromMs, toMs, isProgram } of phasesOf(stream, marks.all)) {
      const left = Math.max(-4, scale.x(fromMs));
      const right = Math.min(scale.width + 4, scale.x(toMs) - 1);
      if (right <= left) continue;
      context.fillStyle = translucent(palette.inkFaint, isProgram ? 0.24 : 0.1);
      context.beginPath();
      context.roundRect(left, 0, right - left, PHASE_HEIGHT_PX, 2.5);
      context.fill();
      if (!isProgram) hatch(context, { left, right, top: 0, bottom: PHASE_HEIGHT_PX }, palette);
      const textLeft = Math.max(0, left) + 6;
      if (context.measureText(title).width > Math.min(scale.width, right) - textLeft - 4) continue;
      context.fillStyle = palette.inkSoft;
      context.textBaseline = 'middle';
      context.fillText(title, textLeft, PHASE_HEIGHT_PX / 2 + 0.5);
    }
  }

  function drawMarks(context: CanvasRenderingContext2D, view: TimelineView): void {
    const { scale, palette } = view;
    const visible = visibleMarks(view);
    const moments = visible.filter(isMomentMark).map(({ atMs }) => scale.x(atMs));
    const names = createNamePlaces(context, scale, moments);
    const drawsNames = visible.length <= MOST_NAMES;
    const middle = MARKS_TOP_PX + MARK_HEIGHT_PX / 2;
    let lastX = -Infinity;
    for (const mark of visible) {
      const hue = palette[hueOf(mark)];
      const x = scale.x(mark.atMs);
      if (isMomentMark(mark)) {
        if (x - lastX < 1) continue;
        lastX = x;
        const tip = Math.min(crisp(x), scale.width - 0.5);
        context.fillStyle = hue;
        context.beginPath();
        context.moveTo(tip - 4, MARKS_TOP_PX + 1);
        context.lineTo(tip + 4, MARKS_TOP_PX + 1);
        context.lineTo(tip, MARKS_TOP_PX + 9);
        context.closePath();
        context.fill();
        if (drawsNames) names.place(mark.title, tip, middle, palette.inkSoft);
        continue;
      }
      const left = Math.max(-4, x);
      const right = Math.min(scale.width + 4, Math.max(left + 2, scale.x(mark.atMs + (mark.durationMs ?? 0))));
      context.fillStyle = translucent(hue, 0.4);
      context.beginPath();
      context.roundRect(left, MARKS_TOP_PX, right - left, MARK_HEIGHT_PX, 2.5);
      context.fill();
      if (drawsNames) names.placeOn(mark.title, { left, right }, middle, palette.ink, palette.inkSoft);
    }
  }

  return {
    get revision() {
      return surface.revision;
    },
    draw(view) {
      const context = surface.begin();
      drawVerticalGrid(context, view.scale, surface.height, view.palette, view.timeFormat);
      context.font = view.palette.figuresFont;
      context.textAlign = 'left';
      drawPhases(context, view);
      drawMarks(context, view);
    },
    itemAt(view, x, y) {
      const { stream, scale, marks } = view;
      if (stream === undefined) return undefined;
      const timeMs = scale.timeAt(x);
      if (y < MARKS_TOP_PX) {
        const phase = phasesOf(stream, marks.all).find(({ fromMs, toMs }) => fromMs <= timeMs && timeMs < toMs);
        return phase && { range: { fromMs: phase.fromMs, toMs: phase.toMs } };
      }
      const reachMs = REACH_PX * scale.millisecondsPerPixel;
      const mark = visibleMarks(view).findLast(
        ({ atMs, durationMs = 0 }) => atMs - reachMs <= timeMs && timeMs <= atMs + durationMs + reachMs,
      );
      return mark && { range: { fromMs: mark.atMs, toMs: mark.atMs + (mark.durationMs ?? 0) } };
    },
    [Symbol.dispose]() {
      surface[Symbol.dispose]();
    },
  };
}

/** Marks of the lower line that reach into the window; the beginning and the end of settling are phases. */
function visibleMarks({ marks, scale }: TimelineView): TimelineMark[] {
  return marks.all.filter(
    ({ kind, atMs, durationMs }) =>
      kind !== 'settle-started' &&
      kind !== 'settle-ended' &&
      atMs <= scale.toMs &&
      atMs + (durationMs ?? 0) >= scale.fromMs,
  );
}

/** Writes names where they cover neither each other, nor the sign of a moment, nor the edges of the plot. */
function createNamePlaces(context: CanvasRenderingContext2D, scale: TimeScale, moments: readonly number[]) {
  const taken: Stretch[] = [];
  const write = (name: string, left: number, y: number, color: string) => {
    const right = left + context.measureText(name).width;
    if (left < 0 || right > scale.width) return false;
    if (moments.some((x) => x > left - 6 && x < right + 6)) return false;
    if (taken.some((other) => left < other.right + 8 && right > other.left - 8)) return false;
    taken.push({ left, right });
    context.fillStyle = color;
    context.textBaseline = 'middle';
    context.fillText(name, left, y);
    return true;
  };
  return {
    /** Beside a moment: on the right, or else on the left. */
    place(name: string, x: number, y: number, color: string): void {
      if (!write(name, x + 7, y, color)) write(name, x - 7 - context.measureText(name).width, y, color);
    },
    /**
     * On a bar where it fits, otherwise behind it. A measure mostly begins at a mark, whose name then comes first: that of the
     * measure stands on the bar behind it.
     */
    placeOn(name: string, { left, right }: Stretch, y: number, colorOn: string, colorBeside: string): void {
      const room = { left: Math.max(0, left) + 5, right: Math.min(scale.width, right) - 3 };
      const signs = moments.map((x) => ({ left: x - 7, right: x + 7 }));
      const names = taken.map((other) => ({ left: other.left - 9, right: other.right + 9 }));
      const start = freePlace(context.measureText(name).width, room, [...signs, ...names]);
      if (start !== undefined) write(name, start, y, colorOn);
      else write(name, right + 5, y, colorBeside);
    },
  };
}
