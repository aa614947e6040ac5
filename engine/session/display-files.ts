// Puts the files that a person should be shown in the place of those that the observer knows: paths for addresses of
// modules, sources for what was built from them. Runs in the session.

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
      return batch.place === undefined ? batch : { ...batch, place: shown(batch.place) };
    default:
      return batch;
  }
}
