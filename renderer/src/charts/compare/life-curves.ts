// How many registered objects are alive, and how many were finalized so far, as two curves of one run reduced to the
// pixels: for line-chart.ts, in times of the comparison's axis.

import type { Point } from '../../stream/level-of-detail.ts';
import type { DensityColumns } from '../../stream/run-stream.ts';
import type { TimeScale } from '../time-scale.ts';
import { ownScale, type ComparedRun } from './compared-run.ts';

export interface LifeCurves {
  readonly alive: Point[];
  readonly finalized: Point[];
  readonly highestAlive: number;
  readonly highestFinalized: number;
}

const createColumns = (count: number): DensityColumns => {
  const column = () => new Uint32Array(count);
  return { registered: column(), finalized: column(), highestAlive: column(), lowestAlive: column() };
};

/** Reads curves again and again into the same columns. */
export function createLifeCurves(): (run: ComparedRun, scale: TimeScale) => LifeCurves {
  let columns = createColumns(0);
  return (run, scale) => {
    const count = Math.max(1, Math.round(scale.width));
    if (columns.finalized.length !== count) columns = createColumns(count);
    return readLifeCurves(run, scale, columns);
  };
}

/**
 * Steps, drawn only where something changes. Within every pixel column the curve of the living goes through the highest
 * and the lowest count, so that no brief peak is lost. The curves begin and end with the run.
 */
function readLifeCurves(run: ComparedRun, scale: TimeScale, columns: DensityColumns): LifeCurves {
  const { stream, offsetMs } = run;
  const own = ownScale(scale, run);
  stream.density(own.fromMs, own.toMs, columns);
  const count = columns.finalized.length;
  const stepMs = (own.toMs - own.fromMs) / count;
  const startMs = Math.max(0, own.fromMs);
  const endMs = Math.min(own.toMs, stream.endMs);
  const curves = { alive: [] as Point[], finalized: [] as Point[], highestAlive: 0, highestFinalized: 0 };
  if (startMs > endMs) return curves;

  const before = stream.countsAt(Math.min(startMs, own.fromMs));
  let alive = before.alive;
  let finalized = before.finalized;
  const add = (points: Point[], ownMs: number, y: number) =>
    points.push({ x: Math.min(endMs, Math.max(startMs, ownMs)) + offsetMs, y });
  add(curves.alive, startMs, alive);
  add(curves.finalized, startMs, finalized);
  curves.highestAlive = alive;
  for (let column = 0; column < count; column++) {
    const atMs = own.fromMs + column * stepMs;
    if (atMs > endMs) break;
    const lowest = columns.lowestAlive[column] ?? 0;
    const highest = columns.highestAlive[column] ?? 0;
    const more = columns.finalized[column] ?? 0;
    if (lowest !== alive || highest !== alive) {
      add(curves.alive, atMs, alive);
      // A column begins where the one before it ended; the extreme that is farther from there is gone to last.
      const [first, last] = highest - alive >= alive - lowest ? [lowest, highest] : [highest, lowest];
      if (first !== alive) add(curves.alive, atMs, first);
      add(curves.alive, atMs, last);
      alive = last;
      if (highest > curves.highestAlive) curves.highestAlive = highest;
    }
    if (more > 0) {
      add(curves.finalized, atMs, finalized);
      finalized += more;
      add(curves.finalized, atMs, finalized);
    }
  }
  // Where the last column had both a rise and a fall, its end need not be the extreme that was gone to last.
  const after = stream.countsAt(endMs);
  if (after.alive !== alive) add(curves.alive, endMs, alive);
  add(curves.alive, endMs, after.alive);
  add(curves.finalized, endMs, finalized);
  curves.highestFinalized = finalized;
  return curves;
}
