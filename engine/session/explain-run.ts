// The heap snapshots of one run: where the observer writes them, how long that may take, and how they are read. The last
// one is written when the program has ended or is about to be ended; others while it runs, when a client asks why.
// Whatever goes wrong with one is a warning in the recording: the run and its verdicts stand without it.

import type { SnapshotExplanation } from '../heap-graph/explanation.ts';
import type { EXPLAINING_STEPS, RunBatch } from '../protocol/run-batch.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import type { Clock } from './clock.ts';
import type { ObserverReport } from './endpoint.ts';
import { messageOf } from './message-of.ts';
import type { SnapshotExplainer } from './snapshot-explainer.ts';
import { createSnapshotFile, type SnapshotFile } from './snapshot-file.ts';

/** A file that has not grown for so long is given up. */
const STALL_MS = 30_000;
/** Before its first byte V8 walks through the whole heap: measured are 30 ms for each megabyte, on a machine at rest. */
const WALK_MS = 60_000;
const WALK_MS_PER_MEGABYTE = 300;
const LOOK_INTERVAL_MS = 500;
/** Progress is told a few times a second at most. */
const PROGRESS_INTERVAL_MS = 250;
/** Why reading stops when the program ends meanwhile. */
const SUPERSEDED = 'superseded';

export type ExplainingStep = (typeof EXPLAINING_STEPS)[number];
export type SnapshotReport = Extract<ObserverReport, { type: 'observer-snapshot' }>;

/** What came of the writing of a snapshot. */
export type Written =
  | { readonly type: 'written'; readonly startMs: number }
  /** `problem` is for a person, without a full stop. */
  | { readonly type: 'failed'; readonly problem: string }
  | { readonly type: 'stalled' }
  | { readonly type: 'stopped' };

/** What a snapshot told; `snapshot` counts those of a run from 1. */
export interface ReadSnapshot {
  readonly snapshot: number;
  readonly atMs: number;
  readonly explanation: SnapshotExplanation;
}

export interface RunExplainerContext {
  readonly explainer: SnapshotExplainer;
  /** Snapshots are written into private folders in it. */
  readonly snapshotFolder: string;
  readonly clock: Clock;
  readonly append: (batch: RunBatch) => void;
  readonly warn: (code: string, message: string) => void;
  /** What goes on, and how much of it is done; without a step: nothing any more. */
  readonly tellStep: (step?: ExplainingStep, progress?: number) => void;
  /** The heap's size as it is known last. */
  readonly heapBytes: () => number;
  /** The first of the program's registrations that belongs to the run. */
  readonly firstId?: number;
}

export interface RunExplainer extends Disposable {
  /** Makes the file for the last snapshot. @returns its path; undefined if that is not possible, which is warned of */
  prepareLast(): string | undefined;
  /** There will be none, because it is not needed. */
  skipLast(): void;
  /** The observer begins to write it: the program has ended. Resolves when that is over, however it went; never rejects. */
  beginLast(): Promise<Written>;
  /** True from `beginLast` on until `readLast` has its result. */
  readonly isLastGoing: boolean;
  /** Reads it once the process has ended. Never rejects; undefined if there is nothing to read, which is warned of. */
  readLast(): Promise<ReadSnapshot | undefined>;
  /**
   * Has the observer write one while the program runs. Resolves when it is written; it is read after that, and given to
   * `onRead`.
   * @param send tells the observer to write to this path
   * @returns why that is not possible; undefined if it was done
   */
  askWhy(send: (path: string) => void, onRead: (read: ReadSnapshot) => void): Promise<string | undefined>;
  /** The observer's word on a snapshot. */
  take(report: SnapshotReport): void;
  /** The process has ended: what is not written will not be. */
  processEnded(): void;
  /** Ends writing and reading at once; the run says that it was stopped. */
  stop(): void;
}

interface Attempt {
  readonly snapshot: number;
  readonly file: SnapshotFile;
  readonly written: PromiseWithResolvers<Written>;
  readonly stopping: AbortController;
  watch?: NodeJS.Timeout;
}

export function createRunExplainer(context: RunExplainerContext): RunExplainer {
  const { clock, warn, tellStep } = context;
  let snapshots = 0;
  let last: Attempt | undefined;
  let isLastGoing = false;
  let live: Attempt | undefined;
  let liveRead: Promise<void> | undefined;

  function createAttempt(): Attempt {
    const file = createSnapshotFile(context.snapshotFolder);
    snapshots += 1;
    const attempt: Attempt = {
      snapshot: snapshots,
      file,
      written: Promise.withResolvers(),
      stopping: new AbortController(),
    };
    void attempt.written.promise.then(() => clearInterval(attempt.watch));
    return attempt;
  }

  /** Gives up on a file that does not grow. */
  function begin(attempt: Attempt): Promise<Written> {
    tellStep('writing-snapshot');
    let bytes = 0;
    let grownAtMs = clock.monotonicMs();
    const walkMs = WALK_MS + (context.heapBytes() / 1e6) * WALK_MS_PER_MEGABYTE;
    attempt.watch = setInterval(() => {
      const bytesNow = attempt.file.bytes();
      if (bytesNow > bytes) {
        bytes = bytesNow;
        grownAtMs = clock.monotonicMs();
      } else if (clock.monotonicMs() - grownAtMs > (bytes === 0 ? walkMs : STALL_MS)) {
        attempt.written.resolve({ type: 'stalled' });
      }
    }, LOOK_INTERVAL_MS);
    return attempt.written.promise;
  }

  async function read(attempt: Attempt): Promise<ReadSnapshot | undefined> {
    using _file = attempt.file;
    const written = await attempt.written.promise;
    if (written.type !== 'written') {
      if (written.type === 'stopped') warnOfStop();
      else warn('snapshot-failed', `${cannotTell}: ${describeProblem(written)}`);
      return undefined;
    }
    const tell = createProgressTeller(clock, tellStep);
    tell('reading-snapshot', 0);
    try {
      const explanation = await context.explainer.explain(
        { snapshotPath: attempt.file.path, firstId: context.firstId ?? 1 },
        { onProgress: ({ step, progress }) => tell(step, progress), signal: attempt.stopping.signal },
      );
      for (const message of explanation.warnings) warn('explanation-incomplete', message);
      return { snapshot: attempt.snapshot, atMs: written.startMs, explanation };
    } catch (error) {
      if (attempt.stopping.signal.aborted) {
        if (attempt.stopping.signal.reason !== SUPERSEDED) warnOfStop();
      } else {
        const problem = messageOf(error);
        warn('snapshot-unreadable', `${cannotTell}: its heap snapshot could not be read: ${problem}`);
      }
      return undefined;
    }
  }

  const warnOfStop = (): void =>
    warn('explanation-stopped', 'The explanation was stopped, so what keeps the living objects alive is not told.');

  const stopAttempt = (attempt: Attempt | undefined): void => {
    attempt?.stopping.abort();
    attempt?.written.resolve({ type: 'stopped' });
  };

  return {
    prepareLast() {
      try {
        last = createAttempt();
        return last.file.path;
      } catch (error) {
        const problem = messageOf(error);
        warn('snapshot-failed', `${cannotTell}: no folder could be made for its heap snapshot (${problem}).`);
        return undefined;
      }
    },
    skipLast() {
      last?.file[Symbol.dispose]();
      last = undefined;
    },
    beginLast() {
      if (last === undefined) return Promise.resolve({ type: 'failed', problem: 'there is no file for it' });
      isLastGoing = true;
      // What was asked while it ran is told again, and newer.
      live?.stopping.abort(SUPERSEDED);
      live?.written.resolve({ type: 'stopped' });
      return begin(last);
    },
    get isLastGoing() {
      return isLastGoing;
    },
    async readLast() {
      await liveRead;
      if (last === undefined) return undefined;
      if (!isLastGoing) {
        last.written.resolve({ type: 'failed', problem: 'the process ended too suddenly to write a heap snapshot' });
      }
      isLastGoing = true;
      const result = await read(last);
      isLastGoing = false;
      return result;
    },
    async askWhy(send, onRead) {
      if (live !== undefined || isLastGoing) return 'A heap snapshot is being written or read already.';
      let attempt;
      try {
        attempt = createAttempt();
      } catch (error) {
        return `No folder could be made for a heap snapshot: ${messageOf(error)}.`;
      }
      live = attempt;
      const writing = begin(attempt);
      send(attempt.file.path);
      const written = await writing;
      if (written.type !== 'written') {
        live = undefined;
        attempt.file[Symbol.dispose]();
        tellStep();
        return written.type === 'stopped' ? 'It was stopped.' : `${describeProblem(written)}`;
      }
      liveRead = read(attempt).then((result) => {
        live = undefined;
        liveRead = undefined;
        tellStep();
        if (result !== undefined) onRead(result);
      });
      return undefined;
    },
    take({ path, startMs, endMs, problem }) {
      const attempt = [last, live].find((one) => one?.file.path === path);
      if (problem !== undefined) return attempt?.written.resolve({ type: 'failed', problem });
      context.append({
        type: 'marks',
        items: [{ kind: 'heap-snapshot', name: '', atMs: startMs, durationMs: endMs - startMs }],
      });
      attempt?.written.resolve({ type: 'written', startMs });
    },
    processEnded() {
      const problem = 'the process ended while its heap snapshot was written';
      if (isLastGoing) last?.written.resolve({ type: 'failed', problem });
      live?.written.resolve({ type: 'failed', problem });
    },
    stop() {
      if (isLastGoing) stopAttempt(last);
      stopAttempt(live);
    },
    [Symbol.dispose]() {
      stopAttempt(last);
      stopAttempt(live);
      last?.file[Symbol.dispose]();
      live?.file[Symbol.dispose]();
    },
  };
}

const cannotTell = 'What keeps the living objects alive is not told';

/** A sentence: what went wrong, and what to do. */
function describeProblem(written: Exclude<Written, { type: 'written' | 'stopped' }>): string {
  switch (written.type) {
    case 'stalled':
      return 'the heap snapshot did not grow any more and was given up. Let the program hold less, or try again with less load on the machine.';
    case 'failed':
      if (/\bENOSPC\b/.test(written.problem)) {
        return `the disk has no room for the heap snapshot (${written.problem}). Make room, or choose another folder with TMPDIR.`;
      }
      if (/process ended while/.test(written.problem)) {
        return `${written.problem}: writing one takes about as much memory again as the heap. Let the program hold less, or give it more (--max-heap).`;
      }
      return `${written.problem.replace(/\.$/, '')}.`;
    default:
      return assertNever(written);
  }
}

function createProgressTeller(clock: Clock, tellStep: RunExplainerContext['tellStep']) {
  let toldStep: ExplainingStep | undefined;
  let toldAtMs = -Infinity;
  return (step: ExplainingStep, progress: number): void => {
    const nowMs = clock.monotonicMs();
    if (step === toldStep && nowMs - toldAtMs < PROGRESS_INTERVAL_MS) return;
    toldStep = step;
    toldAtMs = nowMs;
    tellStep(step, progress);
  };
}
