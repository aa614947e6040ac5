import { describe, expect, it } from 'vitest';
import { VERDICT_REASONS, VERDICTS } from '../../../engine/protocol/vocabulary.ts';
import { explainVerdict, titleOfVerdict, VERDICT_WORDS } from './verdict-words.ts';

describe('words for verdicts', () => {
  it('lists every verdict once', () => {
    expect(VERDICT_WORDS.map(({ verdict }) => verdict).toSorted()).toEqual([...VERDICTS].toSorted());
  });

  it('has whole sentences for every verdict, reason and number', () => {
    for (const verdict of VERDICTS) {
      for (const reason of VERDICT_REASONS) {
        for (const count of [1, 2]) {
          const sentence = explainVerdict(verdict, reason, true, count);
          expect(sentence).toMatch(/^[A-Z].*\.$/);
          expect(sentence).not.toContain('undefined');
        }
      }
    }
  });

  it('tells an object that no major GC has visited from one that survived it', () => {
    expect(explainVerdict('alive', 'no-major-gc', true)).toContain('No major GC ran');
    expect(explainVerdict('alive', 'survived-major-gc', true, 3)).toContain('They survived a major GC');
  });

  it('does not claim to know before the verdicts are fixed', () => {
    expect(explainVerdict('unknown', 'none', false)).toContain('Not decided yet');
    expect(titleOfVerdict('unknown', false)).toBe('not decided');
    expect(explainVerdict('unknown', 'none', true)).not.toContain('Not decided yet');
  });
});
