import { describe, expect, it } from 'vitest';
import { fragmentOf, keyOf, subjectOfFragment, subjectOfRun, type Subject } from './subject.ts';

const SUBJECTS: Subject[] = [
  { kind: 'scenario', id: 'simple' },
  { kind: 'file', path: '/home/somebody/a b#c%20/ä.mjs' },
  { kind: 'file', path: 'C:\\Users\\somebody\\leak.cts' },
  { kind: 'scratch' },
  { kind: 'target', targetId: 't-1' },
  { kind: 'recording', runId: 'b7c1-2' },
];

describe('subjects in the address', () => {
  it('come back as they were written', () => {
    for (const subject of SUBJECTS) expect(subjectOfFragment(fragmentOf(subject))).toEqual(subject);
  });

  it('are none where somebody else wrote the fragment', () => {
    for (const fragment of ['', '#', '#script', '#script=', '#script=%', '#else=1', 'script=/a.mjs']) {
      expect(subjectOfFragment(fragment)).toBeUndefined();
    }
  });

  it('are the recording itself where a run was opened from a file, and its program where it was not', () => {
    const description = {
      runId: 'run-1',
      title: '',
      program: { kind: 'scenario', id: 'simple', parameters: {} },
      gcPolicy: { kind: 'none', intervalMs: 500 },
      limits: { settleMs: 0, timeoutMs: 1 },
      startedAt: '',
    } as const;
    const origin = { fileName: 'a.heapline', savedAtEpochMs: 1, recordedRunId: 'run-0' };
    expect(subjectOfRun(description)).toEqual({ kind: 'scenario', id: 'simple' });
    expect(subjectOfRun({ ...description, origin })).toEqual({ kind: 'recording', runId: 'run-1' });
  });

  it('have a key each', () => {
    expect(new Set(SUBJECTS.map(keyOf)).size).toBe(SUBJECTS.length);
  });
});
