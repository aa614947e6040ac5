// `heapline report`: what `heapline run` told at the end of a run, from its recording. Nothing is run.

import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { openRecordedRun, type OpenedRun } from '../engine/session/open-recording.ts';
import { readRecording, RecordingFileError } from '../engine/session/recording-file.ts';
import { openRecordingFile } from '../engine/session/recording-on-disk.ts';
import { exitStatusOf } from './command-run.ts';
import type { Output } from './output.ts';
import { createProgressLine } from './progress-line.ts';
import { summarizeRun } from './run-summary.ts';
import { UsageError } from './usage-error.ts';

export interface ReportOptions {
  readonly file: string;
  readonly json: boolean;
}

/**
 * @returns the exit status that the run had
 * @throws UsageError
 */
export async function reportRecording(
  { file, json }: ReportOptions,
  { stdout, stderr }: { stdout: Output; stderr: Output },
): Promise<number> {
  const { report } = await openFile(resolve(file), createProgressLine(stderr));
  await stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${summarizeRun(report).join('\n')}\n`);
  return exitStatusOf(report);
}

async function openFile(path: string, progress: ReturnType<typeof createProgressLine>): Promise<OpenedRun> {
  try {
    await using file = await openRecordingFile(path, (share) => {
      void progress.show(`reading the recording: ${Math.round(share * 100)} %`);
    });
    const reader = await readRecording(file.chunks);
    const { savedAtEpochMs, run } = reader.header;
    const origin = { fileName: file.fileName, savedAtEpochMs, recordedRunId: run.runId };
    return await openRecordedRun(reader, { runId: randomUUID(), origin });
  } catch (error) {
    throw recordingUsageError(error, path);
  } finally {
    await progress.show(undefined);
  }
}

/** What is wrong with the file is a mistake in the words; anything else is passed on. */
export function recordingUsageError(error: unknown, path: string): unknown {
  if (!(error instanceof RecordingFileError)) return error;
  const message = error.message.startsWith('It ') ? `${path}: ${error.message}` : error.message;
  return new UsageError(`${message} Allowed: a file that heapline run --record, or the application, has saved.`);
}
