// Makes a run of a recording file: the same batches under an id of this session, with an end where the file has none.
// Nothing of it is ever run. Called by the engine, and by `heapline report`.

import type { RecordingOrigin } from '../protocol/recording-origin.ts';
import type { RunBatch } from '../protocol/run-batch.ts';
import type { RunDescription } from '../protocol/run-description.ts';
import type { RunReport } from '../protocol/run-report.ts';
import { assertNever } from '../protocol/vocabulary.ts';
import { concludeRun } from './conclude-run.ts';
import { AS_RECORDED } from './displayed-places.ts';
import { createTurns } from './in-turns.ts';
import type { RecordedRun } from './observed-run.ts';
import { canBeSent } from './overflow.ts';
import { createRecording, type Recording } from './recording.ts';
import type { RecordingEnding, RecordingReader } from './recording-file.ts';
import { tallyOf } from './tally-recording.ts';

export interface OpenRecordingOptions {
  /** A fresh one: the same file may be opened beside the run that it was saved from. */
  readonly runId: string;
  readonly origin: RecordingOrigin;
  readonly signal?: AbortSignal;
  readonly recordingBudgetBytes?: number;
  readonly reportedObjects?: number;
}

export interface OpenedRun extends RecordedRun {
  readonly report: RunReport;
  /** False where the file, or the memory for it, has less than was saved. */
  readonly isWhole: boolean;
}

/** @throws the signal's reason, or what goes wrong in reading the bytes; nothing that is in them */
export async function openRecordedRun(reader: RecordingReader, options: OpenRecordingOptions): Promise<OpenedRun> {
  const { signal } = options;
  // Those of an experiment are shown with it, and it is not in the file.
  const { experimentId: _ofExperiment, ...recorded } = reader.header.run;
  const description: RunDescription = { ...recorded, runId: options.runId, origin: options.origin };
  const recording = createRecording(options.recordingBudgetBytes);
  const taken = await takeBatches(reader, recording, description, signal);
  const report = taken.report ?? (await concludeWithoutEnd(recording, description, taken.ending, options));
  signal?.throwIfAborted();
  const { outcome, prediction } = report;
  return {
    recording,
    report,
    isWhole: taken.ending.kind === 'whole' || taken.ending.kind === 'run-went-on',
    listing: {
      description,
      status: 'ended',
      outcome: outcome.status,
      ...(prediction !== undefined && { predictionHeld: prediction.held }),
    },
  };
}

type Ending = RecordingEnding | { readonly kind: 'too-large' };

async function takeBatches(
  reader: RecordingReader,
  recording: Recording,
  description: RunDescription,
  signal: AbortSignal | undefined,
): Promise<{ readonly ending: Ending; readonly report?: RunReport }> {
  const batches = reader.batches();
  const takeTurns = createTurns();
  for (;;) {
    signal?.throwIfAborted();
    await takeTurns();
    const step = await batches.next();
    if (step.done === true) return { ending: step.value };
    const batch = step.value;
    if (!canBeSent(batch)) {
      return { ending: { kind: 'damaged', problem: 'a batch is larger than Heapline can show' } };
    }
    if (batch.type === 'started') {
      recording.append({ type: 'started', description });
      continue;
    }
    if (batch.type !== 'ended' && !recording.hasRoomFor(batch)) return { ending: { kind: 'too-large' } };
    recording.append(batch);
    // Whatever follows in the file is no part of the run.
    if (batch.type === 'ended') return { ending: { kind: 'whole' }, report: batch.report };
  }
}

/** What was observed is summed up as it stood then: nothing is said of what came later. */
async function concludeWithoutEnd(
  recording: Recording,
  description: RunDescription,
  ending: Ending,
  options: OpenRecordingOptions,
): Promise<RunReport> {
  if (recording.length === 0) recording.append({ type: 'started', description });
  recording.append({ type: 'warning', code: 'recording-ends-early', message: warningOf(ending, recording.length) });
  const tally = await tallyOf(recording);
  const durationMs = tally.lastEventMs;
  const { report, batches } = await concludeRun({
    description,
    tally,
    outcome: {
      status: 'stopped',
      message:
        ending.kind === 'run-went-on'
          ? 'The run still went on when it was saved.'
          : 'The recording ends before the run does.',
    },
    ending: undefined,
    durationMs,
    lastEventMs: durationMs,
    // Nothing tells that objects were let go of by an end of the program.
    isSettled: true,
    processEnded: false,
    observationEnded: false,
    // Only a process that was started elsewhere tells of its collections late.
    isLeft: description.program.kind === 'target',
    last: undefined,
    hasNothingToExplain: false,
    host: 'unknown',
    judge: undefined,
    judging: options.signal ?? new AbortController().signal,
    standardOutput: '',
    displayed: AS_RECORDED,
    reportedObjects: options.reportedObjects,
  });
  const takeTurns = createTurns();
  for (const batch of batches) {
    recording.append(batch);
    await takeTurns();
  }
  recording.append({ type: 'ended', atMs: durationMs, report } satisfies RunBatch);
  return report;
}

function warningOf(ending: Ending, batches: number): string {
  const rest = `What was recorded up to batch ${batches.toLocaleString('en-US')} is here.`;
  switch (ending.kind) {
    case 'whole':
    case 'run-went-on':
      return `The recording was saved while the run still went on. ${rest}`;
    case 'cut-off':
      return `The file ends early: it was cut off. ${rest} Save or copy it again to have the whole run.`;
    case 'damaged':
      return `The file is damaged: ${ending.problem}. ${rest} Save or copy it again to have the whole run.`;
    case 'too-large':
      return `The recording is larger than Heapline may keep in memory. ${rest}`;
    default:
      return assertNever(ending);
  }
}
