import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERDICTS } from '../protocol/vocabulary.ts';
import { createSiteTally, MAXIMUM_REPORTED_SITES } from './report-sites.ts';

describe('the sites of a report', () => {
  it('counts every registration once under the text of its site, most alive first', () => {
    const row = fc.record({ siteId: fc.nat(8), verdict: fc.nat(VERDICTS.length - 1) });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        // Sites 1 and 2 have the same text; 0 was not recorded.
        const textOf = (siteId: number) => (siteId === 0 ? null : `a.ts:${Math.max(siteId, 2)}:1`);
        const siteIds = Uint32Array.from(rows, ({ siteId }) => siteId);
        const verdict = Uint8Array.from(rows, (one) => one.verdict);
        const tally = createSiteTally();
        const half = rows.length >> 1;
        tally.add(siteIds.subarray(0, half), verdict.subarray(0, half));
        tally.add(siteIds.subarray(half), verdict.subarray(half));
        const { sites, sitesOmitted } = tally.report(textOf);
        const countOf = (text: string | null, name?: (typeof VERDICTS)[number]) =>
          rows.filter(
            ({ siteId, verdict }) => textOf(siteId) === text && (name === undefined || VERDICTS[verdict] === name),
          ).length;
        expect(sites.length).toBe(new Set(rows.map(({ siteId }) => textOf(siteId))).size);
        for (const { site, ...counts } of sites) {
          expect(counts).toEqual({
            registered: countOf(site),
            finalized: countOf(site, 'finalized'),
            alive: countOf(site, 'alive'),
          });
        }
        const alive = sites.map((site) => site.alive);
        expect(alive).toEqual(alive.toSorted((one, other) => other - one));
        expect(sitesOmitted).toBeUndefined();
      }),
    );
  });

  it('lists at most so many, and says how many more there are', () => {
    const ids = Uint32Array.from({ length: MAXIMUM_REPORTED_SITES + 7 }, (_, id) => id);
    const tally = createSiteTally();
    tally.add(ids, new Uint8Array(ids.length));
    const { sites, sitesOmitted } = tally.report((id) => `a.ts:${id}:1`);
    expect([sites.length, sitesOmitted]).toEqual([MAXIMUM_REPORTED_SITES, 7]);
  });
});
