// What the generator knows of an object by construction, before anything has run.

import type { Cause } from '../../engine/protocol/vocabulary.ts';

/** What may be said of one holder: one of these. */
export interface HolderName {
  readonly causes: readonly Cause[];
  /** Each stands in the sentence that says how to let go. */
  readonly fix: readonly string[];
}

export interface Expectation {
  readonly label: string;
  /** Who keeps it; empty: nobody, so it must be finalized. Each of them must be named, by any one of its names. */
  readonly holders: readonly (readonly HolderName[])[];
  /** Each stands in the path or in the sentence. */
  readonly path: readonly string[];
  /** Large, but as it should be: what is suspected comes after the entry of it. */
  readonly innocent?: string;
}
