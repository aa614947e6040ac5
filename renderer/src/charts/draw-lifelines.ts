// Draws lifelines: thick while the program uses the object, thin after it let go (half-way where it did not say), a
// violet tick at the collecting GC, a green dot at the callback; amber with an arrow for what is still alive. Every end
// has a shape of its own. Where there are too many, the counts of every pixel column instead, peaks kept.

import { VERDICTS, type Verdict } from '../../../engine/protocol/vocabulary.ts';
import type { DensityColumns, RunStream } from '../stream/run-stream.ts';
import { drawVerticalGrid } from './draw-grid.ts';
import type { StripSize } from './draw-strips.ts';
import type { PlacedLife } from './lifelines.ts';
import { translucent, type Palette } from './palette.ts';
import type { TimeScale } from './time-scale.ts';

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

/** Lifelines one by one; the one in `selectedRow` stands on a band. */
export function drawLanes(
  context: CanvasRenderingContext2D,
  { width, height }: StripSize,
  plan: { readonly lives: readonly PlacedLife[]; readonly pitchPx: number },
  stream: RunStream,
  scale: TimeScale,
  palette: Palette,
  selectedRow: number | undefined,
): void {
  drawVerticalGrid(context, scale, height, palette);
  const marks = marksFor(plan.pitchPx);
  const selected = plan.lives.find(({ row }) => row === selectedRow);
  if (selected !== undefined) {
    const left = Math.max(-8, scale.x(selected.startMs) - 5);
    const right = Math.min(width + 8, scale.x(Math.min(selected.endMs, stream.endMs)) + 11);
    const bandHeight = Math.max(9, plan.pitchPx + 1);
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
  for (const life of plan.lives) drawLife(context, life, stream, scale, palette, marks);
}

/** Where the three bands of the density lie, for the drawing and for their labels in the gutter. */
export function densityBands(height: number): readonly { top: number; height: number }[] {
  const gap = 10;
  const side = Math.max(14, Math.round((height - 2 * gap) * 0.24));
  const middle = Math.max(14, height - 2 * gap - 2 * side);
  return [
    { top: 0, height: side },
    { top: side + gap, height: middle },
    { top: side + middle + 2 * gap, height: side },
  ];
}

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
  const count = columns.registered.length;
  const columnWidth = scale.width / count;
  const lastColumn = Math.min(count, Math.ceil(scale.x(stream.endMs) / columnWidth));
  const peaks = { registered: 0, alive: 0, finalized: 0 };
  for (let column = 0; column < count; column++) {
    peaks.registered = Math.max(peaks.registered, columns.registered[column] ?? 0);
    peaks.finalized = Math.max(peaks.finalized, columns.finalized[column] ?? 0);
    if (column < lastColumn) peaks.alive = Math.max(peaks.alive, columns.highestAlive[column] ?? 0);
  }
  const bars = (
    band: { top: number; height: number } | undefined,
    values: Uint32Array,
    peak: number,
    color: string,
  ) => {
    if (band === undefined) return;
    context.fillStyle = palette.line;
    context.fillRect(0, band.top + band.height, scale.width, 1);
    context.fillStyle = color;
    if (peak === 0) return;
    for (let column = 0; column < lastColumn; column++) {
      const value = values[column] ?? 0;
      if (value === 0) continue;
      const barHeight = Math.max(1, (value / peak) * band.height);
      context.fillRect(column * columnWidth, band.top + band.height - barHeight, columnWidth, barHeight);
    }
  };
  bars(registeredBand, columns.registered, peaks.registered, palette.inkFaint);
  bars(finalizedBand, columns.finalized, peaks.finalized, palette.green);
  if (aliveBand !== undefined) {
    const base = aliveBand.top + aliveBand.height;
    const yOf = (alive: number) => base - (peaks.alive === 0 ? 0 : (alive / peaks.alive) * aliveBand.height);
    context.fillStyle = translucent(palette.inkFaint, 0.22);
    context.beginPath();
    context.moveTo(0, base);
    for (let column = 0; column < lastColumn; column++) {
      const y = yOf(columns.highestAlive[column] ?? 0);
      context.lineTo(column * columnWidth, y);
      context.lineTo((column + 1) * columnWidth, y);
    }
    context.lineTo(lastColumn * columnWidth, base);
    context.closePath();
    context.fill();
    context.fillStyle = palette.inkSoft;
    for (let column = 0; column < lastColumn; column++) {
      const top = yOf(columns.highestAlive[column] ?? 0);
      const bottom = yOf(columns.lowestAlive[column] ?? 0);
      context.fillRect(column * columnWidth, top - 0.5, columnWidth, Math.max(1.25, bottom - top));
    }
    context.fillStyle = palette.line;
    context.fillRect(0, base, scale.width, 1);
  }
  drawThrown(context, stream, scale, finalizedBand, palette);
  return peaks;
}

/** Callbacks that threw are few and matter: each keeps its red cross, also where all else is counted. */
function drawThrown(
  context: CanvasRenderingContext2D,
  stream: RunStream,
  scale: TimeScale,
  band: { top: number; height: number } | undefined,
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
