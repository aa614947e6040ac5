// Stretches of a run for which there is no sample with a figure: found once as samples come, so that a frame looks only at
// gaps.

import type { RunStream, TimeRange } from '../../stream/run-stream.ts';
import { LONGEST_SAMPLE_GAP_MS } from '../heap-curves.ts';

export interface SampleGaps {
  setStream(stream: RunStream | undefined): void;
  /** Gaps that reach into the range, in order; up to the first sample, between samples, and from the last to the end. */
  within(range: TimeRange): TimeRange[];
}

export function createSampleGaps(): SampleGaps {
  let stream: RunStream | undefined;
  let gaps: TimeRange[] = [];
  let readRows = 0;
  let lastMs = 0;

  function read(): void {
    if (stream === undefined) return;
    const { atMs: times, usedBytes } = stream.samples;
    for (; readRows < times.length; readRows++) {
      // A busy runtime leaves a sample without an answer.
      if (Number.isNaN(usedBytes.values[readRows] ?? NaN)) continue;
      const atMs = times.values[readRows] ?? NaN;
      if (atMs - lastMs > LONGEST_SAMPLE_GAP_MS) gaps.push({ fromMs: lastMs, toMs: atMs });
      lastMs = atMs;
    }
  }

  return {
    setStream(next) {
      stream = next;
      gaps = [];
      readRows = 0;
      lastMs = 0;
    },
    within({ fromMs, toMs }) {
      read();
      const found = gaps.filter((gap) => gap.fromMs < toMs && gap.toMs > fromMs);
      const endMs = stream?.endMs ?? 0;
      if (endMs - lastMs > LONGEST_SAMPLE_GAP_MS && lastMs < toMs && endMs > fromMs) {
        found.push({ fromMs: lastMs, toMs: endMs });
      }
      return found;
    },
  };
}

/** Makes the columns unknown that lie in a gap altogether: no value is carried across it. */
export function clearGaps(columns: Float64Array, gaps: readonly TimeRange[], extentMs: number): void {
  const perMs = columns.length / extentMs;
  for (const { fromMs, toMs } of gaps)
    columns.fill(NaN, Math.max(0, Math.ceil(fromMs * perMs)), Math.max(0, Math.floor(toMs * perMs)));
}
