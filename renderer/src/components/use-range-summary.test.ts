import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { effectScope, nextTick, ref, shallowRef, type EffectScope } from 'vue';
import { registrationsBatch } from '../../../tests/fixtures/synthetic-run.ts';
import { createRunStream } from '../stream/create-run-stream.ts';
import type { RunStream, TimeRange } from '../stream/run-stream.ts';
import { useRangeSummary } from './use-range-summary.ts';

function streamOf(count: number): RunStream {
  const stream = createRunStream();
  const rows = Array.from({ length: count }, (_, index) => ({ atMs: index / 100, label: 'a' }));
  stream.apply(0, registrationsBatch(1, rows));
  return stream;
}

describe('figures of the selection', () => {
  let scope: EffectScope;
  beforeEach(() => {
    scope = effectScope();
  });
  afterEach(() => {
    scope.stop();
  });
  function figuresOf(stream: RunStream, range: TimeRange) {
    const selection = shallowRef(range);
    const revision = ref(0);
    const use = () =>
      useRangeSummary(
        () => stream,
        () => selection.value,
        () => revision.value,
      );
    const figures = scope.run(use);
    if (figures === undefined) throw new Error('The scope has ended.');
    return { ...figures, selection, revision };
  }
  /** A test that waits in vain ends with its scope. */
  const until = async (isSo: () => boolean) => {
    while (scope.active && !isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('stay until there are those of the selection that it was dragged to', async () => {
    const { summary, isOutdated, selection } = figuresOf(streamOf(20_000), { fromMs: 0, toMs: 100 });
    expect(isOutdated.value).toBe(true);
    await until(() => !isOutdated.value);
    expect(summary.value?.registered).toBe(10_001);
    selection.value = { fromMs: 0, toMs: 50 };
    await nextTick();
    expect(isOutdated.value).toBe(true);
    expect(summary.value?.registered).toBe(10_001);
    await until(() => !isOutdated.value);
    expect(summary.value?.registered).toBe(5_001);
  }, 10_000);

  it('come to their end although more comes all the time', async () => {
    const stream = streamOf(400_000);
    const { summary, revision } = figuresOf(stream, { fromMs: 0, toMs: 4_000 });
    const comings = setInterval(() => (revision.value += 1), 1);
    await until(() => summary.value !== undefined);
    clearInterval(comings);
    expect(summary.value?.registered).toBe(400_000);
  }, 20_000);

  it('are worked out once more where more came meanwhile', async () => {
    const stream = streamOf(400_000);
    const { summary, revision } = figuresOf(stream, { fromMs: 0, toMs: 4_000 });
    revision.value += 1;
    await until(() => summary.value !== undefined);
    stream.apply(1, registrationsBatch(400_001, [{ atMs: 50, label: 'late' }]));
    await until(() => summary.value?.registered === 400_001);
    expect(summary.value?.registered).toBe(400_001);
  }, 20_000);
});
