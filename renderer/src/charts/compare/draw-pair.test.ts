import { expect, it } from 'vitest';
import { createRunStream } from '../../stream/create-run-stream.ts';
import type { Palette } from '../palette.ts';
import { createTimeScale } from '../time-scale.ts';
import type { TimelineMark } from '../timeline-marks.ts';
import { drawObservationRow } from './draw-pair.ts';

const palette = { red: '#ff0000', inkFaint: '#888888' } as Palette;

/** What is hatched and what is filled in red, as [left, right]. */
function drawn(marks: readonly TimelineMark[], offsetMs = 0) {
  const hatched: [number, number][] = [];
  const red: [number, number][] = [];
  const nothing = () => undefined;
  const context = {
    fillStyle: '',
    rect: (x: number, _y: number, width: number) => hatched.push([x, x + width]),
    fillRect(x: number, _y: number, width: number) {
      if (context.fillStyle === palette.red) red.push([x, x + width]);
    },
    ...{ save: nothing, restore: nothing, beginPath: nothing, clip: nothing },
    ...{ moveTo: nothing, lineTo: nothing, stroke: nothing },
  };
  const box = { top: 0, width: 100, height: 12 };
  const run = { stream: createRunStream(), offsetMs };
  drawObservationRow(
    context as unknown as CanvasRenderingContext2D,
    box,
    run,
    marks,
    createTimeScale(0, 1_000, 100),
    palette,
  );
  return { hatched, red };
}

it('hatches a run where it stood still for a snapshot, and marks where rows of it are missing', () => {
  const marks: TimelineMark[] = [
    { kind: 'user-mark', title: 'a', atMs: 50 },
    { kind: 'heap-snapshot', title: 'heap snapshot', atMs: 400, durationMs: 200 },
    { kind: 'dropped', title: 'rows lost', atMs: 700 },
    { kind: 'heap-snapshot', title: 'heap snapshot', atMs: 990, durationMs: 400 },
  ];
  expect(drawn(marks)).toEqual({
    hatched: [
      [40, 60],
      [99, 100],
    ],
    red: [[70, 72]],
  });
  expect(drawn(marks, -500)).toEqual({
    hatched: [
      [0, 10],
      [49, 89],
    ],
    red: [[20, 22]],
  });
});
