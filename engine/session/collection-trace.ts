// V8's `--trace-gc` lines on a program's standard output: cut out of the program's own bytes, and understood.
// Runs in the session, on the pipe's bytes; used by the console collector.
//
// V8 writes each line at once, between two writes of the program or (for a write larger than the pipe takes at once, or
// from another thread) in the middle of one. So a line can stand anywhere in the bytes, also inside a character. The text
// is no stable interface: what has the prefix but not the expected shape stays in the program's output and is counted.

import type { CollectionKind } from '../protocol/vocabulary.ts';

/** One collection, on the clock of the isolate that it happened in. */
export interface TracedCollection {
  readonly isolate: string;
  /** When it ended, in ms since the isolate was made. V8 prints whole ms. */
  readonly endedAtIsolateMs: number;
  readonly pauseMs: number;
  readonly kind: CollectionKind;
  readonly forced: boolean;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly reason: string;
}

/** The program's bytes and the traced collections, in order. */
export type TracePiece =
  | { readonly type: 'program'; readonly bytes: Uint8Array }
  | { readonly type: 'collection'; readonly collection: TracedCollection };

export interface TraceSplitter {
  /** Splits a chunk. What may be the beginning of a trace line is kept back until the rest of it arrives. */
  push(chunk: Uint8Array): TracePiece[];
  /** Gives out what was kept back: no more will come. */
  end(): TracePiece[];
  /** Lines that began like V8's and went on otherwise. */
  readonly unparsedLines: number;
}

/** V8's lines have 150 to 350 bytes. */
const MAXIMUM_LINE_BYTES = 1_024;
/** `[pid:address]    N ms: ` is at most: brackets, two numbers of 20 digits, eight blanks or more of padding. */
const MAXIMUM_HEADER_BYTES = 80;
const BYTES_PER_MEGABYTE = 1024 * 1024;
const NEWLINE = 0x0a;

/** `[3031:0x1f789bc0]       35 ms: ` — Windows prints the address without `0x`. */
const HEADER = /^\[\d+:((?:0x)?[0-9a-fA-F]+)\] +(\d+(?:\.\d+)?) ms: /;
/** `Mark-Compact (reduce) 3.8 (4.5) -> 3.0 (5.5) MB, pooled: 6 MB, 4.58 / 0.00 ms  (…) testing; GC in old space requested` */
const BODY =
  /^([A-Z][A-Za-z]*(?:[- ][A-Z][A-Za-z]*)*)(?: \([a-z ,-]+\))* (\d+(?:\.\d+)?) \(\d+(?:\.\d+)?\) -> (\d+(?:\.\d+)?) \(\d+(?:\.\d+)?\) MB, (?:[a-z][a-z ]*: \d+(?:\.\d+)? MB, )*(\d+(?:\.\d+)?) \/ \d+(?:\.\d+)? ms(.*?)\r?$/;
/** What V8 puts in parentheses between the pause and the reason. */
const DETAILS = /^\s*(?:\([^()]*\)\s*)*/;

/**
 * Reasons that V8 gives for collections which somebody asked for: `gc()`, the inspector (collectGarbage, snapshots, heap
 * statistics by object) and `LowMemoryNotification`. Everything else is V8's own decision. The texts are those of
 * `Heap::GarbageCollectionReasonToString` in V8's src/heap/heap.cc.
 */
const FORCED_REASONS =
  /^(?:testing|heap profiler|low memory notification|debugger|snapshot creator|measure memory|make heap iterable)\b/;

/** True if somebody asked for the collection with this reason; false if V8 decided. */
export function isForcedReason(reason: string): boolean {
  return FORCED_REASONS.test(reason);
}

/** Reads one line without its line end; undefined if it does not have the shape of V8's lines. */
export function parseTraceLine(line: string): TracedCollection | undefined {
  const header = HEADER.exec(line);
  if (header === null) return undefined;
  const [prefix, isolate = '', endedAt = ''] = header;
  const body = BODY.exec(line.slice(prefix.length));
  if (body === null) return undefined;
  const [, collector = '', before = '', after = '', pause = '', rest = ''] = body;
  const kind = collectionKind(collector);
  if (kind === undefined) return undefined;
  const reason = rest.replace(DETAILS, '').replace(/;\s*$/, '').trim();
  return {
    isolate,
    endedAtIsolateMs: Number(endedAt),
    pauseMs: Number(pause),
    kind,
    forced: isForcedReason(reason),
    beforeBytes: Number(before) * BYTES_PER_MEGABYTE,
    afterBytes: Number(after) * BYTES_PER_MEGABYTE,
    reason,
  };
}

/** Since V8 14, a collection whose marking was incremental says so: `Incremental Mark-Compact`. */
function collectionKind(collector: string): CollectionKind | undefined {
  const [, name = ''] = /^(?:Incremental )?(.*)$/.exec(collector) ?? [];
  if (/^(?:Scavenge|Minor)/.test(name)) return 'minor';
  if (/^(?:Mark-Compact|Mark-Sweep)/.test(name)) return 'major';
  return undefined;
}

/** @param pid of the process whose lines are V8's; lines with another are the program's own text. */
export function createTraceSplitter(pid: number): TraceSplitter {
  const marker = Buffer.from(`[${pid}:`);
  let kept: Buffer = Buffer.alloc(0);
  let unparsedLines = 0;

  /** What a marker at `start` turns out to be. `end` is after the line end. */
  const examine = (
    data: Buffer,
    start: number,
    isEnd: boolean,
  ): { type: 'text' } | { type: 'undecided' } | { type: 'line'; end: number; collection: TracedCollection } => {
    const newline = data.subarray(start, start + MAXIMUM_LINE_BYTES).indexOf(NEWLINE);
    const end = newline === -1 ? Math.min(data.length, start + MAXIMUM_LINE_BYTES) : start + newline;
    const line = data.toString('latin1', start, end);
    const isWhole = newline !== -1 || isEnd || line.length === MAXIMUM_LINE_BYTES;
    if (!HEADER.test(line)) {
      const couldBecomeHeader =
        /^\[\d+:(?:0?|(?:0x)?[0-9a-fA-F]*(?:\](?: *| +\d+(?:\.\d*)?(?: (?:m(?:s:?)?)?)?)?)?)$/.test(line);
      return isWhole || !couldBecomeHeader || line.length > MAXIMUM_HEADER_BYTES
        ? { type: 'text' }
        : { type: 'undecided' };
    }
    if (!isWhole) return { type: 'undecided' };
    const collection = newline === -1 ? undefined : parseTraceLine(line);
    if (collection !== undefined) return { type: 'line', end: end + 1, collection };
    unparsedLines += 1;
    return { type: 'text' };
  };

  /** Where, in the last bytes, a marker may begin that goes on in the next chunk; the length if nowhere. */
  const markerBeginning = (data: Buffer, from: number): number => {
    for (let start = Math.max(from, data.length - marker.length + 1); start < data.length; start += 1) {
      if (data.subarray(start).equals(marker.subarray(0, data.length - start))) return start;
    }
    return data.length;
  };

  const split = (data: Buffer, isEnd: boolean): TracePiece[] => {
    const pieces: TracePiece[] = [];
    let programStart = 0;
    const program = (end: number): void => {
      if (end > programStart) pieces.push({ type: 'program', bytes: data.subarray(programStart, end) });
    };
    let searchFrom = 0;
    for (;;) {
      const start = data.indexOf(marker, searchFrom);
      if (start === -1) {
        const keepFrom = isEnd ? data.length : markerBeginning(data, searchFrom);
        program(keepFrom);
        kept = data.subarray(keepFrom);
        return pieces;
      }
      const finding = examine(data, start, isEnd);
      switch (finding.type) {
        case 'text':
          searchFrom = start + 1;
          break;
        case 'undecided':
          program(start);
          kept = data.subarray(start);
          return pieces;
        case 'line':
          program(start);
          pieces.push({ type: 'collection', collection: finding.collection });
          programStart = finding.end;
          searchFrom = finding.end;
          break;
      }
    }
  };

  return {
    get unparsedLines() {
      return unparsedLines;
    },
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      return split(kept.length === 0 ? bytes : Buffer.concat([kept, bytes]), false);
    },
    end: () => split(kept, true),
  };
}
