// The places that a person should be shown for those that the observer knows: paths for addresses of modules, sources for
// what was built from them, and names short enough to read. Runs in the session, one for each run.

import type { Place } from '../protocol/explanation.ts';
import type { NamedSite } from '../protocol/site-text.ts';
import { createFileNames, type FileNamesOptions } from './file-names.ts';
import { createSourceMaps } from './source-maps.ts';

export interface DisplayedPlaces {
  /** Returns the same with the source's file, line and column. */
  place<Where extends Place>(where: Where): Where;
  /** Returns the same with the source's place and its file's short name. */
  site<Where extends Place>(where: Where): Where & NamedSite;
}

export interface DisplayedPlacesOptions extends FileNamesOptions {
  /** Returns the file that a person should be shown for a file of the program. */
  readonly displayFile: (file: string) => string;
}

/** Places of a recording: they were made fit to be shown when it was written. */
export const AS_RECORDED: DisplayedPlaces = { place: (where) => where, site: (where) => where };

export function createDisplayedPlaces(options: DisplayedPlacesOptions): DisplayedPlaces {
  const maps = createSourceMaps();
  const names = createFileNames(options);

  function place<Where extends Place & { readonly isSource?: boolean }>(where: Where): Where {
    const built = { ...where, file: options.displayFile(where.file) };
    const original = where.isSource === true ? undefined : maps.original(built);
    return original === undefined ? built : { ...built, ...original, file: names.resolve(original.file, built.file) };
  }

  return {
    place,
    site(where) {
      const shown = place(where);
      return { ...shown, name: names.nameOf(shown.file) };
    },
  };
}
