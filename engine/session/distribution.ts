// Quartiles and cumulative curves of an experiment's runs. Pure; called by the experiments.

import { MAXIMUM_CURVE_POINTS, type FiveNumbers, type LatencyCurve } from '../protocol/experiment.ts';

/** A run's latencies in ms, ascending, of its `registrations`: those that were never called back are not among them. */
export interface RunLatencies {
  readonly registrations: number;
  readonly ascendingMs: Float64Array;
}

/** Undefined for no values. Quartiles by linear interpolation between ranks: type 7 of Hyndman and Fan (1996). */
export function fiveNumbers(ascending: Float64Array): FiveNumbers | undefined {
  const maximum = ascending.at(-1);
  if (maximum === undefined) return undefined;
  return {
    minimum: ascending[0] ?? maximum,
    lowerQuartile: quantile(ascending, 0.25),
    median: quantile(ascending, 0.5),
    upperQuartile: quantile(ascending, 0.75),
    maximum,
  };
}

function quantile(ascending: Float64Array, fraction: number): number {
  const rank = fraction * (ascending.length - 1);
  const below = Math.floor(rank);
  const lower = ascending[below] ?? NaN;
  const upper = ascending[Math.min(below + 1, ascending.length - 1)] ?? lower;
  return lower + (rank - below) * (upper - lower);
}

/**
 * Each point is one of the latencies, and at it the curve is exact; the first and the last latency are among them. Runs
 * without a registration have no curve.
 */
export function latencyCurve({ registrations, ascendingMs }: RunLatencies): LatencyCurve | undefined {
  if (registrations === 0) return undefined;
  const { length } = ascendingMs;
  const points = Math.min(length, MAXIMUM_CURVE_POINTS);
  const atMs: number[] = [];
  const share: number[] = [];
  for (let point = 0; point < points; point += 1) {
    const rank = points === 1 ? 0 : Math.round((point * (length - 1)) / (points - 1));
    atMs.push(ascendingMs[rank] ?? NaN);
    share.push((rank + 1) / registrations);
  }
  return { atMs, share };
}

/** All runs' latencies as those of one. */
export function together(runs: readonly RunLatencies[]): RunLatencies {
  const all = new Float64Array(runs.reduce((sum, { ascendingMs }) => sum + ascendingMs.length, 0));
  let at = 0;
  for (const { ascendingMs } of runs) {
    all.set(ascendingMs, at);
    at += ascendingMs.length;
  }
  return { registrations: runs.reduce((sum, { registrations }) => sum + registrations, 0), ascendingMs: all.sort() };
}

/**
 * A run that weighs no more than `maximum` latencies: at equal steps of rank, with the registrations scaled alike, so that
 * its curve stays where it was.
 */
export function thinned(run: RunLatencies, maximum: number): RunLatencies {
  const { registrations, ascendingMs } = run;
  const { length } = ascendingMs;
  if (length <= maximum) return run;
  const step = (length - 1) / (maximum - 1);
  return {
    registrations: (registrations * maximum) / length,
    ascendingMs: Float64Array.from({ length: maximum }, (_, index) => ascendingMs[Math.round(index * step)] ?? NaN),
  };
}
