// A run of this session as a recording file's bytes, and the name that such a file is offered. Called by the engine.

import type { RunBatch, RunBatchOf } from '../protocol/run-batch.ts';
import type { Program, RunDescription } from '../protocol/run-description.ts';
import { RECORDING_EXTENSION } from '../protocol/recording-origin.ts';
import { groupsFrom } from './join-batches.ts';
import type { RecordedRun } from './observed-run.ts';
import { encodeRecording, RECORDING_FORMAT_VERSION, type RecordingHeader } from './recording-file.ts';

/** Names of files have to be read in lists. */
const MAXIMUM_NAME_CHARACTERS = 60;
/** The runtime stands among the first batches, if the observer has told it at all. */
const RUNTIME_WITHIN_BATCHES = 100;

export interface SavedRecording {
  /** To be offered: of the program and the time of its run, with the extension. */
  readonly fileName: string;
  /** True if the run goes on: what is recorded later is not in the file. */
  readonly isRunGoingOn: boolean;
  readonly batches: number;
  /** The file's bytes, piece by piece. @param onProgress is told how many batches are done */
  chunks(onProgress?: (batchesDone: number) => void): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

/** @param version of Heapline, which the file tells */
export function saveRecording({ recording, listing }: RecordedRun, version: string): SavedRecording {
  const description = descriptionToSave(listing.description);
  const batches = recording.length;
  const runtime = runtimeOf();
  const header: RecordingHeader = {
    type: 'recording',
    formatVersion: RECORDING_FORMAT_VERSION,
    heapline: version,
    savedAtEpochMs: Date.now(),
    run: description,
    ...(runtime !== undefined && {
      runtime: {
        node: runtime.node,
        v8: runtime.v8,
        host: runtime.host,
        ...(runtime.electron !== undefined && { electron: runtime.electron }),
      },
    }),
  };

  function runtimeOf(): RunBatchOf<'runtime'> | undefined {
    for (let sequence = 0; sequence < Math.min(batches, RUNTIME_WITHIN_BATCHES); sequence += 1) {
      const batch = recording.at(sequence);
      if (batch.type === 'runtime') return batch;
    }
    return undefined;
  }

  function* counted(onProgress?: (batchesDone: number) => void): Generator<RunBatch> {
    // Joined as for a client that comes late: a file is read again and again, and mostly by somebody who waits for it.
    for (const group of groupsFrom(recording, 0, batches)) {
      for (const batch of group.batches) {
        yield batch.type === 'started' ? { type: 'started', description } : batch;
      }
      onProgress?.(group.sequence + group.count);
    }
  }

  return {
    fileName: fileNameFor(listing.description),
    isRunGoingOn: listing.status !== 'ended',
    batches,
    chunks: (onProgress) => encodeRecording(header, counted(onProgress)),
  };
}

/**
 * A recording is passed on to others. The environment and the standard input that a script was given are where secrets are,
 * and nothing that is shown needs them.
 */
function descriptionToSave({ origin: _ofThisSession, ...description }: RunDescription): RunDescription {
  const { program } = description;
  if (program.kind !== 'file' && program.kind !== 'scratch') return description;
  const { environment: _environment, standardInput: _input, ...rest } = program;
  return { ...description, program: rest };
}

/** `simple-2026-11-12-10.03.heapline`, in local time. */
function fileNameFor({ program, title, startedAt }: RunDescription): string {
  const name = (nameOf(program) ?? title)
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, MAXIMUM_NAME_CHARACTERS)
    // Half a letter of those that take two is no text.
    .replace(/[\uD800-\uDBFF]$/, '');
  const at = new Date(startedAt);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = Number.isNaN(at.getTime())
    ? []
    : [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate()), `${two(at.getHours())}.${two(at.getMinutes())}`];
  return `${[name === '' ? 'run' : name, ...time].join('-')}${RECORDING_EXTENSION}`;
}

function nameOf(program: Program): string | undefined {
  switch (program.kind) {
    case 'scenario':
      return program.id;
    case 'file':
      return program.path.replace(/^.*[\\/]/, '').replace(/\.\w+$/, '');
    case 'scratch':
      return program.name.replace(/\.\w+$/, '');
    case 'target':
      return undefined;
  }
}
