// Draws lifelines: thick while the program uses the object, thin after it let go (half-way where it did not say), a
// violet tick at the collecting GC, a green dot at the callback; amber with an arrow for what is still alive. Every end
// has a shape of its own. Where there are too many, the counts of every pixel column instead, peaks kept.

import { VERDICTS, type Verdict } from '../../../engine/protocol/vocabulary.ts';
import type { DensityColumns, RunStream } from '../stream/run-stream.ts';
import { drawVerticalGrid } from './draw-grid.ts';
import { fillSteps, type StripSize } from './draw-strips.ts';
import type { LanesPlan, PlacedLife } from './lifelines.ts';
import { translucent, type Palette } from './palette.ts';
import type { TimeScale } from './time-scale.ts';

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
  if (endX < -20 || endX > scale.width + 20) return;
  if (verdict === 'unregistered') {
    context.strokeStyle = palette.inkSoft;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(endX, y - tickHeight / 2);
    context.lineTo(endX, y + tickHeight / 2);
    context.stroke();
    return;
  }
  const collectedAt = stream.collectedAtMs(row);
  let dotX = endX;
  if (!Number.isNaN(collectedAt)) {
    const tickX = scale.x(collectedAt);
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
  context.arc(dotX, y, radius, 0, Math.PI * 2);
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
  selectedRow: number | undefined,
): void {
  drawVerticalGrid(context, scale, height, palette);
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
    const label = stream.objectAt(life.row).label;
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

export interface DensityBand {
  readonly top: number;
  readonly height: number;
}

/** Room above the bands for a line of text. */
const DENSITY_CAPTION_PX = 18;

/** Where the three bands of the density lie, for the drawing and for their labels in the gutter. */
export function densityBands(height: number): readonly DensityBand[] {
  const gap = 8;
  const room = height - DENSITY_CAPTION_PX - 2 * gap;
  const side = Math.max(8, Math.round(room * 0.26));
  const middle = Math.max(8, room - 2 * side);
  const top = DENSITY_CAPTION_PX;
  return [
    { top, height: side },
    { top: top + side + gap, height: middle },
    { top: top + side + middle + 2 * gap, height: side - 1 },
  ];
}

/** Sums of two neighboring columns. */
function inPairs(columns: Uint32Array): Uint32Array {
  const pairs = new Uint32Array(Math.ceil(columns.length / 2));
  for (let column = 0; column < columns.length; column++) {
    pairs[column >> 1] = (pairs[column >> 1] ?? 0) + (columns[column] ?? 0);
  }
  return pairs;
}

/** Highest counts in the window: of two pixel columns for what happens, at one moment for what is alive. */
export interface DensityPeaks {
  readonly registered: number;
  readonly alive: number;
  readonly finalized: number;
}

/**
 * Registered, alive and finalized in every pixel column. Alive is drawn from its lowest to its highest within the
 * column, so a peak of a millisecond is as high as it was.
 */
export function drawDensity(
  context: CanvasRenderingContext2D,
  { height }: StripSize,
  columns: DensityColumns,
  stream: RunStream,
  scale: TimeScale,
  palette: Palette,
): DensityPeaks {
  drawVerticalGrid(context, scale, height, palette);
  const [registeredBand, aliveBand, finalizedBand] = densityBands(height);
  const lastColumn = Math.max(0, Math.min(columns.registered.length, Math.ceil(scale.x(stream.endMs))));
  // Bursts are drawn two pixels wide: one of a millisecond is still seen.
  const registered = inPairs(columns.registered);
  const finalized = inPairs(columns.finalized);
  const peaks = { registered: 0, alive: 0, finalized: 0 };
  for (let pair = 0; pair < registered.length; pair++) {
    peaks.registered = Math.max(peaks.registered, registered[pair] ?? 0);
    peaks.finalized = Math.max(peaks.finalized, finalized[pair] ?? 0);
  }
  for (let column = 0; column < lastColumn; column++) {
    peaks.alive = Math.max(peaks.alive, columns.highestAlive[column] ?? 0);
  }
  const fill = (place: DensityBand | undefined, values: Uint32Array, columnPx: number, peak: number, color: string) => {
    if (place === undefined) return;
    const base = place.top + place.height;
    fillSteps(context, Math.ceil(lastColumn / columnPx), columnPx, color, base, (column) => {
      const value = values[column] ?? 0;
      return value === 0 ? 0 : Math.max(1, (value / peak) * place.height);
    });
    context.fillStyle = palette.line;
    context.fillRect(0, base, scale.width, 1);
  };
  fill(registeredBand, registered, 2, peaks.registered, translucent(palette.inkFaint, 0.6));
  fill(aliveBand, columns.highestAlive, 1, peaks.alive, translucent(palette.inkFaint, 0.22));
  fill(finalizedBand, finalized, 2, peaks.finalized, palette.green);
  if (aliveBand !== undefined) drawAliveRange(context, aliveBand, columns, lastColumn, peaks.alive, palette);
  drawThrown(context, stream, scale, finalizedBand, palette);
  return peaks;
}

/** A line from the lowest to the highest of each pixel column, joined to its neighbors. */
function drawAliveRange(
  context: CanvasRenderingContext2D,
  band: DensityBand,
  columns: DensityColumns,
  lastColumn: number,
  peak: number,
  palette: Palette,
): void {
  if (peak === 0) return;
  const yOf = (alive: number | undefined) => band.top + band.height * (1 - (alive ?? 0) / peak);
  context.strokeStyle = palette.inkSoft;
  context.lineWidth = 1.25;
  context.beginPath();
  for (let column = 0; column < lastColumn; column++) {
    const highest = yOf(columns.highestAlive[column]);
    const lowest = yOf(columns.lowestAlive[column]);
    const x = column + 0.5;
    if (column === 0) context.moveTo(0, lowest);
    context.lineTo(x, lowest);
    if (highest !== lowest) context.lineTo(x, highest);
  }
  context.stroke();
}

/** Callbacks that threw are few and matter: each keeps its red cross, also where all else is counted. */
function drawThrown(
  context: CanvasRenderingContext2D,
  stream: RunStream,
  scale: TimeScale,
  band: DensityBand | undefined,
  palette: Palette,
): void {
  if (band === undefined) return;
  context.strokeStyle = palette.red;
  context.lineWidth = 1.75;
  let drawnTo = -Infinity;
  const { throwingRows, registrations } = stream;
  context.beginPath();
  for (let index = 0; index < throwingRows.length; index++) {
    const x = scale.x(registrations.callbackStartMs.values[throwingRows.values[index] ?? 0] ?? NaN);
    if (!(x >= 0 && x <= scale.width) || Math.abs(x - drawnTo) < 3) continue;
    drawnTo = x;
    context.moveTo(x - 3, band.top + 1);
    context.lineTo(x + 3, band.top + 7);
    context.moveTo(x + 3, band.top + 1);
    context.lineTo(x - 3, band.top + 7);
  }
  context.stroke();
}
