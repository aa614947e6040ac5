// Draws lifelines: thick while the program uses the object, thin after it let go (half-way where it did not say), a
// violet band between the major GCs that bracket its collection with a tick at the last, a green dot at the callback, as
// long as it took; amber with an arrow for what is still alive. Every end has a shape of its own.

import { VERDICTS, type Verdict } from '../../../engine/protocol/vocabulary.ts';
import { valueAt } from '../stream/growable-column.ts';
import type { RunStream } from '../stream/run-stream.ts';
import { drawVerticalGrid } from './draw-grid.ts';
import type { LanesPlan, PlacedLife } from './lifelines.ts';
import { translucent, type Palette } from './palette.ts';
import type { StripSize } from './strips/strip.ts';
import type { TimeFormat, TimeScale } from './time-scale.ts';

/** Names are drawn where lanes are wide enough for text, and few enough to be read. */
const LABELLED_FROM_PITCH_PX = 11;
const MOST_LABELS = 40;
/** From the end of a lifeline to its name: the tick and the dot lie between. */
const LABEL_GAP_PX = 12;

const LONE_BAND_PX = 12;

interface LifelineMarks {
  readonly thick: number;
  readonly medium: number;
  readonly thin: number;
  readonly tickHeight: number;
  readonly dotRadius: number;
}

function marksFor(pitchPx: number): LifelineMarks {
  return {
    thick: Math.min(4, pitchPx * 0.5),
    medium: Math.min(2.5, pitchPx * 0.35),
    thin: Math.min(1.5, pitchPx * 0.25),
    tickHeight: Math.min(8, pitchPx * 0.85),
    dotRadius: Math.min(3, pitchPx * 0.36),
  };
}

function drawLife(
  context: CanvasRenderingContext2D,
  life: PlacedLife,
  stream: RunStream,
  scale: TimeScale,
  palette: Palette,
  marks: LifelineMarks,
): void {
  const { row, y } = life;
  const verdict: Verdict = VERDICTS[stream.registrations.verdict.values[row] ?? 0] ?? 'unknown';
  const releasedAt = stream.releasedAtMs(row);
  const goesOn = life.endMs === Infinity;
  const hasEnded = stream.status === 'ended';
  const isAlive = verdict === 'alive';
  const isLost = verdict === 'registry-collected' || verdict === 'exited-first';
  const startX = scale.x(life.startMs);
  const endX = goesOn ? scale.x(stream.endMs) : scale.x(life.endMs);
  const releasedX = Number.isNaN(releasedAt) ? NaN : Math.min(endX, Math.max(startX, scale.x(releasedAt)));
  const lineHue = isAlive ? palette.amber : isLost ? palette.red : palette.inkFaint;

  const bar = (from: number, to: number, thickness: number, opacity: number) => {
    // Clamped, since canvases draw wrong at millions of pixels; the clamp lies outside of what is seen.
    const left = Math.max(-20, from);
    const right = Math.min(scale.width + 20, to);
    if (right < left) return;
    context.globalAlpha = opacity;
    context.fillRect(left, y - thickness / 2, Math.max(1, right - left), thickness);
    context.globalAlpha = 1;
  };
  context.fillStyle = lineHue;
  if (Number.isNaN(releasedX)) {
    bar(startX, endX, marks.medium, isAlive ? 1 : 0.75);
  } else {
    bar(releasedX, endX, marks.thin, isAlive ? 1 : 0.55);
    const left = Math.max(-20, startX);
    const right = Math.min(scale.width + 20, releasedX);
    if (right >= left) {
      context.beginPath();
      context.roundRect(left, y - marks.thick / 2, Math.max(marks.thick, right - left), marks.thick, marks.thick / 2);
      context.fill();
    }
  }
  if (goesOn && !hasEnded) return;

  const { dotRadius: radius, tickHeight } = marks;
  if (goesOn) {
    // Ends at the end of the run: the shape says how.
    const x = Math.min(endX, scale.width) - radius;
    if (endX < -20 || x < -20) return;
    if (isAlive) {
      const tip = endX > scale.width + 1 ? scale.width : endX;
      context.beginPath();
      context.moveTo(tip - radius * 1.9, y - radius * 1.25);
      context.lineTo(tip, y);
      context.lineTo(tip - radius * 1.9, y + radius * 1.25);
      context.closePath();
      context.fill();
    } else if (verdict === 'registry-collected') {
      context.fillRect(x - radius, y - radius, radius * 2, radius * 2);
    } else if (verdict === 'exited-first') {
      context.fillRect(x + radius - 1.5, y - tickHeight / 2, 1.5, tickHeight);
    } else {
      // Collected and not called, or not known: an open ring, half filled when it was collected.
      context.fillStyle = palette.ground;
      context.strokeStyle = palette.inkSoft;
      context.lineWidth = 1.25;
      context.beginPath();
      context.arc(x, y, radius, 0, Math.PI * 2);
      context.fill();
      context.stroke();
      if (verdict !== 'callback-pending') return;
      context.fillStyle = palette.inkSoft;
      context.beginPath();
      context.arc(x, y, radius, -Math.PI / 2, Math.PI / 2);
      context.fill();
    }
    return;
  }
  // What ended on the left may have taken until now.
  const tookPx = (valueAt(stream.registrations.callbackMs, row) || 0) / scale.millisecondsPerPixel;
  if (endX + tookPx < -20 || endX > scale.width + 20) return;
  if (verdict === 'unregistered') {
    context.strokeStyle = palette.inkSoft;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(endX, y - tickHeight / 2);
    context.lineTo(endX, y + tickHeight / 2);
    context.stroke();
    return;
  }
  const majors = stream.collectingMajors(row);
  let dotX = endX;
  if (majors !== undefined) {
    const tickX = scale.x(valueAt(stream.majors.endMs, majors[1]));
    const bandX = scale.x(valueAt(stream.majors.startMs, majors[0]));
    // Collected somewhere in here: between the majors that bracket it.
    const left = Math.max(-20, bandX);
    const bandHeight = tickHeight * 0.75;
    context.fillStyle = translucent(palette.violet, 0.45);
    if (tickX - left > 3) context.fillRect(left, y - bandHeight / 2, tickX - left, bandHeight);
    context.fillStyle = palette.violet;
    context.fillRect(tickX - 1.5, y - tickHeight / 2, 3, tickHeight);
    // Beside the tick when they fall together: both are to be seen.
    dotX = Math.max(endX, tickX + 1.5 + radius);
  }
  if (verdict === 'callback-threw') {
    const reach = radius * 1.1;
    context.strokeStyle = palette.red;
    context.lineWidth = 1.75;
    context.beginPath();
    context.moveTo(dotX - reach, y - reach);
    context.lineTo(dotX + reach, y + reach);
    context.moveTo(dotX + reach, y - reach);
    context.lineTo(dotX - reach, y + reach);
    context.stroke();
    return;
  }
  context.fillStyle = palette.green;
  context.beginPath();
  // As long as the callback took, where that is more than a dot.
  if (tookPx > 2 * radius) {
    const left = Math.max(-20, dotX);
    context.roundRect(left, y - radius, Math.min(scale.width + 20, dotX + tookPx) - left, 2 * radius, radius);
  } else {
    context.arc(dotX, y, radius, 0, Math.PI * 2);
  }
  context.fill();
}

/** The band that the selected life stands on. */
function drawSelection(
  context: CanvasRenderingContext2D,
  selected: PlacedLife,
  bandHeight: number,
  width: number,
  stream: RunStream,
  scale: TimeScale,
  palette: Palette,
): void {
  const left = Math.max(-8, scale.x(selected.startMs) - 5);
  const right = Math.max(left, Math.min(width + 8, scale.x(Math.min(selected.endMs, stream.endMs)) + 11));
  context.fillStyle = translucent(palette.blue, 0.1);
  context.fillRect(0, selected.y - bandHeight / 2, width, bandHeight);
  context.fillStyle = translucent(palette.blue, 0.26);
  context.strokeStyle = palette.blue;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left, selected.y - bandHeight / 2, right - left, bandHeight, 4);
  context.fill();
  context.stroke();
}

/** The selected life alone, along the lower edge, where the others are a density and it has no lane of its own. */
export function drawLoneLife(
  context: CanvasRenderingContext2D,
  { width, height }: StripSize,
  row: number,
  stream: RunStream,
  scale: TimeScale,
  palette: Palette,
): void {
  const startMs = stream.registrations.atMs.values[row] ?? NaN;
  if (Number.isNaN(startMs) || row >= stream.registrations.atMs.length) return;
  const life: PlacedLife = { row, startMs, endMs: stream.endedAtMs(row), group: 0, y: height - LONE_BAND_PX / 2 - 1 };
  context.fillStyle = palette.ground;
  context.fillRect(0, height - LONE_BAND_PX - 2, width, LONE_BAND_PX + 2);
  drawSelection(context, life, LONE_BAND_PX, width, stream, scale, palette);
  drawLife(context, life, stream, scale, palette, marksFor(LONE_BAND_PX));
}

/** Lifelines one by one; the one in `selectedRow` stands on a band. */
export function drawLanes(
  context: CanvasRenderingContext2D,
  { width, height }: StripSize,
  plan: LanesPlan,
  stream: RunStream,
  scale: TimeScale,
  palette: Palette,
  timeFormat: TimeFormat,
  selectedRow: number | undefined,
): void {
  drawVerticalGrid(context, scale, height, palette, timeFormat);
  const marks = marksFor(plan.pitchPx);
  const selected = plan.lives.find(({ row }) => row === selectedRow);
  if (selected !== undefined)
    drawSelection(context, selected, Math.max(9, plan.pitchPx + 1), width, stream, scale, palette);
  context.fillStyle = translucent(palette.line, 0.7);
  for (const { topPx } of plan.groups.slice(1)) context.fillRect(0, Math.round(topPx), width, 1);
  for (const life of plan.lives) drawLife(context, life, stream, scale, palette, marks);
  if (plan.pitchPx >= LABELLED_FROM_PITCH_PX) drawLabels(context, plan.lives, stream, scale, palette);
}

/**
 * Names beside those lifelines that leave room for theirs before the next item of their lane. A line that goes on to the
 * end has its name on the line or, where that stays too short, before its start. What does not fit is left out.
 */
function drawLabels(
  context: CanvasRenderingContext2D,
  lives: readonly PlacedLife[],
  stream: RunStream,
  scale: TimeScale,
  palette: Palette,
): void {
  if (lives.length > MOST_LABELS) return;
  context.font = palette.figuresFont;
  context.fillStyle = palette.inkFaint;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const endX = ({ endMs }: PlacedLife) => scale.x(Math.min(endMs, stream.endMs)) + LABEL_GAP_PX;
  /** Where the last name of each lane ends. */
  const namedTo = new Map<number, number>();
  const write = (label: string, x: number, y: number, width: number) => {
    context.fillText(label, x, y + 0.5);
    namedTo.set(y, x + width + LABEL_GAP_PX);
  };
  for (const life of lives) {
    const label = stream.objectAt(life.row).name;
    if (label === '') continue;
    const { width } = context.measureText(label);
    const others = lives.filter((other) => other.y === life.y && other !== life);
    const startX = scale.x(life.startMs);
    const nextX = Math.min(scale.width, ...others.map((other) => scale.x(other.startMs)).filter((x) => x > startX));
    const previousX = Math.max(
      0,
      namedTo.get(life.y) ?? 0,
      ...others.filter(({ startMs }) => scale.x(startMs) < startX).map(endX),
    );
    const rightX = Math.max(0, endX(life));
    const lineX = Math.max(0, startX) + 12;
    if (life.endMs !== Infinity) {
      if (rightX + width + LABEL_GAP_PX <= nextX) write(label, rightX, life.y, width);
    } else if (rightX + width + 4 <= nextX) {
      write(label, rightX, life.y, width);
    } else if (lineX + 2 * width + 24 <= Math.min(scale.width, endX(life) - LABEL_GAP_PX)) {
      // On the line itself, which is interrupted for it as a contour is on a map.
      context.fillStyle = palette.ground;
      context.fillRect(lineX - 4, life.y - 4, width + 8, 8);
      context.fillStyle = palette.inkFaint;
      write(label, lineX, life.y, width);
    } else if (stream.status === 'ended' && startX - width - 6 >= previousX && startX <= scale.width) {
      write(label, startX - width - 6, life.y, width);
    }
  }
}
