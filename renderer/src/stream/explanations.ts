// What the latest heap snapshot told of a run's objects, as columns by registration. Part of the run's stream in the page;
// no Vue in here. An explained object costs 24 bytes and the text of its own entries, which is decoded when it is read.

import { pathOfForm, type AliveReason } from '../../../engine/protocol/explanation.ts';
import type { RunBatchOf } from '../../../engine/protocol/run-batch.ts';
import { visibleText } from '../../../engine/protocol/visible-text.ts';
import { float64Column, uint32Column } from './growable-column.ts';
import type { ExplanationView, WhyAlive } from './run-stream.ts';

const textDecoder = new TextDecoder();

/** With names of the program's as they can be shown. Places stay as they are: files are found by them. */
const visibleReason = (reason: AliveReason): AliveReason => ({
  ...reason,
  summary: visibleText(reason.summary),
  fix: visibleText(reason.fix),
  paths: reason.paths.map((path) =>
    path.map((step) => ({ ...step, edge: visibleText(step.edge), node: visibleText(step.node) })),
  ),
});

/** Rows of one snapshot; the first batch of a later one begins anew, and batches of an earlier one are left out. */
export class Explanations implements ExplanationView {
  snapshot = 0;
  atMs = NaN;
  reasons: AliveReason[] = [];
  readonly reasonNumber = uint32Column();
  readonly retainedBytes = float64Column();
  readonly #form = uint32Column();
  readonly #numberOfReason = new Map<number, number>();
  readonly #entryStart = uint32Column();
  readonly #entryEnd = uint32Column();
  #entryBytes: Uint8Array[] = [];
  /** Where each batch's bytes begin, counted over all of them. */
  #entryBases: number[] = [];
  #entryLength = 0;

  /**
   * Takes a batch. `lastId` is the highest registration that can exist: rows beyond it, and rows whose reason is not
   * listed, cannot be shown. @returns how many rows were left out
   */
  apply(batch: RunBatchOf<'explanations'>, lastId: number): number {
    if (batch.snapshot < this.snapshot) return 0;
    if (batch.snapshot > this.snapshot) this.#begin(batch.snapshot);
    this.atMs = batch.atMs;
    // A copy: whoever holds the list of before must be able to tell that this is another one.
    this.reasons = [...this.reasons];
    for (const reason of batch.reasons.map(visibleReason)) {
      const known = this.#numberOfReason.get(reason.id);
      if (known !== undefined) {
        this.reasons[known - 1] = reason;
        continue;
      }
      this.#numberOfReason.set(reason.id, this.reasons.push(reason));
    }
    const base = this.#entryLength;
    if (batch.entryBytes.length > 0) {
      this.#entryBytes.push(batch.entryBytes);
      this.#entryBases.push(base);
      this.#entryLength += batch.entryBytes.length;
    }
    let leftOut = 0;
    for (let index = 0; index < batch.id.length; index++) {
      const row = (batch.id[index] ?? 0) - 1;
      const number = this.#numberOfReason.get(batch.reasonId[index] ?? NaN);
      if (row < 0 || row >= lastId || number === undefined) {
        leftOut++;
        continue;
      }
      this.#cover(row + 1);
      this.reasonNumber.values[row] = number;
      this.retainedBytes.values[row] = batch.retainedBytes[index] ?? NaN;
      this.#form.values[row] = batch.form?.[index] ?? 0;
      this.#entryStart.values[row] = base + (index === 0 ? 0 : (batch.entryEnd[index - 1] ?? 0));
      this.#entryEnd.values[row] = base + (batch.entryEnd[index] ?? 0);
    }
    return leftOut;
  }

  whyAlive(row: number): WhyAlive | undefined {
    const number = row < this.reasonNumber.length ? (this.reasonNumber.values[row] ?? 0) : 0;
    const reason = this.reasons[number - 1];
    if (reason === undefined) return undefined;
    const retainedBytes = this.retainedBytes.at(row);
    return {
      reason,
      ...(Number.isNaN(retainedBytes) ? {} : { retainedBytes }),
      path: pathOfForm(reason, this.#form.at(row)),
      entries: this.#entriesOf(row),
    };
  }

  #entriesOf(row: number): readonly string[] {
    const start = this.#entryStart.at(row);
    const end = this.#entryEnd.at(row);
    if (end <= start) return [];
    const batch = this.#entryBases.findLastIndex((base) => base <= start);
    const bytes = this.#entryBytes[batch];
    const base = this.#entryBases[batch] ?? 0;
    return bytes === undefined
      ? []
      : visibleText(textDecoder.decode(bytes.subarray(start - base, end - base))).split('\n');
  }

  #begin(snapshot: number): void {
    this.snapshot = snapshot;
    this.reasons = [];
    this.#numberOfReason.clear();
    this.reasonNumber.length = 0;
    this.retainedBytes.length = 0;
    this.#form.length = 0;
    this.#entryStart.length = 0;
    this.#entryEnd.length = 0;
    this.#entryBytes = [];
    this.#entryBases = [];
    this.#entryLength = 0;
  }

  #cover(length: number): void {
    this.reasonNumber.fillTo(length, 0);
    this.retainedBytes.fillTo(length, NaN);
    this.#form.fillTo(length, 0);
    this.#entryStart.fillTo(length, 0);
    this.#entryEnd.fillTo(length, 0);
  }
}
