// The strings of a snapshot as the file has them: raw bytes in the chunks they were read in, and where each begins. Made
// by the snapshot reader; a string is decoded when somebody asks for it.

import { constants } from 'node:buffer';
import type { ChunkedFile } from './chunked-file.ts';
import { UNREADABLE, type HeapStrings } from './heap-graph.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** A number of more is not exact. */
const MAXIMUM_DIGITS = 15;
const COMMA = 0x2c;
const CLOSING_BRACKET = 0x5d;

/** Bytes that stand for themselves in a JSON string, and need no second look: ASCII but controls, quote and backslash. */
const STANDS_FOR_ITSELF = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);
const IS_SPACE = Uint8Array.from({ length: 256 }, (_, byte) => ([0x20, 0x0a, 0x0d, 0x09].includes(byte) ? 1 : 0));
const IS_ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);
const IS_HEXADECIMAL = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9a-fA-F]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

type Phase = 'first-or-end' | 'value' | 'string' | 'escape' | 'after';

function grown<Column extends Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(column: Column): Column {
  const larger = new (column.constructor as new (length: number) => Column)(column.length * 2);
  larger.set(column);
  return larger;
}

/**
 * V8 writes a character beyond the 16 bits of its escapes as its lowest 16 bits: U+1F600 becomes `\uF600`. Which it was, nothing
 * tells. What stands for private use or for compatibility ideographs is nearly always an emoji, and is shown as unknown;
 * where letters of today's languages are, a letter is much likelier.
 */
const CUT_CHARACTERS = /[\uE000-\uFAFF]/g;
const UNKNOWN_CHARACTER = '\uFFFD';

class SnapshotStrings implements HeapStrings {
  readonly length: number;
  readonly unreadable: number;
  readonly #isUnreadable: ReadonlySet<number>;
  readonly #chunks: readonly Buffer<ArrayBuffer>[];
  readonly #chunkBytes: number;
  readonly #start: Float64Array;
  readonly #byteLength: Uint32Array;
  /** Those whose bytes are not their characters: with escapes, or not ASCII. Ascending. */
  readonly #encoded: Uint32Array;

  constructor(
    chunks: readonly Buffer<ArrayBuffer>[],
    chunkBytes: number,
    start: Float64Array,
    byteLength: Uint32Array,
    encoded: Uint32Array,
    isUnreadable: ReadonlySet<number>,
  ) {
    // The last one stands for all that are not there.
    this.length = start.length + 1;
    this.unreadable = isUnreadable.size;
    this.#isUnreadable = isUnreadable;
    this.#chunks = chunks;
    this.#chunkBytes = chunkBytes;
    this.#start = start;
    this.#byteLength = byteLength;
    this.#encoded = encoded;
  }

  at(index: number): string {
    if (index === this.length - 1 || this.#isUnreadable.has(index)) return UNREADABLE;
    const start = this.#start[index];
    const length = this.#byteLength[index];
    if (start === undefined || length === undefined) {
      throw new RangeError(`There is no string ${index}: the snapshot has ${this.length}.`);
    }
    const first = Math.floor(start / this.#chunkBytes);
    const from = start - first * this.#chunkBytes;
    const chunk = this.#chunks[first];
    if (chunk !== undefined && from + length <= chunk.length && !this.#isEncoded(index)) {
      return chunk.toString('latin1', from, from + length);
    }
    const raw = this.#bytes(start, length);
    const text = raw.toString('utf8');
    if (!raw.includes(BACKSLASH)) return text;
    // The reader has checked every escape, so this cannot fail.
    const unescaped = JSON.parse(`"${text}"`) as string;
    return text.length < raw.length ? unescaped : unescaped.replace(CUT_CHARACTERS, UNKNOWN_CHARACTER);
  }

  numberAt(index: number): number {
    const length = this.#byteLength[index];
    if (length === undefined || length === 0 || length > MAXIMUM_DIGITS) return -1;
    const start = this.#start[index]!;
    let chunk = Math.floor(start / this.#chunkBytes);
    let bytes = this.#chunks[chunk];
    let at = start - chunk * this.#chunkBytes;
    let value = 0;
    for (let left = length; left > 0; left--) {
      if (at === bytes?.length) {
        bytes = this.#chunks[++chunk];
        at = 0;
      }
      const digit = (bytes?.[at++] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return -1;
      value = value * 10 + digit;
    }
    return value;
  }

  #isEncoded(index: number): boolean {
    const encoded = this.#encoded;
    let low = 0;
    let high = encoded.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (encoded[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return encoded[low] === index;
  }

  indexOf(text: string): number {
    const length = text.length;
    // JSON writes the delete character, 127, as it is: it is among those that are not encoded.
    const isAscii = !/[^ -\u007f]/.test(text);
    if (isAscii && !/["\\]/.test(text)) {
      const wanted = Buffer.from(text, 'latin1');
      const lengths = this.#byteLength;
      for (let index = 0; index < lengths.length; index++) {
        if (lengths[index] === length && this.#bytes(this.#start[index]!, length).equals(wanted)) return index;
      }
    }
    // A character is at least one byte and at most six (`\u0041`).
    const first = isAscii && length > 0 ? text.charCodeAt(0) : -1;
    for (const index of this.#encoded) {
      const bytes = this.#byteLength[index]!;
      if (bytes < length || bytes > length * 6) continue;
      const byte = this.#byteAt(this.#start[index]!);
      if ((first === -1 || byte === first || byte === BACKSLASH) && this.at(index) === text) return index;
    }
    return -1;
  }

  #byteAt(offset: number): number | undefined {
    return this.#chunks[Math.floor(offset / this.#chunkBytes)]?.[offset % this.#chunkBytes];
  }

  #bytes(start: number, length: number): Buffer {
    const first = Math.floor(start / this.#chunkBytes);
    const from = start - first * this.#chunkBytes;
    const chunk = this.#chunks[first] ?? Buffer.alloc(0);
    if (from + length <= chunk.length) return chunk.subarray(from, from + length);
    const parts = [chunk.subarray(from)];
    let missing = length - (chunk.length - from);
    for (let index = first + 1; missing > 0; index++) {
      const part = this.#chunks[index]!.subarray(0, missing);
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts, length);
  }
}

/** Reads a JSON array of strings, from behind its opening bracket to behind its closing one. @throws SnapshotError */
export async function readStrings(file: ChunkedFile): Promise<HeapStrings> {
  const { chunks, start: firstByte } = file.keepChunks();
  let start = new Float64Array(1 << 12);
  let byteLength = new Uint32Array(1 << 12);
  let encoded = new Uint32Array(1 << 8);
  let count = 0;
  let encodedCount = 0;
  const unreadable = new Set<number>();
  let phase: Phase = 'first-or-end';
  let isEncoded = false;
  /** 0: the character after a backslash is next; 1 to 4: so many hexadecimal digits are still missing. */
  let missingDigits = 0;

  for (;;) {
    const { bytes, end } = file;
    let position = file.position;
    while (position < end) {
      const byte = bytes[position]!;
      switch (phase) {
        case 'string': {
          while (position < end && STANDS_FOR_ITSELF[bytes[position]!] === 1) position++;
          if (position === end) break;
          const special = bytes[position]!;
          if (special === QUOTE) {
            const length = file.chunkStart + position - firstByte - start[count]!;
            if (length > constants.MAX_STRING_LENGTH) unreadable.add(count);
            byteLength[count] = length;
            if (isEncoded) {
              if (encodedCount === encoded.length) encoded = grown(encoded);
              encoded[encodedCount++] = count;
            }
            count++;
            phase = 'after';
          } else if (special === BACKSLASH) {
            isEncoded = true;
            missingDigits = 0;
            phase = 'escape';
          } else if (special >= 0x80) {
            isEncoded = true;
          } else {
            // JSON has no control characters in strings.
            unreadable.add(count);
          }
          position++;
          break;
        }
        case 'escape':
          if (missingDigits > 0 ? IS_HEXADECIMAL[byte] !== 1 : byte !== 0x75 && IS_ESCAPED[byte] !== 1) {
            // No escape that JSON knows: costs this string alone.
            unreadable.add(count);
            missingDigits = 0;
            phase = 'string';
            continue;
          }
          if (missingDigits > 0) missingDigits--;
          else if (byte === 0x75) missingDigits = 4;
          if (missingDigits === 0) phase = 'string';
          position++;
          break;
        case 'after':
          if (byte === COMMA) phase = 'value';
          else if (byte === CLOSING_BRACKET) {
            file.position = position + 1;
            return new SnapshotStrings(
              chunks,
              file.chunkBytes,
              start.subarray(0, count),
              byteLength.subarray(0, count),
              encoded.subarray(0, encodedCount),
              unreadable,
            );
          } else if (IS_SPACE[byte] !== 1) {
            file.position = position;
            throw file.wrong('a comma is missing');
          }
          position++;
          break;
        case 'first-or-end':
        case 'value':
          if (byte === QUOTE) {
            if (count === start.length) {
              start = grown(start);
              byteLength = grown(byteLength);
            }
            start[count] = file.chunkStart + position + 1 - firstByte;
            isEncoded = false;
            phase = 'string';
          } else if (phase === 'first-or-end' && byte === CLOSING_BRACKET) {
            phase = 'after';
            continue;
          } else if (IS_SPACE[byte] !== 1) {
            file.position = position;
            throw file.wrong('something is not a string');
          }
          position++;
          break;
      }
    }
    file.position = position;
    if (!(await file.next())) throw file.cutOff();
  }
}
