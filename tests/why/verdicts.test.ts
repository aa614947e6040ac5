// Every verdict, each told from the others in a real process, with a heap snapshot at its end and without one.

import { describe, expect, it } from 'vitest';
import { fixture, runProgram, type RunRequest } from '../run-program.ts';
import { ALL_RUNTIMES } from '../runtimes.ts';

const none = { kind: 'none', intervalMs: 500 } as const;
const major = { kind: 'major', intervalMs: 100 } as const;

async function verdictsOf(request: Omit<RunRequest, 'program'>, ...args: string[]) {
  const run = await runProgram({ ...request, program: fixture('lives.mjs', ...args) });
  const verdicts = Object.fromEntries(
    run.report.objects.map(({ label, verdict, reason }) => [label ?? '', `${verdict} / ${reason}`]),
  );
  return { ...run, verdicts };
}

for (const { name, nodePath, isInstalled } of ALL_RUNTIMES) {
  describe.skipIf(!isInstalled)(`on ${name}, what became of each registration is told`, () => {
    it('of a program that settled', async () => {
      const { verdicts, report, stdout } = await verdictsOf(
        { gcPolicy: major, limits: { settleMs: 500 }, explain: true, nodePath },
        'settle',
      );
      expect(report.outcome.status).toBe('completed');
      // The program ended before its callbacks ran, so its handlers see nothing of them.
      expect(stdout).toBe('');
      expect(verdicts).toEqual({
        kept: 'alive / reachable-in-snapshot',
        dropped: 'finalized / callback-ran',
        throws: 'callback-threw / callback-threw-error',
        unregistered: 'unregistered / token-unregistered',
        orphan: 'registry-collected / registry-was-collected',
      });
      expect(report.warnings).toEqual([
        expect.stringMatching(/during the settle time failed with Error: thrown by a callback/),
      ]);
    });

    it('of one that called process.exit before any collection', async () => {
      const { verdicts, report } = await verdictsOf({ gcPolicy: none, explain: true, nodePath }, 'exit');
      expect(report.outcome).toMatchObject({ status: 'exited', exitCode: 3 });
      expect(verdicts).toEqual({
        kept: 'alive / reachable-in-snapshot',
        dropped: 'exited-first / process-ended-before-settling',
      });
    });

    it('of one that called process.exit right after a collection', async () => {
      const { verdicts, report } = await verdictsOf({ gcPolicy: none, explain: true, nodePath }, 'exit-after-gc');
      expect(report.outcome.status).toBe('exited');
      expect(verdicts).toEqual({
        kept: 'alive / reachable-in-snapshot',
        dropped: 'callback-pending / cleared-in-snapshot',
        // The snapshot itself has collected these: the program ended before any collection of its own could.
        'let go late': 'exited-first / process-ended-before-settling',
        'dropped late': 'exited-first / process-ended-before-settling',
      });
    });

    it('of one that blocks its thread until it is ended', async () => {
      const { verdicts, report } = await verdictsOf(
        { gcPolicy: { kind: 'major', intervalMs: 300 }, limits: { timeoutMs: 2_500 }, explain: true, nodePath },
        'block',
      );
      expect(report.outcome.status).toBe('timed-out');
      expect(verdicts).toEqual({
        kept: 'alive / reachable-in-snapshot',
        dropped: 'callback-pending / cleared-in-snapshot',
      });
    });
  });
}

describe('a verdict', () => {
  it('does not take what only the snapshot has collected for a pending callback', async () => {
    const { verdicts } = await verdictsOf({ gcPolicy: none, explain: true }, 'exit-after-turn');
    expect(verdicts).toEqual({
      kept: 'alive / reachable-in-snapshot',
      'let go late': 'exited-first / process-ended-before-settling',
    });
  });

  it('is unknown where the thread was blocked and no snapshot tells', async () => {
    const { verdicts } = await verdictsOf(
      { gcPolicy: { kind: 'major', intervalMs: 300 }, limits: { timeoutMs: 2_000 } },
      'block',
    );
    expect(verdicts).toEqual({
      kept: 'unknown / thread-blocked-after-gc',
      dropped: 'unknown / thread-blocked-after-gc',
    });
  });

  it('is exited-first for all that an exit without a snapshot leaves', async () => {
    const { verdicts } = await verdictsOf({ gcPolicy: none }, 'exit');
    expect(verdicts).toEqual({
      kept: 'exited-first / process-ended-before-settling',
      dropped: 'exited-first / process-ended-before-settling',
    });
  });

  it('stays alive for what no major collection has visited, and the reason says that nothing keeps it', async () => {
    const { report, verdicts } = await verdictsOf({ gcPolicy: none, limits: { settleMs: 0 }, explain: true }, 'settle');
    expect(verdicts).toMatchObject({
      kept: 'alive / reachable-in-snapshot',
      dropped: 'alive / no-major-gc',
      throws: 'alive / no-major-gc',
      // Only the snapshot can tell: no collection came before it.
      orphan: 'registry-collected / registry-was-collected',
    });
    const why = Object.fromEntries(report.objects.map((object) => [object.label, object.why?.cause]));
    expect(why).toMatchObject({ kept: 'map-entry', dropped: 'not-collected-yet', throws: 'not-collected-yet' });
  });

  it('tells a registry that only the snapshot has collected, but not of a program that ended before it was done', async () => {
    const verdictsOfLost = async (...args: string[]) => {
      const program = fixture('lost-registry.mjs', ...args);
      const { report } = await runProgram({ program, gcPolicy: none, limits: { settleMs: 0 }, explain: true });
      return report.objects.map(({ label, reason }) => [label, reason]);
    };
    expect(await verdictsOfLost()).toEqual([
      ['kept', 'registry-was-collected'],
      ['dropped', 'registry-was-collected'],
    ]);
    expect(await verdictsOfLost('exit')).toEqual([
      ['kept', 'process-ended-before-settling'],
      ['dropped', 'process-ended-before-settling'],
    ]);
  });

  it('is given to what a signal of its own ends, too', async () => {
    const { verdicts, report } = await verdictsOf({ gcPolicy: none, explain: true }, 'kill-itself');
    expect(report.outcome).toMatchObject({ status: 'crashed', signal: 'SIGTERM' });
    expect(verdicts).toEqual({
      kept: 'alive / reachable-in-snapshot',
      dropped: 'exited-first / process-ended-before-settling',
    });
  });

  it('is given to what an exception ends, too', async () => {
    const { verdicts, report } = await verdictsOf({ gcPolicy: none, explain: true }, 'throw');
    expect(report.outcome).toMatchObject({ status: 'threw', error: { message: 'thrown on purpose' } });
    expect(verdicts).toEqual({
      kept: 'alive / reachable-in-snapshot',
      dropped: 'exited-first / process-ended-before-settling',
    });
  });
});
