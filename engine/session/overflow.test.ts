// A recording that is full keeps what a person needs to understand how the run ended.

import { expect, it } from 'vitest';
import type { RunBatch } from '../protocol/run-batch.ts';
import { systemClock } from './clock.ts';
import { createOverflow } from './overflow.ts';
import { createRecording } from './recording.ts';

const rows = (firstId: number): RunBatch => ({
  type: 'callbacks',
  id: Uint32Array.from({ length: 1_000 }, (_, index) => firstId + index),
  startMs: new Float64Array(1_000),
  durationMs: new Float64Array(1_000),
  threw: new Uint8Array(1_000),
});
const line = (text: string): RunBatch => ({
  type: 'console',
  entries: [{ stream: 'stderr', text, atMs: 1, lines: 1 }],
});

it('keeps the last lines of a program whose rows have filled the recording, and says what was dropped', () => {
  const budgetBytes = 1_000_000;
  const recording = createRecording(budgetBytes);
  const overflow = createOverflow(recording, (batch) => recording.append(batch), systemClock);
  for (let count = 0; count < 200; count += 1) overflow.append(rows(1 + count * 1_000));
  const filledBytes = recording.bytes;
  for (let count = 0; count < 100; count += 1) overflow.append(line(`line ${count}: ${'x'.repeat(500)}`));
  overflow.append(line('the last line'));
  overflow.flush();
  const batches = Array.from(recording.read(0), ({ batch }) => batch);
  expect(filledBytes).toBeLessThanOrEqual(0.75 * budgetBytes + 10_000);
  expect(recording.bytes).toBeLessThanOrEqual(budgetBytes);
  const lines = batches.flatMap((batch) => (batch.type === 'console' ? batch.entries.map(({ text }) => text) : []));
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toBe('the last line');
  const kept = batches.filter(({ type }) => type === 'callbacks').length * 1_000;
  const dropped = batches.reduce(
    (sum, batch) => (batch.type === 'dropped' && batch.what === 'rows' ? sum + batch.count : sum),
    0,
  );
  expect(kept + dropped).toBe(200_000);
});
