// How a run came to its end, from what the process, its observer and its supervisor know. Pure; called by the run.

import type { ObserverReport } from './endpoint.ts';
import type { ProcessExit } from './launcher.ts';
import type { Outcome } from '../protocol/run-report.ts';

type UncaughtError = Extract<ObserverReport, { type: 'observer-uncaught' }>;
type Ending = Extract<ObserverReport, { type: 'observer-ending' }>;

export interface OutcomeFacts {
  readonly exit: ProcessExit;
  /** Why the session killed the process, if it did. */
  readonly killedBecause: 'stopped' | 'timed-out' | undefined;
  readonly timeoutMs: number;
  /** When observation ended, in ms since the program's start, if the program ran on without it. */
  readonly observedUntilMs: number | undefined;
  /** The last one; absent if nothing was thrown, or nobody was there to see it. */
  readonly uncaught: UncaughtError | undefined;
  readonly ending: Ending | undefined;
  /** True if the program had nothing left to do before the process ended. */
  readonly settled: boolean;
  readonly saidOutOfMemory: boolean;
  readonly stderrTail: readonly string[];
}

/** Node's exit codes that mean that an exception nobody caught ended the process. */
const UNCAUGHT_EXIT_CODES = [1, 7];
/** Where signals do not exist, `process.abort` and V8's fatal errors end with this. */
export const ABORT_EXIT_CODE = 134;

/** @see Outcome for what the words mean. */
export function classifyOutcome(facts: OutcomeFacts): Outcome {
  const { exit, ending } = facts;
  // A program that ends by itself says farewell, whatever its exit code may mean besides.
  const isBySignal = exit.possibleSignal !== undefined && ending === undefined;
  const signal = isBySignal ? (exit.possibleSignal ?? null) : exit.signal;
  const exitCode = isBySignal ? null : exit.exitCode;
  const details = {
    ...(exitCode === null ? {} : { exitCode }),
    ...(signal === null ? {} : { signal }),
    ...(facts.stderrTail.length === 0 ? {} : { stderrTail: [...facts.stderrTail] }),
  };
  if (exit.launchProblem !== undefined) return { status: 'crashed', ...details, message: exit.launchProblem };
  // A process that said farewell and was not ended by a signal was faster than whoever wanted to end it.
  const killedBecause = ending !== undefined && signal === null ? undefined : facts.killedBecause;
  if (killedBecause === 'stopped') return { status: 'stopped', ...details, message: 'Stopped.' };
  if (killedBecause === 'timed-out') {
    const message = facts.settled
      ? 'The program did not end after its settle time, and was ended.'
      : `The program still ran after ${facts.timeoutMs / 1000} s, and was ended.`;
    return { status: 'timed-out', ...details, message };
  }
  // V8 aborts: exit handlers do not run. A program that runs them and only writes these words ended otherwise.
  if (
    exitCode !== 0 &&
    ending === undefined &&
    (facts.saidOutOfMemory || /out of memory|\bOOM\b/i.test(exit.fatalError ?? ''))
  ) {
    return { status: 'out-of-memory', ...details, message: 'JavaScript heap out of memory.' };
  }
  if (exitCode !== null && UNCAUGHT_EXIT_CODES.includes(exitCode)) {
    const error =
      facts.uncaught === undefined
        ? errorOnStandardError(facts.stderrTail)
        : { ...facts.uncaught.error, origin: facts.uncaught.origin };
    if (error !== undefined) {
      const [firstLine = ''] = error.message.split('\n');
      return { status: 'threw', ...details, message: `Uncaught ${error.name}: ${firstLine}`, error };
    }
  }
  const hasAborted = exitCode === ABORT_EXIT_CODE || exit.fatalError !== undefined;
  if (signal !== null || (hasAborted && ending === undefined)) {
    const name = signal ?? 'SIGABRT';
    const cause = exit.fatalError === undefined ? '' : `: ${exit.fatalError}`;
    return { status: 'crashed', ...details, signal: name, message: `Ended by ${name}${cause}.` };
  }
  if (exitCode !== 0) {
    return { status: 'exited', ...details, message: `Exited with code ${exitCode}${exitCodeMeaning(exitCode)}.` };
  }
  if (ending?.settled === false) {
    return { status: 'exited', ...details, message: 'The program called process.exit(0) before it was done.' };
  }
  if (facts.observedUntilMs !== undefined) {
    return {
      status: 'exited',
      ...details,
      message: `Exited with code 0. It was observed for its first ${(facts.observedUntilMs / 1000).toFixed(2)} s only.`,
    };
  }
  return { status: 'completed', ...details, message: 'Completed.' };
}

function exitCodeMeaning(exitCode: number | null): string {
  return exitCode === 13 ? ': a top-level await never settled' : '';
}

/**
 * The error that Node printed before it ended a process: the source line, the stack, and `Node.js v24.0.0` at the end.
 * For programs that nobody observed, and for those that could not even be parsed.
 */
function errorOnStandardError(lines: readonly string[]): NonNullable<Outcome['error']> | undefined {
  if (!lines.some((line) => /^Node\.js v\d+/.test(line))) return undefined;
  const first = lines.findLastIndex((line) =>
    /^(?:Uncaught )?(?:[A-Za-z_$][\w$.]*)?(?:Error|Exception)\b[^:]*(?::|$)/.test(line),
  );
  const [, name = 'Error', message = ''] = /^(?:Uncaught )?([\w$.]+)[^:]*(?:: (.*))?$/.exec(lines[first] ?? '') ?? [];
  if (first === -1)
    return { name: 'Error', message: 'The program threw; see standard error.', stack: lines.join('\n') };
  const rest = lines.slice(first).filter((line) => !/^Node\.js v\d+/.test(line));
  return { name, message, stack: rest.join('\n').trimEnd() };
}
