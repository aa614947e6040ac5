// The format of `.heapline` files: a run's batches as frames of the protocol, in compressed blocks that can be written and
// read one at a time. Pure but for zstd; docs/recording-format.md describes it for others. Used by the engine and the CLI.
//
// A file is data from anywhere: sizes are checked before anything is allocated for them, and every frame is parsed.

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import * as v from 'valibot';
import { decodeFrame, encodeFrame, FrameError, MAXIMUM_FRAME_BYTES } from '../protocol/frame-codec.ts';
import { parse } from '../protocol/parse.ts';
import { quickened } from '../protocol/port.ts';
import { RunBatch } from '../protocol/run-batch.ts';
import { RunDescription } from '../protocol/run-description.ts';

export const RECORDING_FORMAT_VERSION = 2;
/** Its blocks are not bound to each other. */
const UNBOUND_VERSION = 1;
/** Enough for zstd to find what repeats, and little enough to be read in one turn. */
export const BLOCK_BYTES = 1024 * 1024;

const MAGIC = new TextEncoder().encode('HEAPLINE');
const PROLOGUE_BYTES = MAGIC.length + 4;
const BLOCK_PREFIX_BYTES = 8;
/** Of a block's SHA-256: enough that no two blocks have the same. */
const BINDING_BYTES = 16;
const FRAME_LENGTH_BYTES = 4;
const MAXIMUM_RAW_BYTES = MAXIMUM_FRAME_BYTES + BLOCK_BYTES;
/** What zstd may need for bytes that it cannot make smaller, generously. */
const maximumStoredBytes = (rawBytes: number): number => rawBytes + (rawBytes >> 8) + 1024;
/** 8 MiB, in powers of two: what reading a block may cost besides the block itself. Blocks are written with less. */
const MAXIMUM_WINDOW_LOG = 23;

/**
 * As JSON. A scratch script of the longest text has as many; every client is sent those of all runs at once, in one frame.
 */
const MAXIMUM_HEADER_BYTES = 13 * 1024 * 1024;
/**
 * Registrations that may be missing, as where a recording was full. Room is made for each, by a few bytes of a file that claims
 * to go on far beyond.
 */
const MAXIMUM_MISSING_REGISTRATIONS = 16 * 1024 * 1024;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export const RecordingHeader = v.object({
  type: v.literal('recording'),
  formatVersion: v.number(),
  /** The version of Heapline that wrote it. */
  heapline: v.string(),
  savedAtEpochMs: v.number(),
  run: RunDescription,
  /** What ran the program; absent where its observer never said. */
  runtime: v.exactOptional(
    v.object({ node: v.string(), v8: v.string(), electron: v.exactOptional(v.string()), host: v.string() }),
  ),
});
export type RecordingHeader = v.InferOutput<typeof RecordingHeader>;

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const RecordingFrame = quickened(
  v.variant('type', [
    RecordingHeader,
    v.object({ type: v.literal('batch'), sequence: Count, batch: RunBatch }),
    v.object({ type: v.literal('end'), batches: Count }),
  ]),
);
type RecordingFrame = v.InferOutput<typeof RecordingFrame>;

/**
 * How the batches of a file ended. `whole`: with the run's end. `run-went-on`: it was saved before the run had ended.
 * `cut-off`: the file ends where there should be more. `damaged`: from some point on it cannot be read.
 */
export type RecordingEnding =
  | { readonly kind: 'whole' }
  | { readonly kind: 'run-went-on' }
  | { readonly kind: 'cut-off' }
  | { readonly kind: 'damaged'; readonly problem: string };

/** Nothing of a file can be shown. The message is for a person, and says what to do. */
export class RecordingFileError extends Error {
  override name = 'RecordingFileError';
}

/**
 * The bytes of a file, block by block, each compressed on another thread: a host stays responsive meanwhile.
 * @param batches in their order from the first; read as the consumer comes along
 * @param blockBytes raw bytes that a block is filled up to; a frame that is larger has a block of its own
 */
export async function* encodeRecording(
  header: RecordingHeader,
  batches: Iterable<RunBatch>,
  blockBytes = BLOCK_BYTES,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const prologue = new Uint8Array(PROLOGUE_BYTES);
  prologue.set(MAGIC);
  new DataView(prologue.buffer).setUint32(MAGIC.length, RECORDING_FORMAT_VERSION, true);
  yield prologue;
  let binding: Uint8Array = bindingOf(NO_BLOCK, prologue);
  const blockOf = async (raw: readonly Uint8Array[], rawBytes: number): Promise<Uint8Array<ArrayBuffer>> => {
    const stored = await storedOf(raw, rawBytes);
    binding = bindingOf(binding, stored);
    return blockWith(binding, stored, rawBytes);
  };
  let frames: Uint8Array[] = [];
  let rawBytes = 0;
  for (const frame of frameBytesOf(header, batches)) {
    if (rawBytes > 0 && rawBytes + frame.length > blockBytes) {
      yield await blockOf(frames, rawBytes);
      frames = [];
      rawBytes = 0;
    }
    frames.push(frame);
    rawBytes += frame.length;
  }
  yield await blockOf(frames, rawBytes);
}

function* frameBytesOf(header: RecordingHeader, batches: Iterable<RunBatch>): Generator<Uint8Array> {
  yield encodeFrame(header);
  let sequence = 0;
  for (const batch of batches) {
    yield encodeFrame({ type: 'batch', sequence, batch } satisfies RecordingFrame);
    sequence += 1;
  }
  yield encodeFrame({ type: 'end', batches: sequence } satisfies RecordingFrame);
}

/** By the checksum a flipped bit is told from what was written. */
const storedOf = (frames: readonly Uint8Array[], rawBytes: number): Promise<Uint8Array> =>
  compress(Buffer.concat(frames, rawBytes), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });

function blockWith(binding: Uint8Array, stored: Uint8Array, rawBytes: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_PREFIX_BYTES + BINDING_BYTES + stored.length);
  const view = new DataView(block.buffer);
  view.setUint32(0, stored.length, true);
  view.setUint32(4, rawBytes, true);
  block.set(binding, BLOCK_PREFIX_BYTES);
  block.set(stored, BLOCK_PREFIX_BYTES + BINDING_BYTES);
  return block;
}

const NO_BLOCK = new Uint8Array(BINDING_BYTES);

/**
 * Binds a block to all that stands before it, and so to the header: a block of another recording, or from another place of
 * this one, does not have the binding that it would need. It keeps mistakes out, not people: anybody can reckon it.
 */
function bindingOf(before: Uint8Array, stored: Uint8Array): Uint8Array {
  return createHash('sha256').update(before).update(stored).digest().subarray(0, BINDING_BYTES);
}

export interface RecordingReader {
  readonly header: RecordingHeader;
  /** Every batch that is whole, in order, and then how they ended. Read once. */
  batches(): AsyncGenerator<RunBatch, RecordingEnding>;
}

/**
 * Reads as far as the header. What goes wrong in `chunks` itself is thrown as it is, here and by `batches`; nothing in
 * their bytes makes either throw anything but this:
 * @throws RecordingFileError if it is no recording, a newer one, or has no whole header
 */
export async function readRecording(chunks: AsyncIterable<Uint8Array>): Promise<RecordingReader> {
  const bytes = createByteSource(chunks);
  const prologue = await bytes.take(PROLOGUE_BYTES);
  if (prologue === undefined || MAGIC.some((byte, at) => prologue[at] !== byte)) {
    throw new RecordingFileError('It is not a recording of Heapline. Open one that Heapline has saved.');
  }
  const version = viewOf(prologue).getUint32(MAGIC.length, true);
  if (version !== RECORDING_FORMAT_VERSION && version !== UNBOUND_VERSION) {
    throw new RecordingFileError(
      `It has version ${version} of the format, and this Heapline reads versions ${UNBOUND_VERSION} to ${RECORDING_FORMAT_VERSION}. Update Heapline to open it.`,
    );
  }
  const frames = framesOf(bytes, version === UNBOUND_VERSION ? undefined : bindingOf(NO_BLOCK, prologue));
  const first = await frames.next();
  if (first.done === true || first.value.type !== 'recording') {
    const why =
      first.done === true && first.value.kind === 'damaged' ? 'is damaged at its beginning' : 'ends too early';
    throw new RecordingFileError(`The file ${why}: nothing of the run is in it. Save or copy it again.`);
  }
  if (Buffer.byteLength(JSON.stringify(first.value)) > MAXIMUM_HEADER_BYTES) {
    throw new RecordingFileError('It says more about its program than can be shown. Open one that Heapline has saved.');
  }
  return { header: first.value, batches: () => batchesOf(frames) };
}

async function* batchesOf(
  frames: AsyncGenerator<RecordingFrame, RecordingEnding>,
): AsyncGenerator<RunBatch, RecordingEnding> {
  let next = 0;
  let registrations = 0;
  let hasEnded = false;
  for (let step = await frames.next(); ; step = await frames.next()) {
    if (step.done === true) {
      // All that counts is here, also where the mark of the file's end is not.
      return hasEnded ? { kind: 'whole' } : step.value;
    }
    const frame = step.value;
    switch (frame.type) {
      case 'recording':
        return damaged('it has a second header');
      case 'end':
        if (frame.batches !== next) return damaged(`it has ${next} batches and should have ${frame.batches}`);
        return { kind: hasEnded ? 'whole' : 'run-went-on' };
      case 'batch': {
        const { sequence, batch } = frame;
        if (sequence !== next) return damaged(`batch ${next} is missing`);
        if ((batch.type === 'started') !== (sequence === 0) || hasEnded) return damaged('its batches are out of order');
        if (batch.type === 'registrations') {
          registrations += batch.atMs.length;
          const lastId = batch.firstId + batch.atMs.length - 1;
          if (lastId - registrations > MAXIMUM_MISSING_REGISTRATIONS)
            return damaged('most of its registrations are missing');
        }
        next += 1;
        hasEnded = batch.type === 'ended';
        yield batch;
      }
    }
  }
}

const damaged = (problem: string): RecordingEnding => ({ kind: 'damaged', problem });

/** Every frame of every block that is whole. @param binding of the prologue; absent: blocks are not bound */
async function* framesOf(
  bytes: ByteSource,
  binding: Uint8Array | undefined,
): AsyncGenerator<RecordingFrame, RecordingEnding> {
  let bindingBefore = binding;
  for (;;) {
    const prefix = await bytes.take(BLOCK_PREFIX_BYTES);
    if (prefix === undefined) return { kind: 'cut-off' };
    const view = viewOf(prefix);
    const storedBytes = view.getUint32(0, true);
    const rawBytes = view.getUint32(4, true);
    if (rawBytes > MAXIMUM_RAW_BYTES || storedBytes > maximumStoredBytes(rawBytes)) {
      return damaged('a block claims to be larger than blocks may be');
    }
    // Millions of them would be gone through without anything that came of it.
    if (rawBytes === 0) return damaged('a block is empty');
    const claimed = bindingBefore === undefined ? NO_BLOCK : await bytes.take(BINDING_BYTES);
    const stored = await bytes.take(storedBytes);
    if (claimed === undefined || stored === undefined) return { kind: 'cut-off' };
    if (bindingBefore !== undefined) {
      bindingBefore = bindingOf(bindingBefore, stored);
      if (!bindingBefore.every((byte, at) => claimed[at] === byte)) {
        return damaged('a block does not belong behind the one before it');
      }
    }
    const raw = await rawOf(stored, rawBytes);
    if (raw === undefined) return damaged('a block cannot be decompressed');
    for (let at = 0; at < raw.length;) {
      if (raw.length - at < FRAME_LENGTH_BYTES) return damaged('a block ends within a frame');
      const end = at + FRAME_LENGTH_BYTES + viewOf(raw).getUint32(at, true);
      if (end > raw.length) return damaged('a block ends within a frame');
      const frame = frameOf(raw.subarray(at, end));
      if (frame.kind === 'damaged') return frame;
      yield frame.frame;
      at = end;
    }
  }
}

async function rawOf(stored: Uint8Array, rawBytes: number): Promise<Uint8Array | undefined> {
  try {
    const params = { [constants.ZSTD_d_windowLogMax]: MAXIMUM_WINDOW_LOG };
    // Whatever it unfolds to, no more than it claims is kept.
    const raw = await decompress(stored, { maxOutputLength: rawBytes, params });
    return raw.length === rawBytes ? raw : undefined;
  } catch {
    // Of all that can be wrong with compressed bytes, none is for a person to act on.
    return undefined;
  }
}

function frameOf(
  bytes: Uint8Array,
): { readonly kind: 'frame'; readonly frame: RecordingFrame } | Extract<RecordingEnding, { kind: 'damaged' }> {
  let decoded: unknown;
  try {
    decoded = decodeFrame(bytes);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { kind: 'damaged', problem: error.message };
  }
  const parsed = parse(RecordingFrame, decoded);
  if (parsed.success) return { kind: 'frame', frame: parsed.output };
  return { kind: 'damaged', problem: `a frame cannot be read (${parsed.problem})` };
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

interface ByteSource {
  /** The next bytes, exactly as many; undefined if there are fewer left. Memory is taken for what has come, never for a claim. */
  take(count: number): Promise<Uint8Array | undefined>;
}

function createByteSource(chunks: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]();
  let buffered: Uint8Array[] = [];
  let bufferedBytes = 0;
  return {
    async take(count) {
      while (bufferedBytes < count) {
        const step = await iterator.next();
        if (step.done === true) return undefined;
        buffered.push(step.value);
        bufferedBytes += step.value.length;
      }
      const [only] = buffered;
      const all = buffered.length === 1 && only !== undefined ? only : Buffer.concat(buffered, bufferedBytes);
      buffered = count < all.length ? [all.subarray(count)] : [];
      bufferedBytes -= count;
      return all.subarray(0, count);
    },
  };
}
