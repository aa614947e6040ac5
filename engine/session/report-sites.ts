// What became of the registrations of each site, of all of them: a report lists only so many objects. Used by the report.

import type { ReportedSite } from '../protocol/run-report.ts';
import { VERDICTS } from '../protocol/vocabulary.ts';

/** How many sites a report lists: code that is made while it runs may have one for each object. */
export const MAXIMUM_REPORTED_SITES = 1_000;

const FINALIZED = VERDICTS.indexOf('finalized');
const ALIVE = VERDICTS.indexOf('alive');

interface SiteCounts {
  registered: number;
  finalized: number;
  alive: number;
}

export interface SiteTally {
  /** @param siteIds of consecutive registrations, beside their codes in VERDICTS */
  add(siteIds: Uint32Array, verdict: Uint8Array): void;
  /**
   * @param siteText null where the site was not recorded
   * @returns one entry for each text, as several sites may have the same; most alive first, then most registered
   */
  report(siteText: (siteId: number) => string | null): { sites: ReportedSite[]; sitesOmitted?: number };
}

export function createSiteTally(): SiteTally {
  const bySiteId = new Map<number, SiteCounts>();
  return {
    add(siteIds, verdict) {
      let previousId = -1;
      let counts: SiteCounts = { registered: 0, finalized: 0, alive: 0 };
      for (let row = 0; row < verdict.length; row += 1) {
        const siteId = siteIds[row] ?? 0;
        // Most follow one of the same site, also where there are forty million.
        if (siteId !== previousId) counts = countsOf(bySiteId, siteId);
        previousId = siteId;
        counts.registered += 1;
        if (verdict[row] === FINALIZED) counts.finalized += 1;
        else if (verdict[row] === ALIVE) counts.alive += 1;
      }
    },
    report(siteText) {
      const bySite = new Map<string | null, SiteCounts>();
      for (const [siteId, { registered, finalized, alive }] of bySiteId) {
        const counts = countsOf(bySite, siteText(siteId));
        counts.registered += registered;
        counts.finalized += finalized;
        counts.alive += alive;
      }
      const sites = Array.from(bySite, ([site, counts]): ReportedSite => ({ site, ...counts })).sort(
        (one, other) => other.alive - one.alive || other.registered - one.registered,
      );
      const sitesOmitted = sites.length - MAXIMUM_REPORTED_SITES;
      return { sites: sites.slice(0, MAXIMUM_REPORTED_SITES), ...(sitesOmitted > 0 && { sitesOmitted }) };
    },
  };
}

function countsOf<Key>(counts: Map<Key, SiteCounts>, key: Key): SiteCounts {
  let found = counts.get(key);
  if (found === undefined) counts.set(key, (found = { registered: 0, finalized: 0, alive: 0 }));
  return found;
}
