import { describe, expect, it } from 'vitest';
import type { ObservedBatch } from '../protocol/observer-message.ts';
import { createHeapSampler } from './heap-sampler.ts';
import type { HeapUsage, ProgramInspector } from './program-inspector.ts';

/** Ten samples, 20 ms apart, and what was sent of them. */
function sampleTenTimes(inspector: ProgramInspector | undefined): ObservedBatch[] {
  const batches: ObservedBatch[] = [];
  let clockMs = 0;
  const sampler = createHeapSampler({ inspector, now: () => clockMs, sendBatch: (batch) => batches.push(batch) });
  for (let sample = 0; sample < 10; sample++) {
    sampler.sample();
    clockMs += 20;
  }
  sampler.flush();
  return batches;
}

const column = (batches: ObservedBatch[], name: 'usedBytes' | 'externalBytes' | 'rssBytes') =>
  batches.flatMap((batch) => (batch.type === 'samples' ? [...batch[name]] : []));

const inspectorThat = (readHeapUsage: ProgramInspector['readHeapUsage']): ProgramInspector => ({
  isRevealed: Promise.resolve(true),
  readHeapUsage,
  forgetConsole() {},
  readExternalBytes: (answer) => answer(7),
  collectGarbage() {},
  writeSnapshot() {},
  disconnect() {},
});

describe('the heap sampler', () => {
  it('asks for external memory apart where the heap usage does not have it', () => {
    const usage: HeapUsage = { usedSize: 5, totalSize: 9 };
    const batches = sampleTenTimes(inspectorThat((answer) => answer(usage)));
    expect(column(batches, 'usedBytes')).toEqual(Array(10).fill(5));
    expect(column(batches, 'externalBytes')).toEqual(Array(10).fill(7));
  });

  it('tells what is not known as not known, and the process memory all the same', () => {
    for (const inspector of [undefined, inspectorThat(() => {})]) {
      const batches = sampleTenTimes(inspector);
      const used = column(batches, 'usedBytes');
      expect(used.length).toBeGreaterThan(0);
      expect(used.every(Number.isNaN)).toBe(true);
      expect(column(batches, 'rssBytes').every((bytes) => bytes > 1e6)).toBe(true);
    }
  });
});
