// What a registry is called: the place where it was made, which the report of a run tells; its number before that, and
// beside the place where one place made several. Pure; used by the panels of latencies and of stalls.

import type { RunReport } from '../../../engine/protocol/run-report.ts';

export type RegistryName = (registryId: number) => string;

export function createRegistryNames(report: Pick<RunReport, 'registries'> | undefined): RegistryName {
  const sites = new Map<number, string>();
  const timesOfSite = new Map<string, number>();
  for (const { id, site } of report?.registries ?? []) {
    if (site === null) continue;
    sites.set(id, site);
    timesOfSite.set(site, (timesOfSite.get(site) ?? 0) + 1);
  }
  return (registryId) => {
    const site = sites.get(registryId);
    if (site === undefined) return `registry ${registryId}`;
    return timesOfSite.get(site) === 1 ? site : `${site} #${registryId}`;
  };
}
