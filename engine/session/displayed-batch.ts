// Puts the places that a person should be shown into what the observer reports. Runs in the session.

import { basename } from 'node:path';
import type { ObservedBatch } from '../protocol/observer-message.ts';
import type { DisplayedPlaces } from './displayed-places.ts';

/** Returns the batch with the places that a person should be shown. */
export function withDisplayedPlaces(batch: ObservedBatch, displayed: DisplayedPlaces): ObservedBatch {
  switch (batch.type) {
    case 'sites':
      return { ...batch, items: batch.items.map((site) => displayed.site(site)) };
    case 'marks':
      return {
        ...batch,
        items: batch.items.map((mark) =>
          mark.place === undefined ? mark : { ...mark, place: displayed.place(mark.place) },
        ),
      };
    case 'warning':
      return withDisplayedPlace(batch, displayed);
    default:
      return batch;
  }
}

/** Its words name the place too, as `file.js:80`. */
function withDisplayedPlace(
  warning: Extract<ObservedBatch, { type: 'warning' }>,
  displayed: DisplayedPlaces,
): ObservedBatch {
  const { place, message } = warning;
  if (place === undefined) return warning;
  const { name, ...shown } = displayed.site(place);
  // Not the beginning of a longer number.
  const placeWords = new RegExp(`${RegExp.escape(`${basename(place.file)}:${place.line}`)}(?!\\d)`, 'g');
  return { ...warning, message: message.replaceAll(placeWords, () => `${name}:${shown.line}`), place: shown };
}
