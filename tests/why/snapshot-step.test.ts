// The snapshot that explains a run: when it is taken, what it leaves of the run as it is, and all that can go wrong with it.
// Real processes and real snapshots.

import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunBatch } from '../../engine/protocol/run-batch.ts';
import { fixture, runProgram, type FinishedRun, type RunRequest } from '../run-program.ts';
import { RUNTIMES } from '../runtimes.ts';

const none = { kind: 'none', intervalMs: 500 } as const;
const limits = { settleMs: 200, timeoutMs: 20_000 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heapline-test-'));
});
afterEach(() => {
  // Snapshots hold everything that a program had in memory: none may be left behind.
  const left = existsSync(folder) ? readdirSync(folder) : [];
  rmSync(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

/** The file that the snapshot of the run that is going is, or will be, written to. */
function snapshotPath(): string {
  const [own = ''] = readdirSync(folder);
  return join(folder, own, 'program.heapsnapshot');
}

const explain = (mode: string | string[], request: Partial<RunRequest> = {}): Promise<FinishedRun> =>
  runProgram({
    program: fixture('lives.mjs', ...[mode].flat()),
    gcPolicy: none,
    limits,
    explain: true,
    snapshotFolder: folder,
    ...request,
  });

const isStep = (batch: RunBatch, step: string): boolean => batch.type === 'status' && batch.step === step;
const keptOf = ({ report }: FinishedRun) => report.objects.find(({ label }) => label === 'kept');
const marksOf = (run: FinishedRun) => run.of('marks').flatMap(({ items }) => items);

/** What a run is whose snapshot failed: the program's own outcome, and every verdict that needs no snapshot. */
function expectUnexplained(run: FinishedRun): void {
  expect(run.report.outcome).toMatchObject({ status: 'completed', exitCode: 0 });
  expect(keptOf(run)?.verdict).toBe('alive');
  expect(keptOf(run)?.reason).not.toBe('reachable-in-snapshot');
  expect(keptOf(run)?.why).toBeUndefined();
  expect(run.report.causes).toBeUndefined();
  expect(run.of('explanations')).toEqual([]);
}

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}`, () => {
    it('explains a settled run once its facts are fixed', async () => {
      const run = await explain('settle', { nodePath, gcPolicy: { kind: 'major', intervalMs: 100 } });
      expect(run.report.outcome.status).toBe('completed');
      expect(keptOf(run)?.why).toMatchObject({
        cause: 'map-entry',
        fix: expect.stringContaining('sessions') as string,
      });
      expect(run.report.causes).toMatchObject([{ cause: 'map-entry', count: 1 }]);
      const kinds = marksOf(run).map(({ kind }) => kind);
      expect(kinds.slice(-2)).toEqual(['settle-ended', 'heap-snapshot']);
      const snapshot = marksOf(run).at(-1);
      expect(snapshot?.atMs).toBeGreaterThanOrEqual(run.report.durationMs);
      expect(snapshot?.durationMs).toBeGreaterThan(0);
      // Nothing that the snapshot caused is told as the program's.
      for (const { startMs } of run.of('callbacks')) expect(Math.max(...startMs)).toBeLessThan(run.report.durationMs);
      for (const { startMs } of run.of('collections')) expect(Math.max(...startMs)).toBeLessThan(run.report.durationMs);
      const types = run.batches.map(({ type }) => type);
      expect(types.slice(-3)).toEqual(['explanations', 'verdicts', 'ended']);
      const statuses = run.of('status').map(({ status, step }) => step ?? status);
      expect([...new Set(statuses)]).toEqual([
        'launching',
        'running',
        'settling',
        'writing-snapshot',
        'reading-snapshot',
        'finding-paths',
      ]);
    });

    it('explains a program that goes on, as often as it is asked', async () => {
      const problems: (string | undefined)[] = [];
      let snapshots = 0;
      const run = await explain('serve', {
        nodePath,
        explain: false,
        gcPolicy: { kind: 'major', intervalMs: 50 },
        onBatch(batch, ask) {
          const isServing = batch.type === 'console' && snapshots === 0;
          if (batch.type === 'explanations') snapshots += 1;
          if (batch.type === 'explanations' && snapshots === 2) return ask.stop();
          if (!isServing && batch.type !== 'explanations') return;
          // Asked twice: the second time while the first is under way.
          void ask.why().then((problem) => problems.push(problem));
          void ask.why().then((problem) => problems.push(problem));
        },
      });
      expect(run.report.outcome.status).toBe('stopped');
      const [first, second] = run.of('explanations');
      expect(first).toMatchObject({ snapshot: 1, reasons: [{ cause: 'map-entry', count: 1 }] });
      expect(second).toMatchObject({ snapshot: 2, reasons: [{ cause: 'map-entry', count: 1 }] });
      expect(first?.id).toEqual(Uint32Array.of(1));
      expect(problems.filter((problem) => problem === undefined)).toHaveLength(2);
      expect(problems.filter((problem) => /already/.test(problem ?? ''))).toHaveLength(2);
      // The stall is the tool's own: marked, and not told as a thread that the program has blocked.
      const snapshotMarks = marksOf(run).filter(({ kind }) => kind === 'heap-snapshot');
      expect(snapshotMarks).toHaveLength(2);
      for (const { atMs, durationMs = 0 } of snapshotMarks) {
        for (const { startMs, endMs } of run.of('blocked')) {
          for (const [row, start] of startMs.entries()) {
            const overlap = Math.min(endMs[row] ?? NaN, atMs + durationMs) - Math.max(start, atMs);
            expect(overlap).toBeLessThan(durationMs / 2);
          }
        }
      }
      // The collections that it begins with are told as forced.
      const forced = run
        .of('collections')
        .flatMap(({ forced: rows, startMs, reason, reasons }) =>
          [...startMs].map((at, row) => ({ at, forced: rows[row], reason: reasons[reason[row] ?? 0] })),
        );
      const during = forced.filter(({ at }) =>
        snapshotMarks.some(({ atMs, durationMs = 0 }) => at > atMs && at < atMs + durationMs),
      );
      expect(during.length).toBeGreaterThan(0);
      expect(during.every((one) => one.forced === 1)).toBe(true);
    });

    it('explains a program that blocks its thread, and lets it go on', async () => {
      const run = await explain('block', {
        nodePath,
        explain: false,
        onBatch(batch, ask) {
          if (batch.type === 'console') void ask.why();
          if (batch.type === 'explanations') ask.stop();
        },
      });
      expect(run.report.outcome.status).toBe('stopped');
      expect(run.of('explanations')).toMatchObject([{ snapshot: 1, reasons: [{ cause: 'map-entry', count: 1 }] }]);
      expect(run.of('blocked').length).toBeGreaterThan(0);
    });
  });
}

describe('a run that is to be explained', () => {
  it('is explained when it has to be ended', async () => {
    const run = await explain('serve', { limits: { ...limits, timeoutMs: 1_500 } });
    expect(run.report.outcome.status).toBe('timed-out');
    expect(keptOf(run)).toMatchObject({
      verdict: 'alive',
      reason: 'reachable-in-snapshot',
      why: { cause: 'map-entry' },
    });
    expect(run.of('dropped')).toEqual([]);
  });

  it('is ended at once by a second wish to stop it', async () => {
    // What the program says may come before the rows that it has just registered, and an end at once loses those.
    const awaited = new Set(['console', 'registrations']);
    const run = await explain('serve', {
      onBatch(batch, ask) {
        const wasLast = awaited.delete(batch.type) && awaited.size === 0;
        if (wasLast || isStep(batch, 'writing-snapshot')) ask.stop();
      },
    });
    expect(run.report.outcome.status).toBe('stopped');
    expect(run.report.warnings).toContainEqual(expect.stringContaining('explanation was stopped'));
    expect(keptOf(run)?.verdict).toBe('exited-first');
  });

  it.each([
    ['written', 'writing-snapshot'],
    ['read', 'reading-snapshot'],
  ])('keeps its outcome and verdicts when it is stopped while the snapshot is %s', async (_what, step) => {
    const run = await explain('large', {
      onBatch(batch, ask) {
        if (isStep(batch, step)) ask.stop();
      },
    });
    expectUnexplained(run);
    expect(run.report.warnings).toEqual([expect.stringContaining('explanation was stopped')]);
    expect(run.of('status').at(-1)?.status).toBe('stopping');
  });

  it('keeps its outcome and verdicts when its process dies in the snapshot', async () => {
    let pid = 0;
    const run = await explain('large', {
      onBatch(batch) {
        if (batch.type === 'runtime') pid = batch.pid;
        if (isStep(batch, 'writing-snapshot')) process.kill(pid, 'SIGKILL');
      },
    });
    expectUnexplained(run);
    expect(run.report.warnings).toEqual([expect.stringMatching(/process ended while.*--max-heap/)]);
  });

  it('is explained also when its heap is all but full', async () => {
    const run = await explain(['nearly-full', '36'], { limits: { ...limits, maxHeapMegabytes: 40 } });
    expect(Number(run.stdout)).toBeGreaterThan(34e6);
    expect(run.report.outcome).toMatchObject({ status: 'completed', exitCode: 0 });
    expect(keptOf(run)).toMatchObject({ verdict: 'alive', why: { cause: 'map-entry' } });
  });

  it('says so when no folder can be made for the snapshot', async () => {
    const run = await explain('settle', { snapshotFolder: join(folder, 'missing') });
    expectUnexplained(run);
    expect(run.report.warnings).toEqual([expect.stringMatching(/no folder could be made.*ENOENT/)]);
  });

  it('says so when the folder has gone', async () => {
    const run = await explain('settle', {
      onBatch(batch) {
        if (batch.type === 'runtime')
          for (const own of readdirSync(folder)) rmSync(join(folder, own), { recursive: true });
      },
    });
    expectUnexplained(run);
    expect(run.report.warnings).toEqual([expect.stringContaining('ENOENT')]);
  });

  it.skipIf(!existsSync('/dev/full'))('says so when the disk is full', async () => {
    const run = await explain('settle', {
      onBatch(batch) {
        if (batch.type === 'runtime') symlinkSync('/dev/full', snapshotPath());
      },
    });
    expectUnexplained(run);
    expect(run.report.warnings).toEqual([expect.stringMatching(/ENOSPC.*Make room.*TMPDIR/)]);
  });

  it.each<[string, () => void]>([
    ['is cut off', () => truncateSync(snapshotPath(), 100_000)],
    ['is empty', () => truncateSync(snapshotPath(), 0)],
    ['is something else', () => writeFileSync(snapshotPath(), '{"version":1}')],
  ])('says so when the snapshot %s', async (_what, spoil) => {
    const run = await explain('settle', {
      onBatch(batch) {
        if (batch.type === 'marks' && batch.items.some(({ kind }) => kind === 'heap-snapshot')) spoil();
      },
    });
    expectUnexplained(run);
    expect(run.report.warnings).toEqual([expect.stringContaining('heap snapshot could not be read')]);
  });

  it('says so when the program ended too suddenly', async () => {
    let pid = 0;
    const run = await explain('serve', {
      onBatch(batch) {
        if (batch.type === 'runtime') pid = batch.pid;
        if (batch.type === 'console') process.kill(pid, 'SIGKILL');
      },
    });
    expect(run.report.outcome).toMatchObject({ status: 'crashed', signal: 'SIGKILL' });
    expect(run.report.warnings).toContainEqual(expect.stringContaining('too suddenly'));
  });
});

describe('asking why', () => {
  it('is refused where the thread does not answer, and the run goes on', async () => {
    const problems: (string | undefined)[] = [];
    let isAsked = false;
    let saidAtMs = Infinity;
    const run = await explain('block-in-native-code', {
      explain: false,
      onBatch(batch, ask) {
        if (batch.type === 'console') saidAtMs = batch.entries[0]?.atMs ?? saidAtMs;
        // Well into the native code that it has said it enters.
        if (batch.type !== 'blocked' || !((batch.endMs.at(-1) ?? 0) > saidAtMs + 150) || isAsked) return;
        isAsked = true;
        void ask
          .why()
          .then((problem) => problems.push(problem))
          .then(ask.why)
          .then((problem) => problems.push(problem))
          .then(ask.stop);
      },
    });
    expect(problems).toEqual([expect.stringContaining('does not answer'), expect.stringContaining('not answered')]);
    expect(run.report.outcome.status).toBe('stopped');
    expect(run.of('explanations')).toEqual([]);
    expect(marksOf(run).map(({ kind }) => kind)).not.toContain('heap-snapshot');
  });

  it('is answered when the program ends meanwhile', async () => {
    let pid = 0;
    let problem: string | undefined;
    const run = await explain('serve', {
      explain: false,
      onBatch(batch, ask) {
        if (batch.type === 'runtime') pid = batch.pid;
        if (batch.type === 'console') void ask.why().then((answer) => (problem = answer));
        if (isStep(batch, 'writing-snapshot')) process.kill(pid, 'SIGKILL');
      },
    });
    expect(run.report.outcome.status).toBe('crashed');
    expect(problem).toMatch(/process ended while/);
  });

  it('comes to its end also if the program ends while the snapshot is read', async () => {
    const run = await explain('serve', {
      explain: false,
      onBatch(batch, ask) {
        if (batch.type === 'console') void ask.why();
        if (isStep(batch, 'reading-snapshot')) ask.stop();
      },
    });
    expect(run.report.outcome.status).toBe('stopped');
    expect(run.batches.at(-1)?.type).toBe('ended');
    expect(run.of('explanations')).toHaveLength(1);
  });
});
