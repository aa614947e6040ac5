import { describe, expect, it } from 'vitest';
import type { PathStep } from '../engine/protocol/explanation.ts';
import { describeExplaining, pathInOneLine, summarizeCauses } from './why-summary.ts';

const step = (edge: string, node: string, suspect = false): PathStep => ({ edge, node, suspect });
const count = (value: number) => value.toLocaleString('en-US');

describe('what keeps objects alive, in a few lines', () => {
  it('names the objects, the path with its suspect edge, and the fix', () => {
    const path = [step('', 'globalThis'), step('.cache', 'Map'), step('"a"', 'Session', true)];
    const cause = {
      cause: 'map-entry',
      count: 1_200,
      summary: '',
      fix: 'Delete it.',
      retainedBytes: 2_500,
      path,
    } as const;
    const registrations = { alive: 1_200 };
    expect(summarizeCauses({ causes: [{ ...cause, path: [...path] }], registrations }, count)).toEqual([
      'What keeps objects alive',
      '  1,200 objects, 2.5 kB: map entry',
      '    globalThis → .cache Map ─✗→ "a" Session',
      '    Delete it.',
      '',
    ]);
  });

  it('says nothing where nothing was explained, and how many more there are', () => {
    expect(summarizeCauses({ registrations: { alive: 3 } }, count)).toEqual([]);
    expect(summarizeCauses({ causes: [], registrations: { alive: 0 } }, count)).toEqual([]);
    const causes = Array.from({ length: 25 }, () => ({
      cause: 'unknown' as const,
      count: 1,
      summary: '',
      fix: 'F',
      path: [],
    }));
    const report = { causes, registrations: { alive: 25 } };
    expect(summarizeCauses(report, count).at(-2)).toBe('  and 5 more reasons, which --json lists');
    expect(summarizeCauses({ ...report, causesOmitted: 7_000 }, count).slice(-3)).toEqual([
      '  and 5 more reasons, which --json lists',
      '  and 7,000 more, which are not listed',
      '',
    ]);
  });

  it('says how many objects are alive that nothing is told of', () => {
    expect(summarizeCauses({ causes: [], registrations: { alive: 3 } }, count)).toEqual([
      '3 objects are alive, and the heap snapshot tells nothing of them.',
      '',
    ]);
    const causes = [{ cause: 'unknown' as const, count: 1, summary: '', fix: 'F', path: [] }];
    expect(summarizeCauses({ causes, registrations: { alive: 2 } }, count).slice(-2)).toEqual([
      '  1 object is alive, and the heap snapshot tells nothing of it.',
      '',
    ]);
  });

  it('leaves out the middle of a long path, but never its suspect edge', () => {
    const path = Array.from({ length: 40 }, (_, index) =>
      step(index === 0 ? '' : '.next', `Node${index}`, index === 20),
    );
    expect(pathInOneLine(path)).toBe(
      'Node0 → .next Node1 → .next Node2 → .next Node3 → … → .next Node18 → .next Node19 ─✗→ .next Node20 → ' +
        '.next Node21 → .next Node22 → … → .next Node36 → .next Node37 → .next Node38 → .next Node39',
    );
  });
});

describe('the progress of an explanation', () => {
  it.each([
    [{}, undefined],
    [{ step: 'writing-snapshot' }, 'Writing a heap snapshot'],
    [{ step: 'reading-snapshot', progress: 0.426 }, 'Reading the heap snapshot: 42 %'],
    [{ step: 'finding-paths', progress: 1 }, 'Finding what keeps objects alive: 100 %'],
  ] as const)('%o', (about, words) => {
    expect(describeExplaining({ type: 'status', status: 'explaining', atMs: 0, ...about })).toBe(words);
  });
});
