// Sorts labels into groups as they come: each by itself while they are few, and those that differ in digits only together
// where they are many. Made for millions of labels: compares their bytes and decodes none. No Vue in here.

import { visibleText } from '../../../engine/protocol/visible-text.ts';
import { uint32Column, uint8Column } from './growable-column.ts';

/** More labels than this say nothing one by one. */
const MOST_SINGLE_LABELS = 50;
/** Labels that differ in more than digits are told apart up to here: a list shows the first few, and memory is finite. */
const MOST_GROUPS = 1 << 16;
/** Twice as many places as groups, so that a free one is always near. */
const PLACE_COUNT = MOST_GROUPS * 2;
/** Stands for a run of digits; no byte of UTF-8 is this one. */
const DIGIT_RUN = 0xff;
const HASH_START = 0x811c_9dc5;
const HASH_FACTOR = 0x0100_0193;

const isDigit = (byte: number) => byte >= 48 && byte <= 57;
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class LabelGroups {
  /** Called when the labels have become many, for each group that becomes a part of another. */
  onMerge: (from: number, into: number) => void = () => {};
  /** Labels came for which there was no group any more. */
  hasLeftOut = false;
  /** Where in `#bytes` each group's first label ends. */
  readonly #endByte = uint32Column();
  readonly #bytes = uint8Column();
  /** 1: all labels of the group are the same. */
  readonly #isUniform = uint8Column();
  /** 1 + a group's number at the place that its hash names, or at the next free one; 0: free. */
  readonly #places = new Uint32Array(PLACE_COUNT);
  /** The whole hash of what has a place, so that what only shares the place is not compared. */
  readonly #hashes = new Uint32Array(PLACE_COUNT);
  #areMany = false;

  /** Groups are numbered from 0; a merged one keeps its number and gets no label any more. */
  get count(): number {
    return this.#endByte.length;
  }

  /** Number of the group of the label whose UTF-8 is [start, end) of `bytes`, or -1 where it was left out. */
  groupOf(bytes: Uint8Array, start: number, end: number): number {
    const hash = this.#hash(bytes, start, end);
    const place = this.#placeOf(hash, bytes, start, end);
    const known = (this.#places[place] ?? 0) - 1;
    if (known !== -1) {
      const isUniform = this.#isUniform.values[known] === 1;
      if (isUniform && !this.#isSame(known, bytes, start, end)) this.#isUniform.values[known] = 0;
      return known;
    }
    if (!this.#areMany && this.count === MOST_SINGLE_LABELS) {
      this.#merge();
      return this.groupOf(bytes, start, end);
    }
    if (this.count === MOST_GROUPS) {
      this.hasLeftOut = true;
      return -1;
    }
    this.#bytes.append(bytes.subarray(start, end));
    this.#endByte.push(this.#bytes.length);
    this.#isUniform.push(1);
    this.#places[place] = this.count;
    this.#hashes[place] = hash;
    return this.count - 1;
  }

  /** The place of the label's group, or the free one that it would have. */
  #placeOf(hash: number, bytes: Uint8Array, start: number, end: number): number {
    let place = hash & (PLACE_COUNT - 1);
    for (let found = this.#places[place] ?? 0; found !== 0; found = this.#places[place] ?? 0) {
      if (this.#hashes[place] === hash && this.#isAlike(found - 1, bytes, start, end)) break;
      place = (place + 1) & (PLACE_COUNT - 1);
    }
    return place;
  }

  /** The label itself where the group has only one; otherwise digits are `…`. */
  textOf(group: number): string {
    const bytes = this.#bytes.values.subarray(this.#startOf(group), this.#endByte.at(group));
    const label = visibleText(textDecoder.decode(bytes));
    return this.#isUniform.at(group) === 1 ? label : label.replace(/\d+/g, '…');
  }

  #startOf(group: number): number {
    return group === 0 ? 0 : (this.#endByte.values[group - 1] ?? 0);
  }

  #merge(): void {
    this.#areMany = true;
    this.#places.fill(0);
    for (let group = 0; group < this.count; group++) {
      const bytes = this.#bytes.values;
      const [start, end] = [this.#startOf(group), this.#endByte.at(group)];
      const hash = this.#hash(bytes, start, end);
      const place = this.#placeOf(hash, bytes, start, end);
      const into = (this.#places[place] ?? 0) - 1;
      if (into === -1) {
        this.#places[place] = group + 1;
        this.#hashes[place] = hash;
      } else {
        this.#isUniform.values[into] = 0;
        this.onMerge(group, into);
      }
    }
  }

  /** FNV-1a, of the label or of its pattern. */
  #hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = HASH_START;
    for (let at = start; at < end; at++) {
      let byte = bytes[at] ?? 0;
      if (this.#areMany && isDigit(byte)) {
        while (at + 1 < end && isDigit(bytes[at + 1] ?? 0)) at++;
        byte = DIGIT_RUN;
      }
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
    }
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  #isSame(group: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes.values;
    const ownStart = this.#startOf(group);
    if ((this.#endByte.values[group] ?? 0) - ownStart !== end - start) return false;
    for (let at = 0; at < end - start; at++) if (own[ownStart + at] !== bytes[start + at]) return false;
    return true;
  }

  /** Whether the label belongs to the group. */
  #isAlike(group: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#areMany) return this.#isSame(group, bytes, start, end);
    const own = this.#bytes.values;
    const ownEnd = this.#endByte.values[group] ?? 0;
    let ownAt = this.#startOf(group);
    let at = start;
    while (ownAt < ownEnd && at < end) {
      const ownByte = own[ownAt++] ?? 0;
      const byte = bytes[at++] ?? 0;
      if (isDigit(ownByte) && isDigit(byte)) {
        while (ownAt < ownEnd && isDigit(own[ownAt] ?? 0)) ownAt++;
        while (at < end && isDigit(bytes[at] ?? 0)) at++;
      } else if (ownByte !== byte) {
        return false;
      }
    }
    return ownAt === ownEnd && at === end;
  }
}
