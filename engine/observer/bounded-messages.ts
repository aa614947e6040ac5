// Keeps every message of the observer below what a frame may hold, whatever the program names, throws or shows: long texts
// are cut, long lists are split. Companion's thread.

import type { ObservedBatch } from '../protocol/observer-message.ts';
import { parse } from '../protocol/parse.ts';
import { PictureBatch, type RunBatchOf } from '../protocol/run-batch.ts';

/** UTF-16 units of a text that a batch carries: a path, a name, a sentence. Each takes at most six bytes in a frame. */
const MAXIMUM_TEXT_LENGTH = 4_096;
/** UTF-16 units of all texts of one batch, and its entries: 6 MiB in a frame at most, some 100 kB as a rule. */
const MAXIMUM_BATCH_TEXT = 1_048_576;
const MAXIMUM_BATCH_ITEMS = 8_192;
const MAXIMUM_PICTURE_BYTES = 32 * 1024 * 1024;

const cutText = (text: string) =>
  text.length <= MAXIMUM_TEXT_LENGTH ? text : `${text.slice(0, MAXIMUM_TEXT_LENGTH - 1)}…`;

/** Cuts the texts of one flat entry and of its `place`. @returns the entry itself if none is too long */
function cutTexts<Entry extends object>(entry: Entry): Entry {
  const cuts: [name: string, short: unknown][] = [];
  for (const [name, value] of Object.entries(entry) as [string, unknown][]) {
    const isPlace = name === 'place' && typeof value === 'object' && value !== null;
    const short = typeof value === 'string' ? cutText(value) : isPlace ? cutTexts(value) : value;
    if (short !== value) cuts.push([name, short]);
  }
  return cuts.length === 0 ? entry : { ...entry, ...Object.fromEntries(cuts) };
}

function textLength(entry: object): number {
  let length = 0;
  for (const value of Object.values(entry)) if (typeof value === 'string') length += value.length;
  return length;
}

function* pieces<Item extends object>(items: readonly Item[]): Generator<Item[]> {
  let piece: Item[] = [];
  let length = 0;
  for (const item of items) {
    const short = cutTexts(item);
    const itemLength = textLength(short);
    if (piece.length > 0 && (piece.length === MAXIMUM_BATCH_ITEMS || length + itemLength > MAXIMUM_BATCH_TEXT)) {
      yield piece;
      piece = [];
      length = 0;
    }
    piece.push(short);
    length += itemLength;
  }
  if (piece.length > 0) yield piece;
}

/** Batches that say the same, each of which fits in a frame. Those of columns are cut where they are made. */
export function* boundedBatches(batch: ObservedBatch): Generator<ObservedBatch> {
  switch (batch.type) {
    case 'marks':
      for (const items of pieces(batch.items)) yield { ...batch, items };
      return;
    case 'sites':
      for (const items of pieces(batch.items)) yield { ...batch, items };
      return;
    case 'registries':
      for (const items of pieces(batch.items)) yield { ...batch, items };
      return;
    case 'warning':
    case 'dropped':
      yield cutTexts(batch);
      return;
    case 'picture':
      yield boundedPicture(batch);
      return;
    default:
      yield batch;
  }
}

/** Any part of the program can show one, on a channel that is open to all. */
function boundedPicture(batch: RunBatchOf<'picture'>): ObservedBatch {
  const parsed = parse(PictureBatch, cutTexts(batch));
  if (parsed.success && parsed.output.png.byteLength <= MAXIMUM_PICTURE_BYTES) return parsed.output;
  const message = parsed.success
    ? `A picture of ${parsed.output.png.byteLength.toLocaleString('en-US')} bytes is too large to be shown.`
    : 'The program showed a picture that is none.';
  return { type: 'warning', code: 'picture-not-shown', message };
}
