// The fixes of all scenarios, checked in their heap snapshots: without the named edges, nothing reaches the object any more.

import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../engine/scenarios/index.ts';
import { runAndCheckCuts } from './cut-check.ts';

describe.concurrent('what a fix names keeps the object', () => {
  for (const { id, defaultLimits, defaultGcPolicy, pair } of SCENARIOS) {
    it(`in ${id}`, { timeout: 120_000 }, async () => {
      const { report, failures, checked } = await runAndCheckCuts({
        program: {
          kind: 'scenario',
          id,
          parameters: pair === undefined ? {} : { [pair.parameter]: pair.broken },
        },
        gcPolicy: defaultGcPolicy,
        limits: defaultLimits,
        reportedObjects: 10_000,
      });
      expect(failures).toEqual([]);
      expect(checked > 0).toBe(report.causes?.some(({ cause }) => cause !== 'not-collected-yet') ?? false);
    });
  }
});
