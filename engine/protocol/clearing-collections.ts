// Which garbage collections can clear a registration. One rule for the session's report, its verdicts, the predictions and the
// page.

import type { CollectionKind } from './vocabulary.ts';

/** The first V8 whose minor collections do (its flag `--handle-weak-ref-weakly-in-minor-gc`). */
const MINOR_CLEARS_SINCE_V8 = 14;

/**
 * Whether a collection of this kind can clear registrations in this V8 (`14.6.202.34-node.12`; absent: not known).
 *
 * A mark-compact clears those of all objects that are gone. Up to V8 13, as in Node 24, a minor collection clears none: to it
 * a weak cell is a reference like any other. From V8 14 on, as in Node 26, it clears those of the young objects it finds gone.
 */
export function clearsRegistrations(kind: CollectionKind, v8: string | null | undefined): boolean {
  return kind === 'major' || Number.parseInt(v8 ?? '', 10) >= MINOR_CLEARS_SINCE_V8;
}
