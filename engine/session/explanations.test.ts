import { describe, expect, it } from 'vitest';
import { CELL_STATES, type CellState, type SnapshotExplanation } from '../heap-graph/explanation.ts';
import type { AliveReason } from '../protocol/explanation.ts';
import { createDisplayedPlaces } from './displayed-places.ts';
import { createWhyReader, explainAlive, explanationBatches, NOTHING_ALIVE, reportedCauses } from './explanations.ts';

const reason = (id: number, count: number, about: Partial<AliveReason> = {}): AliveReason => ({
  id,
  cause: 'map-entry',
  summary: `reason ${id}`,
  fix: `fix ${id}`,
  count,
  retainedBytes: 100 * count,
  paths: [
    [
      { edge: '', node: 'globalThis', suspect: false },
      { edge: 'Map entry […]', node: 'Session', suspect: true, place: { file: 'file:///a.mjs', line: 1, column: 2 } },
    ],
  ],
  ...about,
});

function explanationOf(
  rows: [id: number, state: CellState, reasonId: number, entry?: string][],
  reasons: AliveReason[],
): SnapshotExplanation {
  const entries = rows.map(([, , , entry = '']) => new TextEncoder().encode(entry));
  let end = 0;
  return {
    id: Uint32Array.from(rows, ([id]) => id),
    state: Uint8Array.from(rows, ([, state]) => CELL_STATES.indexOf(state)),
    reasonId: Uint32Array.from(rows, ([, , reasonId]) => reasonId),
    retainedBytes: Float64Array.from(rows, (_row, index) => (index === 0 ? NaN : 100)),
    form: new Uint32Array(rows.length),
    entryEnd: Uint32Array.from(entries, ({ length }) => (end += length)),
    entryBytes: Uint8Array.from(entries.flatMap((bytes) => [...bytes])),
    reasons,
    isComplete: true,
    warnings: [],
  };
}

const all = () => true;
const path = (file: string) => file.replace('file://', '');
const displayedBy = (displayFile: (file: string) => string) => createDisplayedPlaces({ displayFile, mainFolder: '/' });
const displayed = displayedBy(path);

describe('what a run tells of a snapshot', () => {
  const explanation = explanationOf(
    [
      [1, 'reachable', 1, '"a"'],
      [2, 'reachable', 1, '"größer"'],
      [5, 'reachable', 2, '[7]'],
      [6, 'reachable', 1, '"c"'],
    ],
    [reason(1, 3), reason(2, 1, { cause: 'array-element' })],
  );

  it('gives each object its own path, its own bytes, and files for a person', () => {
    const whyOf = createWhyReader(explainAlive(explanation, all, displayed));
    expect(whyOf(1)).toMatchObject({ cause: 'map-entry', fix: 'fix 1' });
    expect(whyOf(1)).not.toHaveProperty('retainedBytes');
    expect(whyOf(2)).toMatchObject({
      retainedBytes: 100,
      path: [{ edge: '' }, { edge: 'Map entry "größer"', place: { file: '/a.mjs' } }],
    });
    expect(whyOf(6)?.path.at(-1)?.edge).toBe('Map entry "c"');
    expect(whyOf(3)).toBeUndefined();
    expect(whyOf(7)).toBeUndefined();
  });

  it('names in words, too, the files that a person should be shown', () => {
    const place = { file: 'file:///built/cache.js', line: 3, column: 1 };
    const built = reason(1, 1, {
      summary: 'module variable cache (cache.js:3)',
      fix: 'Delete its entry (cache.js:3).',
      paths: [[{ edge: '', node: 'module cache.js', suspect: false, place }]],
    });
    const source = (file: string) => path(file).replace(/\.js$/, '.ts');
    const { reasons } = explainAlive(explanationOf([[1, 'reachable', 1]], [built]), all, displayedBy(source));
    expect(reasons).toMatchObject([
      {
        summary: 'module variable cache (built/cache.ts:3)',
        fix: 'Delete its entry (built/cache.ts:3).',
        paths: [[{ node: 'module cache.ts', place: { file: '/built/cache.ts' } }]],
      },
    ]);
  });

  it('leaves a name in words as it is where it means two files', () => {
    const step = (file: string) => ({ edge: '', node: 'x', suspect: false, place: { file, line: 98, column: 1 } });
    const built = reason(1, 1, {
      summary: 'f (index.js:98) → g (index.js:98), h (own.js:98)',
      paths: [['/m/node_modules/a/index.js', '/m/node_modules/b/index.js', '/m/lib/own.js'].map(step)],
    });
    const { reasons } = explainAlive(explanationOf([[1, 'reachable', 1]], [built]), all, displayed);
    expect(reasons[0]?.summary).toBe('f (index.js:98) → g (index.js:98), h (m/lib/own.js:98)');
  });

  it('leaves out what is not alive, and counts anew', () => {
    const alive = explainAlive(explanation, (id) => id !== 2 && id !== 5, displayed);
    expect([...alive.id]).toEqual([1, 6]);
    expect(alive.reasons).toMatchObject([{ id: 1, count: 2 }]);
    // It was of all three.
    expect(alive.reasons[0]).not.toHaveProperty('retainedBytes');
    expect(createWhyReader(alive)(6)?.path.at(-1)?.edge).toBe('Map entry "c"');
    expect(createWhyReader(alive)(5)).toBeUndefined();
  });

  it('says of what nothing reaches that it is not collected yet', () => {
    const alive = explainAlive(
      explanationOf(
        [
          [1, 'reachable', 9],
          [2, 'cleared', 0],
          [3, 'unreachable', 0],
          [4, 'reachable', 0],
        ],
        [reason(9, 1)],
      ),
      all,
      displayed,
    );
    expect([...alive.id]).toEqual([1, 2, 3]);
    expect(alive.reasons).toMatchObject([
      { id: 10, cause: 'not-collected-yet', count: 2 },
      { id: 9, count: 1 },
    ]);
    expect(createWhyReader(alive)(3)).toMatchObject({ cause: 'not-collected-yet', path: [] });
  });

  it('reports causes by what they keep', () => {
    const { causes, causesOmitted } = reportedCauses(explainAlive(explanation, all, displayed));
    expect(causes).toMatchObject([
      { cause: 'map-entry', count: 3, retainedBytes: 300, summary: 'reason 1' },
      { cause: 'array-element', count: 1 },
    ]);
    expect(causesOmitted).toBeUndefined();
    expect(reportedCauses(NOTHING_ALIVE)).toEqual({ causes: [] });
  });

  it('says how many causes a report does not list', () => {
    const reasons = Array.from({ length: 1_003 }, (_, index) => reason(index + 1, 1));
    const rows = reasons.map(({ id }) => [id, 'reachable', id] as [number, CellState, number]);
    const reported = reportedCauses(explainAlive(explanationOf(rows, reasons), all, displayed));
    expect(reported.causes).toHaveLength(1_000);
    expect(reported.causesOmitted).toBe(3);
  });

  it('comes in one batch, or in several that add up to it', () => {
    const rows = 600_000;
    const reasons = Array.from({ length: 4_500 }, (_, index) => reason(index + 1, 1));
    const many = explainAlive(
      explanationOf(
        Array.from({ length: rows }, (_, index) => [index + 1, 'reachable', 1 + (index % 4_500), `[${index}]`]),
        reasons,
      ),
      all,
      displayed,
    );
    expect([...explanationBatches(1, 5, explainAlive(explanation, all, displayed))]).toHaveLength(1);
    expect([...explanationBatches(1, 5, NOTHING_ALIVE)]).toMatchObject([{ snapshot: 1, atMs: 5, reasons: [] }]);
    const batches = [...explanationBatches(2, 5, many)];
    expect(batches.length).toBeGreaterThan(3);
    const known = new Set<number>();
    let row = 0;
    const decoder = new TextDecoder();
    for (const batch of batches) {
      for (const { id } of batch.reasons) known.add(id);
      let start = 0;
      for (const [index, id] of batch.id.entries()) {
        const end = batch.entryEnd[index] ?? NaN;
        const entry = index % 50_000 === 0 ? decoder.decode(batch.entryBytes.subarray(start, end)) : `[${row}]`;
        if (id !== row + 1 || !known.has(batch.reasonId[index] ?? 0) || entry !== `[${row}]`) {
          expect.fail(`row ${row} is registration ${id} with entry ${entry}`);
        }
        start = end;
        row += 1;
      }
      expect(start).toBe(batch.entryBytes.length);
    }
    expect(row).toBe(rows);
    expect(known.size).toBe(4_500);
  });
});
