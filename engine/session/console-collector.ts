// What an observed process writes, as batches on the run's time axis: text of both streams, and the collections that V8
// traces between the program's own bytes. Runs in the session, one for each run; never stops reading, so that a program
// that writes without end is not held up, and never keeps more than a fixed amount.

import type { Readable } from 'node:stream';
import type { RunBatch, RunBatchOf } from '../protocol/run-batch.ts';
import { COLLECTION_KINDS } from '../protocol/vocabulary.ts';
import type { Clock } from './clock.ts';
import { createTraceSplitter, type TracedCollection, type TracePiece, type TraceSplitter } from './collection-trace.ts';

type Stream = RunBatchOf<'console'>['entries'][number]['stream'];

/** What an entry costs beside its text: a program that writes in turns to both streams makes one of each character. */
const ENTRY_BYTES = 128;
/** Text kept for one run, over both streams, with its entries. */
export const CONSOLE_BUDGET_BYTES = 32 * 1024 * 1024;
/** Output is gathered for so long before it becomes a batch. */
const FLUSH_INTERVAL_MS = 50;
/** An entry is closed at this length, and a batch flushed: frames stay small. */
const MAXIMUM_ENTRY_CHARACTERS = 64 * 1024;
const MAXIMUM_PENDING_CHARACTERS = 1024 * 1024;
/** Output held before it is known which lines are V8's: what a program writes in the tenth of a second in which its observer
 * connects. */
const MAXIMUM_HELD_BYTES = 4 * 1024 * 1024;
const STANDARD_OUTPUT_TAIL_CHARACTERS = 1024 * 1024;
const STDERR_TAIL_LINES = 40;
const STDERR_TAIL_LINE_CHARACTERS = 2_000;
const STDERR_TAIL_CHARACTERS = 64 * 1024;
/** Distinct reasons in one batch: its column has one byte. */
const MAXIMUM_REASONS = 255;

/** What V8 writes before it dies for want of memory; src/api/api.cc and src/base/logging in V8. */
const OUT_OF_MEMORY = /JavaScript heap out of memory|Fatal (?:JavaScript|process) out of memory/;
const LONGEST_OUT_OF_MEMORY_TEXT = 64;

/** How to tell V8's lines apart and place them: the hello's `gcTrace`. Null: the program's output has no such lines. */
export type TraceAlignment = {
  readonly pid: number;
  readonly ownLines: number;
  readonly ownEndedAtMs: number;
} | null;

export interface ConsoleCollector {
  /**
   * The observer said where the program's time begins and which lines are V8's. Output is held back until then, until
   * `alignWithout`, or until there is too much of it, so that nothing is placed or split wrongly.
   */
  align(timeZeroMs: number, trace: TraceAlignment): void;
  /** No observer will say anything: time 0 is the launch, and lines with the process's id are V8's all the same. */
  alignWithout(): void;
  /** Both streams have ended. Flushes everything. */
  end(): void;
  /** Last lines of standard error. */
  readonly stderrTail: readonly string[];
  /** The last 1 MiB of standard output, without V8's lines. */
  readonly standardOutputTail: string;
  readonly saidOutOfMemory: boolean;
}

/**
 * Reads both streams from now on. `emit` is given batches in order.
 * @param options.budgetBytes of text kept; the lines after it are counted in `dropped` batches.
 */
export function createConsoleCollector(options: {
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly clock: Clock;
  /** When the process was launched, on the clock; and its id, once that is known. */
  readonly launchedAtMs: number;
  readonly pid: () => number | undefined;
  readonly emit: (batch: RunBatch) => void;
  readonly budgetBytes?: number;
}): ConsoleCollector {
  const { clock, emit } = options;
  const budgetBytes = options.budgetBytes ?? CONSOLE_BUDGET_BYTES;
  let timeZeroMs: number | undefined;
  let held: { stream: Stream; chunk: Uint8Array; arrivedAtMs: number }[] = [];
  let heldBytes = 0;
  let lastStdoutMs = 0;

  let splitter: TraceSplitter | undefined;
  let ownLinesLeft = 0;
  /** When the last of the observer's own collections ended, in ms since the program's start and since its isolate was made. */
  let ownEndedAtMs: number | undefined;
  let ownEndedAtIsolateMs = 0;
  let mainIsolate: string | undefined;
  let collections: (TracedCollection & { startMs: number })[] = [];
  let reasons = new Map<string, number>();

  const decoders: Record<Stream, TextDecoder> = {
    stdout: new TextDecoder('utf-8', { ignoreBOM: true }),
    stderr: new TextDecoder('utf-8', { ignoreBOM: true }),
  };
  let entries: RunBatchOf<'console'>['entries'] = [];
  let pendingCharacters = 0;
  let keptBytes = 0;
  let droppedLines = 0;
  const outputTail = createTextTail(STANDARD_OUTPUT_TAIL_CHARACTERS);
  const errorTail = createTextTail(STDERR_TAIL_CHARACTERS);
  let errorCarry = '';
  let saidOutOfMemory = false;
  let flushTimer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(flushTimer);
    flushTimer = undefined;
    if (entries.length > 0) emit({ type: 'console', entries });
    entries = [];
    pendingCharacters = 0;
    if (droppedLines > 0) {
      const message = `The program wrote more than ${Math.round(budgetBytes / 1024 / 1024)} MiB; these lines were not kept.`;
      emit({ type: 'dropped', what: 'console-lines', count: droppedLines, message });
    }
    droppedLines = 0;
    if (collections.length > 0) emit(collectionsBatch(collections, reasons));
    collections = [];
    reasons = new Map();
  };
  const flushSoon = (): void => {
    if (pendingCharacters > MAXIMUM_PENDING_CHARACTERS) flush();
    else flushTimer ??= setTimeout(flush, FLUSH_INTERVAL_MS);
  };

  const addText = (stream: Stream, text: string, bytes: number, atMs: number): void => {
    if (text === '') return;
    if (stream === 'stdout') outputTail.add(text);
    else {
      errorTail.add(text);
      saidOutOfMemory ||= OUT_OF_MEMORY.test(errorCarry + text);
      errorCarry = (errorCarry + text).slice(-LONGEST_OUT_OF_MEMORY_TEXT);
    }
    const lines = countLineEnds(text);
    if (keptBytes >= budgetBytes) {
      droppedLines += lines;
      flushSoon();
      return;
    }
    keptBytes += bytes;
    pendingCharacters += text.length;
    const last = entries.at(-1);
    if (last?.stream === stream && last.text.length < MAXIMUM_ENTRY_CHARACTERS) {
      last.text += text;
      last.lines += lines;
    } else {
      entries.push({ stream, atMs, text, lines });
      keptBytes += ENTRY_BYTES;
    }
    flushSoon();
  };

  const addCollection = (collection: TracedCollection): void => {
    mainIsolate ??= collection.isolate;
    // Other isolates of the process are workers, the program's or the observer's: their collections are not its own.
    if (collection.isolate !== mainIsolate || ownEndedAtMs === undefined) return;
    if (ownLinesLeft > 0) {
      ownLinesLeft -= 1;
      ownEndedAtIsolateMs = collection.endedAtIsolateMs;
      return;
    }
    // A line is printed when its collection has ended.
    const endedAtMs = ownEndedAtMs + collection.endedAtIsolateMs - ownEndedAtIsolateMs;
    const startMs = endedAtMs - collection.pauseMs;
    collections.push({ ...collection, startMs });
    if (!reasons.has(collection.reason)) reasons.set(collection.reason, reasons.size);
    if (reasons.size >= MAXIMUM_REASONS) flush();
    else flushSoon();
  };

  const addPieces = (pieces: readonly TracePiece[], atMs: number): void => {
    for (const piece of pieces) {
      if (piece.type === 'collection') addCollection(piece.collection);
      else addText('stdout', decoders.stdout.decode(piece.bytes, { stream: true }), piece.bytes.length, atMs);
    }
  };

  const accept = (stream: Stream, chunk: Uint8Array, arrivedAtMs: number): void => {
    const atMs = Math.max(0, arrivedAtMs - (timeZeroMs ?? arrivedAtMs));
    if (stream === 'stderr') {
      addText('stderr', decoders.stderr.decode(chunk, { stream: true }), chunk.length, atMs);
      return;
    }
    lastStdoutMs = atMs;
    addPieces(splitter === undefined ? [{ type: 'program', bytes: chunk }] : splitter.push(chunk), atMs);
  };

  const start = (zeroMs: number): void => {
    timeZeroMs = zeroMs;
    const waiting = held;
    held = [];
    heldBytes = 0;
    for (const { stream, chunk, arrivedAtMs } of waiting) accept(stream, chunk, arrivedAtMs);
  };

  const startWithout = (): void => {
    const pid = options.pid();
    if (pid !== undefined) splitter = createTraceSplitter(pid);
    start(options.launchedAtMs);
  };

  const read = (stream: Stream) => (chunk: Uint8Array) => {
    const arrivedAtMs = clock.monotonicMs();
    if (timeZeroMs !== undefined) {
      accept(stream, chunk, arrivedAtMs);
      return;
    }
    held.push({ stream, chunk, arrivedAtMs });
    heldBytes += chunk.length;
    if (heldBytes > MAXIMUM_HELD_BYTES) startWithout();
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    options[stream].on('data', read(stream));
    options[stream].on('error', (error) => {
      emit({
        type: 'warning',
        code: 'output-lost',
        message: `The program's ${stream} could not be read: ${error.message}`,
      });
    });
  }

  return {
    align(zeroMs, trace) {
      if (trace !== null) {
        splitter ??= createTraceSplitter(trace.pid);
        ownEndedAtMs = trace.ownEndedAtMs;
        ownLinesLeft = trace.ownLines;
      }
      // An observer that came late: what was placed already stays, and what comes is placed rightly.
      if (timeZeroMs === undefined) start(zeroMs);
      else timeZeroMs = zeroMs;
    },
    alignWithout: () => {
      if (timeZeroMs === undefined) startWithout();
    },
    end() {
      if (timeZeroMs === undefined) startWithout();
      if (splitter !== undefined) addPieces(splitter.end(), lastStdoutMs);
      for (const stream of ['stdout', 'stderr'] as const) addText(stream, decoders[stream].decode(), 0, lastStdoutMs);
      flush();
      if (splitter !== undefined && splitter.unparsedLines > 0) {
        const message =
          `${splitter.unparsedLines} lines look like V8's notes on garbage collections but could not be read; ` +
          'they stand in the console, and collections may be missing from the timeline.';
        emit({ type: 'warning', code: 'unreadable-gc-trace', message });
      }
    },
    get stderrTail() {
      const lines = errorTail.text.split('\n');
      if (lines.at(-1) === '') lines.pop();
      return lines.slice(-STDERR_TAIL_LINES).map((line) => line.slice(0, STDERR_TAIL_LINE_CHARACTERS));
    },
    get standardOutputTail() {
      return outputTail.text;
    },
    get saidOutOfMemory() {
      return saidOutOfMemory;
    },
  };
}

function collectionsBatch(
  collections: readonly (TracedCollection & { startMs: number })[],
  reasons: ReadonlyMap<string, number>,
): RunBatchOf<'collections'> {
  const bytes = (figure: (collection: TracedCollection) => number) => Uint8Array.from(collections, figure);
  const floats = (figure: (collection: TracedCollection & { startMs: number }) => number) =>
    Float64Array.from(collections, figure);
  return {
    type: 'collections',
    startMs: floats((collection) => collection.startMs),
    pauseMs: floats((collection) => collection.pauseMs),
    kind: bytes((collection) => COLLECTION_KINDS.indexOf(collection.kind)),
    forced: bytes((collection) => Number(collection.forced)),
    beforeBytes: floats((collection) => collection.beforeBytes),
    afterBytes: floats((collection) => collection.afterBytes),
    reason: bytes((collection) => reasons.get(collection.reason) ?? 0),
    reasons: [...reasons.keys()],
  };
}

function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Keeps the last `characters` of a long text without copying it at every addition. */
function createTextTail(characters: number): { add(text: string): void; readonly text: string } {
  let previous = '';
  let current = '';
  return {
    add(text) {
      current += text;
      if (current.length < characters) return;
      previous = current;
      current = '';
    },
    get text() {
      return (previous + current).slice(-characters);
    },
  };
}
