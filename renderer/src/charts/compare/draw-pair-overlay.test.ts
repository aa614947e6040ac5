import { describe, expect, it } from 'vitest';
import type { RunBatchOf } from '../../../../engine/protocol/run-batch.ts';
import { createRunStream } from '../../stream/create-run-stream.ts';
import type { Palette } from '../palette.ts';
import { createTimeScale } from '../time-scale.ts';
import {
  createPairMarkReader,
  drawPairMarks,
  placeLetters,
  type CurveLetter,
  type PairMark,
} from './draw-pair-overlay.ts';

const box = { top: 100, width: 500, height: 80 };
const at = (letter: 'A' | 'B', x: number, y: number): CurveLetter => ({ letter, x, y, color: '#000000' });
const placesOf = (letters: CurveLetter[], within = box) =>
  Object.fromEntries(placeLetters(letters, within).map(({ letter, x, y }) => [letter, [x, y]]));

describe('letters at the ends of two curves', () => {
  it('stand beside them where there is room', () => {
    expect(placesOf([at('A', 200, 120), at('B', 300, 150)])).toEqual({ A: [211.5, 120], B: [311.5, 150] });
  });

  it('stay within the plot, above curves that reach its edge', () => {
    const { A, B } = placesOf([at('A', 500, 170), at('B', 498, 130)]);
    expect(A).toEqual([492.5, 159.5]);
    expect(B).toEqual([492.5, 119.5]);
    expect(placesOf([at('A', 500, 101)])['A']).toEqual([492.5, 107.5]);
  });

  it('never cover each other, the upper curve’s above, side by side where the strip is too low', () => {
    const { A, B } = placesOf([at('A', 300, 142), at('B', 300, 140)]);
    expect(A![1]! - B![1]!).toBeGreaterThanOrEqual(13);
    const low = placesOf([at('A', 500, 118), at('B', 500, 118)], { top: 100, width: 500, height: 20 });
    expect(Math.abs(low['A']![0]! - low['B']![0]!)).toBeGreaterThanOrEqual(13);
    for (const [, y] of Object.values(low)) expect(y).toBeLessThanOrEqual(120);
  });
});

describe('marks of two runs on one axis', () => {
  type Mark = RunBatchOf<'marks'>['items'][number];
  function streamOf(...items: Mark[]) {
    const stream = createRunStream();
    stream.apply(0, { type: 'marks', items });
    return stream;
  }
  const mark = (name: string, atMs: number, kind: Mark['kind'] = 'user-mark'): Mark => ({ kind, name, atMs });

  it('stand once where both have them, and with their letter where one has', () => {
    const a = streamOf(
      mark('loaded', 50),
      mark('request', 100),
      mark('x', 60, 'release'),
      mark('', 400, 'settle-started'),
    );
    const b = streamOf(mark('loaded', 80), mark('request', 100), mark('', 300, 'settle-started'));
    const read = createPairMarkReader();
    const told = (offsetOfA: number) =>
      read({ a: { stream: a, offsetMs: offsetOfA }, b: { stream: b, offsetMs: 0 }, originMs: 0 }, 1).map(
        ({ letter, title, atMs }) => `${letter ?? 'both'} ${title} ${atMs}`,
      );
    expect(told(0)).toEqual([
      'A loaded 50',
      'B loaded 80',
      'both request 100',
      'B program ended 300',
      'A program ended 400',
    ]);
    expect(told(30)).toEqual([
      'both loaded 80',
      'B request 100',
      'A request 130',
      'B program ended 300',
      'A program ended 430',
    ]);
  });

  it('are read on where a run goes on', () => {
    const a = streamOf();
    const b = streamOf(mark('one', 10));
    const read = createPairMarkReader();
    const pair = { a: { stream: a, offsetMs: 0 }, b: { stream: b, offsetMs: 0 }, originMs: 0 };
    expect(read(pair, 1)).toHaveLength(1);
    b.apply(1, { type: 'marks', items: [mark('two', 20)] });
    expect(read(pair, 1).map(({ title }) => title)).toEqual(['one', 'two']);
  });
});

describe('names of marks', () => {
  /** Letters of 6 px each. @returns where each name stands: [left, right, row] */
  function named(marks: readonly PairMark[]): Record<string, [number, number, number]> {
    const places: Record<string, [number, number, number]> = {};
    const nothing = () => undefined;
    const context = {
      measureText: (text: string) => ({ width: 6 * text.length }),
      fillText(text: string, left: number, y: number) {
        places[text] = [left, left + 6 * text.length, y < 10 ? 0 : 1];
      },
      ...{ setLineDash: nothing, beginPath: nothing, moveTo: nothing, lineTo: nothing, stroke: nothing },
      ...{ fillRect: nothing, strokeText: nothing },
    };
    const extent = { overviewTop: 0, overviewBottom: 0, top: 0, bottom: 100 };
    const palette = { inkFaint: '#888888', ground: '#ffffff' } as Palette;
    const scale = createTimeScale(0, 1_000, 500);
    drawPairMarks(context as unknown as CanvasRenderingContext2D, marks, extent, scale, (atMs) => atMs, palette);
    return places;
  }
  const end = (letter: 'A' | 'B', atMs: number): PairMark => ({ title: 'program ended', atMs, isEnd: true, letter });

  it('stand where no line of another mark strikes them through', () => {
    // The lines are at 150 and 180 px: one name fits left of both, the other right of both.
    expect(named([end('A', 300), end('B', 360)])).toEqual({
      'A program ended': [54, 144, 0],
      'B program ended': [186, 276, 0],
    });
    // There is no room on the left of both.
    expect(named([end('A', 150), end('B', 210)])).toEqual({
      'A program ended': [81, 171, 0],
      'B program ended': [111, 201, 1],
    });
  });
});
