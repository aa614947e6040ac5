import { describe, expect, it } from 'vitest';
import { fragmentOf, keyOf, subjectOfFragment, type Subject } from './subject.ts';

const SUBJECTS: Subject[] = [
  { kind: 'scenario', id: 'simple' },
  { kind: 'file', path: '/home/somebody/a b#c%20/ä.mjs' },
  { kind: 'file', path: 'C:\\Users\\somebody\\leak.cts' },
  { kind: 'scratch' },
  { kind: 'target', targetId: 't-1' },
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

  it('have a key each', () => {
    expect(new Set(SUBJECTS.map(keyOf)).size).toBe(SUBJECTS.length);
  });
});
