// Reads JSON from a file in chunks, as far as a heap snapshot needs it: small tokens, values passed over or kept as text,
// and long arrays of whole numbers without a JavaScript value for any of them. Called by the snapshot reader.

import type { ChunkedFile } from './chunked-file.ts';

const IS_SPACE = Uint8Array.from({ length: 256 }, (_, byte) => ([0x20, 0x0a, 0x0d, 0x09].includes(byte) ? 1 : 0));
const ZERO = 0x30;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const MINUS = 0x2d;
const CLOSING_BRACKET = 0x5d;
const MAXIMUM_KEY_BYTES = 1_000;
/** A tree of allocation traces is twice as deep as the program's stack was. */
const MAXIMUM_DEPTH = 100_000;

/** The next byte that is not white space; it is not consumed. @throws SnapshotError at the end of the file. */
export async function peekToken(file: ChunkedFile): Promise<number> {
  for (;;) {
    while (file.position < file.end) {
      const byte = file.bytes[file.position]!;
      if (IS_SPACE[byte] !== 1) return byte;
      file.position++;
    }
    if (!(await file.next())) throw file.cutOff();
  }
}

/** @throws SnapshotError if something else than white space is left. */
export async function expectEnd(file: ChunkedFile): Promise<void> {
  do {
    while (file.position < file.end) {
      if (IS_SPACE[file.bytes[file.position]!] !== 1) throw file.wrong('something follows the end of the snapshot');
      file.position++;
    }
  } while (await file.next());
}

/** Consumes one of the characters of `allowed`, and says which. @throws SnapshotError if another one comes. */
export async function expectToken(file: ChunkedFile, allowed: string): Promise<string> {
  const found = String.fromCharCode(await peekToken(file));
  if (!allowed.includes(found))
    throw file.wrong(`there is ${JSON.stringify(found)} in place of ${allowed.split('').join(' or ')}`);
  file.position++;
  return found;
}

/**
 * A value of any kind; undefined if it has more than `maximumBytes`: then it is only passed over.
 * @throws SnapshotError if it is not JSON
 */
export async function readValue(file: ChunkedFile, maximumBytes: number): Promise<unknown> {
  const opening = await peekToken(file);
  if (',:]}'.includes(String.fromCharCode(opening))) throw file.wrong('a value is missing');
  const closers: number[] = [];
  const parts: Buffer[] = [];
  let keptBytes = 0;
  let isString = false;
  let isEscape = false;
  let isDone = false;
  for (;;) {
    const from = file.position;
    while (file.position < file.end && !isDone) {
      const byte = file.bytes[file.position]!;
      if (isString) {
        if (isEscape) isEscape = false;
        else if (byte === BACKSLASH) isEscape = true;
        else if (byte === QUOTE) {
          isString = false;
          isDone = closers.length === 0;
        }
      } else if (byte === QUOTE) isString = true;
      else if (byte === 0x7b || byte === 0x5b) {
        if (closers.length === MAXIMUM_DEPTH) throw file.wrong('a value is nested too deeply');
        closers.push(byte + 2);
      } else if (byte === 0x7d || byte === CLOSING_BRACKET) {
        // The bracket around a bare number or word: not a part of it.
        if (closers.length === 0) break;
        if (closers.pop() !== byte) throw file.wrong('brackets do not match');
        isDone = closers.length === 0;
      } else if (closers.length === 0 && (byte === COMMA || IS_SPACE[byte] === 1)) break;
      file.position++;
    }
    keptBytes += file.position - from;
    // A copy: the chunk will be used again.
    if (keptBytes <= maximumBytes) parts.push(Buffer.from(file.bytes.subarray(from, file.position)));
    else parts.length = 0;
    if (isDone || file.position < file.end) break;
    if (!(await file.next())) throw file.cutOff();
  }
  if (keptBytes > maximumBytes) return undefined;
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    throw file.wrong('something is not valid JSON');
  }
}

/** The name of a member, and the colon behind it. @throws SnapshotError if there is none. */
export async function readKey(file: ChunkedFile): Promise<string> {
  if ((await peekToken(file)) !== QUOTE) throw file.wrong('the name of a member is missing');
  const key = await readValue(file, MAXIMUM_KEY_BYTES);
  if (typeof key !== 'string') throw file.wrong('the name of a member is too long');
  await expectToken(file, ':');
  return key;
}

/** Takes `count` numbers, whole rows of them; they are overwritten by the next ones. `negative`: which of them are below 0. */
export type TakeNumbers = (numbers: Float64Array, count: number, negative: readonly number[]) => void;

// What comes before the next byte of an array of numbers.
const BRACKET = 0;
const SEPARATOR = 1;
const DIGITS = 2;
/** A whole number and white space. */
const NUMBER = 3;
const SIGN = 4;

const ROWS_AT_ONCE = 2_048;
/** Integers of so many digits fit 32 bits. */
const FAST_DIGITS = 9;
/** Above this a number is not exact. */
const MAXIMUM_DIGITS = 15;

/** Scans an array of numbers, a chunk at a time. A plain function, kept apart from all waiting: this is the hot loop. */
class NumberScanner {
  readonly numbers: Float64Array;
  /** How many of `numbers` are filled. */
  count = 0;
  isClosed = false;
  /** Which of `numbers` have a minus sign, which is not in them; undefined where none may have one. */
  readonly negative: number[] | undefined;
  /** What is wrong with the byte where scanning stopped. */
  problem: string | undefined;
  #before = BRACKET;
  // Of the number that the end of the last chunk cut in two.
  #value = 0;
  #digits = 0;

  constructor(capacity: number, isSigned: boolean) {
    this.numbers = new Float64Array(capacity);
    this.negative = isSigned ? [] : undefined;
  }

  /** Stops at `end`, when `numbers` are full, behind the closing bracket, or at a problem; says where. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    const { numbers } = this;
    const capacity = numbers.length;
    let position = start;
    let count = this.count;
    let before = this.#before;
    let value = this.#value;
    let digits = this.#digits;
    while (position < end && count < capacity) {
      const digit = bytes[position]! - ZERO;
      if (digit >= 0 && digit <= 9 && before !== NUMBER) {
        const first = position;
        let hasLeadingZero = false;
        if (before === DIGITS) {
          // The rest of a number that two chunks share: rare, so one digit at a time.
          hasLeadingZero = value === 0;
          value = value * 10 + digit;
          digits++;
          position++;
        } else {
          let next = digit;
          let whole = 0;
          do {
            whole = (Math.imul(whole, 10) + next) | 0;
            position++;
            if (position === end) break;
            next = bytes[position]! - ZERO;
          } while (next >= 0 && next <= 9);
          digits = position - first;
          hasLeadingZero = digit === 0 && digits > 1;
          if (digits <= FAST_DIGITS) {
            // What nearly all of an array is: numbers, each with a comma behind it.
            if (next === COMMA - ZERO && position < end && !hasLeadingZero) {
              numbers[count++] = whole;
              position++;
              before = SEPARATOR;
              continue;
            }
            value = whole;
          } else {
            value = 0;
            for (let at = first; at < position; at++) value = value * 10 + (bytes[at]! - ZERO);
          }
          before = DIGITS;
        }
        if (hasLeadingZero || digits > MAXIMUM_DIGITS) {
          this.problem = hasLeadingZero ? 'a number begins with 0' : 'a number is too large';
          return first;
        }
        continue;
      }
      const byte = digit + ZERO;
      if (byte === COMMA || byte === CLOSING_BRACKET) {
        const isEmpty = before === BRACKET && byte === CLOSING_BRACKET;
        if (!isEmpty && before !== DIGITS && before !== NUMBER) {
          this.problem = 'a number is missing';
          return position;
        }
        if (!isEmpty) numbers[count++] = value;
        position++;
        before = SEPARATOR;
        if (byte === CLOSING_BRACKET) {
          this.isClosed = true;
          break;
        }
      } else if (IS_SPACE[byte] === 1) {
        if (before === DIGITS) before = NUMBER;
        position++;
      } else if (byte === MINUS && this.negative !== undefined && (before === BRACKET || before === SEPARATOR)) {
        this.negative.push(count);
        before = SIGN;
        position++;
      } else {
        this.problem = `${JSON.stringify(String.fromCharCode(byte))} is not a part of a whole number`;
        return position;
      }
    }
    this.count = count;
    this.#before = before;
    this.#value = value;
    this.#digits = digits;
    return position;
  }
}

/** Goes on behind the closing bracket of an array of numbers that something is wrong in. @throws SnapshotError if there is none */
export async function skipNumbers(file: ChunkedFile): Promise<void> {
  for (;;) {
    const at = file.bytes.indexOf(CLOSING_BRACKET, file.position);
    if (at !== -1 && at < file.end) {
      file.position = at + 1;
      return;
    }
    file.position = file.end;
    if (!(await file.next())) throw file.cutOff();
  }
}

/**
 * Reads a flat JSON array of whole numbers, from its opening bracket to behind its closing one, and hands them on in rows
 * of `rowLength`. Negative ones are taken only if `isSigned`.
 * @throws SnapshotError if anything else is in it, or if the last row is not whole.
 */
export async function readNumbers(
  file: ChunkedFile,
  rowLength: number,
  take: TakeNumbers,
  isSigned = false,
): Promise<void> {
  await expectToken(file, '[');
  const scanner = new NumberScanner(rowLength * ROWS_AT_ONCE, isSigned);
  for (;;) {
    while (file.position < file.end) {
      file.position = scanner.scan(file.bytes, file.position, file.end);
      if (scanner.problem !== undefined) throw file.wrong(scanner.problem);
      const { count, isClosed } = scanner;
      if (isClosed && count % rowLength !== 0) {
        // Whoever goes on behind this array looks for its closing bracket.
        file.position--;
        throw file.wrong(`the last row has ${count % rowLength} of ${rowLength} numbers`);
      }
      if (isClosed || count === scanner.numbers.length) {
        const negative = scanner.negative?.splice(0) ?? [];
        for (const index of negative) scanner.numbers[index]! *= -1;
        take(scanner.numbers, count, negative);
        scanner.count = 0;
      }
      if (isClosed) return;
    }
    if (!(await file.next())) throw file.cutOff();
  }
}
