// The last lines of a program's output, put together from entries that may hold many lines or a part of one.
// Part of the run's stream in the page; bounded however much the program prints.

import type { RunBatchOf } from '../../../engine/protocol/run-batch.ts';
import { visibleText } from '../../../engine/protocol/visible-text.ts';
import type { ConsoleLineView } from './run-stream.ts';

export const KEPT_CONSOLE_LINES = 20_000;
/** Longer lines are cut, and say so: a program may print for ever without a line end. */
export const LONGEST_CONSOLE_LINE = 4_000;

type Entry = RunBatchOf<'console'>['entries'][number];
type StreamName = Entry['stream'];

interface PartialLine {
  readonly stream: StreamName;
  text: string;
  cutCharacters: number;
  atMs: number;
}

function lineText(partial: PartialLine): string {
  const text = visibleText(partial.text);
  return partial.cutCharacters === 0 ? text : `${text} … ${partial.cutCharacters} characters more`;
}

/** A ring of the last complete lines, followed by the line that each stream has begun and not ended. */
export class ConsoleLines {
  readonly #texts: string[] = [];
  readonly #times = new Float64Array(KEPT_CONSOLE_LINES);
  readonly #isError = new Uint8Array(KEPT_CONSOLE_LINES);
  #oldest = 0;
  readonly #partials: Record<StreamName, PartialLine> = {
    stdout: { stream: 'stdout', text: '', cutCharacters: 0, atMs: 0 },
    stderr: { stream: 'stderr', text: '', cutCharacters: 0, atMs: 0 },
  };

  add(entry: Entry): void {
    const { text, stream, atMs } = entry;
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      const isReturned = end > start && text.charCodeAt(end - 1) === 13;
      this.#extend(this.#partials[stream], text, start, isReturned ? end - 1 : end, atMs);
      this.#complete(this.#partials[stream]);
      start = end + 1;
    }
    if (start < text.length) this.#extend(this.#partials[stream], text, start, text.length, atMs);
  }

  #extend(partial: PartialLine, text: string, start: number, end: number, atMs: number): void {
    if (partial.text === '') partial.atMs = atMs;
    const room = LONGEST_CONSOLE_LINE - partial.text.length;
    const taken = Math.min(room, end - start);
    if (taken > 0) partial.text += text.slice(start, start + taken);
    partial.cutCharacters += end - start - taken;
  }

  #complete(partial: PartialLine): void {
    const text = lineText(partial);
    let slot = this.#texts.length;
    if (slot < KEPT_CONSOLE_LINES) {
      this.#texts.push(text);
    } else {
      slot = this.#oldest;
      this.#texts[slot] = text;
      this.#oldest = (this.#oldest + 1) % KEPT_CONSOLE_LINES;
    }
    this.#times[slot] = partial.atMs;
    this.#isError[slot] = partial.stream === 'stderr' ? 1 : 0;
    partial.text = '';
    partial.cutCharacters = 0;
  }

  #begun(): PartialLine[] {
    return [this.#partials.stdout, this.#partials.stderr].filter(({ text }) => text !== '');
  }

  /** Lines that can be read: those kept, and those begun. Never more than KEPT_CONSOLE_LINES. */
  get count(): number {
    return Math.min(KEPT_CONSOLE_LINES, this.#texts.length + this.#begun().length);
  }

  /** Row 0 is the oldest. @throws RangeError outside [0, count). */
  at(row: number): ConsoleLineView {
    const begun = this.#begun();
    const skipped = this.#texts.length + begun.length - this.count;
    const index = row + skipped;
    const partial = begun[index - this.#texts.length];
    if (partial !== undefined) return { stream: partial.stream, atMs: partial.atMs, text: lineText(partial) };
    const slot = (this.#oldest + index) % KEPT_CONSOLE_LINES;
    const text = row >= 0 ? this.#texts[slot] : undefined;
    if (text === undefined || index >= this.#texts.length) throw new RangeError(`No console line ${row}.`);
    return { stream: this.#isError[slot] === 1 ? 'stderr' : 'stdout', atMs: this.#times[slot] ?? NaN, text };
  }
}
