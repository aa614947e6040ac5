// Messages as bytes, for the endpoint's socket and for the WebSocket alike: JSON for what is small, columns as they lie
// in memory. Little-endian, as all platforms of Node and Chromium are.
//
// A frame is: u32 length of all that follows · u32 length of the JSON · JSON · zeros up to a multiple of 8 · columns,
// each padded to a multiple of 8. In the JSON, a top-level column (or one in the message's `batch` or `batches`) stands as
// `{ "$column": [kind, offset, rows] }`: an index into COLUMN_CONSTRUCTORS, bytes from the first column, and a count. Columns
// lie one behind the other in the order in which the JSON names them, and nothing else lies there.

import { COLUMN_CONSTRUCTORS, isColumn, type Column } from './columns.ts';
import { hasMoreValues } from './parse.ts';

/** A larger frame is refused on both sides. */
export const MAXIMUM_FRAME_BYTES = 64 * 1024 * 1024;
/**
 * Values in a frame's JSON; all that a batch may weigh has about half as many. Sixteen million empty arrays take 50 MB of text,
 * a gigabyte of heap, and many seconds in which nothing else is done.
 */
const MAXIMUM_VALUES = 4_000_000;
/** A frame has one batch with at most ten, or the batches of a group, which are together at most half a megabyte. */
const MAXIMUM_COLUMNS = 16_384;

/** What one side takes from the other in one frame. */
export interface FrameLimits {
  readonly mostBytes?: number;
  readonly mostValues?: number;
}
/**
 * A command has a scratch script of 4 Mi characters, each of up to three bytes, and its settings: the environment is most of
 * the values, and a process can be given about 2 MB of it.
 */
export const COMMAND_LIMITS: Required<FrameLimits> = { mostBytes: 16 * 1024 * 1024, mostValues: 100_000 };
/** A few words for an observer in a process. */
export const OBSERVER_COMMAND_LIMITS: Required<FrameLimits> = { mostBytes: 64 * 1024, mostValues: 100 };
/** The first message of an observer, before it has shown who it is. */
export const OBSERVER_HELLO_LIMITS: Required<FrameLimits> = { mostBytes: 64 * 1024, mostValues: 100 };
const LENGTH_BYTES = 4;
const PREFIX_BYTES = 8;
const COLUMN_KEY = '$column';
/** Times as many bytes of columns as of everything else: what a frame keeps in memory is then at most an eighth more. */
const MOSTLY_COLUMNS = 8;

/** What arrived is not a frame; the connection cannot be trusted any more. */
export class FrameError extends Error {
  override name = 'FrameError';
}

const padded = (bytes: number) => (bytes + 7) & ~7;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** Encodes a message, copying its columns. @throws FrameError if the frame would exceed MAXIMUM_FRAME_BYTES. */
export function encodeFrame(message: object): Uint8Array<ArrayBuffer> {
  const columns: { column: Column; offset: number }[] = [];
  let columnBytes = 0;
  const place = (value: unknown): unknown => {
    if (!isColumn(value)) return value;
    const kind = COLUMN_CONSTRUCTORS.findIndex((constructor) => value instanceof constructor);
    const offset = columnBytes;
    columns.push({ column: value, offset });
    columnBytes += padded(value.byteLength);
    return { [COLUMN_KEY]: [kind, offset, value.length] };
  };
  const placeFields = (fields: object): object =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, place(value)]));
  const placeWithin = (name: string, value: unknown): unknown => {
    if (name === 'batch' && typeof value === 'object' && value !== null) return placeFields(value);
    return name === 'batches' && Array.isArray(value) ? value.map(placeFields) : place(value);
  };
  const header = Object.fromEntries(
    Object.entries(message).map(([name, value]: [string, unknown]) => [name, placeWithin(name, value)]),
  );
  const json = textEncoder.encode(JSON.stringify(header));
  const columnsStart = padded(PREFIX_BYTES + json.length);
  const totalBytes = columnsStart + columnBytes;
  if (totalBytes > MAXIMUM_FRAME_BYTES) throw new FrameError(`A frame of ${totalBytes} bytes is too large.`);
  const frame = new Uint8Array(totalBytes);
  const view = new DataView(frame.buffer);
  view.setUint32(0, totalBytes - 4, true);
  view.setUint32(4, json.length, true);
  frame.set(json, PREFIX_BYTES);
  for (const { column, offset } of columns) {
    frame.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), columnsStart + offset);
  }
  return frame;
}

/**
 * Decodes one whole frame. Columns are views into memory of their own: a copy of the frame, or `frame` itself where it is
 * all of its buffer, as a WebSocket delivers it; that buffer must not be used again. They keep little more than themselves in
 * memory. @throws FrameError
 */
export function decodeFrame(
  frame: Uint8Array,
  { mostBytes = MAXIMUM_FRAME_BYTES, mostValues = MAXIMUM_VALUES }: FrameLimits = {},
): unknown {
  if (frame.length < PREFIX_BYTES) throw new FrameError('A frame is shorter than its prefix.');
  if (frame.length > mostBytes) throw new FrameError(`A frame of ${frame.length} bytes is too large.`);
  const bytes = ownBytes(frame);
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0, true) !== bytes.length - 4) throw new FrameError('A frame does not have the length it states.');
  const jsonLength = view.getUint32(4, true);
  if (PREFIX_BYTES + jsonLength > bytes.length) throw new FrameError('A frame is shorter than its JSON.');
  const columnsStart = padded(PREFIX_BYTES + jsonLength);
  const json = bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + jsonLength);
  if (hasMoreValues(json.length, (at) => json[at], mostValues))
    throw new FrameError('A frame has more values than any message.');
  let header: unknown;
  try {
    header = JSON.parse(textDecoder.decode(json));
  } catch (error) {
    throw new FrameError(`A frame's JSON cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new FrameError('A frame does not hold an object.');
  }
  const columns = columnsIn(bytes, columnsStart);
  restoreColumns(header, columns, true);
  columns.expectEnd();
  return header;
}

/** Bytes at offset 0 of a buffer that holds nothing else: columns need alignment, and must outlive the transport's buffer. */
function ownBytes(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = frame;
  if (byteOffset === 0 && buffer instanceof ArrayBuffer && buffer.byteLength === length) return new Uint8Array(buffer);
  // (A Buffer's `slice` would not copy.)
  return new Uint8Array(frame);
}

/** Puts columns where they stand in for them, in place: a run is opened from hundreds of thousands of frames. */
function restoreColumns(fields: object, columns: ColumnSource, isMessage: boolean): void {
  const entries = fields as Record<string, unknown>;
  for (const name of Object.keys(entries)) {
    const value = entries[name];
    if (typeof value !== 'object' || value === null) continue;
    if (isMessage && name === 'batch') restoreColumns(value, columns, false);
    else if (isMessage && name === 'batches' && Array.isArray(value)) {
      for (const batch of value as unknown[]) {
        if (typeof batch === 'object' && batch !== null) restoreColumns(batch, columns, false);
      }
    } else if (COLUMN_KEY in value) entries[name] = columns.next(value[COLUMN_KEY]);
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

interface ColumnSource {
  /** The column that a place in the JSON names. */
  next(place: unknown): Column;
  /** Nothing may lie behind the last column, or it would stay in memory with it. */
  expectEnd(): void;
}

function columnsIn(frame: Uint8Array<ArrayBuffer>, columnsStart: number): ColumnSource {
  // A view keeps all of its buffer in memory: columns that are small beside their JSON get one of their own.
  const isMostlyColumns = frame.length - columnsStart >= MOSTLY_COLUMNS * columnsStart;
  const { buffer } = isMostlyColumns ? frame : frame.slice(columnsStart);
  const start = isMostlyColumns ? columnsStart : 0;
  let nextOffset = 0;
  let count = 0;
  return {
    next(place) {
      count += 1;
      if (count > MAXIMUM_COLUMNS) throw new FrameError('A frame has more columns than any message.');
      if (!Array.isArray(place) || place.length !== 3) {
        throw new FrameError('A frame has a column without kind, offset and rows.');
      }
      const [kind, offset, rows] = place as unknown[];
      if (!isCount(kind) || !isCount(offset) || !isCount(rows)) {
        throw new FrameError('A frame has a column without kind, offset and rows.');
      }
      const constructor = COLUMN_CONSTRUCTORS[kind];
      if (constructor === undefined) throw new FrameError('A frame has a column of no known kind.');
      if (offset !== nextOffset) throw new FrameError('A frame has a column that is not behind the one before it.');
      const byteLength = rows * constructor.BYTES_PER_ELEMENT;
      if (start + offset + byteLength > buffer.byteLength) {
        throw new FrameError('A frame has a column that reaches beyond its end.');
      }
      nextOffset += padded(byteLength);
      return new constructor(buffer, start + offset, rows);
    },
    expectEnd() {
      if (columnsStart + nextOffset !== Math.max(columnsStart, frame.length)) {
        throw new FrameError('A frame has bytes that belong to no column.');
      }
    },
  };
}

export interface FrameDecoder {
  /** The messages that are whole with this chunk. */
  push(chunk: Uint8Array): unknown[];
  /** As `push`, but each is delivered before the next frame is looked at. */
  pushTo(chunk: Uint8Array, deliver: (message: unknown) => void): void;
  /** What is taken from the next frame on. */
  setLimits(limits: FrameLimits): void;
}

/** Cuts a byte stream into frames and decodes each. After a FrameError it must not be used again. */
export function createFrameDecoder(initialLimits: FrameLimits = {}): FrameDecoder {
  const length = new Uint8Array(LENGTH_BYTES);
  const lengthView = new DataView(length.buffer);
  let limits = initialLimits;
  /** The frame that is coming; its columns stay where they are put here. While its length comes, that alone. */
  let frame = length;
  let filledBytes = 0;
  const decoder: FrameDecoder = {
    setLimits(next) {
      limits = next;
    },
    push(chunk) {
      const messages: unknown[] = [];
      decoder.pushTo(chunk, (message) => messages.push(message));
      return messages;
    },
    pushTo(chunk, deliver) {
      let rest = chunk;
      while (rest.length > 0) {
        const piece = rest.subarray(0, frame.length - filledBytes);
        frame.set(piece, filledBytes);
        filledBytes += piece.length;
        rest = rest.subarray(piece.length);
        if (filledBytes === LENGTH_BYTES && frame === length) {
          const frameBytes = lengthView.getUint32(0, true) + LENGTH_BYTES;
          if (frameBytes > (limits.mostBytes ?? MAXIMUM_FRAME_BYTES)) {
            throw new FrameError(`A frame of ${frameBytes} bytes is too large.`);
          }
          frame = new Uint8Array(frameBytes);
          frame.set(length);
        }
        if (filledBytes < frame.length) continue;
        const whole = frame;
        frame = length;
        filledBytes = 0;
        deliver(decodeFrame(whole, limits));
      }
    },
  };
  return decoder;
}
