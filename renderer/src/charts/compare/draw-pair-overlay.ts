// What runs through all strips of a comparison: marks of both runs, the cursor, and the letters that tell the two curves of
// a strip apart without their color. Its canvas lies over the plots and takes no pointer.

import type { RunStream } from '../../stream/run-stream.ts';
import { crisp } from '../draw-grid.ts';
import { translucent, type Palette } from '../palette.ts';
import type { TimeScale } from '../time-scale.ts';
import type { ComparedPair, ComparedRun } from './compared-run.ts';
import type { Box } from './draw-pair.ts';

/** Of the strips below the overview, and of the overview, relative to the canvas. */
export interface PairExtent {
  readonly overviewTop: number;
  readonly overviewBottom: number;
  readonly top: number;
  readonly bottom: number;
}

/** A moment of a run, in its own time. */
interface OwnMark {
  readonly title: string;
  readonly atMs: number;
  readonly isEnd: boolean;
}

/** On the axis. */
export interface PairMark extends OwnMark {
  /** Undefined: both runs have it there. */
  readonly letter: 'A' | 'B' | undefined;
}

/** Reads the marks that say something of the program as they come: a run may have a release for every object. */
function createOwnMarkReader(): (stream: RunStream) => readonly OwnMark[] {
  let readFrom: RunStream | undefined;
  let readCount = 0;
  let kept: OwnMark[] = [];
  return (stream) => {
    if (stream !== readFrom) {
      readFrom = stream;
      readCount = 0;
      kept = [];
    }
    for (; readCount < stream.marks.length; readCount++) {
      const mark = stream.marks[readCount];
      if (mark === undefined) continue;
      const { kind, name, atMs } = mark;
      if (kind === 'settle-started') kept.push({ title: 'program ended', atMs, isEnd: true });
      else if (kind === 'user-mark' || kind === 'user-measure') kept.push({ title: name, atMs, isEnd: false });
    }
    return kept;
  };
}

/** Marks of both on the axis; one that both have at the same time, to within `reachMs`, stands there once. */
export function createPairMarkReader(): (pair: ComparedPair, reachMs: number) => PairMark[] {
  const readers = { a: createOwnMarkReader(), b: createOwnMarkReader() };
  return ({ a, b }, reachMs) => {
    const placed = (marks: readonly OwnMark[], { offsetMs }: ComparedRun, letter: 'A' | 'B'): PairMark[] =>
      marks.map((mark) => ({ ...mark, atMs: mark.atMs + offsetMs, letter }));
    const ofA = placed(readers.a(a.stream), a, 'A');
    const byTitle = Map.groupBy(ofA, ({ title }) => title);
    const ofB = placed(readers.b(b.stream), b, 'B').map((mark): PairMark => {
      const twins = byTitle.get(mark.title) ?? [];
      const twin = twins.findIndex(({ atMs }) => Math.abs(atMs - mark.atMs) <= reachMs);
      if (twin === -1) return mark;
      twins.splice(twin, 1);
      return { ...mark, letter: undefined };
    });
    return [...[...byTitle.values()].flat(), ...ofB].sort((one, other) => one.atMs - other.atMs);
  };
}

/** More marks than this in the window would be a hatching of their own. */
const MOST_LINES = 120;
/** Two marks that are close to each other, one of each run, are named one below the other. */
const NAME_ROW_PX = 13;

interface TakenPlace {
  readonly left: number;
  readonly right: number;
  readonly row: number;
}

/** The ends of the programs are dotted, marks are thin lines; each is named at the top where there is room. */
export function drawPairMarks(
  context: CanvasRenderingContext2D,
  marks: readonly PairMark[],
  extent: PairExtent,
  scale: TimeScale,
  overviewX: (atMs: number) => number,
  palette: Palette,
): void {
  const visible = marks.filter(({ atMs }) => atMs >= scale.fromMs && atMs <= scale.toMs);
  const dotted = (atX: number, top: number, bottom: number) => {
    const x = Math.min(crisp(atX), scale.width - 0.5);
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.setLineDash([]);
  };
  context.lineWidth = 1;
  context.strokeStyle = palette.inkFaint;
  for (const { isEnd, atMs } of marks) {
    if (isEnd) dotted(overviewX(atMs), extent.overviewTop, extent.overviewBottom);
  }
  const taken: TakenPlace[] = [];
  const lines = visible.map(({ atMs }) => scale.x(atMs));
  // The ends first, so that no other name takes their place.
  const inOrder = [
    ...visible.filter(({ isEnd }) => isEnd),
    ...visible.filter(({ isEnd }) => !isEnd).slice(0, MOST_LINES),
  ];
  for (const { title, letter, atMs, isEnd } of inOrder) {
    const x = scale.x(atMs);
    if (isEnd) {
      context.strokeStyle = palette.inkFaint;
      dotted(x, extent.top, extent.bottom);
    } else {
      context.fillStyle = translucent(palette.inkFaint, 0.45);
      context.fillRect(Math.min(Math.round(x), scale.width - 1), extent.top, 1, extent.bottom - extent.top);
    }
    nameMark(
      context,
      letter === undefined ? title : `${letter} ${title}`,
      x,
      extent.top,
      { taken, lines },
      scale,
      palette,
    );
  }
}

/** Beside its line, where it covers neither another name nor the edge, and where no other line strikes it through. */
function nameMark(
  context: CanvasRenderingContext2D,
  name: string,
  x: number,
  top: number,
  { taken, lines }: { readonly taken: TakenPlace[]; readonly lines: readonly number[] },
  scale: TimeScale,
  palette: Palette,
): void {
  context.font = palette.figuresFont;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  const { width } = context.measureText(name);
  const isFree = (left: number, row: number) =>
    left >= 0 &&
    left + width <= scale.width &&
    taken.every((other) => other.row !== row || left >= other.right + 8 || left + width <= other.left - 8);
  const lefts = [Math.round(x - 6 - width), Math.round(x + 6)];
  const places = [0, 1].flatMap((row) => lefts.filter((left) => isFree(left, row)).map((left) => ({ left, row })));
  const isStruck = ({ left }: { readonly left: number }) =>
    lines.some((line) => line > left - 2 && line < left + width + 2);
  const place = places.find((each) => !isStruck(each)) ?? places[0];
  if (place === undefined) return;
  const { left, row } = place;
  taken.push({ left, right: left + width, row });
  const y = top + 3 + row * NAME_ROW_PX;
  // A halo rather than a box: curves and grid go on right beside the letters.
  context.strokeStyle = palette.ground;
  context.lineWidth = 3;
  context.lineJoin = 'round';
  context.strokeText(name, left, y);
  context.lineWidth = 1;
  context.fillStyle = palette.inkFaint;
  context.fillText(name, left, y);
}

/** `heights` are where the cursor meets the curves. `overviewX` is where its time lies in the overview. */
export function drawPairCursor(
  context: CanvasRenderingContext2D,
  x: number,
  overviewX: number,
  heights: readonly number[],
  extent: PairExtent,
  color: string,
  palette: Palette,
): void {
  context.fillStyle = translucent(palette.ink, 0.75);
  context.fillRect(Math.round(x), extent.top, 1, extent.bottom - extent.top);
  context.fillStyle = translucent(palette.ink, 0.5);
  context.fillRect(Math.round(overviewX), extent.overviewTop, 1, extent.overviewBottom - extent.overviewTop);
  context.lineWidth = 1.5;
  context.fillStyle = palette.ground;
  context.strokeStyle = color;
  for (const y of heights) {
    context.beginPath();
    context.arc(Math.round(x) + 0.5, y, 3, 0, Math.PI * 2);
    context.fill();
    context.stroke();
  }
}

/** A letter at the end of a curve. `y` is the curve's height there. */
export interface CurveLetter {
  readonly letter: 'A' | 'B';
  readonly x: number;
  readonly y: number;
  readonly color: string;
}

const LETTER_PX = 13;
const LETTER_GAP_PX = 5;

/**
 * Puts the letters at the ends of their curves without covering each other or leaving the strip: beside the end where
 * there is room, else at the strip's right edge, above the curve. `y` is in the coordinates of `box`.
 */
export function placeLetters(letters: readonly CurveLetter[], box: Box): CurveLetter[] {
  const placed: CurveLetter[] = [];
  const half = LETTER_PX / 2;
  // From the top down, so that the upper curve has the upper letter.
  for (const letter of [...letters].sort((one, other) => one.y - other.y)) {
    const hasRoom = letter.x + LETTER_GAP_PX + LETTER_PX <= box.width;
    const x = hasRoom ? letter.x + LETTER_GAP_PX + half : box.width - half - 1;
    const wanted = hasRoom ? letter.y : letter.y - half - 4;
    let y = Math.min(box.top + box.height - half - 1, Math.max(box.top + half + 1, wanted));
    let atX = x;
    const covered = placed.find((other) => Math.abs(other.x - x) < LETTER_PX && Math.abs(other.y - y) < LETTER_PX + 1);
    if (covered !== undefined) {
      const below = covered.y + LETTER_PX + 2;
      // In a strip that is too low for two letters they stand side by side.
      if (below + half <= box.top + box.height) y = below;
      else atX = covered.x - LETTER_PX - 2;
    }
    placed.push({ ...letter, x: atX, y });
  }
  return placed;
}

export function drawLetter(context: CanvasRenderingContext2D, { letter, x, y, color }: CurveLetter, palette: Palette) {
  const left = Math.round(x - LETTER_PX / 2) + 0.5;
  const top = Math.round(y - LETTER_PX / 2) + 0.5;
  context.beginPath();
  context.roundRect(left, top, LETTER_PX - 1, LETTER_PX - 1, 3);
  context.fillStyle = palette.ground;
  context.fill();
  if (letter === 'B') {
    context.fillStyle = translucent(color, 0.28);
    context.fill();
  }
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.setLineDash(letter === 'A' ? [2, 2] : []);
  context.stroke();
  context.setLineDash([]);
  context.font = `600 ${palette.figuresFont}`;
  context.fillStyle = palette.ink;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(letter, left + (LETTER_PX - 1) / 2, top + (LETTER_PX - 1) / 2 + 0.5);
}
