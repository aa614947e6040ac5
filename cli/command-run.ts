// `heapline run`: one run in an engine of its own, followed to its end and told on the terminal or as one JSON document.

import { constants } from 'node:os';
import { isatty } from 'node:tty';
import type { GcPolicy, Limits } from '../engine/protocol/run-description.ts';
import type { RunReport } from '../engine/protocol/run-report.ts';
import { unlessRefused } from './engine-client.ts';
import { openHeadlessEngine } from './headless-engine.ts';
import { onInterrupts } from './interrupts.ts';
import type { Output } from './output.ts';
import { pathOrCommand, programOf, usageErrorOf, type ProgramOptions } from './program-of.ts';
import { isProgramFailure } from './program-failure.ts';
import { createProgressLine } from './progress-line.ts';
import { checkRecordFile, writeRecord } from './record-file.ts';
import { summarizeRun } from './run-summary.ts';
import { EXIT_STATUS } from './usage-error.ts';
import { describeExplaining } from './why-summary.ts';

/** A shell reports a command that signal n ended as 128 + n. */
const SIGNAL_STATUS_BASE = 128;

export interface RunOptions extends ProgramOptions {
  readonly gcPolicy?: GcPolicy;
  readonly limits: Partial<Limits>;
  readonly nodePath?: string;
  readonly reportedObjects: number;
  /** Tell what keeps the living objects alive. */
  readonly why: boolean;
  readonly json: boolean;
  /** End with the program's own exit status. */
  readonly passesExitCode: boolean;
  /** The file that the recording is written to. */
  readonly recordFile?: string;
}

/**
 * @returns the exit status
 * @throws UsageError
 */
export async function runProgram(
  options: RunOptions,
  io: { stdout: Output; stderr: Output; readerGone: Promise<void> },
): Promise<number> {
  const recordPath = options.recordFile === undefined ? undefined : await checkRecordFile(options.recordFile);
  const program = await programOf(options);
  await using engine = await openHeadlessEngine({
    // A terminal cannot be read from the program's own process group, and belongs to whoever sits there.
    givesInputAway: !isatty(0) && options.program !== '-',
    reportedObjects: options.reportedObjects,
    program,
  });
  const { client } = engine;

  let runId: string | undefined;
  let stopIsWanted = false;
  const stopRun = () => {
    stopIsWanted = true;
    if (runId === undefined) return;
    // Refused only if the run has ended meanwhile, which is what was wanted.
    client.request({ type: 'stop-run', runId }).catch(unlessRefused);
  };
  const givenUp = new AbortController();
  let writing: Promise<void> | undefined;
  using _interrupts = onInterrupts(stopRun, (exitStatus) => {
    givenUp.abort(new Error('it was given up'));
    // Also the half of a file that was being written.
    void Promise.allSettled([writing, engine.close()]).finally(() => process.exit(exitStatus));
  });
  void io.readerGone.then(stopRun);

  try {
    await client.hello();
    const { gcPolicy, limits, nodePath } = options;
    const accepted = await client.request({
      type: 'start-run',
      program,
      limits,
      ...(gcPolicy && { gcPolicy }),
      ...(options.why && { explain: true }),
      ...(nodePath !== undefined && { nodePath: pathOrCommand(nodePath) }),
    });
    runId = accepted.runId;
    if (runId === undefined) throw new Error('The engine did not say which run it started.');
    if (stopIsWanted) stopRun();
    let report: RunReport | undefined;
    const progress = createProgressLine(io.stderr);
    await client.follow(runId, async (batch) => {
      if (batch.type === 'console') {
        for (const { stream, text } of batch.entries) {
          await (stream === 'stdout' && !options.json ? io.stdout : io.stderr).writeOfProgram(text);
        }
      } else if (batch.type === 'status') await progress.show(describeExplaining(batch));
      else if (batch.type === 'ended') report = batch.report;
    });
    await progress.show(undefined);
    if (report === undefined) throw new Error('The run ended without a report.');
    // The report is told also where the recording cannot be written.
    if (recordPath !== undefined) writing = writeRecord(recordPath, engine.saveRecording(runId), givenUp.signal);
    await Promise.allSettled([writing]);
    await io.stdout.write(
      options.json ? `${JSON.stringify(report, null, 2)}\n` : `\n${summarizeRun(report).join('\n')}\n`,
    );
    await writing;
    return options.passesExitCode ? programExitStatusOf(report) : exitStatusOf(report);
  } catch (error) {
    throw usageErrorOf(error);
  }
}

/** The exit status that tells how a run ended. */
export function exitStatusOf(report: RunReport): number {
  if (isProgramFailure(report.outcome.status)) return EXIT_STATUS.programFailed;
  // A scenario that was stopped before its prediction could be checked did not hold it either.
  if (report.scenario.id === undefined || report.prediction?.held === true) return EXIT_STATUS.success;
  return EXIT_STATUS.predictionFailed;
}

/**
 * The exit status that a shell reports for the program alone: its exit code, or 128 + n for signal n. A program that
 * Heapline ended has none of its own: 3 after a timeout, 130 after an interrupt.
 */
export function programExitStatusOf(report: RunReport): number {
  const { status, exitCode, signal } = report.outcome;
  if (status === 'timed-out') return EXIT_STATUS.programFailed;
  if (status === 'stopped') return SIGNAL_STATUS_BASE + constants.signals.SIGINT;
  if (exitCode !== undefined) return exitCode;
  const signalNumber = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  // Without either, it could not be started.
  return signalNumber === undefined ? EXIT_STATUS.programFailed : SIGNAL_STATUS_BASE + signalNumber;
}
