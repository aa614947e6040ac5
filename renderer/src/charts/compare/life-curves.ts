// How many registered objects are alive, and how many were finalized so far, as two curves of one run: how low and how
// high each is in every pixel column, for line-chart.ts.

import type { ColumnExtents } from '../../stream/level-of-detail.ts';
import type { DensityColumns } from '../../stream/run-stream.ts';
import type { TimeScale } from '../time-scale.ts';
import { ownScale, type ComparedRun } from './compared-run.ts';

export interface LifeCurve extends ColumnExtents {
  /** In the window; 0 if the run is out of sight. */
  readonly highest: number;
  /** At the end of the window, or of the run if that comes first; NaN if the run is out of sight. */
  readonly last: number;
}

export interface LifeCurves {
  readonly alive: LifeCurve;
  readonly finalized: LifeCurve;
}

const createExtents = (count: number): ColumnExtents => ({
  low: new Float64Array(count),
  high: new Float64Array(count),
});
const createColumns = (count: number): DensityColumns => {
  const column = () => new Uint32Array(count);
  return { registered: column(), finalized: column(), highestAlive: column(), lowestAlive: column() };
};

/** Reads curves again and again into the same memory. Exact, so that no brief peak is lost; they begin and end with the run. */
export function createLifeCurves(): (run: ComparedRun, scale: TimeScale) => LifeCurves {
  let columns = createColumns(0);
  let alive = createExtents(0);
  let finalized = createExtents(0);
  return (run, scale) => {
    const { stream } = run;
    const own = ownScale(scale, run);
    const count = Math.max(1, Math.round(scale.width));
    if (columns.finalized.length !== count) {
      columns = createColumns(count);
      alive = createExtents(count);
      finalized = createExtents(count);
    }
    for (const column of [alive.low, alive.high, finalized.low, finalized.high]) column.fill(NaN);
    const endMs = Math.min(own.toMs, stream.endMs);
    if (Math.max(0, own.fromMs) > endMs) {
      return { alive: { ...alive, highest: 0, last: NaN }, finalized: { ...finalized, highest: 0, last: NaN } };
    }
    stream.density(own.fromMs, own.toMs, columns);
    const stepMs = (own.toMs - own.fromMs) / count;
    let called = stream.countsBefore(own.fromMs).finalized;
    let highest = 0;
    // The first and the last column are those in which the run begins and ends.
    const from = Math.max(0, Math.floor(-own.fromMs / stepMs));
    const to = Math.min(count, Math.floor((endMs - own.fromMs) / stepMs) + 1);
    for (let column = from; column < to; column++) {
      alive.low[column] = columns.lowestAlive[column] ?? 0;
      alive.high[column] = columns.highestAlive[column] ?? 0;
      highest = Math.max(highest, alive.high[column] ?? 0);
      finalized.low[column] = called;
      called += columns.finalized[column] ?? 0;
      finalized.high[column] = called;
    }
    const atEnd = stream.countsAt(endMs);
    return {
      alive: { ...alive, highest, last: atEnd.alive },
      finalized: { ...finalized, highest: called, last: atEnd.finalized },
    };
  };
}
