// A callback counts as started from when it is entered, also if it never returns. Real processes with the real observer.

import { describe, expect, it } from 'vitest';
import { fixture, runProgram, type FinishedRun, type RunRequest } from '../run-program.ts';
import { OWN_RUNTIME, RUNTIMES } from '../runtimes.ts';

type Request = Omit<RunRequest, 'program'>;

async function run(request: Request, ...args: string[]): Promise<FinishedRun> {
  const program = fixture('callback-never-returns.mjs', ...args);
  return runProgram({
    gcPolicy: { kind: 'none', intervalMs: 500 },
    limits: { settleMs: 300, timeoutMs: 20_000 },
    ...request,
    program,
  });
}

/** The object whose callback the program says it entered. */
function enteredObject({ report, stdout }: FinishedRun) {
  const [, label] = /entered (.*)/.exec(stdout) ?? [];
  return report.objects.find((object) => object.label === label);
}

for (const { name, nodePath, isInstalled } of RUNTIMES) {
  describe.skipIf(!isInstalled)(`a callback that never returns on ${name}`, () => {
    it('has started, and the others of its task are pending, if it calls process.exit', async () => {
      const finished = await run({ explain: true, nodePath }, 'exit');
      const { registrations, outcome } = finished.report;
      expect(outcome).toMatchObject({ status: 'exited', exitCode: 7 });
      expect(registrations).toMatchObject({
        total: 5,
        finalized: 1,
        callbackNotReturned: 1,
        callbackPending: 3,
        alive: 1,
      });
      const entered = enteredObject(finished);
      expect(entered).toMatchObject({ verdict: 'finalized', reason: 'callback-not-returned' });
      expect(entered?.callbackStartedAtMs).toBeGreaterThan(45);
      expect(entered?.callbackMs).toBeUndefined();
    });

    it('has started if the process is killed inside, and nothing is claimed of the others', async () => {
      const finished = await run({ nodePath }, 'killed');
      expect(finished.report.outcome).toMatchObject({ status: 'crashed', signal: 'SIGKILL' });
      expect(finished.report.registrations).toMatchObject({ total: 5, finalized: 1, exitedFirst: 4 });
      expect(enteredObject(finished)).toMatchObject({ verdict: 'finalized', reason: 'callback-not-returned' });
    });
  });
}

describe(`a callback on ${OWN_RUNTIME.name}`, () => {
  it('has started if it loops until the process is ended from outside', async () => {
    const finished = await run({ explain: true, limits: { settleMs: 300, timeoutMs: 2_500 } }, 'loop');
    expect(finished.report.outcome.status).toBe('timed-out');
    expect(finished.report.registrations).toMatchObject({ total: 5, finalized: 1, callbackPending: 3, alive: 1 });
    expect(enteredObject(finished)?.reason).toBe('callback-not-returned');
  });

  describe('in the settle time', () => {
    const late = {
      gcPolicy: { kind: 'major', intervalMs: 100 },
      limits: { settleMs: 1_500, timeoutMs: 20_000 },
    } as const;

    it('leaves no object alive that was to be called next if it exits', async () => {
      const { registrations } = (await run(late, 'exit', 'late')).report;
      expect(registrations).toMatchObject({ total: 5, finalized: 1, alive: 0, unknown: 0, exitedFirst: 4 });
    });

    it('keeps none of the others from being called if it throws', async () => {
      const { registrations } = (await run(late, 'throw-late', 'late')).report;
      expect(registrations).toMatchObject({ total: 5, finalized: 0, callbackThrew: 4, alive: 1, unknown: 0 });
    });
  });

  it('is counted once if it is reported when it is entered and when it ends', async () => {
    const finished = await run({}, 'register-and-return');
    const { report, of } = finished;
    const rows = of('callbacks').flatMap(({ id, durationMs }) =>
      Array.from(id, (one, row) => ({ id: one, isEnded: !Number.isNaN(durationMs[row]) })),
    );
    expect(rows.some(({ isEnded }) => !isEnded)).toBe(true);
    expect(rows.filter(({ isEnded }) => isEnded).length).toBe(4);
    expect(report.registrations).toMatchObject({ finalized: 4 });
    expect(report.registrations.callbackNotReturned).toBeUndefined();
    for (const { verdict, reason, callbackMs = NaN } of report.objects) {
      if (verdict !== 'finalized') continue;
      expect(reason).toBe('callback-ran');
      // It registers at its end: its start is not where the last row before its own is.
      expect(callbackMs).toBeGreaterThan(190);
    }
    expect(report.registries[0]?.longestStallMs).toBeGreaterThan(790);
  });
});
