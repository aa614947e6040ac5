// Puts the files that a person should be shown in the place of those that the observer knows: paths for addresses of
// modules, sources for what was built from them. Runs in the session.

import { basename } from 'node:path';
import type { ObservedBatch } from '../protocol/observer-message.ts';

/** The same with the files that a person should be shown. */
export function withDisplayFiles(batch: ObservedBatch, displayFile: (file: string) => string): ObservedBatch {
  const shown = <Where extends { file: string }>(where: Where): Where => ({ ...where, file: displayFile(where.file) });
  switch (batch.type) {
    case 'sites':
      return { ...batch, items: batch.items.map(shown) };
    case 'marks':
      return {
        ...batch,
        items: batch.items.map((mark) => (mark.place === undefined ? mark : { ...mark, place: shown(mark.place) })),
      };
    case 'warning':
      return withDisplayedPlace(batch, displayFile);
    default:
      return batch;
  }
}

/** Its words name the place too, as `file.js:80`. */
function withDisplayedPlace(
  warning: Extract<ObservedBatch, { type: 'warning' }>,
  displayFile: (file: string) => string,
): ObservedBatch {
  const { place, message } = warning;
  if (place === undefined) return warning;
  const file = displayFile(place.file);
  // Not the beginning of a longer number.
  const placeWords = new RegExp(`${RegExp.escape(`${basename(place.file)}:${place.line}`)}(?!\\d)`, 'g');
  const shownWords = `${basename(file)}:${place.line}`;
  return {
    ...warning,
    message: message.replaceAll(placeWords, () => shownWords),
    place: { ...place, file },
  };
}
