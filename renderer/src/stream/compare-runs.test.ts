import { describe, expect, it } from 'vitest';
import type { RunBatch } from '../../../engine/protocol/run-batch.ts';
import type { RunDescription } from '../../../engine/protocol/run-description.ts';
import type { RunReport } from '../../../engine/protocol/run-report.ts';
import {
  callbacksBatch,
  collectionsBatch,
  registrationsBatch,
  samplesBatch,
  syntheticRun,
} from '../../../tests/fixtures/synthetic-run.ts';
import {
  compareRuns,
  formatChange,
  formatRelativeChange,
  type DifferenceKey,
  type RunComparison,
} from './compare-runs.ts';
import { createRunStream } from './create-run-stream.ts';
import type { RunStream } from './run-stream.ts';

function streamOf(batches: Iterable<RunBatch>): RunStream {
  const stream = createRunStream();
  for (const batch of batches) stream.apply(stream.nextSequence, batch);
  return stream;
}

const description = (changes: Partial<RunDescription> = {}): RunDescription => ({
  runId: 'r',
  title: 'Pair',
  program: { kind: 'scenario', id: 'pair', parameters: { variant: 'fixed', objects: 5 } },
  gcPolicy: { kind: 'major', intervalMs: 500 },
  limits: { settleMs: 1_000, timeoutMs: 20_000 },
  startedAt: '2026-01-01T00:00:00.000Z',
  ...changes,
});

const runtime = (node: string, v8 = '13.6'): RunBatch => ({
  type: 'runtime',
  node,
  v8,
  host: 'node',
  pid: 1,
  capabilities: { heap: 'live', external: 'live', collections: 'live', forcedGc: 'live' },
});

interface ReportChanges {
  readonly outcome?: RunReport['outcome'];
  readonly durationMs?: number;
  readonly heap?: Partial<RunReport['heap']>;
  readonly gc?: Partial<RunReport['gc']>;
  readonly registrations?: Partial<RunReport['registrations']>;
  readonly latencyMs?: Partial<RunReport['latencyMs']>;
}

function report(changes: ReportChanges = {}): RunReport {
  return {
    schemaVersion: 1,
    runtime: { node: '24.21.0', v8: '13.6', host: 'node' },
    scenario: { id: 'pair', parameters: {} },
    outcome: changes.outcome ?? { status: 'completed', message: '' },
    durationMs: changes.durationMs ?? 1_500,
    heap: {
      samples: 70,
      maxGapMs: 20,
      medianGapMs: 20,
      peakUsedBytes: 6_000_000,
      finalUsedBytes: 5_000_000,
      peakRssBytes: 78_000_000,
      peakExternalBytes: 2_000_000,
      finalExternalBytes: 2_000_000,
      ...changes.heap,
    },
    gc: { minor: 1, major: 3, forced: 3, totalPauseMs: 20, longestPauseMs: 7, ...changes.gc },
    registrations: {
      total: 5,
      finalized: 5,
      unregistered: 0,
      alive: 0,
      callbackPending: 0,
      registryCollected: 0,
      exitedFirst: 0,
      callbackThrew: 0,
      unknown: 0,
      ...changes.registrations,
    },
    latencyMs: { count: 5, p50: 500, p95: 501, p99: 501, max: 501, ...changes.latencyMs },
    registries: [],
    objects: [],
    objectsOmitted: 0,
    console: { lines: 0, droppedLines: 0 },
    warnings: [],
    droppedRows: 0,
  };
}

const ended = (changes: ReportChanges = {}, of: Partial<RunDescription> = {}, ...more: RunBatch[]): RunStream =>
  streamOf([
    { type: 'started', description: description(of) },
    runtime('24.21.0'),
    ...more,
    { type: 'ended', atMs: 1_500, report: report(changes) },
  ]);

const differenceOf = ({ differences }: RunComparison, key: DifferenceKey) => {
  const found = differences.find((difference) => difference.key === key);
  if (found === undefined) throw new Error(`No difference is called ${key}.`);
  return found;
};
const verdictsOf = ({ differences }: RunComparison) =>
  Object.fromEntries(differences.map(({ key, verdict }) => [key, verdict]));

describe('comparison of two runs', () => {
  it('names what got worse, objects before memory and memory before times', () => {
    const comparison = compareRuns(
      ended(),
      ended({
        registrations: { finalized: 0, alive: 5 },
        heap: { finalUsedBytes: 9_100_000, peakUsedBytes: 12_000_000 },
        gc: { totalPauseMs: 100, longestPauseMs: 40 },
      }),
    );
    expect(comparison.summary).toBe(
      'Worse in B: 5 objects stay alive (none in A), final heap +4.1 MB, peak heap +6.0 MB and 1 more.',
    );
    expect(comparison.worse.at(-1)).toBe('GC time in total +80.0 ms');
    expect(differenceOf(comparison, 'alive')).toMatchObject({ a: 0, b: 5, change: 5, relativeChange: Infinity });
    expect(differenceOf(comparison, 'final-used')).toMatchObject({ change: 4_100_000, relativeChange: 0.82 });
    // The same fact from its other side is in the table, and is not said twice.
    expect(differenceOf(comparison, 'finalized-share')).toMatchObject({ a: 1, b: 0, verdict: 'worse' });
    expect(comparison.summary).not.toContain('finalized');
  });

  it('names what got better the other way round', () => {
    const broken = ended({ registrations: { finalized: 0, alive: 5 }, heap: { finalUsedBytes: 9_100_000 } });
    const { summary, worse } = compareRuns(broken, ended());
    expect(worse).toEqual([]);
    expect(summary).toBe('Nothing got worse. Better: no object stays alive (5 in A), final heap −4.1 MB.');
  });

  it('says that nothing got worse where the figures differ as those of one program do from run to run', () => {
    // Three runs of the image pipeline, as they came.
    const measured = ended({
      heap: { peakUsedBytes: 12_490_000, peakRssBytes: 219_200_000, peakExternalBytes: 90_680_000 },
      gc: { totalPauseMs: 164.39, longestPauseMs: 11.93 },
      latencyMs: { p50: 138.15, p95: 453.1 },
    });
    const again = ended({
      heap: { peakUsedBytes: 11_980_000, peakRssBytes: 262_800_000, peakExternalBytes: 122_480_000 },
      gc: { totalPauseMs: 223, longestPauseMs: 20.23 },
      latencyMs: { p50: 195.03, p95: 557.77 },
    });
    const comparison = compareRuns(measured, again);
    expect(comparison.summary).toBe('Nothing got worse.');
    expect(new Set(Object.values(verdictsOf(comparison)))).toEqual(new Set(['same', 'unknown']));
  });

  it.each([
    ['final-used', { finalUsedBytes: 5_000_000 }, { finalUsedBytes: 5_255_999 }, 'same'],
    ['final-used', { finalUsedBytes: 5_000_000 }, { finalUsedBytes: 5_256_000 }, 'worse'],
    ['final-used', { finalUsedBytes: 50_000_000 }, { finalUsedBytes: 52_400_000 }, 'same'],
    ['final-used', { finalUsedBytes: 50_000_000 }, { finalUsedBytes: 52_500_000 }, 'worse'],
    ['final-used', { finalUsedBytes: 52_500_000 }, { finalUsedBytes: 49_000_000 }, 'better'],
    ['peak-used', { peakUsedBytes: 4_000_000 }, { peakUsedBytes: 5_900_000 }, 'same'],
    ['peak-used', { peakUsedBytes: 4_000_000 }, { peakUsedBytes: 6_000_000 }, 'worse'],
  ] as const)('counts a change of %s only from its bounds on: %o, %o: %s', (key, a, b, verdict) => {
    expect(differenceOf(compareRuns(ended({ heap: a }), ended({ heap: b })), key).verdict).toBe(verdict);
  });

  it('counts one object, but not one among many', () => {
    const alive = (count: number) => ended({ registrations: { total: 1_000, alive: count } });
    expect(differenceOf(compareRuns(alive(0), alive(1)), 'alive').verdict).toBe('worse');
    expect(differenceOf(compareRuns(alive(400), alive(401)), 'alive').verdict).toBe('same');
    expect(compareRuns(alive(0), alive(1)).summary).toContain('1 object stays alive');
  });

  it('takes no side where neither direction is worse', () => {
    const comparison = compareRuns(
      ended(),
      ended({ registrations: { total: 50, finalized: 50 }, gc: { major: 9 }, durationMs: 4_000 }),
    );
    expect(verdictsOf(comparison)).toMatchObject({
      registered: 'different',
      finalized: 'different',
      'finalized-share': 'same',
      'major-collections': 'different',
      duration: 'different',
    });
    expect(comparison.summary).toBe('Nothing got worse.');
  });

  it('judges no figure that is not known, and never takes it for zero', () => {
    const comparison = compareRuns(
      ended({ latencyMs: { p50: null, p95: null }, heap: { finalExternalBytes: null } }),
      ended({ latencyMs: { p50: 900, p95: 900 }, heap: { finalExternalBytes: 90_000_000 } }),
    );
    for (const key of ['latency-p50', 'latency-p95', 'final-external', 'longest-stall'] as const) {
      const { a, change, verdict } = differenceOf(comparison, key);
      expect({ key, a, change, verdict }).toEqual({ key, a: NaN, change: NaN, verdict: 'unknown' });
    }
    expect(comparison.summary).toBe('Nothing got worse.');
  });

  it('counts objects whose callback never came, whatever kept it from coming', () => {
    const { summary } = compareRuns(
      ended(),
      ended({ registrations: { finalized: 1, exitedFirst: 2, registryCollected: 1, callbackPending: 1 } }),
    );
    expect(summary).toBe('Worse in B: 4 objects left without a callback (none in A).');
  });

  it('takes a thread that was never seen blocked for one that may have been for less than can be seen', () => {
    const blocked = (lengthMs: number): RunBatch => ({
      type: 'blocked',
      startMs: Float64Array.of(100),
      endMs: Float64Array.of(100 + lengthMs),
    });
    const free = ended();
    expect(differenceOf(compareRuns(free, ended({}, {}, blocked(59))), 'longest-blocked').verdict).toBe('same');
    const long = differenceOf(compareRuns(free, ended({}, {}, blocked(140))), 'longest-blocked');
    expect(long).toMatchObject({ a: 0, b: 140, verdict: 'worse' });
  });

  it('agrees with the report of a run about what it reads from the columns itself', () => {
    const batches = [...syntheticRun({ objects: 40, throwsEvery: 9 })].map(({ batch }) => batch);
    const whole = streamOf(batches);
    const live = streamOf(batches.slice(0, -1));
    const { differences } = compareRuns(live, whole);
    const figures = new Map(differences.map(({ key, a, b }) => [key, [a, b]]));
    for (const key of ['registered', 'finalized', 'alive', 'callback-threw', 'minor-collections'] as const) {
      const [read, reported] = figures.get(key) ?? [];
      expect({ key, read }).toEqual({ key, read: reported });
    }
    const [peak = NaN, reportedPeak = NaN] = figures.get('peak-used') ?? [];
    expect(peak).toBeCloseTo(reportedPeak, -3);
  });

  it('computes percentiles as the report does: nearest rank, of those that did not throw', () => {
    const live = streamOf([
      { type: 'started', description: description() },
      registrationsBatch(
        1,
        Array.from({ length: 21 }, (_, index) => ({ atMs: index, label: '' })),
      ),
      callbacksBatch(
        Array.from({ length: 21 }, (_, index) => ({
          id: index + 1,
          startMs: 2 * index + 1,
          threw: index === 20,
        })),
      ),
    ]);
    const comparison = compareRuns(live, live);
    expect(differenceOf(comparison, 'latency-p50').a).toBe(10);
    expect(differenceOf(comparison, 'latency-p95').a).toBe(19);
    expect(differenceOf(comparison, 'finalized').a).toBe(20);
  });

  describe('while a run goes on', () => {
    const live = (usedBytes: number, alive = 3) =>
      streamOf([
        { type: 'started', description: description() },
        runtime('24.21.0'),
        samplesBatch([
          { atMs: 20, used: usedBytes },
          { atMs: 40, used: 1_000_000 },
        ]),
        collectionsBatch([{ startMs: 30, pauseMs: 90, kind: 'major' }]),
        registrationsBatch(
          1,
          Array.from({ length: alive }, () => ({ atMs: 1, label: '' })),
        ),
      ]);

    it('leaves open what is only known at its end, and names what cannot become less any more', () => {
      const comparison = compareRuns(ended(), live(20_000_000));
      expect(verdictsOf(comparison)).toMatchObject({
        alive: 'unknown',
        'final-used': 'unknown',
        'peak-used': 'worse',
        'longest-pause': 'worse',
        'peak-rss': 'unknown',
      });
      expect(comparison.isFinal).toBe(false);
      expect(comparison.summary).toMatch(/^Worse so far in B: peak heap \+14\.0 MB, /);
    });

    it('leaves open what is less so far, whichever of the two goes on', () => {
      expect(differenceOf(compareRuns(ended(), live(1_000_000)), 'peak-used').verdict).toBe('unknown');
      expect(differenceOf(compareRuns(live(1_000_000), ended()), 'peak-used').verdict).toBe('unknown');
      expect(differenceOf(compareRuns(live(20_000_000), ended()), 'peak-used').verdict).toBe('better');
    });
  });

  describe('circumstances', () => {
    it('are not the same where rows of one run were lost', () => {
      const whole = streamOf([{ type: 'started', description: description() }, runtime('24.21.0')]);
      const lossy = streamOf([
        { type: 'started', description: description() },
        runtime('24.21.0'),
        { type: 'dropped', what: 'rows', count: 1_200, message: 'Lost.' },
      ]);
      expect(compareRuns(whole, lossy).circumstances).toEqual([
        { key: 'lost', title: 'Rows lost', a: 'none', b: '1,200' },
      ]);
      lossy.apply(3, { type: 'dropped', what: 'unknown-tail', count: 0, message: 'The end may be missing.' });
      expect(compareRuns(whole, lossy).circumstances[0]?.b).toBe('1,200, the last ones');
      expect(compareRuns(whole, whole).circumstances).toEqual([]);
    });

    it('are none where the same is run again', () => {
      expect(
        compareRuns(ended(), ended({}, { runId: 'other', startedAt: '2026-01-02T00:00:00.000Z' })).circumstances,
      ).toEqual([]);
    });

    it('are told with the runtime first, then what was asked for', () => {
      const other = streamOf([
        {
          type: 'started',
          description: description({
            program: { kind: 'scenario', id: 'pair', parameters: { variant: 'broken', objects: 5 } },
            gcPolicy: { kind: 'none', intervalMs: 500 },
            limits: { settleMs: 0, timeoutMs: 20_000, maxHeapMegabytes: 64 },
          }),
        },
        runtime('v22.9.0', '12.4'),
        {
          type: 'marks',
          items: [{ kind: 'gc-policy-changed', name: 'minor', atMs: 9 }],
        },
        { type: 'ended', atMs: 9, report: report({ outcome: { status: 'stopped', message: '' } }) },
      ]);
      expect(compareRuns(ended(), other).circumstances).toEqual([
        { key: 'node', title: 'Node', a: '24.21.0', b: '22.9.0' },
        { key: 'v8', title: 'V8', a: '13.6', b: '12.4' },
        { key: 'parameter:variant', title: 'variant', a: 'fixed', b: 'broken' },
        { key: 'policy', title: 'GC policy', a: 'major every 500 ms', b: 'natural' },
        { key: 'policy-changes', title: 'GC policy changed', a: 'never', b: '1 time' },
        { key: 'settle', title: 'Settle time', a: '1 s', b: '0 s' },
        { key: 'heap-limit', title: 'Heap limit', a: 'V8’s own', b: '64 MB' },
        { key: 'end', title: 'End', a: 'finished', b: 'stopped' },
      ]);
    });

    it('name another program, and none of its parameters', () => {
      const other = ended(
        {},
        { title: 'Simple', program: { kind: 'scenario', id: 'simple', parameters: { objects: 9 } } },
      );
      expect(compareRuns(ended(), other).circumstances).toEqual([
        { key: 'program', title: 'Program', a: 'Pair', b: 'Simple' },
      ]);
    });

    it('tell that a text is another one without telling the text', () => {
      const scratch = (text: string) =>
        ended({}, { program: { kind: 'scratch', name: 'scratch.mjs', text, args: [] } });
      expect(compareRuns(scratch('one\n'), scratch('two\n')).circumstances).toEqual([
        { key: 'text', title: 'Text', a: 'as it was', b: 'another' },
      ]);
    });
  });
});

describe('a change in figures', () => {
  it('has its sign and its unit', () => {
    expect(formatChange('bytes', 4_100_000)).toBe('+4.1 MB');
    expect(formatChange('duration', -12)).toBe('−12.0 ms');
    expect(formatChange('count', 5)).toBe('+5');
    expect(formatChange('count', 0)).toBe('0');
    expect(formatChange('share', -0.4)).toBe('−40 pp');
    expect(formatChange('bytes', NaN)).toBe('–');
  });

  it('is related to what it was before, where that is something', () => {
    expect(formatRelativeChange(0.82)).toBe('+82 %');
    expect(formatRelativeChange(-0.5)).toBe('−50 %');
    expect(formatRelativeChange(11)).toBe('× 12');
    expect(formatRelativeChange(0.004)).toBe('< 1 %');
    expect(formatRelativeChange(Infinity)).toBe('');
    expect(formatRelativeChange(NaN)).toBe('');
  });
});
